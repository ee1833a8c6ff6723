import { carries, LINK_BASE } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { OK, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { TUNNEL_LISP } from "./tunnels.ts";

const HEADER_LEN = 8;
const LINKTYPE_RAW = 101;

/** LISP data (RFC 9300 §5.1) in view[at, end), the payload of the datagram `pkt`: eight octets, then IP. */
export function decodeLisp(pkt: Packet, _view: DataView, at: number, end: number): Status {
  const wireEnd = at + pkt.payloadLen;
  if (wireEnd - at <= HEADER_LEN) return OK;
  if (end - at <= HEADER_LEN) return TUNNEL_TRUNCATED;
  carries(pkt, TUNNEL_LISP, LINK_BASE + LINKTYPE_RAW, at + HEADER_LEN, end, wireEnd);
  pkt.innerDoubtful = 1; // every bit of the header means something
  return OK;
}

/** Type 8 in the first four bits: an encapsulated control message (RFC 9301 §5.8), a packet behind four octets. */
const ENCAPSULATED = 8;

/** LISP control in view[at, end), the payload of the datagram `pkt`: other messages carry no packet. */
export function decodeLispControl(pkt: Packet, view: DataView, at: number, end: number): Status {
  const wireEnd = at + pkt.payloadLen;
  if (wireEnd - at <= 4 || end - at < 1 || view.getUint8(at) >> 4 !== ENCAPSULATED) return OK;
  if (end - at <= 4) return TUNNEL_TRUNCATED;
  carries(pkt, TUNNEL_LISP, LINK_BASE + LINKTYPE_RAW, at + 4, end, wireEnd);
  pkt.innerDoubtful = 1;
  return OK;
}
