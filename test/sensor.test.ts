import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Sensor } from "../src/sensor.ts";
import { captured, inRepository } from "./captured-frames.ts";
import { AGENT, at, enclave, GPU, linesOf, OUTSIDE, RESOLVER, Scene, START } from "./findings/scene.ts";
import { judgeFrom, watch } from "./sensor-run.ts";
import { batchesOf, type TimedFrame } from "./traffic/frames.ts";
import { clientHello, dnsName, dnsOverTcp, dnsQuery, httpRequest } from "./traffic/messages.ts";
import { be, join } from "./traffic/octets.ts";
import { icmp, tcp, udp } from "./traffic/packets.ts";
import { TcpTalk } from "./traffic/tcp-talk.ts";

const judge = judgeFrom(
  enclave([
    `id: gate, to: ["*.updates.example.org", 203.0.113.10], ports: [443/tcp, 80/tcp], max_bytes_out: 1kB/day`,
    `id: in, to: [192.0.2.0/24], direction: in, expires: 2026-01-01`,
  ]),
);

describe("hostile DNS", () => {
  const header = (questions: number, answers = 0) =>
    join(be(7, 2), be(0x0100, 2), be(questions, 2), be(answers, 2), be(0, 4));
  const ask = (message: Uint8Array) =>
    new Scene()
      .works()
      .send(udp(at(GPU, 4000), at(RESOLVER, 53), message))
      .seen();

  it.each([
    ["a pointer to itself", join(header(1), [0xc0, 12, 0, 1, 0, 1])],
    ["two pointers at each other", join(header(1), [0xc0, 14, 0xc0, 12, 0, 1, 0, 1])],
    ["a forward pointer", join(header(1), [0xc0, 18, 0, 1, 0, 1], dnsName("evil.example.com"))],
    ["a label that runs out", join(header(1), [63, 0x61])],
    ["65535 questions in 12 octets", header(0xffff)],
    ["nothing but a header", header(1)],
    ["a label type that is none", join(header(1), [0x80, 0x61, 0, 0, 1, 0, 1])],
    ["an octet", Buffer.from([0])],
  ])("%s cannot pass for clean", (_, message) => {
    expect(ask(message).verdict).toBe("inconclusive");
  });

  it("a name before a pointer that leads nowhere is judged as far as it goes", () => {
    const message = join(header(1), [4], "evil", [7], "example", [3], "com", [0xc0, 0xff, 0, 1, 0, 1]);
    const summary = ask(message);
    expect(linesOf(summary)).toEqual([`dns.name ${GPU} evil.example.com 53/udp named medium x1`]);
  });

  it("65535 answers in an empty answer are no reason to doubt the question", () => {
    const message = join(
      be(7, 2),
      be(0x8180, 2),
      be(1, 2),
      be(0xffff, 2),
      be(0, 4),
      dnsName("a.enclave.internal"),
      be(1, 2),
      be(1, 2),
    );
    const scene = new Scene().works().send(udp(at(RESOLVER, 53), at(GPU, 4000), message));
    expect(scene.seen().findings).toEqual([]);
  });

  it("a bad OPT record hides no question", () => {
    const message = join(
      be(7, 2),
      be(0x0100, 2),
      be(1, 2),
      be(0, 4),
      be(1, 2),
      dnsName("a.example.com"),
      be(1, 2),
      be(1, 2),
      [0, 0, 41, 0xff],
    );
    expect(linesOf(ask(message))).toEqual([`dns.name ${GPU} a.example.com 53/udp named medium x1`]);
  });

  it("dots inside labels make no other name", () => {
    const message = join(header(1), [16], "enclave.internal", [7], "example", [3], "com", [0, 0, 1, 0, 1]);
    expect(linesOf(ask(message))).toEqual([
      `dns.name ${GPU} enclave\\046internal.example.com 53/udp named medium x1`,
    ]);
    const suffix = join(header(1), [4], "evil", [16], "enclave.internal", [0, 0, 1, 0, 1]);
    expect(linesOf(ask(suffix))[0]).toMatch(/^dns\.name /);
  });

  it("a message over TCP that never becomes whole asks its question all the same", () => {
    const question = dnsQuery("a.example.com");
    const scene = new Scene().works().talks(GPU, RESOLVER, 53, (talk) => {
      talk.open();
      talk.client(Buffer.concat([Buffer.from([0xff, 0xff]), question]));
      talk.close();
    });
    expect(scene.lines()).toEqual([`dns.name ${GPU} a.example.com 53/tcp named medium x1`]);
    const torn = new TcpTalk(at(GPU, 4000), at(RESOLVER, 53), { mss: 40 });
    torn.open();
    torn.client(Buffer.concat([Buffer.from([0, 80]), question, Buffer.alloc(80 - question.length)]));
    torn.frames.splice(4, 1);
    expect(new Scene().send(...torn.frames).lines()).toEqual(scene.lines());
  });

  it("a length over TCP that lies about several messages cannot pass for clean", () => {
    const scene = new Scene().works().talks(GPU, RESOLVER, 53, (talk) => {
      talk.open();
      talk.client(Buffer.concat([Buffer.from([0xff, 0xff]), dnsOverTcp(dnsQuery("a.example.com"))]));
      talk.close();
    });
    expect(scene.seen().verdict).toBe("inconclusive");
  });
});

