import { decodeBareIpv4 } from "./bare-ipv4.ts";
import { NOTE_UDP_LENGTH_BEYOND } from "./note.ts";
import type { Packet } from "./packet.ts";
import { OK, type Status, UDP_HEADER_TRUNCATED, UDP_LENGTH_TOO_SMALL } from "./status.ts";
import { decodePeerTeredo } from "./teredo.ts";
import { decodeUdpTunnel, isTunnelPort } from "./udp-tunnels.ts";

const HEADER_LEN = 8;
const IPV4_LEN = 20;
const IPV6_LEN = 40;

/** UDP header (RFC 768) in view[at, end). Ports are set as soon as they are there. */
export function decodeUdp(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 4) return UDP_HEADER_TRUNCATED;
  pkt.srcPort = view.getUint16(at);
  pkt.dstPort = view.getUint16(at + 2);
  if (end - at < HEADER_LEN) return UDP_HEADER_TRUNCATED;
  pkt.l4Mark = view.getUint16(at + 6);
  const len = view.getUint16(at + 4);
  if (len !== 0 && len < HEADER_LEN) return UDP_LENGTH_TOO_SMALL;
  let wireEnd = at + len;
  // Zero: a jumbogram (RFC 2675 §4) or an offloaded segment.
  if (len === 0) wireEnd = pkt.l4WireEnd;
  if (wireEnd > pkt.l4WireEnd) {
    pkt.notes |= NOTE_UDP_LENGTH_BEYOND;
    wireEnd = pkt.l4WireEnd;
  }
  pkt.payloadAt = at + HEADER_LEN;
  pkt.payloadEnd = Math.min(wireEnd, end);
  pkt.payloadLen = wireEnd - pkt.payloadAt;
  if (isTunnelPort(pkt.dstPort) || isTunnelPort(pkt.srcPort)) return decodeUdpTunnel(pkt, view);
  const captured = pkt.payloadEnd - pkt.payloadAt;
  if (captured < IPV4_LEN) return OK;
  const version = view.getUint8(pkt.payloadAt) >> 4;
  if (version === 4) return decodeBareIpv4(pkt, view, pkt.payloadAt, pkt.payloadEnd);
  if (version !== 6 || captured < IPV6_LEN) return OK;
  return decodePeerTeredo(pkt, view, pkt.payloadAt, pkt.payloadEnd);
}
