import { describe, expect, it } from "vitest";
import { lineOf } from "../sensor-run.ts";
import { be, join } from "../traffic/octets.ts";
import { ACK, icmp, icmpError, ip, SYN, tcp, udp } from "../traffic/packets.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";
import { AGENT, at, enclave, GPU, linesOf, OUTSIDE, reasonsOf, Scene } from "./scene.ts";

function datagram(from: string, to: string, file?: string): string[] {
  return new Scene().send(udp(at(from, 40000), at(to, 9000), "x")).lines(file);
}

describe("the class matrix of DESIGN section 3", () => {
  const local4 = "169.254.1.1";
  it.each([
    [GPU, AGENT, []],
    [GPU, local4, []],
    [GPU, OUTSIDE, [`egress.flow ${GPU} ${OUTSIDE} 9000/udp attempted medium x1`]],
    [local4, GPU, []],
    [local4, "127.0.0.1", []],
    [local4, OUTSIDE, [`egress.flow ${local4} ${OUTSIDE} 9000/udp attempted medium x1`]],
    [OUTSIDE, GPU, [`ingress.flow ${OUTSIDE} ${GPU} 9000/udp attempted medium x1`]],
    [OUTSIDE, local4, []],
    [OUTSIDE, "192.0.2.9", [`transit.flow ${OUTSIDE} 192.0.2.9 9000/udp attempted medium x1`]],
  ])("%s to %s", (from, to, expected) => {
    expect(datagram(from, to)).toEqual(expected);
  });

  const local6 = "fe80::1";
  const outside6 = "2001:db8::7";
  it.each([
    ["fd20:5eed::1", "fd20:5eed::2", []],
    ["fd20:5eed::1", local6, []],
    ["fd20:5eed::1", outside6, [`egress.flow fd20:5eed::1 ${outside6} 9000/udp attempted medium x1`]],
    [local6, "fd20:5eed::1", []],
    [local6, outside6, [`egress.flow ${local6} ${outside6} 9000/udp attempted medium x1`]],
    [outside6, "fd20:5eed::1", [`ingress.flow ${outside6} fd20:5eed::1 9000/udp attempted medium x1`]],
    [outside6, local6, []],
    [outside6, "2001:db8::8", [`transit.flow ${outside6} 2001:db8::8 9000/udp attempted medium x1`]],
  ])("%s to %s", (from, to, expected) => {
    expect(datagram(from, to)).toEqual(expected);
  });

  it.each(["255.255.255.255", "224.0.0.251", "239.1.2.3", "0.0.0.0", "127.0.0.1"])("%s is local", (to) => {
    expect(datagram(GPU, to)).toEqual([]);
  });

  it.each(["ff01::1", "ff02::fb", "ff05::2", "::1", "fe80::9"])("%s is local", (to) => {
    expect(datagram("fd20:5eed::1", to)).toEqual([]);
  });

  it.each(["224.0.1.1", "232.1.1.1", "233.252.0.1"])("multicast to %s goes outside", (to) => {
    expect(datagram(GPU, to)).toEqual([`egress.flow ${GPU} ${to} 9000/udp attempted medium x1`]);
  });

  it.each(["ff08::1", "ff0e::1"])("multicast to %s goes outside", (to) => {
    expect(datagram("fd20:5eed::1", to)).toHaveLength(1);
  });

  it.each(["169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16"])(
    "metadata at %s is outside, one severity higher, also inside an inside prefix",
    (to) => {
      const wide = enclave().replace(
        "10.20.0.0/16",
        "10.20.0.0/16, 169.254.0.0/16, 100.64.0.0/10, 168.63.0.0/16",
      );
      const expected = [`egress.flow ${GPU} ${to} 9000/udp attempted high x1`];
      expect(datagram(GPU, to)).toEqual(expected);
      expect(datagram(GPU, to, wide)).toEqual(expected);
    },
  );

  it("metadata over IPv6 is outside although unique local, also inside an inside prefix", () => {
    const wide = enclave().replace('"fd20:5eed::/48"', '"fd00::/8"');
    expect(datagram("fd20:5eed::1", "fd00:ec2::254", wide)).toEqual([
      "egress.flow fd20:5eed::1 fd00:ec2::254 9000/udp attempted high x1",
    ]);
  });

  it.each([
    ["NAT64", "64:ff9b::c633:6407", true],
    ["NAT64 of an inside host", "64:ff9b::a14:10b", false],
    ["6to4", "2002:c633:6407::1", true],
    ["6to4 of an inside host", "2002:a14:10b::1", false],
    ["Teredo", "2001:0:1:1:0:1:39cc:9bf8", true],
    ["v4-mapped", "::ffff:c633:6407", true],
    ["v4-mapped inside", "::ffff:a14:10b", false],
    ["NAT64 of the metadata address", "64:ff9b::a9fe:a9fe", true],
  ])("%s (%s) is judged by the IPv4 address that it carries", (_, to, isOut) => {
    expect(datagram("fd20:5eed::1", to)).toHaveLength(isOut ? 1 : 0);
  });

  it("every IP protocol is recorded, by its number where it has no name", () => {
    const frames = [99, 89, 50, 132].map((proto) => ip(GPU, OUTSIDE, proto, [0x9c, 0x40, 0, 80, 0, 0, 0, 0]));
    expect(new Scene().send(...frames).lines()).toEqual([
      `egress.flow ${GPU} ${OUTSIDE} 80/sctp attempted medium x1`,
      `egress.flow ${GPU} ${OUTSIDE} ospf attempted medium x1`,
      `egress.flow ${GPU} ${OUTSIDE} proto-99 attempted medium x1`,
      `tunnel.encapsulated ${GPU} ${OUTSIDE} esp attempted high x1`,
    ]);
  });

  it.each([
    ["a ping's answer", icmp(local4, OUTSIDE, { type: 0, payload: "secret" }), "icmp"],
    ["an answer over IPv6", icmp(local6, outside6, { type: 129, payload: "secret" }), "icmpv6"],
    ["a datagram from a service's port", udp(`${local4}:67`, `${OUTSIDE}:40000`, "secret"), "40000/udp"],
    ["a SYN-ACK", tcp(`${local4}:80`, `${OUTSIDE}:40000`, { flags: SYN | ACK }), "40000/tcp"],
  ])("leaves a local address for outside also as %s that nobody asked for", (_, frame, service) => {
    const [finding, ...others] = new Scene().send(frame).seen().findings;
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ kind: "egress.flow", ips: [finding.destination] });
    expect(lineOf(finding)).toContain(` ${service} `);
  });

  it("what comes from outside to a local address is nothing until it is replied to", () => {
    const asked = udp(`${OUTSIDE}:40000`, `${local4}:80`, "x");
    expect(new Scene().send(asked).lines()).toEqual([]);
    const replied = new Scene().send(asked, udp(`${local4}:80`, `${OUTSIDE}:40000`, "secret")).seen();
    expect(replied.findings).toMatchObject([
      { kind: "egress.flow", source: local4, destination: OUTSIDE, ips: [OUTSIDE], bytesOut: 6, bytesIn: 1 },
    ]);
  });

  it("a transit flow shows the MAC of who sent it", () => {
    const frame = udp("172.16.99.9:40000", `${OUTSIDE}:53000`, "x", { srcMac: "02:00:00:00:ab:cd" });
    const [finding] = new Scene().send(frame).seen().findings;
    expect(finding).toMatchObject({ kind: "transit.flow", source: "172.16.99.9", mac: "02:00:00:00:ab:cd" });
  });

  it("a transit flow counts octets from its initiator, whoever was seen first", () => {
    const talk = new TcpTalk("172.16.99.9:40000", `${OUTSIDE}:80`);
    talk.open();
    talk.client("12345");
    talk.server("123");
    const inOrder = new Scene().send(...talk.frames).seen().findings;
    const [syn, synAck, ...rest] = talk.frames;
    const swapped = new Scene().send(synAck, syn, ...rest).seen().findings;
    for (const [finding] of [inOrder, swapped]) {
      expect(finding).toMatchObject({ source: "172.16.99.9", bytesOut: 5, bytesIn: 3 });
    }
  });
});

