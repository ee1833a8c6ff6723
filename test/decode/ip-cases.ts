import type { DecodeCase, Facts } from "./decoded.ts";
import { RAW } from "./link-cases.ts";

const SRC = "c0000201";
const DST = "c6336407";
const V4 = { version: 4, src: "192.0.2.1", dst: "198.51.100.7" };
const UDP = "1234 0035 000a beef 6869";
const UDP_PORTS = { ports: [4660, 53] as const };
const V6 = {
  version: 6,
  src: "20010db8000000000000000000000001",
  dst: "20010db8000000000000000000000002",
};
const V6_ADDRESSES = "20010db8000000000000000000000001 20010db8000000000000000000000002";

interface Header {
  readonly versionIhl?: string;
  readonly total?: string;
  readonly fragment?: string;
  readonly proto?: string;
}

/** IPv4 header with its checksum left 0, then what follows. */
function v4(
  rest: string,
  { versionIhl = "45", total = "001e", fragment = "0000", proto = "11" }: Header = {},
) {
  return `${versionIhl} 00 ${total} 1f2e ${fragment} 40 ${proto} 0000 ${SRC} ${DST} ${rest}`;
}

function v6(next: string, payloadLen: string, rest: string): string {
  return `60000000 ${payloadLen} ${next} 40 ${V6_ADDRESSES} ${rest}`;
}

function raw(
  why: string,
  frame: string,
  status: string,
  facts?: Partial<Facts>,
  notes?: readonly string[],
): DecodeCase {
  return { why, link: RAW, frame, status, ...(facts && { facts }), ...(notes && { notes }) };
}

