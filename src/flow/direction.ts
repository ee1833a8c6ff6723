import { ICMP_ECHO_REPLY, ICMPV6_ECHO_REPLY } from "../decode/icmp.ts";
import type { Packet } from "../decode/packet.ts";
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from "../decode/protocols.ts";
import { TCP_ACK, TCP_SYN } from "../decode/tcp.ts";
import {
  CONFIDENCE_HANDSHAKE,
  CONFIDENCE_PORT,
  CONFIDENCE_PROTOCOL,
  CONFIDENCE_UNKNOWN,
  INITIATOR_B,
} from "./flow-row.ts";

/** The IANA dynamic range begins at 49152; Linux takes client ports from 32768 on. */
const CLIENT_PORTS_FROM = 32768;
const WELL_KNOWN_BELOW = 1024;

/**
 * Who initiated, judged by a flow's first packet alone: FLAGS bits (confidence and INITIATOR_B).
 * Later packets can raise the confidence (DESIGN section 3, Flow).
 */
export function initiatorByFirstPacket(pkt: Packet): number {
  if (isMulticast(pkt)) return CONFIDENCE_PROTOCOL; // a group never begins a conversation
  switch (pkt.l4Proto) {
    case PROTO_TCP:
      if ((pkt.tcpFlags & TCP_SYN) === 0) return byPorts(pkt.srcPort, pkt.dstPort);
      return (pkt.tcpFlags & TCP_ACK) === 0 ? CONFIDENCE_HANDSHAKE : CONFIDENCE_HANDSHAKE | INITIATOR_B;
    case PROTO_UDP:
    case PROTO_SCTP:
      return byPorts(pkt.srcPort, pkt.dstPort);
    case PROTO_ICMP:
      return pkt.icmpType === ICMP_ECHO_REPLY ? CONFIDENCE_PROTOCOL | INITIATOR_B : CONFIDENCE_PROTOCOL;
    case PROTO_ICMPV6:
      return pkt.icmpType === ICMPV6_ECHO_REPLY ? CONFIDENCE_PROTOCOL | INITIATOR_B : CONFIDENCE_PROTOCOL;
    default:
      return CONFIDENCE_UNKNOWN;
  }
}

function byPorts(srcPort: number, dstPort: number): number {
  const src = portRank(srcPort);
  const dst = portRank(dstPort);
  if (src === dst) return CONFIDENCE_UNKNOWN;
  return src < dst ? CONFIDENCE_PORT | INITIATOR_B : CONFIDENCE_PORT;
}

/** The lower the rank, the more a port is a service's. */
function portRank(port: number): number {
  if (port < WELL_KNOWN_BELOW) return 0;
  return port < CLIENT_PORTS_FROM ? 1 : 2;
}

/** The destination is a group or the limited broadcast address. */
export function isMulticast(pkt: Packet): boolean {
  if (pkt.ipVersion === 6) return pkt.dst0 >>> 24 === 0xff;
  return pkt.dst3 >>> 28 === 0xe || pkt.dst3 === -1;
}
