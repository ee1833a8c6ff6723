import { carries, ETHERTYPE_BRIDGED } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { ETHERIP_UNKNOWN_VERSION, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { TUNNEL_ETHERIP } from "./tunnels.ts";

const HEADER_LEN = 2;

/** EtherIP (RFC 3378 §3) in view[at, end): version 3, twelve zero bits, a frame. */
export function decodeEtherIp(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < HEADER_LEN) return TUNNEL_TRUNCATED;
  // Some stacks had the nibbles the wrong way round for years.
  const version = view.getUint8(at);
  if (version >> 4 !== 3 && version !== 0x03) return ETHERIP_UNKNOWN_VERSION;
  return carries(pkt, TUNNEL_ETHERIP, ETHERTYPE_BRIDGED, at + HEADER_LEN, end, pkt.l4WireEnd);
}
