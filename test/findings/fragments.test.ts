import { describe, expect, it } from "vitest";
import type { Summary } from "../../src/findings/summary.ts";
import { Sensor } from "../../src/sensor.ts";
import { seeded } from "../names/octets.ts";
import { judgeFrom, lineOf } from "../sensor-run.ts";
import { fragment, fragments } from "../traffic/fragments.ts";
import { batchesOf } from "../traffic/frames.ts";
import { clientHello, dnsQuery, httpRequest } from "../traffic/messages.ts";
import { be, join } from "../traffic/octets.ts";
import { icmp, icmpError, ip, SYN, tcp, udp } from "../traffic/packets.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";
import * as scenes from "./scene.ts";
import { AGENT, at, enclave, GPU, linesOf, OUTSIDE, RESOLVER, Scene, START } from "./scene.ts";

const GPU6 = "fd20:5eed::11";
const OUTSIDE6 = "2001:db8:7::7";

/** Without what questions that nobody answers lead to. */
function reasonsOf(summary: Summary): string[] {
  return scenes.reasonsOf(summary).filter((reason) => reason !== "sensor.one_sided");
}

/** A question with a long tail of octets that no record is in. */
function bigQuery(name: string): Buffer {
  return join(dnsQuery(name), Buffer.alloc(2900, 7));
}

/** A ClientHello in one segment of an open connection. */
function bigHello(server: string, client: string, name: string): Buffer[] {
  const talk = new TcpTalk(client, server, { mss: 4000 });
  talk.open();
  talk.client(clientHello(name, [], 2000));
  return talk.frames;
}

/** What crosses, with the frame that is cut in pieces last. */
const TRAFFIC: Readonly<Record<string, () => Buffer[]>> = {
  "a question": () => [udp(at(GPU, 5000), at(RESOLVER, 53), bigQuery("a.example.com"))],
  "a datagram to outside": () => [udp(at(GPU, 5000), at(OUTSIDE, 9000), Buffer.alloc(3000, 1))],
  "a datagram over IPv6": () => [udp(at(GPU6, 5000), at(OUTSIDE6, 9000), Buffer.alloc(3000, 1))],
  "a ping": () => [icmp(GPU, OUTSIDE, { type: 8, rest: 0x10001, payload: Buffer.alloc(4000, 2) })],
  "a ping over IPv6": () => [
    icmp(GPU6, OUTSIDE6, { type: 128, rest: 0x10001, payload: Buffer.alloc(4000, 2) }),
  ],
  "a ClientHello": () => bigHello(at(OUTSIDE, 443), at(GPU, 5001), "b.example.com"),
  "a ClientHello over IPv6": () => bigHello(at(OUTSIDE6, 443), at(GPU6, 5001), "b.example.com"),
  "a SYN with data": () => [
    tcp(at(GPU, 5002), at(OUTSIDE, 443), {
      flags: SYN,
      seq: 9,
      payload: clientHello("c.example.com", [], 900),
    }),
  ],
  "an IP protocol": () => [ip(GPU, OUTSIDE, 50, Buffer.alloc(2000, 3))],
  "IPv6 with extension headers before and behind": () => [
    udp(at(GPU6, 5000), at(OUTSIDE6, 9000), Buffer.alloc(3000, 1), {
      extensions: [
        [0, [0, 0, 1, 4, 0, 0, 0, 0]],
        [60, [0, 0, 1, 4, 0, 0, 0, 0]],
      ],
    }),
  ],
};

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = seeded(seed);
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

const ORDERS: Readonly<Record<string, (pieces: Buffer[]) => Buffer[]>> = {
  "in order": (pieces) => pieces,
  "last first": (pieces) => [...pieces].reverse(),
  shuffled: (pieces) => shuffled(pieces, 3),
  "each twice": (pieces) => pieces.flatMap((piece) => [piece, piece]),
  "all twice": (pieces) => [...pieces, ...pieces],
  "last first, each twice": (pieces) => [...pieces].reverse().flatMap((piece) => [piece, piece]),
  "with a tag on every other": (pieces) => pieces.map((piece, i) => (i % 2 === 0 ? piece : tagged(piece))),
};

function tagged(frame: Buffer): Buffer {
  return join(frame.subarray(0, 12), be(0x8100, 2), be(7, 2), frame.subarray(12));
}

