import type { Packet } from "./packet.ts";
import { ICMP_HEADER_TRUNCATED, OK, type Status } from "./status.ts";

const HEADER_LEN = 8;

// RFC 792
export const ICMP_ECHO_REPLY = 0;
export const ICMP_UNREACHABLE = 3;
export const ICMP_ECHO = 8;
// RFC 4443 §4; RFC 3810 §5
export const ICMPV6_ECHO = 128;
export const ICMPV6_ECHO_REPLY = 129;

/** ICMP (RFC 792) in view[at, end). Echo: the identifier stands in both ports. */
export function decodeIcmp(pkt: Packet, view: DataView, at: number, end: number): Status {
  const status = decodeHead(pkt, view, at, end);
  if (status === OK && (pkt.icmpType === ICMP_ECHO || pkt.icmpType === ICMP_ECHO_REPLY)) {
    pkt.srcPort = view.getUint16(at + 4);
    pkt.dstPort = pkt.srcPort;
  }
  return status;
}

/** ICMPv6 (RFC 4443 §2.1) in view[at, end). Echo: the identifier stands in both ports. */
export function decodeIcmpv6(pkt: Packet, view: DataView, at: number, end: number): Status {
  const status = decodeHead(pkt, view, at, end);
  if (status === OK && (pkt.icmpType === ICMPV6_ECHO || pkt.icmpType === ICMPV6_ECHO_REPLY)) {
    pkt.srcPort = view.getUint16(at + 4);
    pkt.dstPort = pkt.srcPort;
  }
  return status;
}

function decodeHead(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 4) return ICMP_HEADER_TRUNCATED;
  pkt.icmpType = view.getUint8(at);
  pkt.icmpCode = view.getUint8(at + 1);
  pkt.l4Mark = view.getUint16(at + 2);
  if (end - at < HEADER_LEN) return ICMP_HEADER_TRUNCATED;
  pkt.payloadAt = at + HEADER_LEN;
  pkt.payloadEnd = end;
  pkt.payloadLen = Math.max(0, pkt.l4WireEnd - pkt.payloadAt);
  return OK;
}

/** A ping (RFC 792, RFC 4443 §4.1). */
export function isEcho(version: number, type: number): boolean {
  return type === (version === 6 ? ICMPV6_ECHO : ICMP_ECHO);
}

/** What a ping is answered with (RFC 792, RFC 4443 §4.2). */
export function isEchoReply(version: number, type: number): boolean {
  return type === (version === 6 ? ICMPV6_ECHO_REPLY : ICMP_ECHO_REPLY);
}

/** An error message (RFC 792; RFC 4443 §2.1: types below 128): it quotes a packet, it is no traffic of its own. */
export function isIcmpError(version: number, type: number): boolean {
  if (version === 6) return type > 0 && type < 128;
  return type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
}
