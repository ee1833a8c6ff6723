import { NOTE_IP_LENGTH_BEYOND } from "./note.ts";
import type { Packet } from "./packet.ts";
import { noteRoutingHeader } from "./routing-header.ts";
import {
  IPV6_EXT_TOO_MANY,
  IPV6_EXT_TRUNCATED,
  IPV6_FRAGMENT,
  IPV6_HEADER_TRUNCATED,
  IPV6_WRONG_VERSION,
  type Status,
} from "./status.ts";
import { decodeTransport } from "./transport.ts";

const HEADER_LEN = 40;
/** RFC 8200 §4.1 recommends at most 7 headers; bounds the work that a hostile packet can ask for. */
const MAX_EXT = 8;

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;

/** IPv6 header (RFC 8200 §3) and extension chain (§4) in view[at, end). */
export function decodeIpv6(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < HEADER_LEN) return IPV6_HEADER_TRUNCATED;
  if (view.getUint8(at) >> 4 !== 6) return IPV6_WRONG_VERSION;
  pkt.ipVersion = 6;
  readIpv6Addresses(pkt, view, at);

  const payloadLen = view.getUint16(at + 4);
  // Zero is a jumbogram (RFC 2675) or an offloaded segment: then the frame tells.
  let wireEnd = payloadLen === 0 ? pkt.frameWireEnd : at + HEADER_LEN + payloadLen;
  if (wireEnd > pkt.frameWireEnd) {
    pkt.notes |= NOTE_IP_LENGTH_BEYOND;
    wireEnd = pkt.frameWireEnd;
  }
  pkt.l4WireEnd = wireEnd;
  pkt.l4End = Math.min(wireEnd, end);
  const next = view.getUint8(at + 6);
  pkt.l4At = at + HEADER_LEN;
  pkt.l4Proto = next;
  return isExtension(next) ? decodeExtensions(pkt, view, at) : decodeTransport(pkt, view);
}

/** Both addresses of the header at view[at], which is there whole. */
export function readIpv6Addresses(pkt: Packet, view: DataView, at: number): void {
  pkt.src0 = view.getInt32(at + 8);
  pkt.src1 = view.getInt32(at + 12);
  pkt.src2 = view.getInt32(at + 16);
  pkt.src3 = view.getInt32(at + 20);
  pkt.dst0 = view.getInt32(at + 24);
  pkt.dst1 = view.getInt32(at + 28);
  pkt.dst2 = view.getInt32(at + 32);
  pkt.dst3 = view.getInt32(at + 36);
}

/** Walks the chain from pkt.l4At; pkt.l4Proto is the header there, also when the chain breaks. */
function decodeExtensions(pkt: Packet, view: DataView, headAt: number): Status {
  const status = walkExtensions(pkt, view, headAt);
  // RFC 7112 wants the whole chain in the first fragment; where it is not, the other fragments have the rest.
  return pkt.fragAt === 0 ? status : IPV6_FRAGMENT;
}

function walkExtensions(pkt: Packet, view: DataView, headAt: number): Status {
  const end = pkt.l4End;
  let nextAt = headAt + 6;
  for (let n = 0; isExtension(pkt.l4Proto); n++) {
    if (n === MAX_EXT) return IPV6_EXT_TOO_MANY;
    const at = pkt.l4At;
    if (end - at < 8) return IPV6_EXT_TRUNCATED; // none is shorter
    const kind = pkt.l4Proto;
    let len = (view.getUint8(at + 1) + 1) * 8; // in 8-octet units, not counting the first
    if (kind === AUTHENTICATION) len = (view.getUint8(at + 1) + 2) * 4; // RFC 4302 §2.2: 4-octet units, minus 2
    if (kind === FRAGMENT) len = 8; // RFC 8200 §4.5: here the length octet is reserved
    if (end - at < len) return IPV6_EXT_TRUNCATED;
    if (kind === ROUTING) noteRoutingHeader(pkt, view, at, len, headAt);
    if (kind === FRAGMENT) {
      if (pkt.fragAt !== 0) return IPV6_FRAGMENT; // in pieces twice: the outer pieces come first
      noteFragment(pkt, view, at, headAt, nextAt);
    }
    nextAt = at;
    pkt.l4Proto = view.getUint8(at);
    pkt.l4At = at + len;
    if (pkt.fragOffset !== 0) return IPV6_FRAGMENT; // mid-datagram: no header follows
  }
  return decodeTransport(pkt, view);
}

/** Fragment header (RFC 8200 §4.5). With neither an offset nor more to come it is an atomic fragment (RFC 6946): whole. */
function noteFragment(pkt: Packet, view: DataView, at: number, headAt: number, nextAt: number): void {
  const offsetAndFlags = view.getUint16(at + 2);
  if ((offsetAndFlags & 0xfff9) === 0) return;
  pkt.fragOffset = offsetAndFlags & 0xfff8; // in octets; the low 3 bits are flags
  pkt.fragMore = offsetAndFlags & 1;
  pkt.fragId = view.getInt32(at + 4);
  pkt.fragAt = at + 8;
  pkt.fragHeadAt = headAt;
  pkt.fragNextAt = nextAt;
}

function isExtension(proto: number): boolean {
  return (
    proto === HOP_BY_HOP ||
    proto === ROUTING ||
    proto === FRAGMENT ||
    proto === AUTHENTICATION ||
    proto === DESTINATION_OPTIONS
  );
}
