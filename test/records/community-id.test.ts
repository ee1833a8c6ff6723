import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../src/policy/address-text.ts";
import { communityId } from "../../src/records/community-id.ts";
import { inRepository } from "../captured-frames.ts";
import { judgeFrom } from "../sensor-run.ts";
import { recordCaptures } from "./record-events.ts";

type Row = readonly [string, number, string, number, string, number, string];

// corelight/community-id-spec, baseline/baseline_deflt.json. It lists an answer's type where ours has the
// message's code: only messages that nothing answers have a code here.
const BASELINE: readonly Row[] = [
  [
    "neighbour solicitation",
    58,
    "fe80::200:86ff:fe05:80da",
    135,
    "fe80::260:97ff:fe07:69ea",
    0,
    "dGHyGvjMfljg6Bppwm3bg0LO8TY=",
  ],
  [
    "its answer",
    58,
    "fe80::260:97ff:fe07:69ea",
    136,
    "fe80::200:86ff:fe05:80da",
    0,
    "dGHyGvjMfljg6Bppwm3bg0LO8TY=",
  ],
  [
    "one the other way",
    58,
    "fe80::260:97ff:fe07:69ea",
    135,
    "fe80::200:86ff:fe05:80da",
    0,
    "zavyT/cezQr1fmImYCwYnMXbgck=",
  ],
  [
    "ICMPv6 time exceeded",
    58,
    "3ffe:501:1800:2345::2",
    3,
    "3ffe:507:0:1:200:86ff:fe05:80da",
    0,
    "2ObVBgIn28oZvibYZhZMBgh7WdQ=",
  ],
  [
    "ICMPv6 unreachable, port",
    58,
    "3ffe:501:410:0:2c0:dfff:fe47:33e",
    1,
    "3ffe:507:0:1:200:86ff:fe05:80da",
    4,
    "hLZd0XGWojozrvxqE0dWB1iM6R0=",
  ],
  [
    "ICMPv6 echo",
    58,
    "3ffe:507:0:1:200:86ff:fe05:80da",
    128,
    "3ffe:501:0:1001::2",
    0,
    "+TW+HtLHvV1xnGhV1lv7XoJrqQg=",
  ],
  [
    "its answer",
    58,
    "3ffe:501:0:1001::2",
    129,
    "3ffe:507:0:1:200:86ff:fe05:80da",
    0,
    "+TW+HtLHvV1xnGhV1lv7XoJrqQg=",
  ],
  ["router solicitation", 58, "fe80::200:86ff:fe05:80da", 133, "ff02::2", 0, "hO+sN4H+MG5MY/8hIrXPqc4ZQz0="],
  ["router advertisement", 58, "fe80::260:97ff:fe07:69ea", 134, "ff02::1", 0, "pkvHqCL88/tg1k4cPigmZXUtL00="],
  ["ICMP echo", 1, "192.168.0.89", 8, "192.168.0.1", 0, "X0snYXpgwiv9TZtqg64sgzUn6Dk="],
  ["its answer", 1, "192.168.0.1", 0, "192.168.0.89", 0, "X0snYXpgwiv9TZtqg64sgzUn6Dk="],
  ["ICMP time exceeded", 1, "10.0.0.1", 11, "10.0.0.2", 0, "YHxtAirCG//0OzkcVAukqKQN9xM="],
  [
    "TCP over IPv6",
    6,
    "2001:470:e5bf:dead:4957:2174:e82c:4887",
    63943,
    "2607:f8b0:400c:c03::1a",
    25,
    "/qFaeAR+gFe1KYjMzVDsMv+wgU4=",
  ],
  ["SCTP, equal ports", 132, "192.168.170.8", 7, "192.168.170.56", 7, "MP2EtRCAUIZvTw6MxJHLV7N7JDs="],
  ["TCP", 6, "128.232.110.120", 34855, "66.35.250.204", 80, "LQU9qZlK+B5F3KDmev6m5PMibrg="],
  ["its answer", 6, "66.35.250.204", 80, "128.232.110.120", 34855, "LQU9qZlK+B5F3KDmev6m5PMibrg="],
  ["UDP", 17, "192.168.1.52", 54585, "8.8.8.8", 53, "d/FP5EW3wiY1vCndhwleRRKHowQ="],
  ["RSVP, without ports", 46, "10.1.12.1", 0, "10.1.12.2", 0, "KHlLkgoJW7ifUTyTSgyVfkFHzKw="],
  ["its answer", 46, "10.1.12.2", 0, "10.1.12.1", 0, "KHlLkgoJW7ifUTyTSgyVfkFHzKw="],
];

