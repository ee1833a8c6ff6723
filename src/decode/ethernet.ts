import { decodeIpv4 } from "./ipv4.ts";
import { decodeIpv6 } from "./ipv6.ts";
import { NO_VLAN, type Packet } from "./packet.ts";
import {
  ETHERNET_BACKBONE,
  ETHERNET_LLC_TRUNCATED,
  ETHERNET_LLC_UNKNOWN,
  ETHERNET_MACSEC,
  ETHERNET_MPLS,
  ETHERNET_PPPOE,
  ETHERNET_TRUNCATED,
  ETHERNET_UNKNOWN_TYPE,
  ETHERNET_VLAN_TOO_DEEP,
  ETHERNET_VLAN_TRUNCATED,
  type Status,
  UNROUTABLE,
} from "./status.ts";
import {
  isIsoSap,
  isUnroutableEtherType,
  isUnroutableLlc,
  isUnroutableNlpid,
  isUnroutableSnap,
} from "./unroutable.ts";

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
const ETHERTYPE_QINQ = 0x9100; // service tag before 802.1ad, still seen
const ETHERTYPE_MPLS = 0x8847;
const ETHERTYPE_MPLS_UPSTREAM = 0x8848;
const ETHERTYPE_PPPOE_SESSION = 0x8864;
const ETHERTYPE_MACSEC = 0x88e5;
const ETHERTYPE_BACKBONE = 0x88e7; // 802.1ah I-tag

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
  return otherEtherType(type);
}

function isVlanTag(type: number): boolean {
  return type === ETHERTYPE_VLAN || type === ETHERTYPE_SERVICE_VLAN || type === ETHERTYPE_QINQ;
}

function otherEtherType(type: number): Status {
  switch (type) {
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_UPSTREAM:
      return ETHERNET_MPLS;
    case ETHERTYPE_PPPOE_SESSION:
      return ETHERNET_PPPOE;
    case ETHERTYPE_MACSEC:
      return ETHERNET_MACSEC;
    case ETHERTYPE_BACKBONE:
      return ETHERNET_BACKBONE;
    default:
      return isUnroutableEtherType(type) ? UNROUTABLE : ETHERNET_UNKNOWN_TYPE;
  }
}

/** IEEE 802.2 LLC, with the SNAP extension (RFC 1042) that carries an EtherType under OUI 0. */
function decodeLlc(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 3) return ETHERNET_LLC_TRUNCATED;
  const saps = view.getUint16(at);
  if (isIsoSap(saps)) return decodeIsoNetwork(view, at + 3, end);
  if (saps !== 0xaaaa) return isUnroutableLlc(saps) ? UNROUTABLE : ETHERNET_LLC_UNKNOWN;
  if (end - at < 8) return ETHERNET_LLC_TRUNCATED;
  const oui = (view.getUint16(at + 3) << 8) | view.getUint8(at + 5);
  const type = view.getUint16(at + 6);
  if (oui !== 0) return isUnroutableSnap(oui, type) ? UNROUTABLE : ETHERNET_LLC_UNKNOWN;
  // Not back into decodeEtherType: tags and LLC inside SNAP would let a frame nest itself without end.
  if (type === ETHERTYPE_IPV4) return decodeIpv4(pkt, view, at + 8, end);
  if (type === ETHERTYPE_IPV6) return decodeIpv6(pkt, view, at + 8, end);
  return otherEtherType(type);
}

/** The ISO network layer shares one SAP: its first octet tells routing from routed protocols (ISO/IEC TR 9577). */
function decodeIsoNetwork(view: DataView, at: number, end: number): Status {
  if (end - at < 1) return ETHERNET_LLC_TRUNCATED;
  return isUnroutableNlpid(view.getUint8(at)) ? UNROUTABLE : ETHERNET_LLC_UNKNOWN;
}
