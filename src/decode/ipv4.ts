import {
  NOTE_IP_LENGTH_BEYOND,
  NOTE_IPV4_LENGTH_ZERO,
  NOTE_IPV4_SOURCE_ROUTE,
  NOTE_IPV4_SOURCE_ROUTE_ODD,
} from "./note.ts";
import { type Packet, ROUTE_IPV4 } from "./packet.ts";
import { PROTO_AH } from "./protocols.ts";
import {
  IPV4_AH_TOO_MANY,
  IPV4_AH_TRUNCATED,
  IPV4_FRAGMENT,
  IPV4_HEADER_TRUNCATED,
  IPV4_IHL_TOO_SMALL,
  IPV4_TOTAL_TOO_SMALL,
  IPV4_WRONG_VERSION,
  type Status,
} from "./status.ts";
import { decodeTransport } from "./transport.ts";

const HEADER_LEN = 20;
const MORE_FRAGMENTS = 0x2000;
/** More fragments, or an offset. */
const FRAGMENT_BITS = 0x3fff;
const AH_MIN_LEN = 8;
/** Bounds the work that a hostile packet can ask for. */
const MAX_AH = 8;
const OPTION_END = 0;
const OPTION_NOP = 1;
const OPTION_LSRR = 131;
const OPTION_SSRR = 137;

/** IPv4 header with options (RFC 791 §3.1) in view[at, end). */
export function decodeIpv4(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < HEADER_LEN) return IPV4_HEADER_TRUNCATED;
  const versionIhl = view.getUint8(at);
  if (versionIhl >> 4 !== 4) return IPV4_WRONG_VERSION;
  pkt.ipVersion = 4;
  pkt.src0 = 0;
  pkt.src1 = 0;
  pkt.src2 = 0xffff;
  pkt.src3 = view.getInt32(at + 12);
  pkt.dst0 = 0;
  pkt.dst1 = 0;
  pkt.dst2 = 0xffff;
  pkt.dst3 = view.getInt32(at + 16);
  pkt.l4Proto = view.getUint8(at + 9);
  // Not the header checksum: the time to live, and with it the checksum, differs between two mirror points.
  pkt.ipMark = view.getUint16(at + 4);

  const headerLen = (versionIhl & 0x0f) * 4;
  if (headerLen < HEADER_LEN) return IPV4_IHL_TOO_SMALL;
  if (end - at < headerLen) return IPV4_HEADER_TRUNCATED;
  const flags = view.getUint16(at + 6);
  pkt.fragOffset = (flags & 0x1fff) * 8;
  if (headerLen > HEADER_LEN) noteOptions(pkt, view, at + HEADER_LEN, at + headerLen);

  const totalLen = view.getUint16(at + 2);
  if (totalLen !== 0 && totalLen < headerLen) return IPV4_TOTAL_TOO_SMALL;
  pkt.l4At = at + headerLen;
  boundPayload(pkt, at, end, totalLen);
  if ((flags & FRAGMENT_BITS) !== 0) {
    pkt.fragAt = pkt.l4At;
    pkt.fragHeadAt = at;
    pkt.fragNextAt = at + 9;
    pkt.fragMore = (flags & MORE_FRAGMENTS) === 0 ? 0 : 1;
    pkt.fragId = view.getUint16(at + 4);
    if (pkt.fragOffset !== 0) return IPV4_FRAGMENT;
  }
  const status = pkt.l4Proto === PROTO_AH ? decodeAuthenticated(pkt, view) : decodeTransport(pkt, view);
  return pkt.fragAt === 0 ? status : IPV4_FRAGMENT;
}

/** Behind authentication headers (RFC 4302 §2) stands in the clear what they authenticate. */
function decodeAuthenticated(pkt: Packet, view: DataView): Status {
  for (let n = 0; pkt.l4Proto === PROTO_AH; n++) {
    if (n === MAX_AH) return IPV4_AH_TOO_MANY;
    const at = pkt.l4At;
    if (pkt.l4End - at < AH_MIN_LEN) return IPV4_AH_TRUNCATED;
    const len = (view.getUint8(at + 1) + 2) * 4; // §2.2: 4-octet units, minus 2
    if (pkt.l4End - at < len) return IPV4_AH_TRUNCATED;
    pkt.l4Proto = view.getUint8(at);
    pkt.l4At = at + len;
  }
  return decodeTransport(pkt, view);
}

/** The datagram's end: by its length, or by the frame's where the length says nothing or too much. */
function boundPayload(pkt: Packet, at: number, end: number, totalLen: number): void {
  let wireEnd = at + totalLen;
  if (totalLen === 0) {
    pkt.notes |= NOTE_IPV4_LENGTH_ZERO;
    wireEnd = pkt.frameWireEnd;
  } else if (wireEnd > pkt.frameWireEnd) {
    pkt.notes |= NOTE_IP_LENGTH_BEYOND;
    wireEnd = pkt.frameWireEnd;
  }
  pkt.l4WireEnd = wireEnd;
  pkt.l4End = Math.min(wireEnd, end);
}

/** Options are read for source routes alone (RFC 791 §3.1); a broken list ends the search. */
function noteOptions(pkt: Packet, view: DataView, at: number, end: number): void {
  const hopAt = at - 4; // the header's last word is its destination
  while (at < end) {
    const type = view.getUint8(at);
    if (type === OPTION_END) return;
    if (type === OPTION_NOP) {
      at++;
      continue;
    }
    if (type === OPTION_LSRR || type === OPTION_SSRR) noteSourceRoute(pkt, view, at, end, hopAt);
    if (end - at < 2) return;
    const len = view.getUint8(at + 1);
    if (len < 2) return;
    at += len;
  }
}

/**
 * Loose and strict source route (RFC 791 §3.1): type, length, pointer, addresses. Until the pointer is beyond the
 * option the packet has further to go, and its last address is whom the sender talks to.
 */
function noteSourceRoute(pkt: Packet, view: DataView, at: number, end: number, hopAt: number): void {
  const len = end - at < 3 ? 0 : view.getUint8(at + 1);
  if (pkt.routeAt !== 0 || len > end - at || len % 4 !== 3) {
    pkt.notes |= NOTE_IPV4_SOURCE_ROUTE_ODD;
    return;
  }
  pkt.notes |= NOTE_IPV4_SOURCE_ROUTE;
  if (len === 3) return; // the way has no stations
  pkt.routeKind = ROUTE_IPV4;
  pkt.routeAt = at + 3;
  pkt.routeEnd = at + len;
  pkt.routeHopAt = hopAt;
  if (view.getUint8(at + 2) <= len) pkt.dst3 = view.getInt32(at + len - 4);
}
