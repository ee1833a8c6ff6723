import type { Packet } from "./packet.ts";
import { decodePpp } from "./ppp.ts";
import { PPPOE_TRUNCATED, PPPOE_UNKNOWN_VERSION, type Status, UNROUTABLE } from "./status.ts";

const HEADER_LEN = 6;
const SESSION_DATA = 0;
/** Offer, initiation, request, session, end (RFC 2516 §5): some send them under the EtherType of sessions. */
const DISCOVERY = [0x07, 0x09, 0x19, 0x65, 0xa7];

/** PPPoE session stage (RFC 2516 §4) in view[at, end): version and type 1, code, session, length, PPP. */
export function decodePppoe(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < HEADER_LEN) return PPPOE_TRUNCATED;
  if (view.getUint8(at) !== 0x11) return PPPOE_UNKNOWN_VERSION;
  const code = view.getUint8(at + 1);
  if (code !== SESSION_DATA) return DISCOVERY.includes(code) ? UNROUTABLE : PPPOE_UNKNOWN_VERSION;
  const payload = at + HEADER_LEN;
  // The length is a claim: it may end the packet before the frame does (padding), never after.
  const len = view.getUint16(at + 4);
  pkt.frameWireEnd = Math.min(pkt.frameWireEnd, payload + len);
  return decodePpp(pkt, view, payload, Math.min(end, payload + len));
}
