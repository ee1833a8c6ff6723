import type { DecodeCase, Facts } from "./decoded.ts";
import { IPV4_UDP, IPV6_UDP, MACS, NO_ADDRESS, RAW, V4, V6 } from "./link-cases.ts";

const ETHERNET = 1;
const FRAME = `${MACS} 0800 ${IPV4_UDP}`;
const CHECKED = IPV4_UDP.replace("40 11 0000", "40 11 8e8c");
const OUTER = { src: "192.0.2.77", dst: "203.0.113.9" };

function lenOf(hex: string): number {
  return hex.replace(/;.*$/gm, "").replace(/\s+/g, "").length / 2;
}

function be(value: number, lenBytes: number): string {
  return value.toString(16).padStart(2 * lenBytes, "0");
}

/** IPv4 from 192.0.2.77 to 203.0.113.9. */
function v4(proto: number, payload: string): string {
  return `45 00 ${be(20 + lenOf(payload), 2)} 0009 0000 40 ${be(proto, 1)} 0000 c000024d cb007109\n ${payload}`;
}

function v6(proto: number, payload: string): string {
  const addresses = "20010db8000000000000000000000077 20010db8000000000000000000000009";
  return `60000000 ${be(lenOf(payload), 2)} ${be(proto, 1)} 40 ${addresses}\n ${payload}`;
}

function udp(port: number, payload: string, from = 50000): string {
  return v4(17, `${be(from, 2)} ${be(port, 2)} ${be(8 + lenOf(payload), 2)} 0000\n ${payload}`);
}

/** 802.11 from the network with IPv4 behind LLC. */
const WIFI = `0802 3000 0a0000000002 0a0000000001 0a0000000003 1000 aaaa03 000000 0800 ${IPV4_UDP}`;
const TEREDO = "20010000cb0071011122334455667788";
const TEREDO_UDP = IPV6_UDP.replace("20010db8000000000000000000000001", TEREDO);

function raw(why: string, frame: string, status: string, facts?: Partial<Facts>): DecodeCase {
  return { why, link: RAW, frame, status, ...(facts && { facts }) };
}

function opened(
  why: string,
  frame: string,
  tunnels: readonly string[],
  facts: Partial<Facts> = V4,
): DecodeCase {
  return raw(why, frame, "ok", { ...facts, tunnels });
}

/** A payload that is none of its port's: the datagram is all there is. */
function plain(why: string, port: number, payload: string): DecodeCase {
  return raw(why, udp(port, payload), "ok", { ...OUTER, tunnels: [], ports: [50000, port] });
}

/** Decoded as a tunnel, and found to be none. */
function doubted(why: string, port: number, payload: string): DecodeCase {
  return raw(why, udp(port, payload), "ok", NO_ADDRESS);
}

/** The first octets of a frame. */
function start(hex: string, lenBytes: number): string {
  return hex
    .replace(/;.*$/gm, "")
    .replace(/\s+/g, "")
    .slice(0, 2 * lenBytes);
}

/** Cut by the snaplen, `lost` octets of 100. */
function cut(why: string, frame: string, status: string, facts?: Partial<Facts>): DecodeCase {
  return { ...raw(why, frame, status, facts), wireLen: lenOf(frame) + 100 };
}

