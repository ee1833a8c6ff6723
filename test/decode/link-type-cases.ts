import type { DecodeCase, Facts } from "./decoded.ts";
import { IPV4_UDP, IPV6_UDP, MACS, NO_ADDRESS, SLL, V4, V6 } from "./link-cases.ts";

const FRAME = `${MACS} 0800 ${IPV4_UDP}`;
const SNAP4 = `aaaa03 000000 0800 ${IPV4_UDP}`;
const SNAP6 = `aaaa03 000000 86dd ${IPV6_UDP}`;
const [RADIOTAP, WIFI] = [127, 105];

function on(link: number, why: string, frame: string, status = "ok", facts: Partial<Facts> = V4): DecodeCase {
  return {
    why: `link type ${link}: ${why}`,
    link,
    frame,
    status,
    facts: status === "ok" ? facts : NO_ADDRESS,
  };
}

const ADDRESSES = "0a0000000002 0a0000000001 0a0000000003 1000";

/** 802.11 header: frame control, duration, three addresses, sequence; and what more it has. */
function wifi(control: string, more = ""): string {
  return `${control} 3000 ${ADDRESSES} ${more}`;
}

const WIFI_CASES: readonly DecodeCase[] = [
  on(WIFI, "data within a cell", `${wifi("0800")} ${SNAP4}`, "ok", { ...V4, mac: 4 }),
  on(WIFI, "data to the network", `${wifi("0801")} ${SNAP4}`, "ok", { ...V4, mac: null }),
  on(WIFI, "data between cells", `${wifi("0803", "0a0000000004")} ${SNAP6}`, "ok", V6),
  on(WIFI, "data with quality of service", `${wifi("8802", "0000")} ${SNAP4}`),
  on(WIFI, "the same with throughput control", `${wifi("8882", "0000 00000000")} ${SNAP4}`),
  on(WIFI, "with a checksum behind it", `${wifi("0802")} ${SNAP4} 01020304`, "ok", {
    ...V4,
    payload: [60, 62, 2],
  }),
  on(WIFI, "an aggregate of one", `${wifi("8802", "8000")} ${MACS} 0026 ${SNAP4}`, "ok", { ...V4, mac: 26 }),
  {
    ...on(
      WIFI,
      "an aggregate of two, of which the second is decoded after it",
      `${wifi("8802", "8000")} ${MACS} 0026 ${SNAP4} ${MACS} 003a ${SNAP6}`,
    ),
    notes: [],
  },
  {
    ...on(WIFI, "an aggregate cut in its second", `${wifi("8802", "8000")} ${MACS} 0026 ${SNAP4} ${MACS} 00`),
    wireLen: 200,
    notes: ["wifi.aggregate"],
  },
  on(WIFI, "an aggregate cut", `${wifi("8802", "8000")} ${MACS} 00`, "link.truncated"),
  on(WIFI, "encrypted", `${wifi("0841")} 0102030405060708 a5a5a5a5`, "wifi.encrypted"),
  on(WIFI, "a piece", `${wifi("0804")} ${SNAP4}`, "wifi.fragment"),
  on(WIFI, "a later piece", `${wifi("0800").replace("1000", "1100")} ${SNAP4}`, "wifi.fragment"),
  on(WIFI, "a beacon", `${wifi("8000")} 00`, "unroutable"),
  on(WIFI, "an acknowledgement", "d400 0000 0a0000000001", "unroutable"),
  on(WIFI, "a null function", wifi("4801"), "unroutable"),
  on(WIFI, "a null function with quality of service", wifi("c801", "0000"), "unroutable"),
  on(WIFI, "an extension frame", `${wifi("0c00")} 00`, "link.unknown_payload"),
  on(WIFI, "of another version", `${wifi("0900")} ${SNAP4}`, "link.unknown_payload"),
  on(WIFI, "cut", "0800 3000 0a00", "link.truncated"),
  on(WIFI, "of nothing", "08", "link.truncated"),
  on(RADIOTAP, "without fields", `0000 0800 00000000 ${wifi("0802")} ${SNAP4}`),
  on(RADIOTAP, "with flags", `0000 0900 02000000 10 ${wifi("0802")} ${SNAP4}`),
  on(
    RADIOTAP,
    "with a padded header behind a timestamp",
    `0000 1100 03000000 0102030405060708 20 ${wifi("8802", "0000 0000")} ${SNAP4}`,
  ),
  on(
    RADIOTAP,
    "with a padded header behind a second word of presence",
    `0000 0d00 02000080 00000000 20 ${wifi("8802", "0000 0000")} ${SNAP4}`,
  ),
  on(RADIOTAP, "of another version", `0100 0800 00000000 ${wifi("0802")} ${SNAP4}`, "link.unknown_payload"),
  on(RADIOTAP, "whose length is none", `0000 0400 00000000 ${wifi("0802")} ${SNAP4}`, "link.unknown_payload"),
  on(RADIOTAP, "longer than the frame", "0000 1000 00000000 0802", "link.truncated"),
  on(RADIOTAP, "cut", "0000 08", "link.truncated"),
  on(192, "PPI", `0000 0800 69000000 ${wifi("0802")} ${SNAP4}`),
  on(192, "PPI around PPI", `0000 0800 c0000000 0000 0800 69000000 ${wifi("0802")} ${SNAP4}`),
  on(192, "PPI of another version", "0100 0800 69000000", "link.unknown_payload"),
  on(192, "PPI cut", "0000 0800 69", "link.truncated"),
  on(192, "PPI longer than the frame", "0000 0900 69000000", "link.truncated"),
  on(119, "Prism, little-endian", `44000000 0c000000 aaaaaaaa ${wifi("0802")} ${SNAP4}`),
  on(119, "Prism, big-endian", `00000044 0000000c aaaaaaaa ${wifi("0802")} ${SNAP4}`),
  on(119, "AVS in its place", `80211001 0000000c aaaaaaaa ${wifi("0802")} ${SNAP4}`),
  on(119, "Prism of no length", "44000000 00000000 aaaaaaaa", "link.unknown_payload"),
  on(119, "Prism cut", "44000000 0c", "link.truncated"),
  on(163, "AVS", `80211001 0000000c aaaaaaaa ${wifi("0802")} ${SNAP4}`),
  on(163, "AVS of no length", "80211001 00000000 aaaaaaaa", "link.unknown_payload"),
  on(163, "AVS cut", "80211001 00", "link.truncated"),
];

