import type { DecodeCase } from "./decoded.ts";

export const ETHERNET = 1;
export const NULL = 0;
export const LOOP = 108;
export const RAW = 101;
export const SLL = 113;
export const SLL2 = 276;

export const MACS = "0a0000000002 ; to\n 0a0000000001 ; from\n";
/** UDP of two octets from 192.0.2.1 port 4660 to 198.51.100.7 port 53. */
export const IPV4_UDP = `
  45 00 001e 0007 0000 40 11 0000 ; version, length 30, id 7, TTL 64, UDP
  c0000201 c6336407               ; 192.0.2.1 to 198.51.100.7
  1234 0035 000a beef             ; ports, length 10, checksum
  6869                            ; "hi"
`;
export const IPV6_UDP = `
  60000000 000a 11 40
  20010db8000000000000000000000001
  20010db8000000000000000000000002
  1234 0035 000a beef 6869
`;
export const V4 = { src: "192.0.2.1", dst: "198.51.100.7", ports: [4660, 53] as const, proto: 17 };
export const V6 = {
  src: "20010db8000000000000000000000001",
  dst: "20010db8000000000000000000000002",
  ports: [4660, 53] as const,
};
export const NO_ADDRESS = { version: 0, src: null, payload: null };

function tags(count: number, type = "8100"): string {
  return Array.from({ length: count }, (_, i) => `${type} e00${i + 1} ; priority 7, VLAN ${i + 1}\n`).join(
    "",
  );
}

const SLL_HEAD = "0004 0001 0006 0a00000000010000 ; outgoing, Ethernet, address\n";

function ethernet(why: string, rest: string, status: string, facts?: DecodeCase["facts"]): DecodeCase {
  return { why, link: ETHERNET, frame: MACS + rest, status, ...(facts && { facts }) };
}

function unroutable(what: string, rest: string): DecodeCase {
  return ethernet(`cannot route: ${what}`, rest, "unroutable", NO_ADDRESS);
}

