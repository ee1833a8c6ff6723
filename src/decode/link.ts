import { decodeEthernet } from "./ethernet.ts";
import { decodeIpv4 } from "./ipv4.ts";
import { decodeIpv6 } from "./ipv6.ts";
import { decodeSll, decodeSll2 } from "./linux-sll.ts";
import { decodeLoop, decodeNull } from "./null-loop.ts";
import { type Packet, resetPacket } from "./packet.ts";
import { LINK_UNSUPPORTED, RAW_EMPTY, RAW_WRONG_VERSION, type Status } from "./status.ts";

// LINKTYPE_ values: tcpdump.org/linktypes.html
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

/** Longer claims are cut to this (256 times the longest IPv4 packet), so that all offsets stay int32. */
const MAX_WIRE_LEN = 1 << 24;

/**
 * Decodes the frame in view[at, end) of the given link type; `wireLen` is its length before capture
 * cut it. Addresses in `pkt` are valid whenever `pkt.ipVersion` is not 0, whatever the status.
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