const IPV4_CASES: readonly DecodeCase[] = [
  raw("the identification is the mark", v4(UDP), "ok", { ...V4, marks: [0x1f2e, 0xbeef], fragOffset: 0 }, []),
  raw("one octet short of a header", v4("").slice(0, -3), "ipv4.header_truncated", { version: 0 }),
  raw("IHL below 5: the destination stands", v4(UDP, { versionIhl: "44" }), "ipv4.ihl_too_small", {
    ...V4,
    proto: 17,
    ports: [0, 0],
    payload: null,
  }),
  raw("IHL 0", v4(UDP, { versionIhl: "40" }), "ipv4.ihl_too_small", V4),
  raw("options cut", v4("010101", { versionIhl: "46" }), "ipv4.header_truncated", V4),
  raw("total length 0: an offloaded segment", v4(UDP, { total: "0000" }), "ok", { ...V4, ...UDP_PORTS }, [
    "ipv4.length_zero",
  ]),
  raw("total length below the header", v4(UDP, { total: "0013" }), "ipv4.total_too_small", {
    ...V4,
    payload: null,
  }),
  raw("total length of the header alone", v4(UDP, { total: "0014" }), "udp.header_truncated", {
    ...V4,
    ports: [0, 0],
  }),
  raw(
    "total length below the header with options",
    v4(`01010101 ${UDP}`, { versionIhl: "46", total: "0017" }),
    "ipv4.total_too_small",
  ),
  raw("total length beyond the frame", v4(UDP, { total: "0100" }), "ok", { ...V4, payload: [28, 30, 2] }, [
    "ip.length_beyond_frame",
  ]),
  {
    why: "total length beyond what was captured, not beyond what was sent",
    link: RAW,
    frame: v4("1234 0035 00ec beef 6869", { total: "0100" }),
    wireLen: 256,
    status: "ok",
    notes: [],
    facts: { payload: [28, 30, 228] },
  },
  raw("first fragment: its ports are there", v4(UDP, { fragment: "2000" }), "ipv4.fragment", {
    ...V4,
    ...UDP_PORTS,
    fragOffset: 0,
  }),
  raw(
    "first fragment too short for its ports",
    v4("1234", { fragment: "2000", total: "0016" }),
    "ipv4.fragment",
    {
      ...V4,
      ports: [0, 0],
    },
  ),
  raw("later fragment: no header follows", v4(UDP, { fragment: "2001" }), "ipv4.fragment", {
    ...V4,
    proto: 17,
    ports: [0, 0],
    fragOffset: 8,
    payload: null,
  }),
  raw("last fragment, the largest offset", v4(UDP, { fragment: "1fff" }), "ipv4.fragment", {
    fragOffset: 65528,
  }),
  raw(
    "later fragment of ICMP has no type",
    v4("0300000000000000", { fragment: "0001", proto: "01" }),
    "ipv4.fragment",
    {
      icmp: [-1, 0],
    },
  ),
  raw("don't fragment is no fragment", v4(UDP, { fragment: "4000" }), "ok", { fragOffset: 0 }),
  raw(
    "options that say nothing",
    v4(`01 01 94040000 00 00 ${UDP}`, { versionIhl: "47", total: "0026" }),
    "ok",
    {
      ...V4,
      ...UDP_PORTS,
      payload: [36, 38, 2],
    },
    [],
  ),
  raw(
    "loose source route",
    v4(`83 07 04 0a000001 00 ${UDP}`, { versionIhl: "47", total: "0026" }),
    "ok",
    { ...V4, dst: "10.0.0.1", route: [V4.dst, "10.0.0.1"] },
    ["ipv4.source_route"],
  ),
  raw(
    "loose source route that is used up: the destination stands",
    v4(`83 0b 0c 0a000001 0a000002 00 ${UDP}`, { versionIhl: "48", total: "002a" }),
    "ok",
    { ...V4, route: [V4.dst, "10.0.0.1", "10.0.0.2"] },
    ["ipv4.source_route"],
  ),
  raw(
    "a second source route",
    v4(`83 07 04 0a000001 89 07 04 0a000002 00 00 ${UDP}`, { versionIhl: "49", total: "002e" }),
    "ok",
    { dst: "10.0.0.1" },
    ["ipv4.source_route", "ipv4.source_route_odd"],
  ),
  raw(
    "a source route longer than the header",
    v4(`83 0b 04 0a000001 00 ${UDP}`, { versionIhl: "47", total: "0026" }),
    "ok",
    { ...V4, route: [] },
    ["ipv4.source_route_odd"],
  ),
  raw(
    "strict source route after others",
    v4(`01 44 04 05 00 89 03 04 ${UDP}`, { versionIhl: "47", total: "0026" }),
    "ok",
    UDP_PORTS,
    ["ipv4.source_route"],
  ),
  raw(
    "a source route behind the end of options is none",
    v4(`00 02 83 07 04 0a0000 ${UDP}`, { versionIhl: "47", total: "0026" }),
    "ok",
    V4,
    [],
  ),
  raw(
    "a source route as another option's data is none",
    v4(`44 08 83 07 04 0a00 00 ${UDP}`, { versionIhl: "47", total: "0026" }),
    "ok",
    V4,
    [],
  ),
  raw(
    "a source route cut before its length",
    v4(`01 01 01 83 ${UDP}`, { versionIhl: "46", total: "0022" }),
    "ok",
    V4,
    ["ipv4.source_route_odd"],
  ),
  raw(
    "an option of length 0 ends the search",
    v4(`44 00 83 07 ${UDP}`, { versionIhl: "46", total: "0022" }),
    "ok",
    UDP_PORTS,
    [],
  ),
  raw(
    "an option of length 1 ends the search",
    v4(`44 01 83 07 ${UDP}`, { versionIhl: "46", total: "0022" }),
    "ok",
    UDP_PORTS,
    [],
  ),
];

const A = "20010db80000000000000000000000aa";
const B = "20010db80000000000000000000000bb";

/** A routing header (type, segments left, four octets) with what it lists, before UDP. */
function routed(head: string, list: string): string {
  const len = Math.ceil(list.replaceAll(" ", "").length / 16);
  const padded = list.replaceAll(" ", "").padEnd(16 * len, "0");
  const payloadLen = (8 + 8 * len + 10).toString(16).padStart(4, "0");
  return v6("2b", payloadLen, `11 ${len.toString(16).padStart(2, "0")} ${head} ${padded} ${UDP}`);
}

