import { type Packet, ROUTE_COMPRESSED, ROUTE_IPV4 } from "./packet.ts";

const IPV4_LEN = 4;
const IPV6_LEN = 16;
/** The longest routing header has fewer whole addresses; compressed ones would be thousands. */
const MAX_HOPS = 128;

/** Addresses that a packet is to pass, or has passed, by its own word. Reused by its owner. */
export class SourceRoute {
  count = 0;
  /** There were more than are read. */
  isCut = false;
  /** Four words an address, IPv4 as v4-mapped. */
  readonly words: Int32Array = new Int32Array(4 * MAX_HOPS);
}

/** The address in the IP header of `pkt`, which has a source route, and all that the route lists. */
export function readSourceRoute(out: SourceRoute, pkt: Packet, view: DataView): void {
  out.count = 0;
  out.isCut = false;
  const isV4 = pkt.routeKind === ROUTE_IPV4;
  const len = isV4 ? IPV4_LEN : IPV6_LEN;
  add(out, view, isV4, pkt.routeHopAt);
  if (pkt.routeKind === ROUTE_COMPRESSED) {
    readCompressed(out, pkt, view);
    return;
  }
  for (let at = pkt.routeAt; at + len <= pkt.routeEnd; at += len) add(out, view, isV4, at);
}

/** RPL (RFC 6554 §3): octets that an address shares with the one in the header are left out. */
function readCompressed(out: SourceRoute, pkt: Packet, view: DataView): void {
  const { routeHopAt, routeAt, routeEnd, routeShared, routeLastShared } = pkt;
  const last = routeEnd - (IPV6_LEN - routeLastShared);
  for (let at = routeAt; at < last; at += IPV6_LEN - routeShared) {
    if (out.isCut) return;
    addShared(out, view, routeHopAt, routeShared, at);
  }
  addShared(out, view, routeHopAt, routeLastShared, last);
}

function add(out: SourceRoute, view: DataView, isV4: boolean, at: number): void {
  out.isCut ||= out.count === MAX_HOPS;
  if (out.isCut) return;
  const w = 4 * out.count++;
  out.words[w] = isV4 ? 0 : view.getInt32(at);
  out.words[w + 1] = isV4 ? 0 : view.getInt32(at + 4);
  out.words[w + 2] = isV4 ? 0xffff : view.getInt32(at + 8);
  out.words[w + 3] = view.getInt32(isV4 ? at : at + 12);
}

/** The first `shared` octets from the header's address, the others from `at` on. */
function addShared(out: SourceRoute, view: DataView, headerAt: number, shared: number, at: number): void {
  out.isCut ||= out.count === MAX_HOPS;
  if (out.isCut) return;
  const w = 4 * out.count++;
  for (let word = 0; word < 4; word++) out.words[w + word] = sharedWord(view, headerAt, shared, at, word);
}

/** Word `word` of an address whose first `shared` octets stand in the header. */
export function sharedWord(
  view: DataView,
  headerAt: number,
  shared: number,
  at: number,
  word: number,
): number {
  let value = 0;
  for (let i = 4 * word; i < 4 * word + 4; i++) {
    value = (value << 8) | view.getUint8(i < shared ? headerAt + i : at + i - shared);
  }
  return value;
}