const ETHERNET_CASES: readonly DecodeCase[] = [
  ethernet("Ethernet II with IPv4", `0800 ${IPV4_UDP}`, "ok", {
    ...V4,
    mac: 0,
    vlan: -1,
    payload: [42, 44, 2],
  }),
  ethernet("Ethernet II with IPv6", `86dd ${IPV6_UDP}`, "ok", { ...V6, version: 6, payload: [62, 64, 2] }),
  ethernet("padding after the datagram is no payload", `0800 ${IPV4_UDP} 000000000000`, "ok", {
    payload: [42, 44, 2],
  }),
  {
    why: "a frame of nothing",
    link: ETHERNET,
    frame: "",
    status: "ethernet.truncated",
    facts: { mac: null },
  },
  { why: "one octet short", link: ETHERNET, frame: `${MACS} 08`, status: "ethernet.truncated" },
  ethernet("one tag: its low 12 bits are the id", `${tags(1)} 0800 ${IPV4_UDP}`, "ok", { ...V4, vlan: 1 }),
  ethernet("802.1ad around 802.1Q: the outer id counts", `88a8 0064 8100 0007 0800 ${IPV4_UDP}`, "ok", {
    vlan: 100,
    dst: V4.dst,
  }),
  ethernet("QinQ before 802.1ad", `9100 0fff 0800 ${IPV4_UDP}`, "ok", { vlan: 4095, dst: V4.dst }),
  ethernet("a priority tag is VLAN 0", `8100 e000 8100 0007 0800 ${IPV4_UDP}`, "ok", { vlan: 0 }),
  ethernet("eight tags", `${tags(8)} 86dd ${IPV6_UDP}`, "ok", { ...V6, vlan: 1 }),
  ethernet("nine tags", `${tags(9)} 0800 ${IPV4_UDP}`, "ethernet.vlan_too_deep", NO_ADDRESS),
  ethernet("ends inside a tag", "8100 0001 81", "ethernet.vlan_truncated", { mac: 0, vlan: -1 }),
  ethernet("ends inside a second tag", "8100 0001 8100 0002 08", "ethernet.vlan_truncated", { vlan: 1 }),
  ethernet("an EtherType that nobody knows", "0601 00000000", "ethernet.unknown_type", NO_ADDRESS),
  ethernet("the first EtherType", "0600 00000000", "ethernet.unknown_type"),
  ethernet("TCP/IP trailers", "1000 00000000", "ethernet.unknown_type"),
  ethernet("PPPoE discovery is not on the closed list", "8863 1109000000000000", "ethernet.unknown_type"),
  ethernet("MACsec, encrypted", "88e5 2c00 00000001 0102030405060708", "ethernet.macsec", NO_ADDRESS),
  ethernet("MACsec cut in its tag", "88e5 0000", "ethernet.macsec"),
  ethernet(
    "MACsec that only authenticates",
    `88e5 0000 00000001 0800 ${IPV4_UDP} ${"00".repeat(16)}`,
    "ok",
    V4,
  ),
  ethernet("the same with a channel id", `88e5 2000 00000001 0102030405060708 0800 ${IPV4_UDP}`, "ok", V4),
  ethernet("the same cut before its type", "88e5 2000 00000001 0102030405060708 08", "ethernet.truncated"),
  ethernet("802.1ah", `88e7 00000001 ${MACS} 8100 0007 0800 ${IPV4_UDP}`, "ok", { ...V4, mac: 18, vlan: 7 }),
  ethernet("802.1ah behind its backbone tag", `88a8 0064 88e7 00000001 ${MACS} 0800 ${IPV4_UDP}`, "ok", {
    ...V4,
    vlan: 100,
  }),
  ethernet("802.1ah cut", "88e7 000000", "ethernet.backbone_truncated", NO_ADDRESS),
  ethernet("QinQ of other old numbers", `9200 0001 9300 0002 0800 ${IPV4_UDP}`, "ok", {
    vlan: 1,
    dst: V4.dst,
  }),
  ethernet("a VN-Tag", `8926 80010000 0800 ${IPV4_UDP}`, "ok", V4),
  ethernet("a VN-Tag before a VLAN tag", `8926 80010000 8100 0007 86dd ${IPV6_UDP}`, "ok", {
    ...V6,
    vlan: 7,
  }),
  ethernet("a VN-Tag cut", "8926 80010000 08", "ethernet.vendor_tag"),
  ethernet("an E-Tag", `893f 0000 0001 0000 0800 ${IPV4_UDP}`, "ok", V4),
  ethernet("an E-Tag cut", "893f 0000 0001 0000", "ethernet.vendor_tag"),
  ethernet("a redundancy tag", `f1c1 0000 0001 0800 ${IPV4_UDP}`, "ok", V4),
  ethernet("a tag of a redundant ring", `892f 0034 0001 0800 ${IPV4_UDP}`, "ok", V4),
  ethernet("TRILL", `22f3 0007 0002 0001 ${MACS} 8100 0009 0800 ${IPV4_UDP}`, "ok", { ...V4, vlan: 9 }),
  ethernet("TRILL with options", `22f3 0047 0002 0001 00000000 ${MACS} 0800 ${IPV4_UDP}`, "ok", V4),
  ethernet("TRILL cut", "22f3 0007 0002 00", "ethernet.vendor_tag"),
  ethernet("FabricPath", `8903 0060 ${MACS} 0800 ${IPV4_UDP}`, "ok", V4),
  ethernet("FabricPath cut", "8903 00", "ethernet.vendor_tag"),
  {
    why: "Cisco's inter-switch link",
    link: 1,
    frame: `01000c000000 0a0000000001 0040 aaaa03 00000c 0014 0001 0000 ${MACS} 0800 ${IPV4_UDP}`,
    status: "ok",
    facts: { ...V4, vlan: 10, mac: 26 },
  },
  {
    why: "Cisco's inter-switch link, cut",
    link: 1,
    frame: "03000c000000 0a0000000001 0040 aaaa03 00000c 0014 0001 00",
    status: "ethernet.llc_truncated",
  },
  ethernet("Cisco's security group tag", `8909 0101 00010064 0800 ${IPV4_UDP}`, "ok", V4),
  ethernet("Cisco's tag of no length", `8909 0000 00000000 0800 ${IPV4_UDP}`, "ok", V4),
  ethernet("the same of another version", `8909 0202 00010064 0800 ${IPV4_UDP}`, "ethernet.vendor_tag"),
  ethernet("the same cut", "8909 0101 00010064 08", "ethernet.vendor_tag"),
  ethernet("Arista's timestamp of 64 bits", `d28b 0001 0010 5ceeed57384f59c8 0800 ${IPV4_UDP}`, "ok", V4),
  ethernet("Arista's timestamp of 48 bits", `d28b 0001 0120 5ceeed57384f 8100 0007 0800 ${IPV4_UDP}`, "ok", {
    ...V4,
    vlan: 7,
  }),
  ethernet(
    "Arista's tag of another form",
    `d28b 0001 0030 5ceeed57384f 0800 ${IPV4_UDP}`,
    "ethernet.vendor_tag",
  ),
  ethernet("Arista's tag of another kind", `d28b 0002 0010 5ceeed57384f59c8 0800`, "ethernet.vendor_tag"),
  ethernet("SNAP with IPv4", `0026 aaaa03 000000 0800 ${IPV4_UDP}`, "ok", { ...V4, payload: [50, 52, 2] }),
  ethernet("SNAP with IPv6", `0036 aaaa03 000000 86dd ${IPV6_UDP}`, "ok", V6),
  ethernet("SNAP with IPv4 behind a tag", `8100 0005 0026 aaaa03 000000 0800 ${IPV4_UDP}`, "ok", {
    ...V4,
    vlan: 5,
  }),
  ethernet("SNAP with a tag", `0026 aaaa03 000000 8100 0001 0800 ${IPV4_UDP}`, "ok", { ...V4, vlan: 1 }),
  ethernet("SNAP does not nest SNAP", `0026 aaaa03 000000 0026 aaaa03 000000 0800`, "ethernet.unknown_type"),
  ethernet("SNAP with MPLS", `0026 aaaa03 000000 8847 00001140 ${IPV4_UDP}`, "ok", V4),
  ethernet("SNAP with an organisation's protocol", "0026 aaaa03 0000f9 0800 00", "ethernet.llc_unknown"),
  ethernet("SNAP as bridges keep it apart", `0026 aaaa03 0000f8 0800 ${IPV4_UDP}`, "ok", V4),
  ethernet("SNAP with a bridged frame", `0026 aaaa03 0080c2 0007 0000 ${MACS} 0800 ${IPV4_UDP}`, "ok", V4),
  ethernet(
    "SNAP with a bridged frame of another kind",
    "0026 aaaa03 0080c2 0003 0000",
    "ethernet.llc_unknown",
  ),
  ethernet("SNAP with a bridged frame, cut", "0026 aaaa03 0080c2 0007 00", "ethernet.llc_truncated"),
  ethernet("Cisco's protocols that are not listed", "0026 aaaa03 00000c 2001 00", "ethernet.llc_unknown"),
  ethernet("CDP's number under another organisation", "0026 aaaa03 00000d 2000 00", "ethernet.llc_unknown"),
  ethernet("SNAP cut in its type", "0026 aaaa03 000000 08", "ethernet.llc_truncated"),
  ethernet("LLC cut before its control", "0026 4242", "ethernet.llc_truncated"),
  ethernet("LLC of another SAP", "0026 f0f003", "ethernet.llc_unknown"),
  ethernet("IP over LLC without SNAP", `0026 060603 ${IPV4_UDP}`, "ok", V4),
  ethernet("an answer on the SAP of IP", `0026 060603`.replace("03", "bf"), "ethernet.llc_unknown"),
  ethernet("the largest 802.3 length", "05dc e0e003", "ethernet.llc_unknown"),
  ethernet("IPv4 under the SAP of IS-IS (RFC 2684 NLPID)", `0022 fefe03 cc ${IPV4_UDP}`, "ok", V4),
  ethernet("IPv6 under that SAP", `0022 fefe03 8e ${IPV6_UDP}`, "ok", V6),
  ethernet("CLNP, which routes", "0022 fefe03 81", "ethernet.llc_unknown"),
  ethernet("that SAP, cut before it says what it carries", "0022 fefe03", "ethernet.llc_truncated"),
  unroutable("ARP", "0806 0001"),
  unroutable("ARP in a VLAN", "8100 0001 0806 0001"),
  unroutable("RARP", "8035"),
  unroutable("LLDP", "88cc"),
  unroutable("slow protocols", "8809"),
  unroutable("EAPOL", "888e"),
  unroutable("PTP", "88f7"),
  unroutable("MAC control", "8808"),
  unroutable("CFM", "8902"),
  unroutable("IS-IS by EtherType", "22f4"),
  unroutable("loopback test", "9000"),
  unroutable("ARP by SNAP", "0026 aaaa03 000000 0806"),
  unroutable("spanning tree", "0026 424203"),
  unroutable("spanning tree, response bit", "0026 424303"),
  unroutable("IS-IS", "0026 fefe03 83"),
  unroutable("ES-IS", "0026 fefe03 82"),
  unroutable("CDP", "0026 aaaa03 00000c 2000"),
  unroutable("VTP", "0026 aaaa03 00000c 2003"),
  unroutable("DTP", "0026 aaaa03 00000c 2004"),
  unroutable("UDLD", "0026 aaaa03 00000c 0111"),
  unroutable("PVST+", "0026 aaaa03 00000c 010b"),
];

