import { hasIpv4Header } from "./bare-ipv4.ts";
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "./ethernet.ts";
import { carries, ETHERTYPE_BRIDGED } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { MPLS_TOO_DEEP, MPLS_TRUNCATED, MPLS_UNKNOWN_PAYLOAD, type Status, UNROUTABLE } from "./status.ts";
import { TUNNEL_LINK } from "./tunnels.ts";
import { isUnroutableChannel, isUnroutableEtherType } from "./unroutable.ts";

const LABEL_LEN = 4;
const MAX_LABELS = 16;
const BOTTOM = 0x100;
/** Two addresses and a type: less cannot be a pseudo-wire's frame. */
const ETHERNET_LEN = 14;
const CONTROL_WORD_LEN = 4;

/**
 * MPLS label stack (RFC 3032 §2.1) in view[at, end). Nothing says what follows the last label: IP by its version
 * (RFC 4928 §3), an associated channel (RFC 5586), else an Ethernet pseudo-wire with or without control word
 * (RFC 4448 §4.6).
 */
export function decodeMpls(pkt: Packet, view: DataView, at: number, end: number): Status {
  for (let n = 0; ; n++) {
    if (n === MAX_LABELS) return MPLS_TOO_DEEP;
    if (end - at < LABEL_LEN) return MPLS_TRUNCATED;
    const entry = view.getInt32(at);
    at += LABEL_LEN;
    if ((entry & BOTTOM) !== 0) break;
  }
  if (end - at < 1) return MPLS_TRUNCATED;
  const first = view.getUint8(at);
  if (first >> 4 === 4 && isIpv4(view, at, end)) return inner(pkt, ETHERTYPE_IPV4, at, end);
  if (first >> 4 === 6 && isIpv6(view, at, end)) return inner(pkt, ETHERTYPE_IPV6, at, end);
  if (first >> 4 === 1) return decodeChannel(pkt, view, at, end);
  return decodePseudoWire(pkt, view, at, end);
}

function inner(pkt: Packet, type: number, at: number, end: number): Status {
  return carries(pkt, TUNNEL_LINK, type, at, end, pkt.frameWireEnd);
}

/** A frame without control word may begin with the same nibble; of the two readings the sound one is taken. */
function isIpv4(view: DataView, at: number, end: number): boolean {
  return hasIpv4Header(view, at, end) || !isFrame(view, at, end);
}

function isIpv6(view: DataView, at: number, end: number): boolean {
  const isWhole = end - at >= 40 && view.getUint16(at + 4) <= end - at - 40;
  return isWhole || !isFrame(view, at, end);
}

/** RFC 5586 §2.1: version and reserved, channel type. */
function decodeChannel(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < CONTROL_WORD_LEN) return MPLS_TRUNCATED;
  if (isFrame(view, at, end)) return decodePseudoWire(pkt, view, at, end);
  const channel = view.getUint16(at + 2);
  if (channel === 0x0021) return inner(pkt, ETHERTYPE_IPV4, at + CONTROL_WORD_LEN, end); // RFC 4385 §6
  if (channel === 0x0057) return inner(pkt, ETHERTYPE_IPV6, at + CONTROL_WORD_LEN, end);
  return isUnroutableChannel(channel) ? UNROUTABLE : MPLS_UNKNOWN_PAYLOAD;
}

/** With a control word (four octets, the first nibble 0) or without: the EtherType that is known tells. */
function decodePseudoWire(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < ETHERNET_LEN) return MPLS_TRUNCATED;
  if (isFrame(view, at, end)) return inner(pkt, ETHERTYPE_BRIDGED, at, end);
  if (isFrame(view, at + CONTROL_WORD_LEN, end) && view.getUint8(at) >> 4 === 0) {
    return inner(pkt, ETHERTYPE_BRIDGED, at + CONTROL_WORD_LEN, end);
  }
  return MPLS_UNKNOWN_PAYLOAD;
}

/** Whether an Ethernet frame may begin here: a type that is in use, or a length that fits. */
export function isFrame(view: DataView, at: number, end: number): boolean {
  if (end - at < ETHERNET_LEN) return false;
  const type = view.getUint16(at + 12);
  switch (type) {
    case ETHERTYPE_IPV4:
      return end - at === ETHERNET_LEN || view.getUint8(at + ETHERNET_LEN) >> 4 === 4;
    case ETHERTYPE_IPV6:
      return end - at === ETHERNET_LEN || view.getUint8(at + ETHERNET_LEN) >> 4 === 6;
    case 0x8100: // VLAN tags
    case 0x88a8:
    case 0x8847: // MPLS
    case 0x8863: // PPPoE
    case 0x8864:
    case 0x88e5: // MACsec
    case 0x88e7: // 802.1ah
    case 0x894f: // NSH
      return true;
    default:
      if (isUnroutableEtherType(type)) return true;
      return type >= 3 && type <= 1500 && type <= end - at - ETHERNET_LEN && isLlc(view, at, end);
  }
}

/** The commonest: spanning tree, SNAP, ISO. */
function isLlc(view: DataView, at: number, end: number): boolean {
  if (end - at < ETHERNET_LEN + 3) return false;
  const saps = view.getUint16(at + ETHERNET_LEN);
  return saps === 0x4242 || saps === 0xaaaa || saps === 0xfefe;
}
