import { isIcmpError } from "./icmp.ts";
import type { Packet } from "./packet.ts";
import { PROTO_ICMP, PROTO_ICMPV6 } from "./protocols.ts";
import { IPV4_FRAGMENT, IPV6_FRAGMENT, type Status } from "./status.ts";

/** A packet was decoded with this status: it is a part of a datagram. */
export function isFragment(status: Status): boolean {
  return status === IPV4_FRAGMENT || status === IPV6_FRAGMENT;
}

/** An ICMP or ICMPv6 error: it quotes a packet, and is no traffic of its own. */
export function isError({ l4Proto, ipVersion, icmpType }: Packet): boolean {
  return (l4Proto === PROTO_ICMP || l4Proto === PROTO_ICMPV6) && isIcmpError(ipVersion, icmpType);
}
