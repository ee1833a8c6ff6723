import { protocolName } from "../decode/protocols.ts";

/** Names that Suricata gives to IP protocols (src/util-proto-name.c), where they are met in an enclave. */
const NAMES: Readonly<Record<number, string>> = {
  1: "ICMP",
  2: "IGMP",
  4: "IP-in-IP",
  6: "TCP",
  17: "UDP",
  33: "DCCP",
  41: "IPv6",
  46: "RSVP",
  47: "GRE",
  50: "ESP",
  51: "AH",
  58: "IPv6-ICMP",
  88: "EIGRP",
  89: "OSPF",
  97: "ETHERIP",
  103: "PIM",
  108: "IPComp",
  112: "VRRP",
  115: "L2TP",
  132: "SCTP",
  136: "UDPLite",
  137: "MPLS-in-IP",
};

const BY_SHORT_NAME = new Map(
  Array.from({ length: 256 }, (_, proto) => [protocolName(proto), eveProto(proto)] as const),
);

/** `proto` of an event; a protocol without a name as three digits, as Suricata does. */
export function eveProto(proto: number): string {
  return NAMES[proto] ?? String(proto).padStart(3, "0");
}

/** The same from a finding's short name ("tcp", "proto-46"). */
export function eveProtoOf(shortName: string): string {
  return BY_SHORT_NAME.get(shortName) ?? shortName;
}
