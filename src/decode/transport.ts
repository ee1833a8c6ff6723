import { decodeEspNull } from "./bare-ipv4.ts";
import { decodeIcmp, decodeIcmpv6 } from "./icmp.ts";
import { decodeIpTunnel } from "./ip-tunnels.ts";
import type { Packet } from "./packet.ts";
import {
  PROTO_ENCAP,
  PROTO_ESP,
  PROTO_ETHERIP,
  PROTO_ETHERNET,
  PROTO_GRE,
  PROTO_ICMP,
  PROTO_ICMPV6,
  PROTO_IPCOMP,
  PROTO_IPIP,
  PROTO_IPIP_MICOM,
  PROTO_IPV6,
  PROTO_L2TP,
  PROTO_MINIMAL_IPIP,
  PROTO_MPLS,
  PROTO_NSH,
  PROTO_PIM,
  PROTO_ROHC,
  PROTO_SCTP,
  PROTO_TCP,
  PROTO_UDP,
} from "./protocols.ts";
import { IP_TUNNEL, OK, SCTP_HEADER_TRUNCATED, type Status } from "./status.ts";
import { decodeTcp } from "./tcp.ts";
import { decodeUdp } from "./udp.ts";

/** The transport header in view[pkt.l4At, pkt.l4End), by pkt.l4Proto. */
export function decodeTransport(pkt: Packet, view: DataView): Status {
  switch (pkt.l4Proto) {
    case PROTO_TCP:
      return decodeTcp(pkt, view, pkt.l4At, pkt.l4End);
    case PROTO_UDP:
      return decodeUdp(pkt, view, pkt.l4At, pkt.l4End);
    case PROTO_ICMP:
      return decodeIcmp(pkt, view, pkt.l4At, pkt.l4End);
    case PROTO_ICMPV6:
      return decodeIcmpv6(pkt, view, pkt.l4At, pkt.l4End);
    case PROTO_SCTP:
      return decodeSctp(pkt, view, pkt.l4At, pkt.l4End);
    case PROTO_ESP:
      wholePayload(pkt);
      return decodeEspNull(pkt, view, pkt.l4At, pkt.l4End, pkt.payloadLen);
    case PROTO_IPIP:
    case PROTO_IPIP_MICOM:
    case PROTO_IPV6:
    case PROTO_GRE:
    case PROTO_MINIMAL_IPIP:
    case PROTO_ETHERIP:
    case PROTO_PIM:
    case PROTO_L2TP:
    case PROTO_MPLS:
    case PROTO_ETHERNET:
    case PROTO_NSH:
      wholePayload(pkt);
      return decodeIpTunnel(pkt, view, pkt.l4At, pkt.l4End);
    case PROTO_ENCAP: // RFC 1241, which nobody speaks
    case PROTO_ROHC: // RFC 5858: compressed headers
    case PROTO_IPCOMP: // RFC 3173: compressed, and no flow can be told from another
      wholePayload(pkt);
      return IP_TUNNEL;
    default:
      wholePayload(pkt);
      return OK; // recorded by its number
  }
}

/** SCTP is recorded by its ports alone (RFC 9260 §3.1): nothing else of it is judged. */
function decodeSctp(pkt: Packet, view: DataView, at: number, end: number): Status {
  wholePayload(pkt);
  if (end - at < 4) return SCTP_HEADER_TRUNCATED;
  pkt.srcPort = view.getUint16(at);
  pkt.dstPort = view.getUint16(at + 2);
  return OK;
}

function wholePayload(pkt: Packet): void {
  pkt.payloadAt = pkt.l4At;
  pkt.payloadEnd = pkt.l4End;
  pkt.payloadLen = Math.max(0, pkt.l4WireEnd - pkt.l4At);
}
