// IP protocol numbers (IANA registry "Assigned Internet Protocol Numbers").
export const PROTO_ICMP = 1;
export const PROTO_IGMP = 2;
export const PROTO_IPIP = 4;
export const PROTO_TCP = 6;
export const PROTO_UDP = 17;
export const PROTO_IPV6 = 41;
export const PROTO_GRE = 47;
export const PROTO_ESP = 50;
export const PROTO_AH = 51;
export const PROTO_MINIMAL_IPIP = 55;
export const PROTO_ICMPV6 = 58;
export const PROTO_IPIP_MICOM = 94;
export const PROTO_ETHERIP = 97;
export const PROTO_ENCAP = 98;
export const PROTO_PIM = 103;
export const PROTO_IPCOMP = 108;
export const PROTO_L2TP = 115;
export const PROTO_SCTP = 132;
export const PROTO_MPLS = 137;
export const PROTO_ROHC = 142;
export const PROTO_ETHERNET = 143;
export const PROTO_NSH = 145;

const NAMES: Readonly<Record<number, string>> = {
  [PROTO_ICMP]: "icmp",
  [PROTO_IGMP]: "igmp",
  [PROTO_IPIP]: "ipip",
  [PROTO_TCP]: "tcp",
  [PROTO_UDP]: "udp",
  [PROTO_IPV6]: "ipv6",
  [PROTO_GRE]: "gre",
  [PROTO_ESP]: "esp",
  [PROTO_AH]: "ah",
  [PROTO_ICMPV6]: "icmpv6",
  89: "ospf",
  [PROTO_ETHERIP]: "etherip",
  [PROTO_PIM]: "pim",
  [PROTO_L2TP]: "l2tp",
  [PROTO_SCTP]: "sctp",
};

/** Short name of an IP protocol, or `proto-N`. */
export function protocolName(proto: number): string {
  return NAMES[proto] ?? `proto-${proto}`;
}

/** Whether the protocol's flows are told apart by ports. */
export function hasPorts(proto: number): boolean {
  return proto === PROTO_TCP || proto === PROTO_UDP || proto === PROTO_SCTP;
}