const COOKED_CASES: readonly DecodeCase[] = [
  {
    why: "cooked capture of IPv4",
    link: SLL,
    frame: `${SLL_HEAD} 0800 ${IPV4_UDP}`,
    status: "ok",
    facts: { ...V4, mac: null, payload: [44, 46, 2] },
  },
  {
    why: "cooked capture of IPv6",
    link: SLL,
    frame: `${SLL_HEAD} 86dd ${IPV6_UDP}`,
    status: "ok",
    facts: V6,
  },
  {
    why: "cooked capture of a tag",
    link: SLL,
    frame: `${SLL_HEAD} 8100 0007 0800 ${IPV4_UDP}`,
    status: "ok",
    facts: { ...V4, vlan: 7 },
  },
  { why: "cooked capture of LLC", link: SLL, frame: `${SLL_HEAD} 0004 424203`, status: "unroutable" },
  { why: "cooked capture of ARP", link: SLL, frame: `${SLL_HEAD} 0806`, status: "unroutable" },
  { why: "cooked capture cut in its header", link: SLL, frame: `${SLL_HEAD} 08`, status: "sll.truncated" },
  {
    why: "cooked capture of netlink, whose protocol is no EtherType",
    link: SLL,
    frame: `0004 0338 0006 0a00000000010000 0800 ${IPV4_UDP}`,
    status: "sll.unknown_hardware",
    facts: NO_ADDRESS,
  },
  {
    why: "cooked capture version 2 of IPv4",
    link: SLL2,
    frame: `0800 0000 00000002 0001 04 06 0a00000000010000 ${IPV4_UDP}`,
    status: "ok",
    facts: { ...V4, payload: [48, 50, 2] },
  },
  {
    why: "version 2 cut in its header",
    link: SLL2,
    frame: "0800 0000 00000002 0001 04 06 0a000000000100",
    status: "sll.truncated",
  },
  {
    why: "version 2 of netlink",
    link: SLL2,
    frame: `0800 0000 00000002 0338 04 06 0a00000000010000 ${IPV4_UDP}`,
    status: "sll.unknown_hardware",
  },
];

