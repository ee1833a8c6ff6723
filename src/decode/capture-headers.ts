import { carries, LINK_BASE } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { LINK_TRUNCATED, LINK_UNKNOWN_PAYLOAD, type Status } from "./status.ts";
import { TUNNEL_LINK } from "./tunnels.ts";

/*
 * Headers that the capturing side puts before a frame of another link type: tcpdump.org/linktypes.html has them all.
 */

const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW = 101;
const LINKTYPE_IEEE802_11 = 105;

function before(pkt: Packet, linkType: number, at: number, end: number): Status {
  if (end < at) return LINK_TRUNCATED;
  return carries(pkt, TUNNEL_LINK, LINK_BASE + linkType, at, end, pkt.frameWireEnd);
}

/** A header of fixed length. */
export function skipHeader(pkt: Packet, at: number, end: number, lenBytes: number, linkType: number): Status {
  return before(pkt, linkType, at + lenBytes, end);
}

/** PPI (LINKTYPE_PPI), little-endian: version, flags, length, link type. */
export function decodePpi(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 8) return LINK_TRUNCATED;
  const len = view.getUint16(at + 2, true);
  const linkType = view.getUint32(at + 4, true);
  if (view.getUint8(at) !== 0 || len < 8 || linkType > 0xffff) return LINK_UNKNOWN_PAYLOAD;
  return before(pkt, linkType, at + len, end);
}

/** Prism header (LINKTYPE_IEEE802_11_PRISM): message code, then its length, in the byte order of the machine. */
export function decodePrism(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 8) return LINK_TRUNCATED;
  if (view.getUint16(at) === 0x8021) return decodeAvs(pkt, view, at, end); // drivers put the other header there too
  const little = view.getUint32(at + 4, true);
  const len = little <= 0xffff ? little : view.getUint32(at + 4);
  if (len < 8 || len > 0xffff) return LINK_UNKNOWN_PAYLOAD;
  return before(pkt, LINKTYPE_IEEE802_11, at + len, end);
}

/** AVS header (LINKTYPE_IEEE802_11_AVS): version with a magic number, length. */
export function decodeAvs(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 8) return LINK_TRUNCATED;
  const len = view.getUint32(at + 4);
  if (len < 8 || len > 0xffff) return LINK_UNKNOWN_PAYLOAD;
  return before(pkt, LINKTYPE_IEEE802_11, at + len, end);
}

/** Darwin's packet tap (LINKTYPE_PKTAP), little-endian: length, kind of record, link type. */
export function decodePktap(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 12) return LINK_TRUNCATED;
  const len = view.getUint32(at, true);
  const linkType = view.getUint32(at + 8, true);
  const isPacket = view.getUint32(at + 4, true) === 1;
  if (!isPacket || len < 12 || len > 0xffff || linkType > 0xffff) return LINK_UNKNOWN_PAYLOAD;
  return before(pkt, linkType, at + len, end);
}

/** Solaris IP observability (LINKTYPE_IPNET): version 1, address family, then 22 octets of no interest here. */
export function decodeIpnet(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 24) return LINK_TRUNCATED;
  return view.getUint8(at) === 1 ? before(pkt, LINKTYPE_RAW, at + 24, end) : LINK_UNKNOWN_PAYLOAD;
}

/** OpenBSD's packet filter log (LINKTYPE_PFLOG): its length without padding to four octets. */
export function decodePflog(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 4) return LINK_TRUNCATED;
  return before(pkt, LINKTYPE_RAW, at + Math.ceil(view.getUint8(at) / 4) * 4, end);
}

const NFLOG_HEADER_LEN = 4;
const NFLOG_PAYLOAD = 9;
/** Bounds the work that a hostile packet can ask for. */
const MAX_ATTRIBUTES = 64;

/** Netfilter log (LINKTYPE_NFLOG): attributes with lengths and types in the byte order of the machine that captured. */
export function decodeNflog(pkt: Packet, view: DataView, at: number, end: number): Status {
  let next = at + NFLOG_HEADER_LEN;
  for (let n = 0; n < MAX_ATTRIBUTES; n++) {
    if (end - next < 4) return LINK_TRUNCATED;
    const little = view.getUint16(next, true);
    // No attribute is as long as one of four octets or a few more is when its octets are turned.
    const isLittle = little >= 4 && little <= pkt.frameWireEnd - next;
    const len = isLittle ? little : view.getUint16(next);
    if (len < 4) return LINK_UNKNOWN_PAYLOAD;
    if ((view.getUint16(next + 2, isLittle) & 0x7fff) === NFLOG_PAYLOAD) {
      return before(pkt, LINKTYPE_RAW, next + 4, Math.min(end, next + len));
    }
    next += Math.ceil(len / 4) * 4;
  }
  return LINK_UNKNOWN_PAYLOAD;
}

/** Juniper's header before Ethernet (LINKTYPE_JUNIPER_ETHERNET): magic, flags, extensions with their length. */
export function decodeJuniper(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 6) return LINK_TRUNCATED;
  const magicAndFlags = view.getUint32(at);
  const hasNoLink = (magicAndFlags & 0x02) !== 0;
  if (magicAndFlags >>> 8 !== 0x4d4743 || hasNoLink) return LINK_UNKNOWN_PAYLOAD;
  const extensions = (magicAndFlags & 0x80) === 0 ? 0 : 2 + view.getUint16(at + 4);
  return before(pkt, LINKTYPE_ETHERNET, at + 4 + extensions, end);
}

/** Ethernet from its preamble on (LINKTYPE_ETHERNET_MPACKET): pieces of preempted frames have other delimiters. */
export function decodeMpacket(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 8) return LINK_TRUNCATED;
  return view.getUint8(at + 7) === 0xd5 ? before(pkt, LINKTYPE_ETHERNET, at + 8, end) : LINK_UNKNOWN_PAYLOAD;
}