const IP_TUNNEL_CASES: readonly DecodeCase[] = [
  opened("IPv4 in IPv4", v4(4, IPV4_UDP), ["ipip"]),
  opened("the same by its old number", v4(94, IPV4_UDP), ["ipip"]),
  opened("IPv6 in IPv4", v4(41, IPV6_UDP), ["6in4"], V6),
  opened("IPv4 in IPv6", v6(4, IPV4_UDP), ["4in6"]),
  opened("IPv6 in IPv6", v6(41, IPV6_UDP), ["ip6ip6"], V6),
  opened("IPv4 in IPv4 behind an authentication header", v4(51, `04 01 0000 00000001 00000001 ${IPV4_UDP}`), [
    "ipip",
  ]),
  raw("IPv4 in IPv4, cut", v4(4, "45000014"), "ipv4.header_truncated", { ...NO_ADDRESS, tunnels: ["ipip"] }),
  opened("an Ethernet frame in IPv6", v6(143, FRAME), ["ethernet-in-ip"]),
  opened("EtherIP", v4(97, `3000 ${FRAME}`), ["etherip"]),
  opened("EtherIP with its nibbles turned", v4(97, `0300 ${FRAME}`), ["etherip"]),
  raw("EtherIP of another version", v4(97, `2000 ${FRAME}`), "etherip.unknown_version", OUTER),
  raw("EtherIP cut", v4(97, "30"), "tunnel.truncated", OUTER),
  opened("MPLS in IPv4", v4(137, `00001140 ${IPV4_UDP}`), ["mpls"]),
  opened("NSH in IPv4", v4(145, `0fc60201 00000108 ${"00".repeat(16)} ${IPV4_UDP}`), ["nsh"]),
  opened("PIM Register", v4(103, `2100 0000 00000000 ${IPV4_UDP}`), ["pim-register"]),
  raw("PIM Null-Register", v4(103, `2100 0000 40000000 ${IPV4_UDP}`), "ok", { ...OUTER, tunnels: [] }),
  raw("PIM Hello", v4(103, "2000 0000 00010002"), "ok", OUTER),
  cut("PIM Register cut", v4(103, "2100 0000 00000000").replace("001c", "0080"), "tunnel.truncated", OUTER),
  opened(
    "minimal encapsulation: true destination",
    v4(55, "11 00 0000 c6336407 1234 0035 000a beef 6869"),
    ["minimal-ipip"],
    { ...V4, src: OUTER.src, payload: [36, 38, 2], marks: [9, 0xbeef] },
  ),
  opened(
    "minimal encapsulation: true source as well",
    v4(55, "11 80 0000 c6336407 c0000201 1234 0035 000a beef 6869"),
    ["minimal-ipip"],
    { ...V4, payload: [40, 42, 2] },
  ),
  raw("minimal encapsulation cut", v4(55, "11 00 0000 c63364"), "tunnel.truncated", OUTER),
  raw("minimal encapsulation cut in its source", v4(55, "11 80 0000 c6336407 c000"), "tunnel.truncated", {
    src: OUTER.src,
    dst: V4.dst,
  }),
  raw("minimal encapsulation in IPv6", v6(55, "11 00 0000 c6336407"), "ip.tunnel"),
];

const GRE_CASES: readonly DecodeCase[] = [
  opened("GRE", v4(47, `0000 0800 ${IPV4_UDP}`), ["gre"]),
  opened("GRE over IPv6 with IPv6", v6(47, `0000 86dd ${IPV6_UDP}`), ["gre"], V6),
  opened("GRE with checksum, key and number", v4(47, `b000 0800 abcd0000 00000001 00000002 ${IPV4_UDP}`), [
    "gre",
  ]),
  opened("GRE with a frame", v4(47, `2000 6558 00000064 ${FRAME}`), ["gre"], { ...V4, mac: 28 }),
  opened("GRE with MPLS", v4(47, `0000 8847 00001140 ${IPV4_UDP}`), ["gre"]),
  opened("GRE with WCCP 2", v4(47, `0000 883e 00000000 ${IPV4_UDP}`), ["gre"]),
  opened("GRE with WCCP 1", v4(47, `0000 883e ${IPV4_UDP}`), ["gre"]),
  opened("GRE with Cisco metadata", v4(47, `0000 8909 0800 0101 00010064 ${IPV4_UDP}`), ["gre"]),
  {
    ...opened(
      "GRE with source routes",
      v4(47, `4000 0800 00000000 0800 00 04 cb007101 00000000 ${IPV4_UDP}`),
      ["gre"],
    ),
    notes: ["gre.source_route"],
  },
  raw(
    "GRE with source routes without an end",
    v4(47, "4000 0800 00000000 0800 0004 cb007101"),
    "tunnel.truncated",
  ),
  raw("GRE with an EtherType that nobody knows", v4(47, "0000 0601 00"), "ethernet.unknown_type", NO_ADDRESS),
  raw("GRE keepalive's answer", v4(47, "0000 0000"), "ok", { ...OUTER, tunnels: [] }),
  raw("GRE cut", v4(47, "0000 08"), "tunnel.truncated", OUTER),
  raw("GRE cut in what its flags announce", v4(47, "2000 0800 0000"), "tunnel.truncated", OUTER),
  raw("GRE of version 2", v4(47, `0002 0800 ${IPV4_UDP}`), "gre.unknown_version", OUTER),
  opened("PPTP", v4(47, `3001 880b 0022 0001 00000005 ff03 0021 ${IPV4_UDP}`), ["pptp"]),
  opened("PPTP with an acknowledgement", v4(47, `3081 880b 0020 0001 00000005 00000004 21 ${IPV4_UDP}`), [
    "pptp",
  ]),
  raw("PPTP acknowledgement alone", v4(47, "2081 880b 0000 0001 00000004"), "ok", { ...OUTER, tunnels: [] }),
  raw("PPTP cut", v4(47, "3001 880b 0020"), "tunnel.truncated", OUTER),
  raw("PPTP cut in its number", v4(47, "3001 880b 0020 0001 0000"), "tunnel.truncated", OUTER),
  raw(
    "GRE version 1 with another type",
    v4(47, "3001 0800 0020 0001 00000005"),
    "gre.unknown_version",
    OUTER,
  ),
];

