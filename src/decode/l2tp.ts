import { carries, ETHERTYPE_BRIDGED, ETHERTYPE_PPP } from "./inner-layer.ts";
import { isFrame } from "./mpls.ts";
import type { Packet } from "./packet.ts";
import { L2TP_UNKNOWN_PAYLOAD, OK, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { TUNNEL_L2TP } from "./tunnels.ts";

// Flags and version (RFC 2661 §3.1)
const CONTROL = 0x8000;
const HAS_LENGTH = 0x4000;
const HAS_SEQUENCE = 0x0800;
const HAS_OFFSET = 0x0200;
const RESERVED = 0x34f0;
const VERSION = 0x000f;

/** Octets between session id and frame: a cookie of 0, 4 or 8, and a sublayer of 0 or 4 (RFC 3931 §4.1, §4.6). */
const MAX_BEFORE_FRAME = 12;

/** L2TP in view[at, end), the payload of the datagram `pkt`: version 2 carries PPP, version 3 what was agreed on. */
export function decodeL2tpOverUdp(pkt: Packet, view: DataView, at: number, end: number): Status {
  const wireEnd = at + pkt.payloadLen;
  if (wireEnd - at < 6) return OK;
  if (end - at < 2) return TUNNEL_TRUNCATED;
  const flags = view.getUint16(at);
  if ((flags & CONTROL) !== 0) return OK;
  if (flags === 3 && end - at >= 4 && view.getUint16(at + 2) === 0) {
    return decodeSession(pkt, view, at + 4, end, wireEnd);
  }
  if ((flags & VERSION) !== 2 || (flags & RESERVED) !== 0) return OK;
  let next = at + 6;
  if ((flags & HAS_LENGTH) !== 0) next += 2;
  if ((flags & HAS_SEQUENCE) !== 0) next += 4;
  if ((flags & HAS_OFFSET) !== 0) {
    if (end - next < 2) return TUNNEL_TRUNCATED;
    next += 2 + view.getUint16(next);
  }
  if (next >= end) return next >= wireEnd ? OK : TUNNEL_TRUNCATED;
  carries(pkt, TUNNEL_L2TP, ETHERTYPE_PPP, next, end, wireEnd);
  pkt.innerDoubtful = 1; // a dozen fixed bits are no certainty
  return OK;
}

/** L2TPv3 right over IP (RFC 3931 §4.1.1): session 0 is the control connection. */
export function decodeL2tpOverIp(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 4) return TUNNEL_TRUNCATED;
  return view.getInt32(at) === 0 ? OK : decodeSession(pkt, view, at, end, pkt.l4WireEnd);
}

/** Which cookie and sublayer were agreed on is said in the control connection: where a frame fits tells. */
function decodeSession(pkt: Packet, view: DataView, at: number, end: number, wireEnd: number): Status {
  if (end - at < 4) return TUNNEL_TRUNCATED;
  const first = at + 4;
  if (first === wireEnd) return OK;
  for (let next = first; next <= first + MAX_BEFORE_FRAME; next += 4) {
    if (isFrame(view, next, end)) return carries(pkt, TUNNEL_L2TP, ETHERTYPE_BRIDGED, next, end, wireEnd);
  }
  for (let next = first; next <= first + MAX_BEFORE_FRAME; next += 4) {
    if (isPpp(view, next, end)) return carries(pkt, TUNNEL_L2TP, ETHERTYPE_PPP, next, end, wireEnd);
  }
  return L2TP_UNKNOWN_PAYLOAD;
}

/** Address and control, then IP or a protocol of the link. */
function isPpp(view: DataView, at: number, end: number): boolean {
  if (end - at < 5 || view.getUint16(at) !== 0xff03) return false;
  const protocol = view.getUint16(at + 2);
  const version = view.getUint8(at + 4) >> 4;
  if (protocol === 0x0021) return version === 4;
  return protocol === 0x0057 ? version === 6 : protocol >= 0x8000;
}
