import { carries } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { OK, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { TUNNEL_GENEVE } from "./tunnels.ts";

const HEADER_LEN = 8;
/** Version 0 and a length of options, in words (RFC 8926 §3.4). */
const VERSION = 0xc0;
const MIN_ETHERTYPE = 0x0600;
const RESERVED_FLAGS = 0x3f;

/** Geneve in view[at, end), the payload of the datagram `pkt`: options, protocol type, network id, packet. */
export function decodeGeneve(pkt: Packet, view: DataView, at: number, end: number): Status {
  const wireEnd = at + pkt.payloadLen;
  if (end - at < HEADER_LEN) return end < wireEnd && wireEnd - at > HEADER_LEN ? TUNNEL_TRUNCATED : OK;
  const first = view.getUint8(at);
  if ((first & VERSION) !== 0) return OK;
  const next = at + HEADER_LEN + first * 4;
  if (next >= wireEnd) return OK;
  if (next > end) return TUNNEL_TRUNCATED;
  const type = view.getUint16(at + 2);
  carries(pkt, TUNNEL_GENEVE, type, next, end, wireEnd);
  pkt.innerVni = view.getUint32(at + 4) >>> 8;
  const isStrict =
    type >= MIN_ETHERTYPE && (view.getUint8(at + 1) & RESERVED_FLAGS) === 0 && view.getUint8(at + 7) === 0;
  pkt.innerDoubtful = isStrict ? 0 : 1;
  return OK;
}