describe("an ICMP error", () => {
  it("that quotes no known flow is a finding across the boundary, either way", () => {
    const nowhere = udp(`${GPU}:1`, "10.20.1.99:2", "x");
    const inward = icmp(OUTSIDE, GPU, { type: 3, code: 3, payload: nowhere.subarray(14) });
    const outward = icmp(GPU, OUTSIDE, { type: 3, code: 3, payload: nowhere.subarray(14) });
    expect(new Scene().send(inward, outward).lines()).toEqual([
      `icmp.stray ${GPU} ${OUTSIDE} icmp attempted medium x1`,
      `icmp.stray ${OUTSIDE} ${GPU} icmp answered medium x1`,
    ]);
  });

  it("between two outside addresses does not fall through", () => {
    const frame = icmp("172.16.99.9", OUTSIDE, { type: 3, code: 3, payload: "not even a packet" });
    expect(new Scene().send(frame).lines()).toEqual([
      `transit.flow 172.16.99.9 ${OUTSIDE} icmp attempted medium x1`,
    ]);
  });

  it("of more than 64 KiB together is at least high", () => {
    const frames = Array.from({ length: 50 }, () =>
      icmp(GPU, OUTSIDE, { type: 3, payload: new Uint8Array(1400) }),
    );
    expect(new Scene().send(...frames).lines()).toEqual([
      `icmp.stray ${GPU} ${OUTSIDE} icmp attempted high x50`,
    ]);
  });

  it("refuses the flow that it quotes, also when it comes first", () => {
    const asked = udp(`${GPU}:40000`, `${OUTSIDE}:9000`, "x");
    const refusal = icmpError(OUTSIDE, asked);
    const expected = [`egress.flow ${GPU} ${OUTSIDE} 9000/udp refused medium x1`];
    expect(new Scene().send(asked, refusal).lines()).toEqual(expected);
    expect(new Scene().send(refusal, asked).lines()).toEqual(expected);
    expect(new Scene().send(refusal).at(1).send(asked).lines()).toEqual(expected);
    expect(new Scene().send(refusal).at(9).send(asked).lines()).toHaveLength(2);
  });

  it("inside is nothing by itself", () => {
    const frame = icmp(AGENT, GPU, { type: 3, code: 3, payload: "x" });
    expect(new Scene().send(frame).lines()).toEqual([]);
  });
});

