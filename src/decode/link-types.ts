import {
  decodeAvs,
  decodeIpnet,
  decodeJuniper,
  decodeMpacket,
  decodeNflog,
  decodePflog,
  decodePktap,
  decodePpi,
  decodePrism,
  skipHeader,
} from "./capture-headers.ts";
import { decodeCiscoHdlc } from "./cisco-hdlc.ts";
import { decodeErf } from "./erf.ts";
import { decodeEthernet } from "./ethernet.ts";
import { decodeFrameRelay } from "./frame-relay.ts";
import { decodeIeee80211 } from "./ieee80211.ts";
import { decodeIpv4 } from "./ipv4.ts";
import { decodeIpv6 } from "./ipv6.ts";
import { decodeSll, decodeSll2 } from "./linux-sll.ts";
import { decodeLlc } from "./llc.ts";
import { decodeMpls } from "./mpls.ts";
import { decodeLoop, decodeNull } from "./null-loop.ts";
import {
  decodeArcnet,
  decodeClip,
  decodeFddi,
  decodeFirewire,
  decodeIpoib,
  decodeSlip,
  decodeSunAtm,
  decodeTokenRing,
} from "./old-links.ts";
import type { Packet } from "./packet.ts";
import { decodePpp } from "./ppp.ts";
import { decodePppoe } from "./pppoe.ts";
import { decodeRadiotap } from "./radiotap.ts";
import { LINK_UNSUPPORTED, RAW_EMPTY, RAW_WRONG_VERSION, type Status } from "./status.ts";
import { decodeSwitchTag } from "./switch-tags.ts";

// LINKTYPE_ values that more than this file needs by name: tcpdump.org/linktypes.html
export const LINKTYPE_NULL = 0;
export const LINKTYPE_ETHERNET = 1;
/** DLT_RAW as some systems wrote it into files before LINKTYPE_RAW was assigned. */
export const LINKTYPE_RAW_BSD = 12;
export const LINKTYPE_RAW_OPENBSD = 14;
export const LINKTYPE_RAW = 101;
export const LINKTYPE_LOOP = 108;
export const LINKTYPE_LINUX_SLL = 113;
export const LINKTYPE_IPV4 = 228;
export const LINKTYPE_IPV6 = 229;
export const LINKTYPE_LINUX_SLL2 = 276;

/** A frame of the given link type in view[at, end). */
export function decodeLink(pkt: Packet, view: DataView, at: number, end: number, linkType: number): Status {
  switch (linkType) {
    case LINKTYPE_ETHERNET:
      return decodeEthernet(pkt, view, at, end);
    case LINKTYPE_LINUX_SLL:
      return decodeSll(pkt, view, at, end);
    case LINKTYPE_LINUX_SLL2:
      return decodeSll2(pkt, view, at, end);
    case LINKTYPE_NULL:
      return decodeNull(pkt, view, at, end);
    case LINKTYPE_LOOP:
      return decodeLoop(pkt, view, at, end);
    case LINKTYPE_RAW:
    case LINKTYPE_RAW_BSD:
    case LINKTYPE_RAW_OPENBSD:
      return decodeRaw(pkt, view, at, end);
    case LINKTYPE_IPV4:
      return decodeIpv4(pkt, view, at, end);
    case LINKTYPE_IPV6:
      return decodeIpv6(pkt, view, at, end);
    default:
      return decodeOtherLink(pkt, view, at, end, linkType);
  }
}