const ERSPAN_CASES: readonly DecodeCase[] = [
  opened("ERSPAN I", v4(47, `0000 88be ${FRAME}`), ["erspan"]),
  opened("ERSPAN II", v4(47, `1000 88be 00000007 1064 0064 00000001 ${FRAME}`), ["erspan"], {
    ...V4,
    mac: 36,
  }),
  {
    ...opened(
      "ERSPAN II of a frame that the mirror cut",
      v4(47, `1000 88be 00000007 1064 0464 00000001 ${FRAME}`),
      ["erspan"],
    ),
    notes: ["erspan.truncated"],
  },
  raw(
    "ERSPAN II of another version",
    v4(47, `1000 88be 00000007 3064 0064 00000001 ${FRAME}`),
    "erspan.unknown_version",
  ),
  raw("ERSPAN II cut", v4(47, "1000 88be 00000007 1064 0064 0000"), "tunnel.truncated", OUTER),
  opened("ERSPAN III", v4(47, `1000 22eb 00000007 2064 0064 00000001 0000 0000 ${FRAME}`), ["erspan"]),
  opened(
    "ERSPAN III with a platform's header",
    v4(47, `1000 22eb 00000007 2064 0064 00000001 0000 0001 0000000000000000 ${FRAME}`),
    ["erspan"],
  ),
  opened("ERSPAN III of IP", v4(47, `1000 22eb 00000007 2064 0064 00000001 0000 0800 ${IPV4_UDP}`), [
    "erspan",
  ]),
  raw(
    "ERSPAN III of another version",
    v4(47, `1000 22eb 00000007 ${"10".repeat(12)}`),
    "erspan.unknown_version",
  ),
  raw("ERSPAN III cut", v4(47, "1000 22eb 00000007 2064 0064 00000001 0000"), "tunnel.truncated"),
  raw(
    "ERSPAN III cut in a platform's header",
    v4(47, "1000 22eb 00000007 2064 0064 00000001 0000 0001 00"),
    "tunnel.truncated",
  ),
];

/** ESP around IPv4 without encryption: padding of two octets, and an integrity check. */
function esp(payload: string, checkLen = 12): string {
  return `01020304 00000001 ${payload} 0102 02 04 ${"a5".repeat(checkLen)}`;
}

const BARE_CASES: readonly DecodeCase[] = [
  ...[0, 12, 16, 24, 32].map((len) =>
    opened(`ESP without encryption, check of ${len}`, v4(50, esp(CHECKED, len)), ["ipsec"]),
  ),
  opened("the same over UDP", udp(4500, esp(CHECKED)), ["ipsec"]),
  raw("ESP", v4(50, `01020304 00000001 ${"a5".repeat(60)}`), "ok", { ...OUTER, tunnels: [] }),
  raw("ESP with a wrong checksum inside", v4(50, esp(IPV4_UDP)), "ok", { ...OUTER, tunnels: [] }),
  raw("ESP whose check has another length", v4(50, esp(CHECKED, 13)), "ok", { ...OUTER, tunnels: [] }),
  raw("ESP cut", v4(50, "01020304"), "ok", { ...OUTER, tunnels: [] }),
  opened("IPv4 right over UDP", udp(5555, CHECKED), ["ip-in-udp"]),
  plain("IPv4 over UDP with a wrong checksum", 5555, IPV4_UDP),
  plain("IPv4 over UDP of another length", 5555, `${CHECKED} 00`),
  raw("compressed headers over IP", v4(142, "fd00"), "ip.tunnel", OUTER),
];

