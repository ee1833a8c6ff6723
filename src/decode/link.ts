import { decodeEthernet, decodeEtherType } from "./ethernet.ts";
import { LINK_BASE, MINIMAL_HEADER } from "./inner-layer.ts";
import { decodeIpv4 } from "./ipv4.ts";
import { decodeIpv6 } from "./ipv6.ts";
import { decodeSll, decodeSll2 } from "./linux-sll.ts";
import { decodeMinimalHeader } from "./minimal-encapsulation.ts";
import { decodeLoop, decodeNull } from "./null-loop.ts";
import { NO_INNER, type Packet, resetLayer, resetPacket } from "./packet.ts";
import { decodePpp } from "./ppp.ts";
import {
  LINK_UNSUPPORTED,
  OK,
  RAW_EMPTY,
  RAW_WRONG_VERSION,
  type Status,
  TUNNEL_TOO_DEEP,
} from "./status.ts";

// LINKTYPE_ values: tcpdump.org/linktypes.html
export const LINKTYPE_NULL = 0;
export const LINKTYPE_ETHERNET = 1;
export const LINKTYPE_PPP = 9;
/** DLT_RAW as some systems wrote it into files before LINKTYPE_RAW was assigned. */
export const LINKTYPE_RAW_BSD = 12;
export const LINKTYPE_RAW_OPENBSD = 14;
export const LINKTYPE_PPP_HDLC = 50;
export const LINKTYPE_RAW = 101;
export const LINKTYPE_LOOP = 108;
export const LINKTYPE_LINUX_SLL = 113;
export const LINKTYPE_IPV4 = 228;
export const LINKTYPE_IPV6 = 229;
export const LINKTYPE_LINUX_SLL2 = 276;

/** Longer claims are cut to this (256 times the longest IPv4 packet), so that all offsets stay int32. */
const MAX_WIRE_LEN = 1 << 24;
/** Layers that are opened in one frame, tunnels and headers of the link taken together (DESIGN section 6). */
const MAX_DEPTH = 16;

/**
 * Decodes the frame in view[at, end) of the given link type, down to the first packet with addresses; `wireLen`
 * is its length before capture cut it. Addresses in `pkt` are valid whenever `pkt.ipVersion` is not 0, whatever
 * the status. While `pkt.innerType` is not NO_INNER a tunnel carries another packet: see `decodeInner`.
 */
export function decodeFrame(
  pkt: Packet,
  view: DataView,
  at: number,
  end: number,
  wireLen: number,
  linkType: number,
): Status {
  resetPacket(pkt, at + Math.min(wireLen, MAX_WIRE_LEN));
  const status = decodeLink(pkt, view, at, end, linkType);
  return pkt.innerType === NO_INNER || pkt.ipVersion !== 0 ? status : decodeInner(pkt, view);
}

/**
 * Decodes what the packet at hand carries, down to the next packet with addresses, which takes the place of the
 * one at hand. `pkt.ipVersion` is 0 when there is none.
 */
export function decodeInner(pkt: Packet, view: DataView): Status {
  const isDoubtful = pkt.innerDoubtful === 1;
  const ipMark = pkt.ipMark;
  let status: Status;
  if (pkt.ipVersion !== 0) {
    resetLayer(pkt, pkt.innerWireEnd);
    pkt.layerAt = pkt.innerAt;
    pkt.vni = pkt.innerVni;
  }
  do {
    const type = pkt.innerType;
    pkt.innerType = NO_INNER;
    if (pkt.depth === MAX_DEPTH) return TUNNEL_TOO_DEEP;
    pkt.depth++;
    pkt.frameWireEnd = pkt.innerWireEnd;
    const { innerAt: at, innerEnd: end } = pkt;
    if (type < LINK_BASE) status = decodeEtherType(pkt, view, at, end, type);
    else if (type === MINIMAL_HEADER) status = decodeMinimalHeader(pkt, view, at, end, ipMark);
    else status = decodeLink(pkt, view, at, end, type - LINK_BASE);
  } while (pkt.innerType !== NO_INNER && pkt.ipVersion === 0);
  return isDoubtful && pkt.ipVersion === 0 ? OK : status;
}

function decodeLink(pkt: Packet, view: DataView, at: number, end: number, linkType: number): Status {
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
    case LINKTYPE_PPP:
    case LINKTYPE_PPP_HDLC:
      return decodePpp(pkt, view, at, end);
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