const LOOPBACK_CASES: readonly DecodeCase[] = [
  {
    why: "null, big-endian",
    link: NULL,
    frame: `00000002 ${IPV4_UDP}`,
    status: "ok",
    facts: { ...V4, mac: null },
  },
  { why: "null, little-endian", link: NULL, frame: `02000000 ${IPV4_UDP}`, status: "ok", facts: V4 },
  ...["0a", "18", "1c", "1e"].flatMap((family) => [
    {
      why: `null, IPv6 as ${family}`,
      link: NULL,
      frame: `${family}000000 ${IPV6_UDP}`,
      status: "ok",
      facts: V6,
    },
    {
      why: `loop, IPv6 as ${family}`,
      link: LOOP,
      frame: `000000${family} ${IPV6_UDP}`,
      status: "ok",
      facts: V6,
    },
  ]),
  { why: "null with an EtherType, IPv4", link: NULL, frame: `00000800 ${IPV4_UDP}`, status: "ok", facts: V4 },
  { why: "null with an EtherType, IPv6", link: NULL, frame: `000086dd ${IPV6_UDP}`, status: "ok", facts: V6 },
  { why: "loop", link: LOOP, frame: `00000002 ${IPV4_UDP}`, status: "ok", facts: V4 },
  {
    why: "loop has one byte order",
    link: LOOP,
    frame: `02000000 ${IPV4_UDP}`,
    status: "null.unknown_family",
  },
  { why: "AppleTalk", link: NULL, frame: "10000000", status: "null.unknown_family", facts: NO_ADDRESS },
  { why: "null cut", link: NULL, frame: "020000", status: "null.truncated" },
  { why: "loop cut", link: LOOP, frame: "000000", status: "null.truncated" },
];