const IPV6_CASES: readonly DecodeCase[] = [
  raw("has no mark", v6("11", "000a", UDP), "ok", { ...V6, ...UDP_PORTS, proto: 17, marks: [0, 0xbeef] }, []),
  raw("one octet short of a header", v6("11", "000a", "").trim().slice(0, -2), "ipv6.header_truncated", {
    version: 0,
  }),
  raw("payload length 0: the frame tells", v6("11", "0000", UDP), "ok", { ...V6, payload: [48, 50, 2] }, []),
  raw("payload length beyond the frame", v6("11", "0100", UDP), "ok", { payload: [48, 50, 2] }, [
    "ip.length_beyond_frame",
  ]),
  raw("padding after the payload", v6("11", "000a", `${UDP} 00000000`), "ok", { payload: [48, 50, 2] }, []),
  raw("payload length that cuts the ports off", v6("11", "0003", UDP), "udp.header_truncated", {
    ...V6,
    ports: [0, 0],
  }),
  raw("hop-by-hop", v6("00", "0012", `11 00 010400000000 ${UDP}`), "ok", {
    ...V6,
    ...UDP_PORTS,
    payload: [56, 58, 2],
  }),
  raw(
    "destination options of 16 octets",
    v6("3c", "001a", `11 01 010c000000000000000000000000 ${UDP}`),
    "ok",
    UDP_PORTS,
  ),
  raw("routing header that is used up", v6("2b", "0012", `11 00 04 00 00000000 ${UDP}`), "ok", UDP_PORTS, []),
  raw(
    "routing header with segments left",
    v6("2b", "0012", `11 00 04 01 00000000 ${UDP}`),
    "ok",
    { ...V6, ...UDP_PORTS },
    ["ipv6.routing_unknown"],
  ),
  raw("type 0: the last address is the destination", routed("00 02 00000000", `${A} ${B}`), "ok", {
    ...UDP_PORTS,
    dst: B,
    route: [V6.dst, A, B],
  }),
  raw("type 0 that is used up", routed("00 00 00000000", `${A} ${B}`), "ok", {
    ...V6,
    route: [V6.dst, A, B],
  }),
  raw("type 0 with more left than there are", routed("00 03 00000000", `${A} ${B}`), "ok", V6, [
    "ipv6.routing_unknown",
  ]),
  raw("type 2: the home address is the destination", routed("02 01 00000000", A), "ok", {
    dst: A,
    route: [V6.dst, A],
  }),
  raw("SRH: the first of the list is the destination", routed("04 01 01 00 0000", `${A} ${B}`), "ok", {
    dst: A,
    route: [V6.dst, A, B],
  }),
  raw("SRH with options behind its segments", routed("04 01 00 00 0000", `${A} ${B}`), "ok", {
    dst: A,
    route: [V6.dst, A],
  }),
  raw("SRH that is used up", routed("04 00 00 00 0000", A), "ok", { ...V6, route: [V6.dst, A] }),
  raw("SRH that lists more than it has", routed("04 01 02 00 0000", `${A} ${B}`), "ok", V6, [
    "ipv6.routing_unknown",
  ]),
  raw("RPL: octets that are shared are left out", routed("03 02 ef 50 0000", "000a 0b 0000000000"), "ok", {
    dst: `${V6.dst.slice(0, 30)}0b`,
    route: [V6.dst, `${V6.dst.slice(0, 28)}000a`, `${V6.dst.slice(0, 30)}0b`],
  }),
  raw("RPL whose addresses do not fit", routed("03 02 ff 70 0000", "0a"), "ok", V6, ["ipv6.routing_unknown"]),
  raw(
    "a second routing header",
    v6("2b", "003a", `2b 02 02 01 00000000 ${A} 11 02 02 01 00000000 ${B} ${UDP}`),
    "ok",
    { dst: A },
    ["ipv6.routing_header", "ipv6.routing_unknown"],
  ),
  raw(
    "authentication header: 4-octet units, less 2",
    v6("33", "0016", `11 01 0000 00000001 00000002 ${UDP}`),
    "ok",
    {
      ...UDP_PORTS,
      payload: [60, 62, 2],
    },
  ),
  raw("atomic fragment is whole", v6("2c", "0012", `11 00 0000 00000001 ${UDP}`), "ok", UDP_PORTS),
  raw(
    "the fragment header's second octet is no length",
    v6("2c", "0012", `11 07 0000 00000001 ${UDP}`),
    "ok",
    UDP_PORTS,
  ),
  raw("first fragment", v6("2c", "0012", `11 00 0001 00000001 ${UDP}`), "ipv6.fragment", {
    ...V6,
    ...UDP_PORTS,
    fragOffset: 0,
  }),
  raw("later fragment: no header follows", v6("2c", "0012", `11 00 0009 00000001 ${UDP}`), "ipv6.fragment", {
    ...V6,
    proto: 17,
    ports: [0, 0],
    fragOffset: 8,
    payload: null,
  }),
  raw("the offset's reserved bits", v6("2c", "0012", `11 00 0006 00000001 ${UDP}`), "ok", { fragOffset: 0 }),
  raw(
    "each kind in a chain",
    v6(
      "00",
      "0036",
      `2b 00 010400000000 3c 00 00 00 00000000 2c 00 010400000000 33 00 0000 00000001 11 01 0000 00000001 00000002 ${UDP}`,
    ),
    "ok",
    UDP_PORTS,
  ),
  raw("chain cut before a header", v6("00", "0008", "3c 00 010400000000"), "ipv6.ext_truncated", {
    ...V6,
    proto: 60,
    payload: null,
  }),
  raw("header longer than the packet", v6("00", "0012", `11 02 010400000000 ${UDP}`), "ipv6.ext_truncated", {
    ...V6,
    proto: 0,
  }),
  raw(
    "authentication header longer than the packet",
    v6("33", "000a", `11 02 0000 00000001 0000`),
    "ipv6.ext_truncated",
  ),
  raw(
    "eight extension headers",
    v6("3c", "004a", `${"3c 00 010400000000 ".repeat(7)} 11 00 010400000000 ${UDP}`),
    "ok",
    UDP_PORTS,
  ),
  raw(
    "nine extension headers",
    v6("3c", "0052", `${"3c 00 010400000000 ".repeat(8)} 11 00 010400000000 ${UDP}`),
    "ipv6.ext_too_many",
    {
      ...V6,
      ports: [0, 0],
    },
  ),
  raw("no next header", v6("3b", "0000", ""), "ok", { ...V6, proto: 59, payload: [40, 40, 0] }),
];