function decodeOtherLink(pkt: Packet, view: DataView, at: number, end: number, linkType: number): Status {
  switch (linkType) {
    case 6: // IEEE802_5
      return decodeTokenRing(pkt, view, at, end);
    case 7: // ARCNET_BSD
      return decodeArcnet(pkt, view, at, end, false);
    case 8: // SLIP
      return decodeSlip(pkt, view, at, end);
    case 9: // PPP
    case 50: // PPP_HDLC
      return decodePpp(pkt, view, at, end);
    case 10: // FDDI
      return decodeFddi(pkt, view, at, end);
    case 51: // PPP_ETHER
      return decodePppoe(pkt, view, at, end);
    case 100: // ATM_RFC1483
      return decodeLlc(pkt, view, at, end);
    case 104: // C_HDLC
      return decodeCiscoHdlc(pkt, view, at, end);
    case 105: // IEEE802_11
      return decodeIeee80211(pkt, view, at, end);
    case 106: // ATM_CLIP
      return decodeClip(pkt, view, at, end);
    case 107: // FRELAY
      return decodeFrameRelay(pkt, view, at, end);
    case 119: // IEEE802_11_PRISM
      return decodePrism(pkt, view, at, end);
    case 123: // SUNATM
      return decodeSunAtm(pkt, view, at, end);
    case 127: // IEEE802_11_RADIOTAP
      return decodeRadiotap(pkt, view, at, end);
    case 129: // ARCNET_LINUX
      return decodeArcnet(pkt, view, at, end, true);
    case 138: // APPLE_IP_OVER_IEEE1394
      return decodeFirewire(pkt, view, at, end);
    case 163: // IEEE802_11_AVS
      return decodeAvs(pkt, view, at, end);
    case 219: // MPLS
      return decodeMpls(pkt, view, at, end);
    case 242: // IPOIB
      return decodeIpoib(pkt, view, at, end);
    default:
      return decodeWithHeader(pkt, view, at, end, linkType);
  }
}

/** Another link type behind a header of the capturing side. */
function decodeWithHeader(pkt: Packet, view: DataView, at: number, end: number, linkType: number): Status {
  switch (linkType) {
    case 109: // ENC: family, index of parameters, flags
      return skipHeader(pkt, at, end, 12, LINKTYPE_RAW);
    case 117: // PFLOG
      return decodePflog(pkt, view, at, end);
    case 149: // USER2, which Darwin used before PKTAP was assigned
    case 258: // PKTAP
      return decodePktap(pkt, view, at, end);
    case 178: // JUNIPER_ETHERNET
      return decodeJuniper(pkt, view, at, end);
    case 192: // PPI
      return decodePpi(pkt, view, at, end);
    case 166: // PPP_PPPD: the address octet says the direction
      return skipHeader(pkt, at, end, 2, 9);
    case 197: // ERF
      return decodeErf(pkt, view, at, end);
    case 204: // PPP_WITH_DIR
      return skipHeader(pkt, at, end, 1, 9);
    case 205: // C_HDLC_WITH_DIR
      return skipHeader(pkt, at, end, 1, 104);
    case 206: // FRELAY_WITH_DIR
      return skipHeader(pkt, at, end, 1, 107);
    case 226: // IPNET
      return decodeIpnet(pkt, view, at, end);
    case 239: // NFLOG
      return decodeNflog(pkt, view, at, end);
    case 240: // NETANALYZER
      return skipHeader(pkt, at, end, 4, LINKTYPE_ETHERNET);
    case 241: // NETANALYZER_TRANSPARENT: with preamble and delimiter
      return skipHeader(pkt, at, end, 12, LINKTYPE_ETHERNET);
    case 274: // ETHERNET_MPACKET
      return decodeMpacket(pkt, view, at, end);
    case 281: // DSA_TAG_BRCM
    case 284: // DSA_TAG_DSA
      return decodeSwitchTag(pkt, view, at, end, 4);
    case 282: // DSA_TAG_BRCM_PREPEND
      return skipHeader(pkt, at, end, 4, LINKTYPE_ETHERNET);
    case 285: // DSA_TAG_EDSA
      return decodeSwitchTag(pkt, view, at, end, 8);
    default:
      return LINK_UNSUPPORTED;
  }
}

/** Raw IP: the version nibble tells which. */
function decodeRaw(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 1) return RAW_EMPTY;
  const version = view.getUint8(at) >> 4;
  if (version === 4) return decodeIpv4(pkt, view, at, end);
  if (version === 6) return decodeIpv6(pkt, view, at, end);
  return RAW_WRONG_VERSION;
}