const RAW_CASES: readonly DecodeCase[] = [
  ...[RAW, 12, 14].map((link) => ({
    why: `raw (${link}) IPv4`,
    link,
    frame: IPV4_UDP,
    status: "ok",
    facts: { ...V4, mac: null, payload: [28, 30, 2] as const },
  })),
  { why: "raw IPv6", link: RAW, frame: IPV6_UDP, status: "ok", facts: V6 },
  { why: "raw of nothing", link: RAW, frame: "", status: "raw.empty" },
  { why: "raw of version 5", link: RAW, frame: "55000000", status: "raw.wrong_version", facts: NO_ADDRESS },
  { why: "IPv4 by link type", link: 228, frame: IPV4_UDP, status: "ok", facts: V4 },
  { why: "IPv6 by link type", link: 229, frame: IPV6_UDP, status: "ok", facts: V6 },
  { why: "IPv6 where the link type says IPv4", link: 228, frame: IPV6_UDP, status: "ipv4.wrong_version" },
  {
    why: "version 5 where the link type says IPv4",
    link: 228,
    frame: IPV4_UDP.replace("45 00", "55 00"),
    status: "ipv4.wrong_version",
  },
  {
    why: "version 5 where the link type says IPv6",
    link: 229,
    frame: IPV6_UDP.replace("6000", "5000"),
    status: "ipv6.wrong_version",
  },
  {
    why: "IPv4 where the link type says IPv6",
    link: 229,
    frame: `${IPV4_UDP} ${IPV4_UDP}`,
    status: "ipv6.wrong_version",
  },
  {
    why: "a link type that is not decoded",
    link: 147,
    frame: IPV4_UDP,
    status: "link.unsupported",
    facts: NO_ADDRESS,
  },
];

export const LINK_CASES: readonly DecodeCase[] = [
  ...ETHERNET_CASES,
  ...COOKED_CASES,
  ...LOOPBACK_CASES,
  ...RAW_CASES,
];