const TCP = "9c40 01bb 80000001 00000002 50 12 ffff cafe 0000";

const JOIN_ANSWER = "1e 10 11 02 0102030405060708 090a0b0c";

const TCP_CASES: readonly DecodeCase[] = [
  raw("TCP: sequence numbers are int32", v4(`${TCP} 6162`, { total: "002a", proto: "06" }), "ok", {
    ports: [40000, 443],
    tcp: [0x12, -0x7fffffff, 2],
    marks: [0x1f2e, 0xcafe],
    payload: [40, 42, 2],
  }),
  raw(
    "TCP with options",
    v4(`${TCP.replace("50 12", "60 12")} 01010101 61`, { total: "002d", proto: "06" }),
    "ok",
    {
      payload: [44, 45, 1],
    },
  ),
  raw(
    "TCP that joins another connection (RFC 8684 §3.2)",
    v4(`${TCP.replace("50 12", "a0 12")} 01 01 ${JOIN_ANSWER} 01 01`, { total: "003c", proto: "06" }),
    "ok",
    { payload: [60, 60, 0] },
    ["tcp.multipath"],
  ),
  raw(
    "TCP of which a new connection is capable of being joined",
    v4(`${TCP.replace("50 12", "90 12")} 1e 0c 01 81 0102030405060708 01010101`, {
      total: "0038",
      proto: "06",
    }),
    "ok",
    { payload: [56, 56, 0] },
    [],
  ),
  raw(
    "TCP with an option of length 0 before the one that joins",
    v4(`${TCP.replace("50 12", "a0 12")} 05 00 ${JOIN_ANSWER} 01 01`, { total: "003c", proto: "06" }),
    "ok",
    { payload: [60, 60, 0] },
    [],
  ),
  raw("TCP cut in its ports", v4("9c4001", { total: "0017", proto: "06" }), "tcp.header_truncated", {
    ports: [0, 0],
    tcp: [0, 0, 0],
  }),
  raw("TCP cut after its ports", v4("9c4001bb", { total: "0018", proto: "06" }), "tcp.header_truncated", {
    ports: [40000, 443],
    tcp: [0, 0, 0],
    payload: null,
  }),
  raw(
    "TCP cut in its last octet",
    v4(TCP.slice(0, -2), { total: "0027", proto: "06" }),
    "tcp.header_truncated",
    {
      ports: [40000, 443],
      tcp: [0, 0, 0],
    },
  ),
  raw(
    "data offset below 5",
    v4(TCP.replace("50 12", "40 12"), { total: "0028", proto: "06" }),
    "tcp.offset_too_small",
    {
      ports: [40000, 443],
      tcp: [0x12, -0x7fffffff, 2],
      payload: null,
    },
  ),
  raw(
    "data offset beyond the packet",
    v4(TCP.replace("50 12", "60 12"), { total: "0028", proto: "06" }),
    "tcp.header_truncated",
    {
      ports: [40000, 443],
      payload: null,
    },
  ),
  {
    why: "TCP cut by the snaplen right behind its header",
    link: RAW,
    frame: v4(TCP, { total: "0036", proto: "06" }),
    wireLen: 0x36,
    status: "ok",
    facts: { payload: [40, 40, 14] },
  },
  {
    why: "TCP options cut by the snaplen: the flow's length is known all the same",
    link: RAW,
    frame: v4(`${TCP.replace("50 12", "60 12")} 0101`, { total: "0036", proto: "06" }),
    wireLen: 0x36,
    status: "tcp.header_truncated",
    facts: { tcp: [0x12, -0x7fffffff, 2], payload: [42, 42, 10] },
  },
];