/** Findings with their octets, and why a clean run would not be one. */
function judged(frames: readonly Buffer[]): object {
  const summary = new Scene()
    .works()
    .send(...frames)
    .seen();
  const findings = summary.findings.map((finding) => [
    finding.id,
    lineOf(finding),
    finding.bytesOut,
    finding.bytesIn,
    finding.mac,
  ]);
  return {
    findings,
    reasons: reasonsOf(summary),
    names: summary.totals.dnsQueries + summary.totals.tlsHellos,
  };
}

describe("a datagram in fragments is judged as if it had come whole", () => {
  for (const [what, frames] of Object.entries(TRAFFIC)) {
    const before = frames();
    const last = before.pop() as Buffer;
    const whole = judged([...before, last]);
    const unfragmentable = what.includes("before and behind") ? 8 : 0;
    for (const [order, arrange] of Object.entries(ORDERS)) {
      for (const size of [32, 1400]) {
        it(`${what}, pieces of ${size}, ${order}`, () => {
          const pieces = arrange(fragments(last, { size, unfragmentable }));
          expect(judged([...before, ...pieces])).toEqual(whole);
        });
      }
    }
  }

  it("and finds something, or all of this would prove nothing", () => {
    for (const frames of Object.values(TRAFFIC)) expect(judged(frames())).toMatchObject({ reasons: [] });
    for (const frames of Object.values(TRAFFIC)) {
      expect(
        new Scene()
          .works()
          .send(...frames())
          .lines(),
      ).toHaveLength(1);
    }
  });

  it("and its frames are counted as its flow's", () => {
    const frame = udp(at(GPU, 5000), at(OUTSIDE, 9000), Buffer.alloc(3000, 1));
    const pieces = fragments(frame, { size: 1000 });
    const seen: number[] = [];
    const observer = {
      flow: ({ table, row }: { table: { words: Int32Array }; row: number }) => {
        seen.push(table.words[row * 40 + 27]);
      },
    };
    const sensor = new Sensor(judgeFrom(enclave()), { ...SILENT, ...observer });
    const scene = new Scene().send(...pieces, ...pieces);
    for (const batch of batchesOf(scene.frames)) sensor.consume(batch);
    const { totals } = sensor.finish([], false);
    expect(seen).toEqual([8]);
    expect(totals).toMatchObject({ packets: 8, flows: 1, duplicates: 4 });
  });

  it("64 KiB of it, and not an octet more", () => {
    const largest = udp(at(GPU, 5000), at(OUTSIDE, 9000), Buffer.alloc(65507, 1), { ipLen: 0 });
    const summary = new Scene()
      .works()
      .send(...fragments(largest))
      .seen();
    expect(summary.findings.map(({ bytesOut }) => bytesOut)).toEqual([65507]);
    expect(reasonsOf(summary)).toEqual([]);
    const beyond = fragment(largest, { from: 65520, to: 65536, more: false }, { id: 5 });
    expect(reasonsOf(new Scene().works().send(beyond).seen())).toContain("fragment.invalid");
  });
});

const SILENT = {
  input: () => {},
  flowBegan: () => {},
  dns: () => {},
  tls: () => {},
  quic: () => {},
  http: () => {},
  httpAnswer: () => {},
  ssh: () => {},
  icmp: () => {},
  icmpError: () => {},
};

