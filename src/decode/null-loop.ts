import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "./ethernet.ts";
import { decodeIpv4 } from "./ipv4.ts";
import { decodeIpv6 } from "./ipv6.ts";
import type { Packet } from "./packet.ts";
import { NULL_TRUNCATED, NULL_UNKNOWN_FAMILY, type Status } from "./status.ts";

const HEADER_LEN = 4;

/**
 * BSD loopback (LINKTYPE_NULL): the address family in the byte order of the machine that captured,
 * which nothing states: families are below 65536, so a zero upper half tells. Some writers put an EtherType
 * into the last two octets.
 */
export function decodeNull(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < HEADER_LEN) return NULL_TRUNCATED;
  const big = view.getUint32(at);
  const type = big & 0xffff;
  if (type === ETHERTYPE_IPV4) return decodeIpv4(pkt, view, at + HEADER_LEN, end);
  if (type === ETHERTYPE_IPV6) return decodeIpv6(pkt, view, at + HEADER_LEN, end);
  return decodeFamily(pkt, view, at + HEADER_LEN, end, big <= 0xffff ? big : view.getUint32(at, true));
}

/** OpenBSD loopback (LINKTYPE_LOOP): the same in network byte order. */
export function decodeLoop(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < HEADER_LEN) return NULL_TRUNCATED;
  return decodeFamily(pkt, view, at + HEADER_LEN, end, view.getUint32(at));
}

function decodeFamily(pkt: Packet, view: DataView, at: number, end: number, family: number): Status {
  switch (family) {
    case 2: // AF_INET everywhere
      return decodeIpv4(pkt, view, at, end);
    case 10: // AF_INET6: Linux
    case 24: // NetBSD, OpenBSD
    case 28: // FreeBSD
    case 30: // Darwin
      return decodeIpv6(pkt, view, at, end);
    default:
      return NULL_UNKNOWN_FAMILY;
  }
}
