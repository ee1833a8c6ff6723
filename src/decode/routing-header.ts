import { NOTE_IPV6_ROUTING, NOTE_IPV6_ROUTING_UNKNOWN } from "./note.ts";
import { type Packet, ROUTE_COMPRESSED, ROUTE_IPV6 } from "./packet.ts";
import { sharedWord } from "./source-route.ts";

const FIXED_LEN = 8;
const ADDRESS_LEN = 16;

// Routing types (IANA "IPv6 Routing Types")
const SOURCE_ROUTE = 0; // RFC 2460, deprecated by RFC 5095
const HOME_ADDRESS = 2; // RFC 6275 §6.4
const RPL = 3; // RFC 6554 §3
const SEGMENTS = 4; // RFC 8754 §2

/**
 * IPv6 routing header (RFC 8200 §4.4) in view[at, at + len), whose packet begins at `headAt`. All its addresses are
 * for readSourceRoute; while segments are left, the packet's destination is the last that it will have, for that
 * is whom the sender talks to and who answers. What cannot be read is noted: it may hide an address.
 */
export function noteRoutingHeader(
  pkt: Packet,
  view: DataView,
  at: number,
  len: number,
  headAt: number,
): void {
  const left = view.getUint8(at + 3);
  const isFirst = pkt.routeAt === 0;
  if (isFirst && readAddresses(pkt, view, at, len, headAt, left)) {
    pkt.routeHopAt = headAt + 24;
    pkt.notes |= NOTE_IPV6_ROUTING;
  } else if (left !== 0) pkt.notes |= NOTE_IPV6_ROUTING_UNKNOWN;
}

function readAddresses(
  pkt: Packet,
  view: DataView,
  at: number,
  len: number,
  headAt: number,
  left: number,
): boolean {
  const count = (len - FIXED_LEN) / ADDRESS_LEN;
  switch (view.getUint8(at + 2)) {
    case SOURCE_ROUTE:
    case HOME_ADDRESS:
      if (left > count || count < 1 || !Number.isInteger(count)) return false;
      return take(pkt, view, at + FIXED_LEN, count, left, at + len - ADDRESS_LEN);
    case SEGMENTS: {
      const listed = view.getUint8(at + 4) + 1;
      // Behind the segments may be options. The first segment of the way is the last of the list.
      if (listed > count || left > listed) return false;
      return take(pkt, view, at + FIXED_LEN, listed, left, at + FIXED_LEN);
    }
    case RPL:
      return takeCompressed(pkt, view, at, len, headAt, left);
    default:
      return false;
  }
}

/** `finalAt`: the last address of the way. */
function take(
  pkt: Packet,
  view: DataView,
  at: number,
  count: number,
  left: number,
  finalAt: number,
): boolean {
  pkt.routeKind = ROUTE_IPV6;
  pkt.routeAt = at;
  pkt.routeEnd = at + count * ADDRESS_LEN;
  if (left === 0) return true;
  pkt.dst0 = view.getInt32(finalAt);
  pkt.dst1 = view.getInt32(finalAt + 4);
  pkt.dst2 = view.getInt32(finalAt + 8);
  pkt.dst3 = view.getInt32(finalAt + 12);
  return true;
}

/** CmprI, CmprE and Pad: octets that all but the last address share with the header's, that the last does, padding. */
function takeCompressed(
  pkt: Packet,
  view: DataView,
  at: number,
  len: number,
  headAt: number,
  left: number,
): boolean {
  const shared = view.getUint8(at + 4) >> 4;
  const lastShared = view.getUint8(at + 4) & 0x0f;
  const end = at + len - (view.getUint8(at + 5) >> 4);
  const last = end - (ADDRESS_LEN - lastShared);
  const others = (last - (at + FIXED_LEN)) / (ADDRESS_LEN - shared);
  if (others < 0 || !Number.isInteger(others) || left > others + 1) return false;
  pkt.routeKind = ROUTE_COMPRESSED;
  pkt.routeAt = at + FIXED_LEN;
  pkt.routeEnd = end;
  pkt.routeShared = shared;
  pkt.routeLastShared = lastShared;
  if (left === 0) return true;
  pkt.dst0 = sharedWord(view, headAt + 24, lastShared, last, 0);
  pkt.dst1 = sharedWord(view, headAt + 24, lastShared, last, 1);
  pkt.dst2 = sharedWord(view, headAt + 24, lastShared, last, 2);
  pkt.dst3 = sharedWord(view, headAt + 24, lastShared, last, 3);
  return true;
}