const UDP_CASES: readonly DecodeCase[] = [
  raw("UDP cut in its ports", v4("123400", { total: "0017" }), "udp.header_truncated", { ports: [0, 0] }),
  raw("UDP cut after its ports", v4("12340035000abe", { total: "001b" }), "udp.header_truncated", {
    ...UDP_PORTS,
    payload: null,
  }),
  raw("UDP length below its header", v4("1234 0035 0007 beef 6869"), "udp.length_too_small", {
    ...UDP_PORTS,
    payload: null,
  }),
  raw("UDP length of its header alone", v4("1234 0035 0008 beef 6869"), "ok", { payload: [28, 28, 0] }),
  raw("UDP length 0 (RFC 2675)", v4("1234 0035 0000 beef 6869"), "ok", { payload: [28, 30, 2] }, []),
  raw("UDP length beyond the packet", v4("1234 0035 000b beef 6869"), "ok", { payload: [28, 30, 2] }, [
    "udp.length_beyond_packet",
  ]),
  raw("UDP length below the packet", v4("1234 0035 0009 beef 6869"), "ok", { payload: [28, 29, 1] }, []),
];

function icmpCase(
  why: string,
  proto: string,
  rest: string,
  status: string,
  facts: Partial<Facts>,
): DecodeCase {
  const total = (20 + rest.replaceAll(" ", "").length / 2).toString(16).padStart(4, "0");
  return raw(why, v4(rest, { total, proto }), status, facts);
}