const UDP_TUNNEL_CASES: readonly DecodeCase[] = [
  ...[4789, 8472, 4790].map((port) =>
    opened(`VXLAN on port ${port}`, udp(port, `08000000 00006400 ${FRAME}`), ["vxlan"], {
      ...V4,
      vni: 100,
      mac: 36,
    }),
  ),
  opened("VXLAN with a group policy", udp(4789, `88000123 00006400 ${FRAME}`), ["vxlan"], {
    ...V4,
    vni: 100,
  }),
  opened("VXLAN with a reserved bit: something is inside", udp(4789, `08000001 00006400 ${FRAME}`), [
    "vxlan",
  ]),
  doubted("VXLAN with a reserved bit: nothing is inside", 4789, `08000001 00006400 ${"a5".repeat(40)}`),
  raw(
    "VXLAN without a fault, with nothing readable",
    udp(4789, `08000000 00006400 ${"a5".repeat(40)}`),
    "ethernet.unknown_type",
  ),
  opened("VXLAN GPE that does not say so", udp(4790, `08000001 00006400 ${IPV4_UDP}`), ["vxlan"]),
  opened("the same with IPv6", udp(4790, `08000002 00006400 ${IPV6_UDP}`), ["vxlan"], V6),
  opened("VXLAN GPE with IPv6", udp(4790, `0c000002 00006400 ${IPV6_UDP}`), ["vxlan"], V6),
  opened("VXLAN GPE with NSH and IPv4", udp(4790, `0c000004 00006400 0fc20201 00000108 ${IPV4_UDP}`), [
    "vxlan",
  ]),
  ...["01", "03", "05"].map((next) =>
    raw(
      `VXLAN GPE with protocol ${next}, empty`,
      udp(4790, `0c0000${next} 00006400 0000`),
      next === "01" ? "ipv4.header_truncated" : next === "03" ? "ethernet.truncated" : "mpls.truncated",
    ),
  ),
  plain("VXLAN GPE with a protocol that nobody knows", 4790, `0c000009 00006400 ${FRAME}`),
  plain("no VXLAN without a network", 4789, `00000000 00006400 ${FRAME}`),
  plain("no VXLAN without a frame", 4789, "08000000 00006400"),
  cut(
    "VXLAN cut in its header",
    v4(17, "c350 12b5 0040 0000 08000000").replace("0020 0009", "0080 0009"),
    "tunnel.truncated",
  ),
  opened("Geneve", udp(6081, `0000 6558 000064 00 ${FRAME}`), ["geneve"], { ...V4, vni: 100 }),
  opened(
    "Geneve with options and IPv6",
    udp(6081, `0240 86dd 000064 00 0102 8001 00000000 ${IPV6_UDP}`),
    ["geneve"],
    V6,
  ),
  opened("Geneve with a reserved bit", udp(6081, `0000 6558 000064 01 ${FRAME}`), ["geneve"]),
  doubted("Geneve with a reserved bit and nothing inside", 6081, "0000 6558 000064 01 aa"),
  plain("no Geneve of another version", 6081, `4000 6558 000064 00 ${FRAME}`),
  plain("no Geneve whose options do not fit", 6081, "3f00 6558 000064 00 00"),
  opened("Teredo", udp(3544, IPV6_UDP), ["teredo"], V6),
  opened("Teredo from its server", udp(50001, IPV6_UDP, 3544), ["teredo"], V6),
  opened("Teredo with an origin", udp(3544, `0000 cfff 3ffffdfe ${IPV6_UDP}`), ["teredo"], V6),
  opened(
    "Teredo with authentication and origin",
    udp(3544, `0001 0200 aabb 0102030405060708 00 0000 cfff 3ffffdfe ${IPV6_UDP}`),
    ["teredo"],
    V6,
  ),
  opened("Teredo between clients", udp(40001, TEREDO_UDP), ["teredo"], { ...V6, src: TEREDO }),
  plain("no Teredo on other ports of another length", 40001, `${TEREDO_UDP} 00`),
  plain("no Teredo on other ports without its address", 40001, IPV6_UDP),
  plain("no Teredo without IPv6", 3544, "5".repeat(96)),
  opened("GTP-U", udp(2152, `30 ff 001e 00000001 ${IPV4_UDP}`), ["gtp-u"]),
  opened("GTP-U with a number", udp(2152, `32 ff 0022 00000001 0001 00 00 ${IPV4_UDP}`), ["gtp-u"]),
  opened(
    "GTP-U with extensions",
    udp(2152, `34 ff 002a 00000001 0000 00 85 01 1001 85 01 1001 00 ${IPV6_UDP}`),
    ["gtp-u"],
    V6,
  ),
  doubted("no GTP-U of another length", 2152, `30 ff 0001 00000001 ${"a5".repeat(30)}`),
  raw("GTP-U with something else", udp(2152, `30 ff 001e 00000001 ${"a5".repeat(30)}`), "raw.wrong_version"),
  doubted("no L2TPv2 with noise", 1701, `0002 0001 0001 ${"a4".repeat(30)}`),
  cut(
    "L2TPv2 cut in its IP header",
    v4(17, "c350 06a5 0080 0000 0002 0001 0001 ff03 0021 4500").replace(/00[0-9a-f]{2} 0009/, "0090 0009"),
    "ipv4.header_truncated",
  ),
  plain("GTP-U echo", 2152, "32 01 0004 00000000 0001 0000"),
  plain("no GTP-U of another version", 2152, `50 ff 001e 00000001 ${IPV4_UDP}`),
  plain("no GTP-U with an extension of no length", 2152, "34 ff 0008 00000001 0000 00 85 00000000"),
  cut(
    "GTP-U cut",
    v4(17, "c350 0868 0040 0000 30ff 0020 00000001").replace("0024 0009", "0080 0009"),
    "tunnel.truncated",
  ),
  opened("LISP", udp(4341, `80000000 00000001 ${IPV4_UDP}`), ["lisp"]),
  doubted("LISP of nothing", 4341, `80000000 00000001 ${"a5".repeat(30)}`),
  opened("LISP control, encapsulated", udp(4342, `80000000 ${IPV4_UDP}`), ["lisp"]),
  plain("LISP control", 4342, "10000000 00000000"),
  opened("MPLS over UDP", udp(6635, `00001140 ${IPV4_UDP}`), ["mpls"]),
  doubted("no MPLS over UDP", 6635, "a5".repeat(30)),
  opened("GRE over UDP", udp(4754, `2000 0800 00000001 ${IPV4_UDP}`), ["gre"]),
  plain("no GRE over UDP", 4754, "a5".repeat(30)),
  opened("GUE", udp(6080, `00 04 0000 ${IPV4_UDP}`), ["gue"]),
  opened("GUE with options and IPv6", udp(6080, `02 29 0000 0102030405060708 ${IPV6_UDP}`), ["gue"], V6),
  opened("GUE with MPLS", udp(6080, `00 89 0000 00001140 ${IPV4_UDP}`), ["gue"]),
  opened("GUE with a frame", udp(6080, `00 8f 0000 ${FRAME}`), ["gue"]),
  opened("GUE of IPv6 alone", udp(6080, IPV6_UDP), ["gue"], V6),
  plain("no GUE with a control message", 6080, `20 04 0000 ${IPV4_UDP}`),
  plain("no GUE of another variant", 6080, `80 04 0000 ${IPV4_UDP}`),
  plain("no GUE with TCP", 6080, `00 06 0000 ${IPV4_UDP}`),
  plain("no GUE that is nothing but options", 6080, "01 04 0000 00000000"),
  doubted("no GUE where no packet is inside", 6080, "00 04 0000 ffffffff"),
  cut(
    "GUE cut in its options",
    start(udp(6080, `02 04 0000 01020304 05060708 ${IPV4_UDP}`), 36),
    "tunnel.truncated",
    OUTER,
  ),
  opened("CAPWAP with a frame", udp(5247, `00 100200 0000 0000 ${FRAME}`), ["capwap"]),
  opened("CAPWAP with 802.11", udp(5247, `00 100300 0000 0000 ${WIFI}`), ["capwap"]),
  opened(
    "CAPWAP with 802.11, its control turned",
    udp(5247, `00 100300 0000 0000 ${WIFI.replace("0802", "0208")}`),
    ["capwap"],
  ),
  opened("CAPWAP with wireless information", udp(5247, `00 200310 0000 0000 04010203 04000000 ${WIFI}`), [
    "capwap",
  ]),
  plain("no CAPWAP behind DTLS", 5247, `01 000000 16 feff ${FRAME}`),
  plain("no CAPWAP of another binding", 5247, `00 100700 0000 0000 ${WIFI}`),
  plain("no CAPWAP that keeps alive", 5247, `00 100208 0000 0000 ${FRAME}`),
  plain("no CAPWAP of a later piece", 5247, `00 100280 0001 0100 ${FRAME}`),
  doubted("no CAPWAP where no frame is inside", 5247, `00 100200 0000 0000 ${"a5".repeat(20)}`),
  cut(
    "CAPWAP cut behind its header",
    start(udp(5247, `00 100200 0000 0000 ${FRAME}`), 36),
    "tunnel.truncated",
    OUTER,
  ),
  opened("AMT with data", udp(2268, `0600 ${IPV4_UDP}`), ["amt"]),
  opened("AMT with a query", udp(2268, `0400 010203040506 01020304 ${IPV6_UDP}`), ["amt"], V6),
  opened("AMT with an update", udp(2268, `0500 010203040506 01020304 ${IPV4_UDP}`), ["amt"]),
  plain("no AMT with a discovery", 2268, "01000000 01020304"),
  cut("AMT cut behind its header", start(udp(2268, `0600 ${IPV4_UDP}`), 30), "tunnel.truncated", OUTER),
  opened("TZSP", udp(37008, `0100 0001 00 0a01c8 01 ${FRAME}`), ["tzsp"]),
  plain("no TZSP of another version", 37008, `0200 0001 01 ${FRAME}`),
  plain("no TZSP without an end of its tags", 37008, "0100 0001 000000"),
  opened("L2TPv2", udp(1701, `0002 0001 0001 ff03 0021 ${IPV4_UDP}`), ["l2tp"]),
  opened(
    "L2TPv2 with all that is optional",
    udp(1701, `4a02 0030 0001 0001 0000 0000 0002 aaaa 0021 ${IPV4_UDP}`),
    ["l2tp"],
  ),
  plain("L2TPv2 control", 1701, "c802 000c 0001 0000 0000 0000"),
  plain("no L2TPv2 with a reserved bit", 1701, `0402 0001 0001 ff03 0021 ${IPV4_UDP}`),
  plain("no L2TP of another version", 1701, `0005 0001 0001 ff03 0021 ${IPV4_UDP}`),
  opened("L2TPv3 with a frame", udp(1701, `0003 0000 00000005 ${FRAME}`), ["l2tp"]),
  opened(
    "L2TPv3 over IP with a cookie of 8 and a sublayer",
    v4(115, `00000005 0102030405060708 40000001 ${FRAME}`),
    ["l2tp"],
  ),
  opened(
    "L2TPv3 with PPP behind a cookie of 4",
    v4(115, `00000005 01020304 ff03 0057 ${IPV6_UDP}`),
    ["l2tp"],
    V6,
  ),
  raw(
    "L2TPv3 over UDP that cannot be guessed",
    udp(1701, `0003 0000 00000005 ${"a5".repeat(40)}`),
    "l2tp.unknown_payload",
  ),
  plain("no L2TPv3 with a reserved bit", 1701, `0003 0001 00000005 ${"a5".repeat(40)}`),
  raw("L2TPv3 that cannot be guessed", v4(115, `00000005 ${"a5".repeat(40)}`), "l2tp.unknown_payload", OUTER),
  raw("L2TPv3 control", v4(115, "00000000 c803 000c 00000001 00000000"), "ok", { ...OUTER, tunnels: [] }),
  raw("L2TPv3 cut", v4(115, "000000"), "tunnel.truncated"),
];