const SERIAL_CASES: readonly DecodeCase[] = [
  on(104, "Cisco HDLC", `0f00 0800 ${IPV4_UDP}`),
  on(104, "Cisco HDLC with IPv6", `8f00 86dd ${IPV6_UDP}`, "ok", V6),
  on(104, "Cisco HDLC with MPLS", `0f00 8847 00001140 ${IPV4_UDP}`),
  on(104, "Cisco HDLC with SLARP", "8f00 8035 00000002", "unroutable"),
  on(104, "Cisco HDLC with CDP", "8f00 2000 01b4", "unroutable"),
  on(104, "Cisco HDLC with IS-IS", "8f00 fefe 03 83 1b", "unroutable"),
  on(104, "Cisco HDLC with CLNP", "8f00 fefe 81 1b", "ethernet.llc_unknown"),
  on(104, "Cisco HDLC cut", "0f00 08", "link.truncated"),
  on(107, "Frame Relay with IPv4", `1841 03 cc ${IPV4_UDP}`),
  on(107, "Frame Relay with IPv6 behind padding", `1841 03 00 8e ${IPV6_UDP}`, "ok", V6),
  on(107, "Frame Relay with SNAP", `1841 03 00 80 000000 0800 ${IPV4_UDP}`),
  on(107, "Frame Relay with a bridged frame", `1841 03 00 80 0080c2 0007 ${FRAME}`, "ok", { ...V4, mac: 10 }),
  on(107, "Frame Relay with PPP", `1841 03 cf 0021 ${IPV4_UDP}`),
  on(107, "Frame Relay as Cisco has it", `1841 0800 ${IPV4_UDP}`),
  on(107, "Frame Relay with a long address", `18400003 03 cc ${IPV4_UDP}`),
  on(107, "Frame Relay signalling", "0001 03 08 00 75", "unroutable"),
  on(107, "Frame Relay signalling, Cisco's", "fcf1 03 09 00 75", "unroutable"),
  on(107, "Frame Relay with Q.933", "1841 03 08 00 75", "unroutable"),
  on(107, "Frame Relay with an address without an end", "18404040 40 03 cc", "link.unknown_payload"),
  on(107, "Frame Relay cut", "18", "link.truncated"),
  on(107, "Frame Relay cut behind its address", "1841 03", "link.truncated"),
  on(107, "Frame Relay cut behind padding", "1841 03 00", "link.truncated"),
  on(166, "PPP with a direction for an address", `0003 0021 ${IPV4_UDP}`),
  on(204, "PPP behind a direction", `01 ff03 0021 ${IPV4_UDP}`),
  on(205, "Cisco HDLC behind a direction", `01 0f00 0800 ${IPV4_UDP}`),
  on(206, "Frame Relay behind a direction", `01 1841 03 cc ${IPV4_UDP}`),
  on(51, "PPPoE without Ethernet", `1100 0001 0020 0021 ${IPV4_UDP}`),
  on(8, "SLIP", `00 45 ${"00".repeat(14)} ${IPV4_UDP}`),
  on(8, "SLIP with IPv6", `00 46 ${"00".repeat(14)} ${IPV6_UDP}`, "ok", V6),
  on(8, "SLIP, compressed", `00 80 ${"00".repeat(14)} 45`, "link.unknown_payload"),
  on(8, "SLIP cut", `00 45 ${"00".repeat(14)}`, "link.truncated"),
];

