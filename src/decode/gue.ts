import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_MPLS } from "./ethernet.ts";
import { carries, ETHERTYPE_BRIDGED } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { PROTO_ETHERNET, PROTO_IPIP, PROTO_IPV6, PROTO_MPLS } from "./protocols.ts";
import { OK, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { TUNNEL_GUE } from "./tunnels.ts";

const HEADER_LEN = 4;
const CONTROL = 0x20;
const HEADER_WORDS = 0x1f;

/**
 * Generic UDP encapsulation (draft-ietf-intarea-gue-09 §3) in view[at, end), the payload of the datagram `pkt`: variant,
 * control flag, length of the optional part in words, IP protocol, flags. In variant 1 the IP header stands first (§4).
 */
export function decodeGue(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < HEADER_LEN) return OK;
  const first = view.getUint8(at);
  const wireEnd = at + pkt.payloadLen;
  if (first >> 4 === 4) return inside(pkt, ETHERTYPE_IPV4, at, end, wireEnd);
  if (first >> 4 === 6) return inside(pkt, ETHERTYPE_IPV6, at, end, wireEnd);
  const type = etherTypeOf(view.getUint8(at + 1));
  if (first >> 6 !== 0 || (first & CONTROL) !== 0 || type < 0) return OK;
  const next = at + HEADER_LEN + 4 * (first & HEADER_WORDS);
  if (next >= wireEnd) return OK;
  return next >= end ? TUNNEL_TRUNCATED : inside(pkt, type, next, end, wireEnd);
}

function inside(pkt: Packet, type: number, at: number, end: number, wireEnd: number): Status {
  carries(pkt, TUNNEL_GUE, type, at, end, wireEnd);
  pkt.innerDoubtful = 1; // so few bits are fixed that other datagrams have them too
  return OK;
}

/** Of what an IP protocol carries in a tunnel; -1 for what is none. */
function etherTypeOf(proto: number): number {
  if (proto === PROTO_IPIP) return ETHERTYPE_IPV4;
  if (proto === PROTO_IPV6) return ETHERTYPE_IPV6;
  if (proto === PROTO_MPLS) return ETHERTYPE_MPLS;
  return proto === PROTO_ETHERNET ? ETHERTYPE_BRIDGED : -1;
}