describe("a datagram that never becomes whole", () => {
  const frame = udp(at(GPU, 5000), at(OUTSIDE, 9000), Buffer.alloc(3000, 1));
  const [first, second, third] = fragments(frame, { size: 1400 });

  it("is judged by its first fragment, at once", () => {
    const sensor = new Sensor(judgeFrom(enclave()), null);
    sensor.watch();
    const scene = new Scene().works().send(first);
    for (const batch of batchesOf(scene.frames)) sensor.consume(batch);
    expect(sensor.changes().findings.map(lineOf)).toEqual([
      `egress.flow ${GPU} ${OUTSIDE} 9000/udp attempted medium x1`,
    ]);
  });

  it.each([
    ["its first fragment alone", [first], "9000/udp", 1392],
    ["its first and its last", [third, first], "9000/udp", 1600],
    ["a later one alone: by addresses, without a port", [second], "udp", 1400],
    ["two later ones", [third, second], "udp", 1608],
  ])("is a finding: %s", (_, frames, service, bytesOut) => {
    const summary = new Scene()
      .works()
      .send(...frames)
      .seen();
    expect(linesOf(summary)).toEqual([`egress.flow ${GPU} ${OUTSIDE} ${service} attempted medium x1`]);
    expect(summary.findings[0]).toMatchObject({ bytesOut, mac: "02:00:00:00:00:01" });
    expect(reasonsOf(summary)).toEqual(["fragment.incomplete"]);
    expect(summary.verdict).toBe("reachback");
  });

  it("is a finding soon, also without its first fragment", () => {
    const sensor = new Sensor(judgeFrom(enclave()), null);
    sensor.watch();
    for (const batch of batchesOf(new Scene().send(second).at(3).works().frames)) sensor.consume(batch);
    expect(sensor.changes().findings.map(lineOf)).toEqual([
      `egress.flow ${GPU} ${OUTSIDE} udp attempted medium x1`,
    ]);
  });

  it("is not allowed by a rule with ports when it shows none", () => {
    const file = enclave([`id: a, to: [${OUTSIDE}], ports: [9000/udp]`]);
    expect(new Scene().works().send(first, second, third).lines(file)).toEqual([]);
    expect(new Scene().works().send(second, third).lines(file)).toHaveLength(1);
  });

  it("says what its first fragment says", () => {
    const query = udp(at(GPU, 5000), at(RESOLVER, 53), bigQuery("a.example.com"));
    const [head] = fragments(query, { size: 64 });
    const summary = new Scene().works().send(head).seen();
    expect(linesOf(summary)).toEqual([`dns.name ${GPU} a.example.com 53/udp named medium x1`]);
  });

  it("makes a run without findings inconclusive", () => {
    const inside = udp(at(GPU, 5000), at(AGENT, 9000), Buffer.alloc(3000, 1));
    for (const piece of fragments(inside)) {
      const summary = new Scene().works().send(piece).seen();
      expect([summary.verdict, ...reasonsOf(summary)]).toEqual(["inconclusive", "fragment.incomplete"]);
      expect(summary.totals.undecoded).toBe(0);
    }
  });

  it("does when its time is over, not when it waits", () => {
    const late = new Scene().works().send(first, second).at(29).send(third).seen();
    expect(reasonsOf(late)).toEqual([]);
    const tooLate = new Scene().works().send(first, second).at(40).send(third).seen();
    expect(reasonsOf(tooLate)).toEqual(["fragment.incomplete"]);
  });

  it("and is cut by the snaplen has what is there", () => {
    const query = udp(at(GPU, 5000), at(RESOLVER, 53), bigQuery("a.example.com"));
    const scene = new Scene().works();
    for (const piece of fragments(query, { size: 200 })) {
      scene.send(piece);
      const full = scene.frames[scene.frames.length - 1];
      scene.frames[scene.frames.length - 1] = { ...full, data: piece.subarray(0, 96), wireLen: piece.length };
    }
    const summary = scene.seen();
    expect(linesOf(summary)).toEqual([`dns.name ${GPU} a.example.com 53/udp named medium x1`]);
    expect(reasonsOf(summary)).toEqual(["dns.cut_by_snaplen"]);
  });
});