function ethernet(why: string, rest: string, status: string, facts?: Partial<Facts>): DecodeCase {
  return { why, link: ETHERNET, frame: `${MACS} ${rest}`, status, ...(facts && { facts }) };
}

const LINK_LAYER_CASES: readonly DecodeCase[] = [
  ethernet("MPLS with IPv4", `8847 00001140 ${CHECKED}`, "ok", { ...V4, tunnels: [], mac: 0 }),
  ethernet("MPLS with a wrong IPv4 checksum", `8848 00001040 00001140 ${IPV4_UDP}`, "ok", V4),
  ethernet("MPLS with IPv6", `8847 00001140 ${IPV6_UDP}`, "ok", V6),
  ethernet("MPLS with a pseudo-wire", `8847 00001140 ${FRAME}`, "ok", { ...V4, mac: 18 }),
  ethernet("MPLS with a pseudo-wire and control word", `8847 00001140 00000001 ${FRAME}`, "ok", {
    ...V4,
    mac: 22,
  }),
  ethernet(
    "MPLS with a pseudo-wire to an address that looks like IPv4",
    `8847 00001140 45${FRAME.slice(2)}`,
    "ok",
    {
      ...V4,
      mac: 18,
    },
  ),
  ethernet(
    "MPLS with a pseudo-wire of LLC",
    `8847 00001140 ${MACS} 0026 aaaa03 000000 0800 ${IPV4_UDP}`,
    "ok",
    V4,
  ),
  ethernet("MPLS with continuity checks", "8847 00001140 1000 0007 20400318", "unroutable", NO_ADDRESS),
  ethernet("MPLS channel with IPv4", `8847 00001140 1000 0021 ${IPV4_UDP}`, "ok", V4),
  ethernet("MPLS channel with IPv6", `8847 00001140 1000 0057 ${IPV6_UDP}`, "ok", V6),
  ethernet(
    "MPLS channel that nobody knows",
    "8847 00001140 1000 7fff 00",
    "mpls.unknown_payload",
    NO_ADDRESS,
  ),
  ethernet(
    "MPLS with something else",
    `8847 00001140 ${"a5".repeat(40)}`,
    "mpls.unknown_payload",
    NO_ADDRESS,
  ),
  ethernet("MPLS cut in its labels", "8847 00001040 0000", "mpls.truncated", NO_ADDRESS),
  ethernet("MPLS cut behind its labels", "8847 00001140", "mpls.truncated", NO_ADDRESS),
  ethernet("MPLS of 16 labels", `8847 ${"00001040 ".repeat(15)} 00001140 ${IPV4_UDP}`, "ok", V4),
  ethernet("MPLS of 17 labels", `8847 ${"00001040 ".repeat(16)} 00001140 ${IPV4_UDP}`, "mpls.too_deep"),
  ethernet("PPPoE with IPv4", `8864 1100 0001 0020 0021 ${IPV4_UDP} 0000`, "ok", { ...V4, tunnels: [] }),
  ethernet("PPPoE with IPv6", `8864 1100 0001 0034 0057 ${IPV6_UDP}`, "ok", V6),
  ethernet("PPPoE discovery under the other EtherType", "8864 1165 0001 0000", "unroutable", NO_ADDRESS),
  ethernet("PPPoE of an unknown code", `8864 1101 0001 0020 0021 ${IPV4_UDP}`, "pppoe.unknown_version"),
  ethernet("PPPoE of another version", `8864 2100 0001 0020 0021 ${IPV4_UDP}`, "pppoe.unknown_version"),
  ethernet("PPPoE cut", "8864 1100 0001 00", "pppoe.truncated"),
  ethernet("PPPoE whose length ends it", `8864 1100 0001 0001 0021 ${IPV4_UDP}`, "ppp.truncated"),
  ethernet("NSH with a frame", `894f 0fc20203 00000108 ${FRAME}`, "ok", V4),
  ethernet(
    "NSH with IPv4, IPv6, MPLS, NSH",
    `894f 0fc20204 00000108 0fc20202 00000108 ${IPV6_UDP}`,
    "ok",
    V6,
  ),
  ethernet("NSH with MPLS", `894f 0fc20205 00000108 00001140 ${IPV4_UDP}`, "ok", V4),
  ethernet("NSH of another version", `894f 4fc20201 00000108 ${IPV4_UDP}`, "nsh.unknown"),
  ethernet("NSH of no length", `894f 0fc00201 00000108 ${IPV4_UDP}`, "nsh.unknown"),
  ethernet("NSH with a protocol that nobody knows", `894f 0fc20209 00000108 ${IPV4_UDP}`, "nsh.unknown"),
  ethernet("NSH cut", "894f 0fc20201 0000", "tunnel.truncated"),
  ethernet("NSH cut in its context", "894f 0fc60201 00000108 0000", "tunnel.truncated"),
];

