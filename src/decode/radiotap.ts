import { decodeIeee80211 } from "./ieee80211.ts";
import type { Packet } from "./packet.ts";
import { LINK_TRUNCATED, LINK_UNKNOWN_PAYLOAD, type Status } from "./status.ts";

const HEADER_LEN = 8;
const EXTENDED = 0x80000000;
// Presence bits (radiotap.org, "Defined fields")
const TSFT = 0x01;
const FLAGS = 0x02;
/** Of the field "flags": the 802.11 header was padded to four octets. */
const PADDED = 0x20;
/** Bounds the work that a hostile packet can ask for. */
const MAX_PRESENCE = 32;

/** Radiotap header (radiotap.org) in view[at, end), little-endian: version, padding, length, presence, fields. */
export function decodeRadiotap(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < HEADER_LEN) return LINK_TRUNCATED;
  const len = view.getUint16(at + 2, true);
  if (view.getUint8(at) !== 0 || len < HEADER_LEN) return LINK_UNKNOWN_PAYLOAD;
  if (end - at < len) return LINK_TRUNCATED;
  const isPadded = (flagsOf(view, at, at + len) & PADDED) !== 0;
  return decodeIeee80211(pkt, view, at + len, end, isPadded ? 4 : 1);
}

/** The field "flags", which only the timestamp stands before; 0 where there is none. */
function flagsOf(view: DataView, at: number, end: number): number {
  const present = view.getInt32(at + 4, true);
  if ((present & FLAGS) === 0) return 0;
  let next = at + 4;
  for (let n = 0; n < MAX_PRESENCE && next + 4 <= end; n++) {
    const isLast = (view.getInt32(next, true) & EXTENDED) === 0;
    next += 4;
    if (isLast) break;
  }
  if ((present & TSFT) !== 0) next = at + Math.ceil((next - at) / 8) * 8 + 8; // aligned to its own size
  return next < end ? view.getUint8(next) : 0;
}