describe("fragments that contradict one another", () => {
  const [good, evil] = ["a.enclave.internal", "b.example.company"].map((name) =>
    udp(at(GPU, 5000), at(RESOLVER, 53), join(dnsQuery(name), Buffer.alloc(64, 7))),
  );
  const piece = (frame: Buffer, from: number, to: number, more = true) => fragment(frame, { from, to, more });
  const found = [`dns.name ${GPU} b.example.company 53/udp named medium x1`];

  it.each([
    ["the evil one first", [piece(evil, 16, 48), piece(good, 16, 48), piece(good, 0, 16)]],
    ["the evil one last", [piece(good, 16, 48), piece(evil, 16, 48), piece(evil, 0, 16)]],
    ["half over the other", [piece(good, 16, 32), piece(evil, 16, 48), piece(evil, 0, 16)]],
    ["the first one, twice", [piece(good, 0, 48), piece(evil, 0, 48)]],
  ])("are read both ways: %s", (_, frames) => {
    const end = good.length - 34;
    const summary = new Scene()
      .works()
      .send(...frames, piece(good, 48, end, false))
      .seen();
    expect(linesOf(summary)).toEqual(expect.arrayContaining(found));
    expect(reasonsOf(summary)).toEqual(["fragment.overlap"]);
  });

  it("are read both ways when the datagram was whole before", () => {
    const end = good.length - 34;
    const whole = [piece(good, 0, 48), piece(good, 48, end, false)];
    const summary = new Scene()
      .works()
      .send(...whole, piece(evil, 0, 48))
      .seen();
    expect(linesOf(summary)).toEqual(found);
    expect(reasonsOf(summary)).toEqual(["fragment.overlap"]);
  });

  it("make no more work than a few readings", () => {
    const big = udp(
      at(GPU, 5000),
      at(RESOLVER, 53),
      join(dnsQuery("a.enclave.internal"), Buffer.alloc(1000, 7)),
    );
    const flood = Array.from({ length: 500 }, (_, i) =>
      piece(udp(at(GPU, 5000), at(RESOLVER, 53), Buffer.alloc(1000, i)), 16, 24),
    );
    const summary = new Scene()
      .works()
      .send(piece(big, 0, 512), piece(big, 512, 1000, false), ...flood)
      .seen();
    expect(summary.totals.dnsQueries).toBeLessThan(10);
    expect(reasonsOf(summary)).toContain("fragment.overlap");
  });

  it("may lie about the end: both are tried", () => {
    const end = evil.length - 34;
    const lie = piece(evil, 16, 24, false);
    const rest = [piece(evil, 16, 48), piece(evil, 48, end, false), piece(evil, 0, 16)];
    const summary = new Scene()
      .works()
      .send(lie, ...rest)
      .seen();
    expect(linesOf(summary)).toEqual(found);
    expect(reasonsOf(summary)).toContain("fragment.overlap");
  });

  it("may rewrite ports: either flow is a finding (RFC 3128)", () => {
    const allowed = tcp(at(GPU, 5000), at(OUTSIDE, 443), { flags: SYN, seq: 7 });
    const other = tcp(at(GPU, 5000), at(OUTSIDE, 22), { flags: SYN, seq: 7 });
    const file = enclave([`id: a, to: [${OUTSIDE}], ports: [443/tcp]`]);
    const frames = [piece(allowed, 0, 8), piece(other, 0, 8), piece(allowed, 8, 20, false)];
    expect(
      new Scene()
        .works()
        .send(...frames)
        .lines(file),
    ).toEqual([`egress.flow ${GPU} ${OUTSIDE} 22/tcp attempted medium x1`]);
  });

  it("may hide the flags in the second (RFC 1858)", () => {
    const syn = tcp(at(GPU, 5000), at(OUTSIDE, 443), { flags: SYN, seq: 7 });
    const pieces = [piece(syn, 0, 8), piece(syn, 8, 20, false)];
    for (const frames of [pieces, [...pieces].reverse()]) {
      const summary = new Scene()
        .works()
        .send(...frames)
        .seen();
      expect(linesOf(summary)).toEqual([`egress.flow ${GPU} ${OUTSIDE} 443/tcp attempted medium x1`]);
      expect(reasonsOf(summary)).toEqual([]);
    }
  });

  it("have lengths that none can have", () => {
    const frames = [piece(good, 8, 8), piece(good, 16, 16, false)];
    for (const frame of frames) {
      const summary = new Scene().works().send(frame).seen();
      expect(reasonsOf(summary)).toEqual(["fragment.incomplete", "fragment.invalid"]);
    }
  });
});

