import { carries, LINK_BASE } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { LINK_TRUNCATED, LINK_UNKNOWN_PAYLOAD, type Status } from "./status.ts";
import { TUNNEL_LINK } from "./tunnels.ts";

const HEADER_LEN = 16;
const EXTENSION_LEN = 8;
/** Of a type, and of an extension header's: another extension header follows. */
const MORE = 0x80;
/** Bounds the work that a hostile packet can ask for. */
const MAX_EXTENSIONS = 16;
/** Two octets stand before a frame of Ethernet. */
const ETHERNET_PADDING = 2;
const CISCO_UNICAST = 0x0f;
const CISCO_BROADCAST = 0x8f;

const LINKTYPE_ETHERNET = 1;
const LINKTYPE_PPP_HDLC = 50;
const LINKTYPE_C_HDLC = 104;
const LINKTYPE_IPV4 = 228;
const LINKTYPE_IPV6 = 229;

/**
 * Endace's record (LINKTYPE_ERF) in view[at, end): time, type, flags, the record's length, a counter, the length on
 * the wire; extension headers; then what the type says. What it has by number: Endace ERF types, as tcpdump.org names.
 */
export function decodeErf(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < HEADER_LEN) return LINK_TRUNCATED;
  let type = view.getUint8(at + 8);
  const wireLen = view.getUint16(at + 14);
  let next = at + HEADER_LEN;
  for (let more = type, n = 0; (more & MORE) !== 0; n++) {
    if (n === MAX_EXTENSIONS) return LINK_UNKNOWN_PAYLOAD;
    if (end - next < EXTENSION_LEN) return LINK_TRUNCATED;
    more = view.getUint8(next);
    next += EXTENSION_LEN;
  }
  type &= ~MORE;
  if (isEthernet(type)) next += ETHERNET_PADDING;
  if (next >= end) return LINK_TRUNCATED;
  const linkType = linkTypeOf(type, view.getUint8(next));
  if (linkType < 0) return LINK_UNKNOWN_PAYLOAD;
  // The record is padded, and the frame may have been longer than what was kept of it.
  const wireEnd = Math.max(pkt.frameWireEnd, next + wireLen);
  return carries(pkt, TUNNEL_LINK, LINK_BASE + linkType, next, end, wireEnd);
}

/** ETH, COLOR_ETH, DSM_COLOR_ETH, COLOR_HASH_ETH. */
function isEthernet(type: number): boolean {
  return type === 2 || type === 11 || type === 16 || type === 20;
}

/** LINKTYPE_ number of what a type carries; -1 for those that are not known. */
function linkTypeOf(type: number, first: number): number {
  if (isEthernet(type)) return LINKTYPE_ETHERNET;
  switch (type) {
    case 1: // HDLC_POS: PPP or Cisco's HDLC, which the address tells
    case 10: // COLOR_HDLC_POS
    case 15: // DSM_COLOR_HDLC_POS
    case 19: // COLOR_HASH_POS
      return first === CISCO_UNICAST || first === CISCO_BROADCAST ? LINKTYPE_C_HDLC : LINKTYPE_PPP_HDLC;
    case 22:
      return LINKTYPE_IPV4;
    case 23:
      return LINKTYPE_IPV6;
    default:
      return -1;
  }
}
