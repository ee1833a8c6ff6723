import { decodeLlc } from "./llc.ts";
import { NOTE_WIFI_AGGREGATE } from "./note.ts";
import type { Packet } from "./packet.ts";
import {
  LINK_TRUNCATED,
  LINK_UNKNOWN_PAYLOAD,
  type Status,
  UNROUTABLE,
  WIFI_ENCRYPTED,
  WIFI_FRAGMENT,
} from "./status.ts";

// Frame control (IEEE 802.11 §9.2.4.1), little-endian: version, type, subtype in the first octet, flags in the second
const VERSION = 0x03;
const TYPE = 0x0c;
const DATA = 0x08;
const EXTENSION = 0x0c;
const NO_DATA = 0x40; // of the subtype: null functions and their kin
const QOS = 0x80;
const TO_DS = 0x01;
const FROM_DS = 0x02;
const MORE_FRAGMENTS = 0x04;
const PROTECTED = 0x40;
const ORDER = 0x80;

const HEADER_LEN = 24;
const ADDRESS_LEN = 6;
/** QoS control: several frames in one. */
const AGGREGATE = 0x80;
const SUBFRAME_LEN = 14;

/**
 * IEEE 802.11 frame in view[at, end). `alignment`: the header was padded to a multiple of this (some drivers do).
 * `isSwapped`: the two octets of frame control stand the other way round (some controllers send them so).
 */
export function decodeIeee80211(
  pkt: Packet,
  view: DataView,
  at: number,
  end: number,
  alignment = 1,
  isSwapped = false,
): Status {
  if (end - at < 2) return LINK_TRUNCATED;
  const control = view.getUint8(isSwapped ? at + 1 : at);
  const flags = view.getUint8(isSwapped ? at : at + 1);
  if ((control & VERSION) !== 0 || (control & TYPE) === EXTENSION) return LINK_UNKNOWN_PAYLOAD;
  // Management and control frames stay on the air: they carry no network layer.
  if ((control & TYPE) !== DATA || (control & NO_DATA) !== 0) return UNROUTABLE;
  let len = HEADER_LEN;
  if ((flags & (TO_DS | FROM_DS)) === (TO_DS | FROM_DS)) len += ADDRESS_LEN;
  const qosAt = at + len;
  if ((control & QOS) !== 0) len += 2;
  if ((control & QOS) !== 0 && (flags & ORDER) !== 0) len += 4; // HT control
  if (end - at < len) return LINK_TRUNCATED;
  // Only within one cell do destination and source stand side by side, as on Ethernet.
  if ((flags & (TO_DS | FROM_DS)) === 0) pkt.macOffset = at + 4;
  if ((flags & PROTECTED) !== 0) return WIFI_ENCRYPTED;
  const fragment = view.getUint8(at + 22) & 0x0f;
  if (fragment !== 0 || (flags & MORE_FRAGMENTS) !== 0) return WIFI_FRAGMENT;
  const body = at + Math.ceil(len / alignment) * alignment;
  const isAggregate = (control & QOS) !== 0 && (view.getUint8(qosAt) & AGGREGATE) !== 0;
  return isAggregate ? decodeAggregate(pkt, view, body, end) : decodeLlc(pkt, view, body, end);
}

/**
 * The first of several frames, each with two addresses and a length before it (§9.3.2.2), padded to four octets but for
 * the last; where the next begins is left in `pkt`. The frame's checksum may stand behind the last.
 */
export function decodeAggregate(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < SUBFRAME_LEN) return LINK_TRUNCATED;
  pkt.macOffset = at;
  const lenBytes = SUBFRAME_LEN + view.getUint16(at + 12);
  const next = at + lenBytes;
  const sibling = at + Math.ceil(lenBytes / 4) * 4;
  if (pkt.frameWireEnd - sibling > SUBFRAME_LEN) {
    // One aggregate in another is nothing that anybody sends.
    if (end - sibling <= SUBFRAME_LEN || pkt.siblingAt !== 0) pkt.notes |= NOTE_WIFI_AGGREGATE;
    else {
      pkt.siblingAt = sibling;
      pkt.siblingEnd = end;
      pkt.siblingWireEnd = pkt.frameWireEnd;
    }
  }
  return decodeLlc(pkt, view, at + SUBFRAME_LEN, Math.min(end, next));
}
