import { ETHERTYPE_MPLS } from "./ethernet.ts";
import { carries, ETHERTYPE_BRIDGED, ETHERTYPE_PPP } from "./inner-layer.ts";
import { decodeIpv4 } from "./ipv4.ts";
import { decodeIpv6 } from "./ipv6.ts";
import type { Packet } from "./packet.ts";
import {
  PPP_ENCRYPTED,
  PPP_FRAGMENT,
  PPP_TRUNCATED,
  PPP_UNKNOWN_PROTOCOL,
  type Status,
  UNROUTABLE,
} from "./status.ts";
import { TUNNEL_LINK } from "./tunnels.ts";
import { isUnroutablePpp } from "./unroutable.ts";

/** All-stations address and unnumbered information (RFC 1662 §3.1); peers may agree to leave them out. */
const ADDRESS_CONTROL = 0xff03;
/** Cisco's bit-stuffed variant of the address for single stations. */
const SINGLE_STATION = 0x0f00;

// Protocol numbers (RFC 1661 §2; IANA "PPP DLL Protocol Numbers")
const PPP_IPV4 = 0x0021;
const PPP_BRIDGED = 0x0031;
const PPP_MULTILINK = 0x003d;
const PPP_IPV6 = 0x0057;
const PPP_MPLS = 0x0281;
const PPP_MPLS_MULTICAST = 0x0283;

/** First and last piece in one: a whole packet (RFC 1990 §3). */
const WHOLE = 0xc0;

/** PPP frame in view[at, end), with or without address and control, protocol of one octet or two (RFC 1661 §6.5). */
export function decodePpp(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 1) return PPP_TRUNCATED;
  if (end - at >= 2) {
    const head = view.getUint16(at);
    if (head === ADDRESS_CONTROL || head === SINGLE_STATION) at += 2;
  }
  if (end - at < 1) return PPP_TRUNCATED;
  let protocol = view.getUint8(at++);
  if ((protocol & 1) === 0) {
    if (end - at < 1) return PPP_TRUNCATED;
    protocol = (protocol << 8) | view.getUint8(at++);
  }
  return decodeProtocol(pkt, view, at, end, protocol);
}

function decodeProtocol(pkt: Packet, view: DataView, at: number, end: number, protocol: number): Status {
  switch (protocol) {
    case PPP_IPV4:
      return decodeIpv4(pkt, view, at, end);
    case PPP_IPV6:
      return decodeIpv6(pkt, view, at, end);
    case 0x0053: // encryption (RFC 1968)
    case 0x0055: // the same on one link of a bundle
    case 0x00fb: // compression on one link of a bundle
    case 0x00fd: // compression (RFC 1962), and Microsoft's encryption (RFC 3078)
    case 0x002d: // Van Jacobson, compressed TCP (RFC 1144)
    case 0x002f: // the same, uncompressed: the protocol field holds a slot number
      return PPP_ENCRYPTED;
    case PPP_MPLS:
    case PPP_MPLS_MULTICAST:
      return carries(pkt, TUNNEL_LINK, ETHERTYPE_MPLS, at, end, pkt.frameWireEnd);
    case PPP_BRIDGED: // RFC 3518 §4.3: flags, MAC type, and for Ethernet the frame
      if (end - at < 2) return PPP_TRUNCATED;
      return carries(pkt, TUNNEL_LINK, ETHERTYPE_BRIDGED, at + 2, end, pkt.frameWireEnd);
    case PPP_MULTILINK: // long sequence numbers: 4 octets, of which the first two bits say begin and end
      if (end - at < 4) return PPP_TRUNCATED;
      if ((view.getUint8(at) & WHOLE) !== WHOLE) return PPP_FRAGMENT;
      return carries(pkt, TUNNEL_LINK, ETHERTYPE_PPP, at + 4, end, pkt.frameWireEnd);
    default:
      return isUnroutablePpp(protocol) ? UNROUTABLE : PPP_UNKNOWN_PROTOCOL;
  }
}
