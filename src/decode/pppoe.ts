import type { Packet } from "./packet.ts";
import { decodePpp } from "./ppp.ts";
import { PPPOE_TRUNCATED, PPPOE_UNKNOWN_VERSION, type Status, UNROUTABLE } from "./status.ts";

const HEADER_LEN = 6;
const SESSION_DATA = 0;

/** PPPoE session stage (RFC 2516 §4) in view[at, end): version and type 1, code, session, length, PPP. */
export function decodePppoe(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < HEADER_LEN) return PPPOE_TRUNCATED;
  if (view.getUint8(at) !== 0x11) return PPPOE_UNKNOWN_VERSION;
  if (view.getUint8(at + 1) !== SESSION_DATA) return UNROUTABLE; // discovery, under the other EtherType or this
  const payload = at + HEADER_LEN;
  // The length is a claim: it may end the packet before the frame does (padding), never after.
  const len = view.getUint16(at + 4);
  pkt.frameWireEnd = Math.min(pkt.frameWireEnd, payload + len);
  return decodePpp(pkt, view, payload, Math.min(end, payload + len));
}
