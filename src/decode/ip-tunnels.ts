import { decodeEtherIp } from "./etherip.ts";
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_MPLS, ETHERTYPE_NSH } from "./ethernet.ts";
import { decodeGre } from "./gre.ts";
import { carries, ETHERTYPE_BRIDGED } from "./inner-layer.ts";
import { decodeL2tpOverIp } from "./l2tp.ts";
import { decodeMinimalEncapsulation } from "./minimal-encapsulation.ts";
import type { Packet } from "./packet.ts";
import { decodePimRegister } from "./pim-register.ts";
import {
  PROTO_ETHERIP,
  PROTO_ETHERNET,
  PROTO_GRE,
  PROTO_IPIP,
  PROTO_IPIP_MICOM,
  PROTO_IPV6,
  PROTO_L2TP,
  PROTO_MINIMAL_IPIP,
  PROTO_MPLS,
  PROTO_NSH,
  PROTO_PIM,
} from "./protocols.ts";
import { IP_TUNNEL, type Status } from "./status.ts";
import {
  TUNNEL_4IN6,
  TUNNEL_6IN4,
  TUNNEL_ETHERNET,
  TUNNEL_IP6IP6,
  TUNNEL_IPIP,
  TUNNEL_MPLS,
  TUNNEL_NSH,
} from "./tunnels.ts";

/** A tunnel right over IP, by pkt.l4Proto, whose header begins at `at`. */
export function decodeIpTunnel(pkt: Packet, view: DataView, at: number, end: number): Status {
  const isV6 = pkt.ipVersion === 6;
  switch (pkt.l4Proto) {
    case PROTO_IPIP: // RFC 2003
    case PROTO_IPIP_MICOM: // the same under the number of its time
      return carries(pkt, isV6 ? TUNNEL_4IN6 : TUNNEL_IPIP, ETHERTYPE_IPV4, at, end, pkt.l4WireEnd);
    case PROTO_IPV6: // RFC 4213 §3, RFC 2473
      return carries(pkt, isV6 ? TUNNEL_IP6IP6 : TUNNEL_6IN4, ETHERTYPE_IPV6, at, end, pkt.l4WireEnd);
    case PROTO_GRE:
      return decodeGre(pkt, view, at, end);
    case PROTO_MINIMAL_IPIP:
      return decodeMinimalEncapsulation(pkt, view, at, end);
    case PROTO_ETHERIP:
      return decodeEtherIp(pkt, view, at, end);
    case PROTO_ETHERNET: // RFC 8986 §4.9
      return carries(pkt, TUNNEL_ETHERNET, ETHERTYPE_BRIDGED, at, end, pkt.l4WireEnd);
    case PROTO_MPLS: // RFC 4023 §3
      return carries(pkt, TUNNEL_MPLS, ETHERTYPE_MPLS, at, end, pkt.l4WireEnd);
    case PROTO_NSH:
      return carries(pkt, TUNNEL_NSH, ETHERTYPE_NSH, at, end, pkt.l4WireEnd);
    case PROTO_L2TP:
      return decodeL2tpOverIp(pkt, view, at, end);
    case PROTO_PIM:
      return decodePimRegister(pkt, view, at, end);
    default:
      return IP_TUNNEL;
  }
}