describe("the initiator", () => {
  const inside = at(GPU, 50001);
  const outside = at(OUTSIDE, 50002);

  it.each([
    ["a SYN", [tcp(outside, inside, { flags: 2 })], "ingress.flow"],
    ["a SYN-ACK", [tcp(outside, inside, { flags: 0x12, ack: 1 })], "egress.flow"],
    ["ports", [tcp(at(OUTSIDE, 443), inside, { payload: "x" })], "egress.flow"],
    ["ports, the other way", [tcp(outside, at(GPU, 443), { payload: "x" })], "ingress.flow"],
    ["nothing: then it is outward", [tcp(outside, inside, { payload: "x" })], "egress.flow"],
    ["an echo request", [icmp(OUTSIDE, GPU, { type: 8 })], "ingress.flow"],
    ["an echo reply", [icmp(OUTSIDE, GPU, { type: 0 })], "egress.flow"],
    [
      "an HTTP request",
      [tcp(outside, inside, { payload: "GET / HTTP/1.1\r\nHost: a\r\n\r\n" })],
      "ingress.flow",
    ],
    ["an unknown protocol: outward", [ip(OUTSIDE, GPU, 99, [1])], "egress.flow"],
  ])("is told by %s", (_, frames, kind) => {
    expect(
      new Scene()
        .send(...frames)
        .seen()
        .findings.map((finding) => finding.kind),
    ).toEqual([kind]);
  });

  it("takes the outside port for the service when nothing tells", () => {
    expect(new Scene().send(tcp(outside, inside, { payload: "x" })).lines()).toEqual([
      `egress.flow ${GPU} ${OUTSIDE} 50002/tcp connected high x1`,
    ]);
  });

  it("does not depend on which packet of a handshake came first", () => {
    const talk = new TcpTalk(outside, inside);
    talk.syn();
    talk.reset("server");
    const expected = [`ingress.flow ${OUTSIDE} ${GPU} 50001/tcp refused medium x1`];
    expect(new Scene().send(...talk.frames).lines()).toEqual(expected);
    expect(new Scene().send(...talk.frames.toReversed()).lines()).toEqual(expected);
  });
});