const OTHER_CASES: readonly DecodeCase[] = [
  icmpCase("ping: its identifier is both ports", "01", "08 00 abcd 0102 0001 6869", "ok", {
    ports: [258, 258],
    icmp: [8, 0],
    marks: [0x1f2e, 0xabcd],
    payload: [28, 30, 2],
  }),
  icmpCase("its answer", "01", "00 00 abcd 0102 0001", "ok", { ports: [258, 258], icmp: [0, 0] }),
  icmpCase("unreachable has no ports", "01", "03 0d abcd 0102 0001", "ok", { ports: [0, 0], icmp: [3, 13] }),
  icmpCase("ICMP cut after its type", "01", "03 0d ab", "icmp.header_truncated", {
    icmp: [-1, 0],
    payload: null,
  }),
  icmpCase("ICMP cut in its rest", "01", "03 0d abcd 010200", "icmp.header_truncated", {
    icmp: [3, 13],
    payload: null,
  }),
  raw("ICMPv6 echo", v6("3a", "0008", "80 00 abcd 0102 0001"), "ok", {
    ...V6,
    ports: [258, 258],
    icmp: [128, 0],
  }),
  raw("ICMPv6 echo reply", v6("3a", "0008", "81 00 abcd 0102 0001"), "ok", {
    ports: [258, 258],
    icmp: [129, 0],
  }),
  raw("ICMPv6 type 8 is no echo", v6("3a", "0008", "08 00 abcd 0102 0001"), "ok", {
    ports: [0, 0],
    icmp: [8, 0],
  }),
  raw("ICMPv6 cut", v6("3a", "0003", "80 00 ab"), "icmp.header_truncated", { icmp: [-1, 0] }),
  icmpCase("SCTP: ports alone", "84", "0b59 0b5a 00000001", "ok", {
    ports: [2905, 2906],
    payload: [20, 28, 8],
  }),
  icmpCase("SCTP cut in its ports", "84", "0b590b", "sctp.header_truncated", {
    ports: [0, 0],
    payload: [20, 23, 3],
  }),
  ...[98, 108].map((proto) =>
    icmpCase(
      `IP protocol ${proto} is a tunnel that is not opened`,
      proto.toString(16).padStart(2, "0"),
      "4500001e",
      "ip.tunnel",
      {
        ...V4,
        proto,
        ports: [0, 0],
        payload: [20, 24, 4],
      },
    ),
  ),
  icmpCase(
    "what an authentication header authenticates",
    "33",
    `11 02 0000 00000001 00000002 00000000 ${UDP}`,
    "ok",
    {
      ...V4,
      ...UDP_PORTS,
      proto: 17,
      payload: [44, 46, 2],
    },
  ),
  icmpCase(
    "eight authentication headers",
    "33",
    `${"33 00 0000 00000001 ".repeat(7)} 11 00 0000 00000001 ${UDP}`,
    "ok",
    UDP_PORTS,
  ),
  icmpCase(
    "nine authentication headers",
    "33",
    `${"33 00 0000 00000001 ".repeat(8)} 11 00 0000 00000001 ${UDP}`,
    "ipv4.ah_too_many",
    {
      ...V4,
      ports: [0, 0],
    },
  ),
  icmpCase("authentication header cut", "33", "11 01 0000 000000", "ipv4.ah_truncated", {
    ...V4,
    payload: null,
  }),
  icmpCase(
    "authentication header longer than the packet",
    "33",
    "11 01 0000 00000001 000000",
    "ipv4.ah_truncated",
    {
      ...V4,
      payload: null,
    },
  ),
  icmpCase("another protocol is recorded by its number", "59", "01020304", "ok", {
    proto: 89,
    ports: [0, 0],
    payload: [20, 24, 4],
  }),
];

export const IP_CASES: readonly DecodeCase[] = [
  ...IPV4_CASES,
  ...IPV6_CASES,
  ...TCP_CASES,
  ...UDP_CASES,
  ...OTHER_CASES,
];
