import { decodeEtherType } from "./ethernet.ts";
import { decodeIpv4 } from "./ipv4.ts";
import { decodeIpv6 } from "./ipv6.ts";
import { decodeLlc } from "./llc.ts";
import type { Packet } from "./packet.ts";
import { LINK_TRUNCATED, LINK_UNKNOWN_PAYLOAD, type Status, UNROUTABLE } from "./status.ts";

/** Token ring (LINKTYPE_IEEE802_5): access, frame control, addresses, then the bridges on the way if a bit says so. */
export function decodeTokenRing(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 14) return LINK_TRUNCATED;
  pkt.macOffset = at + 2;
  if ((view.getUint8(at + 1) & 0xc0) !== 0x40) return UNROUTABLE; // the ring's own frames
  let next = at + 14;
  if ((view.getUint8(at + 8) & 0x80) !== 0) {
    if (end - next < 2) return LINK_TRUNCATED;
    next += view.getUint8(next) & 0x1f;
  }
  return decodeLlc(pkt, view, next, end);
}

/** FDDI (LINKTYPE_FDDI): frame control, addresses, LLC. */
export function decodeFddi(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 13) return LINK_TRUNCATED;
  pkt.macOffset = at + 1;
  const isLlc = (view.getUint8(at) & 0x30) === 0x10;
  return isLlc ? decodeLlc(pkt, view, at + 13, end) : UNROUTABLE;
}

/** IP over Infiniband (LINKTYPE_IPOIB): global route header of 40 octets, EtherType, two reserved octets (RFC 4391). */
export function decodeIpoib(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 44) return LINK_TRUNCATED;
  return decodeEtherType(pkt, view, at + 44, end, view.getUint16(at + 40));
}

/** IP over FireWire (LINKTYPE_APPLE_IP_OVER_IEEE1394): two addresses of 8 octets, EtherType. */
export function decodeFirewire(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 18) return LINK_TRUNCATED;
  return decodeEtherType(pkt, view, at + 18, end, view.getUint16(at + 16));
}

const ARCNET_WHOLE = 0;
const ARCNET_EXCEPTION = 0xff;

/** ARCNET: stations, on Linux two octets of offset, system code; RFC 1051 puts the packet right behind, RFC 1201 a head. */
export function decodeArcnet(pkt: Packet, view: DataView, at: number, end: number, isLinux: boolean): Status {
  const codeAt = at + (isLinux ? 4 : 2);
  if (end - codeAt < 2) return LINK_TRUNCATED;
  switch (view.getUint8(codeAt)) {
    case 240: // RFC 1051: IP, ARP
      return decodeIpv4(pkt, view, codeAt + 1, end);
    case 241:
    case 213: // RFC 1201: ARP, RARP
    case 214:
      return UNROUTABLE;
    case 212: // IP
    case 196: // IPv6 (RFC 2497)
      return decodeArcnetHead(pkt, view, codeAt, end);
    default:
      return LINK_UNKNOWN_PAYLOAD;
  }
}

/** Split flag and sequence number; a short packet that would not fit otherwise has an exception before them. */
function decodeArcnetHead(pkt: Packet, view: DataView, codeAt: number, end: number): Status {
  const isV6 = view.getUint8(codeAt) === 196;
  let next = codeAt + 1;
  if (view.getUint8(next) === ARCNET_EXCEPTION) next += 4;
  if (end - next < 3) return LINK_TRUNCATED;
  if (view.getUint8(next) !== ARCNET_WHOLE) return LINK_UNKNOWN_PAYLOAD; // a piece of a packet
  return isV6 ? decodeIpv6(pkt, view, next + 3, end) : decodeIpv4(pkt, view, next + 3, end);
}

/** SunATM (LINKTYPE_SUNATM): direction and kind, virtual path, virtual channel. Kind 2 is LLC (RFC 2684). */
export function decodeSunAtm(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 4) return LINK_TRUNCATED;
  const kind = view.getUint8(at) & 0x0f;
  if (kind === 6) return UNROUTABLE; // Q.2931, which sets circuits up
  return kind === 2 ? decodeLlc(pkt, view, at + 4, end) : LINK_UNKNOWN_PAYLOAD;
}

/** Classical IP over ATM (LINKTYPE_ATM_CLIP): with LLC or without. */
export function decodeClip(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 1) return LINK_TRUNCATED;
  const version = view.getUint8(at) >> 4;
  if (version === 4) return decodeIpv4(pkt, view, at, end);
  if (version === 6) return decodeIpv6(pkt, view, at, end);
  return decodeLlc(pkt, view, at, end);
}

/** SLIP as BSD captures it (LINKTYPE_SLIP): direction, then 15 octets whose first says whether TCP was compressed. */
export function decodeSlip(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 17) return LINK_TRUNCATED;
  if ((view.getUint8(at + 1) & 0xf0) !== 0x40) return LINK_UNKNOWN_PAYLOAD;
  return view.getUint8(at + 16) >> 4 === 6
    ? decodeIpv6(pkt, view, at + 16, end)
    : decodeIpv4(pkt, view, at + 16, end);
}