describe("membership reports", () => {
  const [group, group6] = [
    Buffer.from([233, 252, 0, 1]),
    Buffer.from("ff0e0000000000000000000000000007", "hex"),
  ];
  const routerAlert = { options: [0x94, 4, 0, 0] };
  const hopByHop = { extensions: [[0, [0, 0, 5, 2, 0, 0, 1, 0]]] as const };

  function igmp3(...groups: Buffer[]): Buffer {
    const records = groups.map((g) => join([4, 0], be(0, 2), g));
    return join([0x22, 0], be(0, 4), be(groups.length, 2), ...records);
  }

  it.each([
    ["IGMPv1", "233.252.0.1", join([0x12, 0, 0, 0], group)],
    ["IGMPv2", "233.252.0.1", join([0x16, 0, 0, 0], group)],
    ["IGMPv3", "224.0.0.22", igmp3(group)],
    ["IGMPv3 behind a local group", "224.0.0.22", igmp3(Buffer.from([239, 1, 1, 1]), group)],
    [
      "IGMPv3 with sources and auxiliary data",
      "224.0.0.22",
      join(
        [0x22, 0],
        be(0, 4),
        be(2, 2),
        [1, 1],
        be(2, 2),
        [239, 1, 1, 1],
        [9, 9, 9, 9, 8, 8, 8, 8],
        [0, 0, 0, 0],
        [4, 0],
        be(0, 2),
        group,
      ),
    ],
  ])("%s is judged as its group", (_, to, message) => {
    expect(
      new Scene()
        .works()
        .send(ip(GPU, to, 2, message, routerAlert))
        .lines(),
    ).toEqual([`egress.flow ${GPU} 233.252.0.1 igmp attempted medium x1`]);
  });

  it.each([
    ["MLDv1", 131, group6],
    ["MLDv2", 143, join([4, 0], be(0, 2), group6)],
  ])("%s is judged as its group", (_, type, payload) => {
    const frame = icmp("fe80::5", "ff02::16", { type, rest: 1, payload }, hopByHop);
    expect(new Scene().works().send(frame).lines()).toEqual([
      "egress.flow fe80::5 ff0e::7 icmpv6 attempted medium x1",
    ]);
  });

  it("names more groups outside than are judged: that is told", () => {
    const groups = Array.from({ length: 9 }, (_, i) => Buffer.from([233, 252, 0, i]));
    const seen = (count: number) =>
      new Scene()
        .works()
        .send(ip(GPU, "224.0.0.22", 2, igmp3(...groups.slice(0, count)), routerAlert))
        .seen();
    expect([seen(8).findings.length, ...reasonsOf(seen(8))]).toEqual([8]);
    expect([seen(9).findings.length, ...reasonsOf(seen(9))]).toEqual([8, "group.too_many_records"]);
  });

  it("for local groups are nothing", () => {
    const frames = [
      ip(
        GPU,
        "224.0.0.22",
        2,
        igmp3(Buffer.from([224, 0, 0, 251]), Buffer.from([239, 9, 9, 9])),
        routerAlert,
      ),
      ip(GPU, "239.1.1.1", 2, join([0x16, 0, 0, 0], [239, 1, 1, 1]), routerAlert),
    ];
    expect(
      new Scene()
        .works()
        .send(...frames)
        .seen(),
    ).toMatchObject({ verdict: "clean", findings: [] });
  });

  it("to an address outside hide behind no group", () => {
    const frame = ip(GPU, OUTSIDE, 2, igmp3(Buffer.from([239, 1, 1, 1])));
    expect(new Scene().send(frame).lines()).toEqual([
      `egress.flow ${GPU} ${OUTSIDE} igmp attempted medium x1`,
    ]);
  });

  it("of a host that is not declared are transit", () => {
    const frame = ip("172.16.99.9", "224.0.0.22", 2, igmp3(group));
    expect(linesOf(new Scene().send(frame).seen())).toEqual([
      "transit.flow 172.16.99.9 233.252.0.1 igmp attempted medium x1",
    ]);
  });

  it("that end before their groups, or name too many, leave the run inconclusive", () => {
    const lying = join([0x22, 0], be(0, 4), be(2, 2), [4, 0], be(0, 2), [239, 1, 1, 1]);
    const cut = new Scene()
      .works()
      .send(ip(GPU, "224.0.0.22", 2, lying))
      .seen();
    expect([cut.verdict, ...reasonsOf(cut)]).toEqual(["inconclusive", "group.report_truncated"]);
    const many = igmp3(...Array.from({ length: 300 }, () => Buffer.from([239, 1, 1, 1])));
    const full = new Scene()
      .works()
      .send(ip(GPU, "224.0.0.22", 2, many))
      .seen();
    expect([full.verdict, ...reasonsOf(full)]).toEqual(["inconclusive", "group.too_many_records"]);
  });
});
