import type { Packet } from "./packet.ts";
import {
  IP_TUNNEL,
  NOTE_UDP_LENGTH_BEYOND,
  OK,
  type Status,
  UDP_HEADER_TRUNCATED,
  UDP_LENGTH_TOO_SMALL,
} from "./status.ts";

const HEADER_LEN = 8;

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
  return isTunnelPort(pkt.dstPort) ? IP_TUNNEL : OK;
}

/** IANA ports of tunnels over UDP: they mean "decode", which a later step does, never "trust". */
function isTunnelPort(port: number): boolean {
  switch (port) {
    case 4789: // VXLAN (RFC 7348)
    case 8472: // VXLAN as Linux had it before the assignment
    case 6081: // Geneve (RFC 8926)
    case 3544: // Teredo (RFC 4380)
    case 2152: // GTP-U (3GPP TS 29.281)
    case 1701: // L2TP (RFC 2661)
      return true;
    default:
      return false;
  }
}
