import { carries, MINIMAL_HEADER } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { IP_TUNNEL, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { decodeTransport } from "./transport.ts";
import { TUNNEL_MINIMAL } from "./tunnels.ts";

const HEADER_LEN = 8;
const SOURCE_LEN = 4;
const HAS_SOURCE = 0x80;

/**
 * Minimal encapsulation (RFC 2004 §3.1) in view[at, end): protocol, flags, checksum, true destination and, where a
 * flag says so, true source; then the transport header. Only IPv4 knows it.
 */
export function decodeMinimalEncapsulation(pkt: Packet, _view: DataView, at: number, end: number): Status {
  if (pkt.ipVersion !== 4) return IP_TUNNEL;
  if (end - at < HEADER_LEN) return TUNNEL_TRUNCATED;
  return carries(pkt, TUNNEL_MINIMAL, MINIMAL_HEADER, at, end, pkt.l4WireEnd);
}

/** The packet that it makes of the one whose addresses are still in `pkt`, whose identification is `ipMark`. */
export function decodeMinimalHeader(
  pkt: Packet,
  view: DataView,
  at: number,
  end: number,
  ipMark: number,
): Status {
  const hasSource = (view.getUint8(at + 1) & HAS_SOURCE) !== 0;
  pkt.ipVersion = 4;
  pkt.ipMark = ipMark;
  pkt.dst3 = view.getInt32(at + 4);
  pkt.l4Proto = view.getUint8(at);
  pkt.l4At = at + HEADER_LEN + (hasSource ? SOURCE_LEN : 0);
  pkt.l4WireEnd = pkt.frameWireEnd;
  pkt.l4End = Math.min(pkt.l4WireEnd, end);
  if (end < pkt.l4At) return TUNNEL_TRUNCATED;
  if (hasSource) pkt.src3 = view.getInt32(at + HEADER_LEN);
  return decodeTransport(pkt, view);
}