function ppp(why: string, frame: string, status: string, facts?: Partial<Facts>, link = 9): DecodeCase {
  return { why, link, frame, status, ...(facts && { facts }) };
}

const PPP_CASES: readonly DecodeCase[] = [
  ppp("PPP with address and control", `ff03 0021 ${IPV4_UDP}`, "ok", V4),
  ppp("PPP with neither, protocol of one octet", `21 ${IPV4_UDP}`, "ok", V4),
  ppp("PPP in HDLC, Cisco's address", `0f00 0057 ${IPV6_UDP}`, "ok", V6, 50),
  ppp("PPP with MPLS", `ff03 0281 00001140 ${IPV4_UDP}`, "ok", V4),
  ppp("PPP with a bridged frame", `ff03 0031 0001 ${FRAME}`, "ok", V4),
  ppp("PPP with a bridged frame, cut", "ff03 0031 00", "ppp.truncated"),
  ppp("PPP Multilink, whole", `ff03 003d c0000001 0021 ${IPV4_UDP}`, "ok", V4),
  ppp("PPP Multilink, a piece", `ff03 003d 80000001 0021 ${IPV4_UDP}`, "ppp.fragment", NO_ADDRESS),
  ppp("PPP Multilink, cut", "ff03 003d c000", "ppp.truncated"),
  ...["0053", "0055", "00fb", "00fd", "002d", "002f"].map((protocol) =>
    ppp(`PPP that conceals: ${protocol}`, `ff03 ${protocol} 9000a5a5`, "ppp.encrypted", NO_ADDRESS),
  ),
  ...["c021", "8021", "8057", "c023", "c223", "80fd", "0201"].map((protocol) =>
    ppp(`PPP of the link: ${protocol}`, `ff03 ${protocol} 01010004`, "unroutable", NO_ADDRESS),
  ),
  ppp("PPP with a protocol that nobody knows", "ff03 002b ffff", "ppp.unknown_protocol", NO_ADDRESS),
  ppp("PPP of nothing", "", "ppp.truncated"),
  ppp("PPP cut before its protocol", "ff03", "ppp.truncated"),
  ppp("PPP cut in its protocol", "ff03 00", "ppp.truncated"),
];

function nested(times: number): string {
  return times === 0 ? IPV4_UDP : v4(4, nested(times - 1));
}

const DEPTH_CASES: readonly DecodeCase[] = [
  opened("sixteen tunnels inside each other", nested(16), Array<string>(16).fill("ipip")),
  raw("seventeen tunnels inside each other", nested(17), "tunnel.too_deep", NO_ADDRESS),
  opened(
    "all kinds at once",
    v4(
      47,
      `0000 6558 ${MACS} 86dd ${v6(17, `c350 12b5 ${be(8 + 8 + lenOf(MACS) + 2 + lenOf(v4(4, IPV4_UDP)), 2)} 0000 08000000 00006400 ${MACS} 0800 ${v4(4, IPV4_UDP)}`)}`,
    ),
    ["gre", "vxlan", "ipip"],
    { ...V4, vni: -1 },
  ),
];

export const TUNNEL_CASES: readonly DecodeCase[] = [
  ...IP_TUNNEL_CASES,
  ...GRE_CASES,
  ...ERSPAN_CASES,
  ...UDP_TUNNEL_CASES,
  ...BARE_CASES,
  ...LINK_LAYER_CASES,
  ...PPP_CASES,
  ...DEPTH_CASES,
];
