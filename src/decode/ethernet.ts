import { decodeBackbone } from "./backbone.ts";
import { decodeFabricTag, isFabricTag } from "./fabric-tags.ts";
import { ETHERTYPE_BRIDGED, ETHERTYPE_PPP } from "./inner-layer.ts";
import { decodeIpv4 } from "./ipv4.ts";
import { decodeIpv6 } from "./ipv6.ts";
import { decodeLlc } from "./llc.ts";
import { decodeMacsec } from "./macsec.ts";
import { decodeMpls } from "./mpls.ts";
import { decodeNsh } from "./nsh.ts";
import { NO_VLAN, type Packet } from "./packet.ts";
import { decodePpp } from "./ppp.ts";
import { decodePppoe } from "./pppoe.ts";
import {
  ETHERNET_TRUNCATED,
  ETHERNET_UNKNOWN_TYPE,
  ETHERNET_VLAN_TOO_DEEP,
  ETHERNET_VLAN_TRUNCATED,
  type Status,
  UNROUTABLE,
} from "./status.ts";
import { isUnroutableEtherType } from "./unroutable.ts";
import { decodeAristaTimestamp, decodeCiscoMetadata } from "./vendor-tags.ts";

const HEADER_LEN = 14;
const TAG_LEN = 4;
/** Bounds the work that one hostile frame can ask for. */
const MAX_TAGS = 8;
/** IEEE 802.3 §3.2.6: values from here on are types, those up to 1500 are lengths. */
const MIN_ETHERTYPE = 0x0600;

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_VLAN = 0x8100; // 802.1Q customer tag
const ETHERTYPE_SERVICE_VLAN = 0x88a8; // 802.1ad service tag
const ETHERTYPE_QINQ = 0x9100; // service tags before 802.1ad, still seen
const ETHERTYPE_QINQ_2 = 0x9200;
const ETHERTYPE_QINQ_3 = 0x9300;
export const ETHERTYPE_MPLS = 0x8847;
const ETHERTYPE_MPLS_UPSTREAM = 0x8848;
const ETHERTYPE_PPPOE_SESSION = 0x8864;
const ETHERTYPE_MACSEC = 0x88e5;
const ETHERTYPE_BACKBONE = 0x88e7; // 802.1ah I-tag
export const ETHERTYPE_NSH = 0x894f; // RFC 8300
const ETHERTYPE_CISCO_METADATA = 0x8909;
const ETHERTYPE_ARISTA = 0xd28b;

/** Ethernet II or 802.3 frame in view[at, end). */
export function decodeEthernet(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < HEADER_LEN) return ETHERNET_TRUNCATED;
  pkt.macOffset = at;
  return decodeEtherType(pkt, view, at + HEADER_LEN, end, view.getUint16(at + 12));
}

/** What follows an EtherType (or an 802.3 length) whose payload begins at `at`. */
export function decodeEtherType(pkt: Packet, view: DataView, at: number, end: number, type: number): Status {
  for (let tags = 0; isVlanTag(type); tags++) {
    if (tags === MAX_TAGS) return ETHERNET_VLAN_TOO_DEEP;
    if (end - at < TAG_LEN) return ETHERNET_VLAN_TRUNCATED;
    if (pkt.vlan === NO_VLAN) pkt.vlan = view.getUint16(at) & 0x0fff;
    type = view.getUint16(at + 2);
    at += TAG_LEN;
  }
  if (type === ETHERTYPE_IPV4) return decodeIpv4(pkt, view, at, end);
  if (type === ETHERTYPE_IPV6) return decodeIpv6(pkt, view, at, end);
  if (type < MIN_ETHERTYPE) return decodeLlc(pkt, view, at, end);
  return otherEtherType(pkt, view, at, end, type);
}

export function isVlanTag(type: number): boolean {
  switch (type) {
    case ETHERTYPE_VLAN:
    case ETHERTYPE_SERVICE_VLAN:
    case ETHERTYPE_QINQ:
    case ETHERTYPE_QINQ_2:
    case ETHERTYPE_QINQ_3:
      return true;
    default:
      return false;
  }
}

/** What is neither IP nor LLC. */
function otherEtherType(pkt: Packet, view: DataView, at: number, end: number, type: number): Status {
  switch (type) {
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_UPSTREAM:
      return decodeMpls(pkt, view, at, end);
    case ETHERTYPE_PPPOE_SESSION:
      return decodePppoe(pkt, view, at, end);
    case ETHERTYPE_PPP:
      return decodePpp(pkt, view, at, end);
    case ETHERTYPE_MACSEC:
      return decodeMacsec(pkt, view, at, end);
    case ETHERTYPE_BACKBONE:
      return decodeBackbone(pkt, view, at, end);
    case ETHERTYPE_NSH:
      return decodeNsh(pkt, view, at, end);
    case ETHERTYPE_BRIDGED:
      return decodeEthernet(pkt, view, at, end);
    case ETHERTYPE_CISCO_METADATA:
      return decodeCiscoMetadata(pkt, view, at, end);
    case ETHERTYPE_ARISTA:
      return decodeAristaTimestamp(pkt, view, at, end);
    default:
      if (isFabricTag(type)) return decodeFabricTag(pkt, view, at, end, type);
      return isUnroutableEtherType(type) ? UNROUTABLE : ETHERNET_UNKNOWN_TYPE;
  }
}