describe("fragments", () => {
  it("of IPv6 need not have the whole chain of headers in the first (RFC 7112)", () => {
    const options = join([0, 6], Buffer.from([1, 52]), Buffer.alloc(52));
    const frame = udp(at(GPU6, 5000), at(OUTSIDE6, 9000), "x".repeat(64), { extensions: [[60, options]] });
    for (const size of [8, 16, 48, 64]) {
      expect(
        new Scene()
          .works()
          .send(...fragments(frame, { size }))
          .lines(),
      ).toEqual([`egress.flow ${GPU6} ${OUTSIDE6} 9000/udp attempted medium x1`]);
    }
  });

  it("of IPv6 are of one datagram whatever their later headers call it", () => {
    const pieces = fragments(udp(at(GPU6, 5000), at(OUTSIDE6, 9000), Buffer.alloc(2000)), { size: 1000 });
    pieces[1][14 + 40] = 99;
    expect(
      new Scene()
        .works()
        .send(...pieces)
        .lines(),
    ).toEqual([`egress.flow ${GPU6} ${OUTSIDE6} 9000/udp attempted medium x1`]);
  });

  it("of IPv6 whose first comes twice, as another protocol, are no plain copies", () => {
    const pieces = fragments(udp(at(GPU6, 5000), at(OUTSIDE6, 9000), Buffer.alloc(2000)), { size: 1000 });
    const other = Buffer.from(pieces[0]);
    other[14 + 40] = 6;
    for (const frames of [
      [pieces[0], other, ...pieces.slice(1)],
      [other, ...pieces],
    ]) {
      expect(
        reasonsOf(
          new Scene()
            .works()
            .send(...frames)
            .seen(),
        ),
      ).toContain("fragment.overlap");
    }
  });

  it("of fragments are put together too, a few times", () => {
    let frames = [udp(at(GPU6, 5000), at(OUTSIDE6, 9000), Buffer.alloc(400))];
    for (const size of [200, 120, 64]) frames = frames.flatMap((frame) => fragments(frame, { size }));
    expect(
      new Scene()
        .works()
        .send(...frames)
        .lines(),
    ).toEqual([`egress.flow ${GPU6} ${OUTSIDE6} 9000/udp attempted medium x1`]);
    for (const size of [56, 48, 40]) frames = frames.flatMap((frame) => fragments(frame, { size }));
    expect(
      reasonsOf(
        new Scene()
          .works()
          .send(...frames.reverse())
          .seen(),
      ),
    ).toContain("fragment.too_deep");
  });

  it("of several datagrams with one number, one after another, are kept apart", () => {
    const frames = ["a", "b", "c"].flatMap((name) =>
      fragments(udp(at(GPU, 5000), at(RESOLVER, 53), bigQuery(`${name}.example.com`)), { size: 400, id: 1 }),
    );
    const scene = new Scene().works();
    for (const [i, frame] of frames.entries()) scene.at(Math.floor(i / 8) * 2).send(frame);
    expect(scene.lines()).toHaveLength(3);
    expect(reasonsOf(scene.seen())).toEqual([]);
  });

  it("of networks that use the same addresses are kept apart where the file says so", () => {
    const [a, b] = fragments(udp(at(GPU, 5000), at(OUTSIDE, 9000), Buffer.alloc(2000)), { size: 1200 });
    const scene = new Scene().works().send(a, tagged(b));
    expect(reasonsOf(scene.seen())).toEqual([]);
    expect(reasonsOf(scene.seen(enclave([], ["overlapping: true"])))).toEqual(["fragment.incomplete"]);
  });

  it("of more datagrams than are kept are judged all the same, and counted", () => {
    const scene = new Scene().works();
    for (let id = 1; id <= 5000; id++) {
      const frame = udp(at(GPU, 5000), `198.51.${100 + (id >> 8)}.${id & 255}:9000`, Buffer.alloc(3000));
      scene.send(fragments(frame, { id })[id % 2]);
    }
    const summary = scene.seen();
    expect(reasonsOf(summary)).toContain("table.fragments_full");
    const outside = summary.findings.reduce((sum, { attempts }) => sum + attempts, 0);
    expect(outside).toBe(5000);
  });

  it("that an ICMP error quotes are of the flow that they belong to", () => {
    const pieces = fragments(udp(at(GPU, 5000), at(OUTSIDE, 9000), Buffer.alloc(3000)));
    for (const quoted of pieces) {
      const refusal = icmpError("10.20.0.1", quoted);
      const expected = [`egress.flow ${GPU} ${OUTSIDE} 9000/udp refused medium x1`];
      expect(
        new Scene()
          .works()
          .send(...pieces, refusal)
          .lines(),
      ).toEqual(expected);
    }
  });

  it("of an ICMP error are one error", () => {
    const asked = udp(at(GPU, 5000), at(OUTSIDE, 9000), Buffer.alloc(200));
    const pieces = fragments(icmpError(OUTSIDE, asked), { size: 16 });
    expect(
      new Scene()
        .works()
        .send(asked, ...pieces)
        .lines(),
    ).toEqual([`egress.flow ${GPU} ${OUTSIDE} 9000/udp refused medium x1`]);
  });

  it("carry HTTP", () => {
    const talk = new TcpTalk(at(GPU, 5001), at(OUTSIDE, 80), { mss: 4000 });
    talk.open();
    talk.client(httpRequest("c.example.com", `/${"x".repeat(2000)}`));
    const last = talk.frames.pop() as Buffer;
    expect(
      new Scene()
        .works()
        .send(...talk.frames, ...fragments(last))
        .lines(),
    ).toEqual([`egress.flow ${GPU} c.example.com 80/tcp transferred critical x1`]);
  });

  it("with a clock that stands still or runs back end", () => {
    const scene = new Scene();
    for (let id = 1; id < 200; id++) {
      const [first] = fragments(udp(at(GPU, 5000 + id), at(OUTSIDE, 9000), Buffer.alloc(2000)), { id });
      scene.frames.push({ data: first, sec: START - id * 100, nsec: 0 });
    }
    // One every 100 s is a beacon as well.
    expect(scene.seen().findings.map(({ kind }) => kind)).toEqual(["egress.flow", "beacon"]);
  });
});
