import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, isVlanTag } from "./ethernet.ts";
import { carries, ETHERTYPE_BRIDGED } from "./inner-layer.ts";
import { decodeIpv4 } from "./ipv4.ts";
import { decodeIpv6 } from "./ipv6.ts";
import { NO_VLAN, type Packet } from "./packet.ts";
import {
  ETHERNET_LLC_TRUNCATED,
  ETHERNET_LLC_UNKNOWN,
  ETHERNET_UNKNOWN_TYPE,
  type Status,
  UNROUTABLE,
} from "./status.ts";
import { TUNNEL_LINK } from "./tunnels.ts";
import {
  isIsoSap,
  isUnroutableEtherType,
  isUnroutableLlc,
  isUnroutableNlpid,
  isUnroutableSnap,
} from "./unroutable.ts";

/** Unnumbered information (IEEE 802.2 §5.4.3): what every datagram over LLC is sent as. */
const CONTROL_UI = 0x03;
const SAP_IP = 0x0606; // RFC 948, of the time before SNAP

/** Organisations whose SNAP protocol ids are EtherTypes. */
const OUI_ETHERTYPE = 0;
const OUI_BRIDGE_TUNNEL = 0x0000f8; // IEEE 802.1H, for types that bridges must not translate
const OUI_CISCO = 0x00000c;
const OUI_BRIDGED = 0x0080c2; // RFC 2684 §5.2: whole frames
/** Over ATM (RFC 2684 §5.2); Frame Relay has none (RFC 2427 §4.2). */
const BRIDGED_PADDING = 2;
const NLPID_IPV4 = 0xcc;
const NLPID_IPV6 = 0x8e;

/** IEEE 802.2 LLC in view[at, end), with the SNAP extension (RFC 1042) that carries an EtherType. */
export function decodeLlc(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 3) return ETHERNET_LLC_TRUNCATED;
  const saps = view.getUint16(at);
  if (isIsoSap(saps)) return decodeIsoNetwork(pkt, view, at + 3, end);
  if (saps === SAP_IP && view.getUint8(at + 2) === CONTROL_UI) return decodeIpv4(pkt, view, at + 3, end);
  if (saps !== 0xaaaa) return isUnroutableLlc(saps) ? UNROUTABLE : ETHERNET_LLC_UNKNOWN;
  return decodeSnapHeader(pkt, view, at + 3, end, BRIDGED_PADDING);
}

/** SNAP in view[at, end): organisation, and that organisation's protocol id. `padding` stands before bridged frames. */
export function decodeSnapHeader(
  pkt: Packet,
  view: DataView,
  at: number,
  end: number,
  padding: number,
): Status {
  if (end - at < 5) return ETHERNET_LLC_TRUNCATED;
  const oui = (view.getUint16(at) << 8) | view.getUint8(at + 2);
  const type = view.getUint16(at + 3);
  if (oui === OUI_ETHERTYPE || oui === OUI_BRIDGE_TUNNEL) return decodeSnap(pkt, view, at + 5, end, type);
  if (oui === OUI_BRIDGED) return decodeBridged(pkt, at + 5, end, type, padding);
  if (oui === OUI_CISCO && isInterSwitchLink(pkt, view)) return decodeInterSwitchLink(pkt, at + 5, end, type);
  return isUnroutableSnap(oui, type) ? UNROUTABLE : ETHERNET_LLC_UNKNOWN;
}

/** Cisco's tag before 802.1Q: a header like SNAP's to two groups, whose first five octets are given. */
function isInterSwitchLink({ macOffset }: Packet, view: DataView): boolean {
  if (macOffset < 0) return false;
  const group = view.getUint32(macOffset);
  return (group === 0x01000c00 || group === 0x03000c00) && view.getUint8(macOffset + 4) === 0;
}

/** VLAN id in fifteen bits of what is SNAP's type elsewhere; index and a reserved field; then a whole frame. */
function decodeInterSwitchLink(pkt: Packet, at: number, end: number, vlanBits: number): Status {
  if (end - at < 4) return ETHERNET_LLC_TRUNCATED;
  if (pkt.vlan === NO_VLAN) pkt.vlan = (vlanBits >> 1) & 0x0fff;
  return carries(pkt, TUNNEL_LINK, ETHERTYPE_BRIDGED, at + 4, end, pkt.frameWireEnd);
}

function decodeSnap(pkt: Packet, view: DataView, at: number, end: number, type: number): Status {
  if (type === ETHERTYPE_IPV4) return decodeIpv4(pkt, view, at, end);
  if (type === ETHERTYPE_IPV6) return decodeIpv6(pkt, view, at, end);
  if (isUnroutableEtherType(type)) return UNROUTABLE;
  // LLC within SNAP is nothing that anybody sends.
  if (type < 0x0600 && !isVlanTag(type)) return ETHERNET_UNKNOWN_TYPE;
  return carries(pkt, TUNNEL_LINK, type, at, end, pkt.frameWireEnd);
}

/** Ethernet frames with (1) and without (7) their checksum. */
function decodeBridged(pkt: Packet, at: number, end: number, type: number, padding: number): Status {
  if (type !== 1 && type !== 7) return ETHERNET_LLC_UNKNOWN;
  if (end - at < padding) return ETHERNET_LLC_TRUNCATED;
  return carries(pkt, TUNNEL_LINK, ETHERTYPE_BRIDGED, at + padding, end, pkt.frameWireEnd);
}

/** The ISO network layer shares one SAP: its first octet tells routing from routed protocols (ISO/IEC TR 9577). */
export function decodeIsoNetwork(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 1) return ETHERNET_LLC_TRUNCATED;
  const nlpid = view.getUint8(at);
  if (nlpid === NLPID_IPV4) return decodeIpv4(pkt, view, at + 1, end);
  if (nlpid === NLPID_IPV6) return decodeIpv6(pkt, view, at + 1, end);
  return isUnroutableNlpid(nlpid) ? UNROUTABLE : ETHERNET_LLC_UNKNOWN;
}
