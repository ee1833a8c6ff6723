import { carries, LINK_BASE } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { OK, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { TUNNEL_GTP } from "./tunnels.ts";

const HEADER_LEN = 8;
/** Version 1, protocol type GTP (3GPP TS 29.281 §5.1); below them the flags. */
const VERSION_1 = 0x30;
const VERSION_MASK = 0xf8;
const HAS_EXTENSION = 0x04;
const HAS_OPTIONAL = 0x07;
const G_PDU = 255;
const LINKTYPE_RAW = 101;
/** Bounds the work that a hostile packet can ask for. */
const MAX_EXTENSIONS = 16;

/** GTP-U in view[at, end), the payload of the datagram `pkt`: only a G-PDU carries a packet. */
export function decodeGtp(pkt: Packet, view: DataView, at: number, end: number): Status {
  const wireEnd = at + pkt.payloadLen;
  if (end - at < HEADER_LEN) return end < wireEnd && wireEnd - at > HEADER_LEN ? TUNNEL_TRUNCATED : OK;
  const flags = view.getUint8(at);
  if ((flags & VERSION_MASK) !== VERSION_1 || view.getUint8(at + 1) !== G_PDU) return OK;
  let next = at + HEADER_LEN;
  if ((flags & HAS_OPTIONAL) !== 0) {
    next += 4; // sequence number, N-PDU number, next extension: all three as soon as one is there
    if (next > end) return TUNNEL_TRUNCATED;
    if ((flags & HAS_EXTENSION) !== 0) next = afterExtensions(view, next, end);
  }
  if (next < 0) return TUNNEL_TRUNCATED;
  if (next >= wireEnd) return OK;
  if (next >= end) return TUNNEL_TRUNCATED;
  carries(pkt, TUNNEL_GTP, LINK_BASE + LINKTYPE_RAW, next, end, wireEnd);
  // What a session carries other than IP (Ethernet, non-IP) the header does not say.
  pkt.innerDoubtful = view.getUint16(at + 2) === pkt.payloadLen - HEADER_LEN ? 0 : 1;
  return OK;
}

/** Each extension: length in words, contents, type of the next (§5.2). Returns where they end, or -1. */
function afterExtensions(view: DataView, at: number, end: number): number {
  let type = view.getUint8(at - 1);
  for (let n = 0; type !== 0; n++) {
    if (n === MAX_EXTENSIONS || end - at < 4) return -1;
    const len = view.getUint8(at) * 4;
    if (len === 0 || end - at < len) return -1;
    at += len;
    type = view.getUint8(at - 1);
  }
  return at;
}
