import { ETHERTYPE_IPV6 } from "./ethernet.ts";
import { carries } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { OK, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { TUNNEL_TEREDO } from "./tunnels.ts";

const ORIGIN_LEN = 8;
const IPV6_LEN = 40;

/**
 * Teredo (RFC 4380 §5.1.1) in view[at, end), the payload of the datagram `pkt`: an authentication header, an origin
 * indication, both or neither, then an IPv6 packet.
 */
export function decodeTeredo(pkt: Packet, view: DataView, at: number, end: number): Status {
  const wireEnd = at + pkt.payloadLen;
  // Client id and value of the lengths given, then nonce (8) and confirmation (1).
  if (end - at >= 4 && view.getUint16(at) === 1) at += 4 + view.getUint8(at + 2) + view.getUint8(at + 3) + 9;
  if (end - at >= 2 && view.getUint16(at) === 0) at += ORIGIN_LEN;
  if (wireEnd - at < IPV6_LEN) return OK;
  if (end <= at) return TUNNEL_TRUNCATED;
  if (view.getUint8(at) >> 4 !== 6) return OK;
  carries(pkt, TUNNEL_TEREDO, ETHERTYPE_IPV6, at, end, wireEnd);
  if (end - at < 6 || view.getUint16(at + 4) !== wireEnd - at - IPV6_LEN) pkt.innerDoubtful = 1;
  return OK;
}

/** 2001::/32, the prefix of Teredo addresses (RFC 4380 §2.6), in their first word. */
const PREFIX = 0x20010000;

/**
 * The same between clients and relays, which use any port (§5.2): an IPv6 packet of exactly the datagram's length with
 * a Teredo address. view[at, end) has a header's octets and begins with version 6.
 */
export function decodePeerTeredo(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (view.getUint16(at + 4) !== pkt.payloadLen - IPV6_LEN) return OK;
  if (view.getInt32(at + 8) !== PREFIX && view.getInt32(at + 24) !== PREFIX) return OK;
  carries(pkt, TUNNEL_TEREDO, ETHERTYPE_IPV6, at, end, at + pkt.payloadLen);
  pkt.innerDoubtful = 1; // no port says so: a message of another protocol may be made to look like it
  return OK;
}