// corelight/pycommunityid, tests/communityid_test.py.
const REFERENCE: readonly Row[] = [
  ["an unknown ICMP type", 1, "192.168.0.89", 20, "192.168.0.1", 0, "3o2RFccXzUgjl7zDpqmY7yJi8rI="],
  ["the same with a code", 1, "192.168.0.89", 20, "192.168.0.1", 1, "tz/fHIDUHs19NkixVVoOZywde+I="],
  ["an echo's code does not count", 1, "192.168.0.1", 0, "192.168.0.89", 20, "X0snYXpgwiv9TZtqg64sgzUn6Dk="],
  [
    "ICMPv6 3, upward",
    58,
    "3ffe:507:0:1:200:86ff:fe05:80da",
    3,
    "3ffe:507:0:1:260:97ff:fe07:69ea",
    0,
    "/OGBt9BN1ofenrmSPWYicpij2Vc=",
  ],
  [
    "ICMPv6 3, downward",
    58,
    "3ffe:507:0:1:260:97ff:fe07:69ea",
    3,
    "3ffe:507:0:1:200:86ff:fe05:80da",
    0,
    "NdobDX8PQNJbAyfkWxhtL2Pqp5w=",
  ],
  ["SCTP", 132, "192.168.170.56", 80, "192.168.170.8", 7, "jQgCxbku+pNGw8WPbEc/TS/uTpQ="],
  ["TCP", 6, "10.0.0.1", 10, "10.0.0.2", 11569, "SXBGMX1lBOwhhoDrZynfROxnhnM="],
  ["TCP, as its command is called", 6, "10.0.0.1", 10, "10.0.0.2", 20, "9j2Dzwrw7T9E+IZi4b4IVT66HBI="],
  ["RSVP", 46, "10.1.24.4", 0, "10.1.12.1", 0, "/nQI4Rh/TtY3mf0R2gJFBkVlgS4="],
];

describe("communityId", () => {
  it.each([...BASELINE, ...REFERENCE])(
    "%s: %i %s %i %s %i",
    (_, proto, src, srcPort, dst, dstPort, expected) => {
      const version = src.includes(":") ? 6 : 4;
      const id = communityId(version, proto, words(src), words(dst), srcPort, dstPort);
      expect(id).toBe(`1:${expected}`);
    },
  );

  it("goes by the ports where the addresses are equal", () => {
    const here = words("127.0.0.1");
    const [one, other] = [communityId(4, 6, here, here, 80, 9), communityId(4, 6, here, here, 9, 80)];
    expect(one).toBe(other);
    expect(communityId(4, 6, here, here, 9, 81)).not.toBe(one);
  });

  it("tells an IPv4 packet from an IPv6 packet with mapped addresses", () => {
    const [a, b] = [words("10.0.0.1"), words("10.0.0.2")];
    expect(communityId(4, 6, a, b, 1, 2)).not.toBe(communityId(6, 6, a, b, 1, 2));
  });
});

const corpus = inRepository("../shared/captures");
const hasCorpus = existsSync(`${corpus}/corelight.community-id-spec`);
if (!hasCorpus)
  process.stderr.write("community-id: ../shared/captures is missing, its captures are not read\n");

// ICMP errors are part of the flow that they quote, and a solicitation that answers one is of the same flow:
// neither has a record of its own.
const IN_CAPTURES: readonly (readonly [string, readonly number[]])[] = [
  ["icmp", [9]],
  ["icmp6", [0, 5, 7, 8]],
  ["ipv6", [12]],
  ["rsvp", [17]],
  ["sctp", [13]],
  ["tcp", [14]],
  ["udp", [16]],
  ["arp", []],
  ["combined", [9, 0, 5, 7, 8, 12, 17, 13, 14, 16]],
];

describe.skipIf(!hasCorpus)("flow records of the specification's captures", () => {
  const judge = judgeFrom("gapwatch: 1\nenclave: { name: a, inside: [10.0.0.0/8] }\n");

  it.each(IN_CAPTURES)("%s.pcap", async (name, rows) => {
    const path = `${corpus}/corelight.community-id-spec/pcaps/${name}.pcap`;
    const { events } = await recordCaptures(judge, [path]);
    const ids = events.filter((event) => event.event_type === "flow").map((event) => event.community_id);
    expect([...new Set(ids)].sort()).toEqual(rows.map((row) => `1:${BASELINE[row][6]}`).sort());
  });

  it("tcp_multi.pcap, as Suricata 7.0.10 writes them", async () => {
    const path = `${corpus}/corelight.pycommunityid/tests/tcp_multi.pcap`;
    const { events } = await recordCaptures(judge, [path]);
    const flows = events.filter((event) => event.event_type === "flow");
    expect(Object.fromEntries(flows.map((flow) => [flow.src_port, flow.community_id]))).toEqual({
      63592: "1:p78FQ5Gn8XFgjlKgugj92+uTUDk=",
      63595: "1:9hkgc4umKQCnu8o/1PuuetXhmpk=",
    });
  });
});

function words(text: string): readonly [number, number, number, number] {
  const parsed = parseAddress(text);
  if (parsed === null) throw new Error(text);
  return parsed;
}