const OLD_CASES: readonly DecodeCase[] = [
  on(6, "token ring", `1040 ${MACS} ${SNAP4}`, "ok", { ...V4, mac: 2 }),
  on(6, "token ring over bridges", `1040 0a0000000002 8a0000000001 0630 1234 5670 ${SNAP4}`),
  on(6, "the ring's own frames", `1000 ${MACS} 00`, "unroutable"),
  on(6, "token ring cut", "1040 0a0000000002 0a00000000", "link.truncated"),
  on(6, "token ring cut in its bridges", "1040 0a0000000002 8a0000000001 06", "link.truncated"),
  on(10, "FDDI", `50 ${MACS} ${SNAP4}`, "ok", { ...V4, mac: 1 }),
  on(10, "FDDI's own frames", `4f ${MACS} 00`, "unroutable"),
  on(10, "FDDI cut", "50 0a0000000002", "link.truncated"),
  on(100, "LLC over ATM", SNAP4),
  on(106, "IP over ATM with LLC", SNAP4),
  on(106, "IP over ATM without", IPV4_UDP),
  on(106, "IPv6 over ATM without", IPV6_UDP, "ok", V6),
  on(106, "IP over ATM of nothing", "", "link.truncated"),
  on(123, "SunATM with LLC", `02 00 0064 ${SNAP4}`),
  on(123, "SunATM with signalling", "06 00 0005 09", "unroutable"),
  on(123, "SunATM with LAN emulation", "01 00 0064 00", "link.unknown_payload"),
  on(123, "SunATM cut", "02 00 00", "link.truncated"),
  on(129, "ARCNET on Linux, RFC 1201", `0102 0000 d4 00 0001 ${IPV4_UDP}`),
  on(129, "ARCNET with IPv6", `0102 0000 c4 00 0001 ${IPV6_UDP}`, "ok", V6),
  on(129, "ARCNET, RFC 1051", `0102 0000 f0 ${IPV4_UDP}`),
  on(129, "ARCNET with an exception", `0102 0000 d4 ff d4ffff 00 0001 ${IPV4_UDP}`),
  on(129, "ARCNET, a piece", `0102 0000 d4 01 0001 ${IPV4_UDP}`, "link.unknown_payload"),
  on(129, "ARCNET with ARP", "0102 0000 d5 00 0001", "unroutable"),
  on(129, "ARCNET with something else", "0102 0000 dd 00 0001", "link.unknown_payload"),
  on(129, "ARCNET cut", "0102 0000 d4", "link.truncated"),
  on(129, "ARCNET cut in its head", "0102 0000 d4 00 00", "link.truncated"),
  on(7, "ARCNET on BSD", `0102 d4 00 0001 ${IPV4_UDP}`),
  on(138, "FireWire", `${"00".repeat(16)} 0800 ${IPV4_UDP}`),
  on(138, "FireWire cut", `${"00".repeat(16)} 08`, "link.truncated"),
  on(242, "Infiniband", `${"00".repeat(40)} 0800 0000 ${IPV4_UDP}`),
  on(242, "Infiniband cut", `${"00".repeat(40)} 0800`, "link.truncated"),
  on(219, "MPLS", `00001140 ${IPV4_UDP}`),
];