describe("hostile packets", () => {
  it("with lying lengths keep their addresses", () => {
    const frames = [
      udp(at(GPU, 1), at(OUTSIDE, 9), "x", { ipLen: 5 }),
      udp(at(GPU, 2), at("198.51.100.8", 9), "x", { ipLen: 60_000 }),
      tcp(at(GPU, 3), at("198.51.100.9", 9), { payload: "x" }, { ipLen: 0 }),
    ];
    const destinations = new Scene()
      .send(...frames)
      .seen()
      .findings.map((finding) => finding.destination);
    expect(destinations.sort()).toEqual([OUTSIDE, "198.51.100.8", "198.51.100.9"]);
  });

  it("with an IHL below 5, or a chain of extension headers without end, are counted", () => {
    const short = udp(at(GPU, 1), at(OUTSIDE, 9), "x");
    short[14] = 0x44;
    const chain = Array.from({ length: 12 }, () => [60, [0, 0, 1, 4, 0, 0, 0, 0]] as const);
    const long = udp("[fd20:5eed::1]:1", "[2001:db8::9]:9", "x", { extensions: chain });
    const summary = new Scene().send(short, long).seen();
    expect(summary.verdict).not.toBe("clean");
    expect(summary.coverage["ipv4.ihl_too_small"]).toBe(1);
    expect(summary.findings.map((finding) => finding.destination)).toContain("2001:db8::9");
  });

  it("from far away times, forwards and backwards, are judged all the same", () => {
    const data = udp(at(GPU, 1), at(OUTSIDE, 9), "x");
    const times = [START, 0, -5, 2 ** 40, START, 2 ** 52, 1];
    const frames = times.map((sec) => ({ data, sec, nsec: 0 }));
    const summary = watch(judge, [frames]);
    expect(summary.findings).toMatchObject([{ destination: OUTSIDE, kind: "egress.flow" }]);
  });

  it("of one flow under another link layer are the same flow", () => {
    const tagged = udp(at(GPU, 1), at(OUTSIDE, 9), "x", { vlans: [7] });
    const bare = udp(at(OUTSIDE, 9), at(GPU, 1), "y");
    expect(new Scene().send(tagged, bare).lines()).toEqual([
      `egress.flow ${GPU} ${OUTSIDE} 9/udp answered high x1`,
    ]);
  });
});

describe("any frames", () => {
  let seeds: TimedFrame[] = [];
  beforeAll(async () => {
    for (const name of ["quickstart", "boundary", "proxy"]) {
      seeds.push(...(await captured(inRepository(`captures/${name}.pcapng`))));
    }
    const talk = new TcpTalk(at(AGENT, 40000), at("203.0.113.10", 443));
    talk.open();
    talk.client(clientHello("a.updates.example.org"));
    talk.client(httpRequest("b"));
    seeds = [...seeds, ...talk.frames.map((data, i) => ({ data, sec: START, nsec: i }))];
    seeds.push({
      data: icmp(GPU, OUTSIDE, { type: 3, payload: talk.frames[0].subarray(14) }),
      sec: START,
      nsec: 0,
    });
  });

  const change = fc.record({
    frame: fc.nat(),
    at: fc.nat(),
    value: fc.nat(255),
    cut: fc.option(fc.nat(120)),
  });

  it("changed anywhere, neither throw nor lose count of packets", () => {
    let found = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 60 }), (changes) => {
        const frames = seeds.map((frame) => ({ ...frame }));
        for (const { frame, at: where, value, cut } of changes) {
          const chosen = frames[frame % frames.length];
          const data = Uint8Array.from(chosen.data);
          data[where % data.length] = value;
          frames[frame % frames.length] = { ...chosen, data: cut === null ? data : data.subarray(0, cut) };
        }
        const summary = watch(judge, [frames]);
        expect(summary.totals.packets).toBe(frames.length);
        for (const finding of summary.findings) {
          expect(finding.attempts).toBeGreaterThan(0);
          expect(finding.bytesOut).toBeGreaterThanOrEqual(0);
          expect(finding.bytesIn).toBeGreaterThanOrEqual(0);
        }
        found += summary.findings.length;
      }),
      { numRuns: 60, seed: 11 },
    );
    expect(found).toBeGreaterThan(60 * 20); // the changes left something to find
  });

  it("in any order, neither throw nor give two answers", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 200, maxLength: 400 }), (picks) => {
        const frames = picks.map((pick, i) => ({
          ...seeds[pick % seeds.length],
          sec: START + (i >> 3),
          nsec: i,
        }));
        expect(watch(judge, [frames])).toEqual(watch(judge, [frames]));
      }),
      { numRuns: 30, seed: 12 },
    );
  });

  it("in batches of any size give one summary", () => {
    const whole = watch(judge, [seeds]);
    for (const perBatch of [1, 7, 1000]) {
      const sensor = new Sensor(judge, null);
      for (const batch of batchesOf(seeds, 1, perBatch)) sensor.consume(batch);
      const input = { path: "input-0", packets: seeds.length, dropped: 0, filtered: false, damage: null };
      expect(sensor.finish([input], false)).toEqual(whole);
    }
  });
});
