import { carries, LINK_BASE } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { OK, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { TUNNEL_PIM } from "./tunnels.ts";

const HEADER_LEN = 8;
/** PIM version 2, Register. */
const REGISTER = 0x21;
const NULL_REGISTER = 0x40;
const LINKTYPE_RAW = 101;

/** PIM (RFC 7761 §4.9.3) in view[at, end): a Register carries a packet, other messages nothing. */
export function decodePimRegister(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < HEADER_LEN || view.getUint8(at) !== REGISTER) return OK;
  // A Null-Register has no packet, or one without payload that is sent to nobody.
  if ((view.getUint8(at + 4) & NULL_REGISTER) !== 0) return OK;
  if (end - at === HEADER_LEN) return pkt.l4WireEnd > end ? TUNNEL_TRUNCATED : OK;
  return carries(pkt, TUNNEL_PIM, LINK_BASE + LINKTYPE_RAW, at + HEADER_LEN, end, pkt.l4WireEnd);
}