const ERF_TIME = "00000080 00e1f505";
/** Length of the record, loss, length on the wire. */
const ERF_LENS = "0040 0000 0030";

const HEADER_CASES: readonly DecodeCase[] = [
  on(197, "Endace with Ethernet", `${ERF_TIME} 02 04 ${ERF_LENS} 0000 ${FRAME}`, "ok", { ...V4, mac: 18 }),
  on(
    197,
    "Endace with extensions",
    `${ERF_TIME} 82 04 ${ERF_LENS} 83 00000000000000 03 00000000000000 0000 ${FRAME}`,
  ),
  on(197, "Endace with a colour", `${ERF_TIME} 0b 04 ${ERF_LENS} 0000 ${FRAME} 00000000`),
  on(197, "Endace with PPP", `${ERF_TIME} 01 04 ${ERF_LENS} ff03 0021 ${IPV4_UDP}`),
  on(197, "Endace with Cisco HDLC", `${ERF_TIME} 01 04 ${ERF_LENS} 0f00 0800 ${IPV4_UDP}`),
  on(197, "Endace with IPv4", `${ERF_TIME} 16 04 ${ERF_LENS} ${IPV4_UDP}`),
  on(197, "Endace with IPv6", `${ERF_TIME} 17 04 ${ERF_LENS} ${IPV6_UDP}`, "ok", V6),
  on(197, "Endace with Infiniband", `${ERF_TIME} 15 04 ${ERF_LENS} 0000`, "link.unknown_payload"),
  on(
    197,
    "Endace with extensions without end",
    `${ERF_TIME} 82 04 ${ERF_LENS} ${"8300000000000000".repeat(17)} 00`,
    "link.unknown_payload",
  ),
  on(197, "Endace cut", `${ERF_TIME} 02 04`, "link.truncated"),
  on(197, "Endace cut in its extensions", `${ERF_TIME} 82 04 ${ERF_LENS} 03 0000`, "link.truncated"),
  on(197, "Endace cut behind its header", `${ERF_TIME} 02 04 ${ERF_LENS} 0000`, "link.truncated"),
  on(109, "OpenBSD's tunnels", `00000002 00000001 00000000 ${IPV4_UDP}`),
  on(109, "OpenBSD's tunnels, cut", "00000002 00000001 000000", "link.truncated"),
  on(117, "OpenBSD's packet filter", `3d 02 00 00 ${"00".repeat(60)} ${IPV4_UDP}`),
  on(117, "OpenBSD's packet filter, cut", "3d0200", "link.truncated"),
  on(258, "packet tap", `0c000000 01000000 01000000 ${FRAME}`, "ok", { ...V4, mac: 12 }),
  on(149, "packet tap, as it was before", `0c000000 01000000 65000000 ${IPV4_UDP}`),
  on(258, "packet tap without a packet", `0c000000 00000000 01000000 ${FRAME}`, "link.unknown_payload"),
  on(258, "packet tap cut", "0c000000 01000000 01", "link.truncated"),
  on(178, "Juniper", `4d4743 02 ${FRAME}`.replace(" 02 ", " 01 ")),
  on(178, "Juniper with extensions", `4d4743 80 0004 01020304 ${FRAME}`),
  on(178, "Juniper without a link header", "4d4743 02 0000 0000", "link.unknown_payload"),
  on(178, "no Juniper", "4d4744 00 0000 0000", "link.unknown_payload"),
  on(178, "Juniper cut", "4d4743 00", "link.truncated"),
  on(226, "Solaris", `0102 0000 ${"00".repeat(20)} ${IPV4_UDP}`),
  on(226, "Solaris of another version", `0202 0000 ${"00".repeat(20)} ${IPV4_UDP}`, "link.unknown_payload"),
  on(226, "Solaris cut", "0102 0000", "link.truncated"),
  on(
    239,
    "netfilter, little-endian",
    `0200 0028 0800 0100 00000003 0600 0a00 00006161 2200 0900 ${IPV4_UDP}`,
  ),
  on(239, "netfilter, big-endian", `0a00 0028 0008 0001 00000003 0036 0009 ${IPV6_UDP}`, "ok", V6),
  on(239, "netfilter without a packet", "0200 0028 0800 0100 00000003", "link.truncated"),
  on(239, "netfilter with an attribute of no length", "0200 0028 0000 0000 00000003", "link.unknown_payload"),
  on(240, "a hardware tap", `00000000 ${FRAME}`),
  on(241, "a hardware tap with the preamble", `00000000 555555555555 55d5 ${FRAME}`),
  on(274, "from the preamble on", `555555555555 55d5 ${FRAME}`),
  on(274, "from the preamble on, a piece", `555555555555 55e6 ${FRAME}`, "link.unknown_payload"),
  on(274, "from the preamble on, cut", "555555555555", "link.truncated"),
  on(281, "a switch's tag", `${MACS} 20000008 0800 ${IPV4_UDP}`, "ok", { ...V4, mac: 0 }),
  on(281, "a switch's tag, cut", `${MACS} 20000008 08`, "ethernet.truncated"),
  on(282, "a switch's tag in front", `20000008 ${FRAME}`),
  on(284, "a switch's tag before a VLAN tag", `${MACS} c0080000 8100 0007 0800 ${IPV4_UDP}`, "ok", {
    ...V4,
    vlan: 7,
  }),
  on(285, "a switch's tag with a type", `${MACS} dada 0000 c0080000 0800 ${IPV4_UDP}`),
  on(SLL, "of a tunnel device", `0000 030a 0000 0000000000000000 0800 ${IPV4_UDP}`),
  on(SLL, "of a Frame Relay device", `0000 0302 0000 0000000000000000 0000 1841 03 cc ${IPV4_UDP}`),
  on(SLL, "of a wireless device", `0000 0321 0000 0000000000000000 0000 ${wifi("0802")} ${SNAP4}`),
  on(
    SLL,
    "of a wireless device with Prism",
    `0000 0322 0000 0000000000000000 0000 44000000 0c000000 aaaaaaaa ${wifi("0802")} ${SNAP4}`,
  ),
  on(
    SLL,
    "of a wireless device with radiotap",
    `0000 0323 0000 0000000000000000 0000 0000 0800 00000000 ${wifi("0802")} ${SNAP4}`,
  ),
];

export const LINK_TYPE_CASES: readonly DecodeCase[] = [
  ...WIFI_CASES,
  ...SERIAL_CASES,
  ...OLD_CASES,
  ...HEADER_CASES,
];
