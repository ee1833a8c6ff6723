import { describe, expect, it } from "vitest";
import { AddressNames } from "../../src/flow/address-names.ts";
import { Sensor } from "../../src/sensor.ts";
import { judgeFrom, watch } from "../sensor-run.ts";
import { batchesOf, type TimedFrame } from "../traffic/frames.ts";
import { dnsAnswer, dnsQuery } from "../traffic/messages.ts";
import { tcp, udp } from "../traffic/packets.ts";
import {
  AGENT,
  at,
  enclave,
  GATE,
  GPU,
  linesOf,
  OUTSIDE,
  RESOLVER,
  reasonsOf,
  Scene,
  START,
} from "./scene.ts";

/** Where the source port and the DNS id stand in an untagged IPv4 frame without options. */
const SRC_PORT_AT = 34;
const DNS_ID_AT = 42;

/** What a sensor that follows at most `maxFlows` flows says. */
function small(frames: readonly TimedFrame[], maxFlows: number) {
  const sensor = new Sensor(judgeFrom(enclave()), null, maxFlows);
  for (const batch of batchesOf(frames)) sensor.consume(batch);
  return sensor.finish(
    [{ path: "x", packets: frames.length, dropped: 0, filtered: false, damage: null }],
    false,
  );
}

describe("a full flow table", () => {
  const scan = (count: number, second = 0) => {
    const scene = new Scene().at(second);
    for (let i = 0; i < count; i++) scene.send(udp(at(GPU, 1024 + i), at(AGENT, 9), "x"));
    return scene;
  };

  it("is counted and makes the run inconclusive", () => {
    expect(small(scan(64).frames, 64)).toMatchObject({
      verdict: "clean",
      coverage: { "table.flows_full": 0 },
    });
    const full = small(scan(70).frames, 64);
    expect([full.verdict, ...reasonsOf(full)]).toEqual(["inconclusive", "table.flows_full"]);
    expect(full.coverage["table.flows_full"]).toBe(6);
    expect(full.totals.flows).toBe(70);
  });

  it("takes flows again when others are over", () => {
    const frames = [...scan(64).frames, ...scan(64, 400).frames];
    expect(small(frames, 64)).toMatchObject({ verdict: "clean", coverage: { "table.flows_full": 0 } });
  });

  it("keeps what was found before", () => {
    const frames = [...new Scene().send(udp(at(GPU, 1), at(OUTSIDE, 9), "x")).frames, ...scan(100, 1).frames];
    expect(small(frames, 64).verdict).toBe("reachback");
  });

  it("does not forget the connection that a rule allowed for new ones", () => {
    const file = enclave([`id: gate, to: [${OUTSIDE}], hours: Mon-Fri 09:00-11:00 UTC`]);
    const scene = new Scene().talks(GATE, OUTSIDE, 443, (talk) => talk.open());
    expect(scene.lines(file)).toEqual([]);
  });
});

describe("the memory of names", () => {
  it("is bounded by addresses, and counts what it forgets", () => {
    const names = new AddressNames(300);
    for (let i = 0; i < 140_000; i++) names.learn(`a${i}`, "h", "h", "n", true, false, 60, 0);
    expect(names.evicted).toBe(140_000 - (1 << 17));
    expect(names.namesOf("a0", 0)).toEqual([]);
    expect(names.namesOf("a139999", 0)).toHaveLength(1);
  });

  it("is bounded for one address", () => {
    const names = new AddressNames(300);
    for (let i = 0; i < 1000; i++) names.learn("a", `h${i}`, `h${i}`, "n", true, false, 60, i);
    expect(names.namesOf("a", 500)).toHaveLength(256);
    expect(names.evicted).toBeGreaterThan(0);
  });

  it("is bounded for all addresses together", () => {
    const names = new AddressNames(300);
    for (let host = 0; host < 8; host++) {
      for (let i = 0; i < 100_000; i++) names.learn(`a${i}`, `h${host}`, `h${host}`, "n", true, false, 60, 0);
    }
    let kept = 0;
    for (let i = 0; i < 100_000; i++) kept += names.namesOf(`a${i}`, 0).length;
    expect(kept).toBeLessThanOrEqual(1 << 19);
    expect(names.evicted).toBeGreaterThan(0);
  });

  it("forgets without a word what is over", () => {
    const names = new AddressNames(300);
    for (let i = 0; i < 140_000; i++) names.learn(`a${i}`, "h", "h", "n", true, false, 0, i);
    expect(names.evicted).toBe(0);
  });
});

describe("floods of questions and answers", () => {
  const judge = judgeFrom(enclave(['id: gate, to: ["*.example.org"]']));

  it("of unanswered questions are counted where they push others out", () => {
    const first = udp(at(GPU, 4000), at(RESOLVER, 53), dnsQuery("gpu-01.enclave.internal", "A", 0));
    const frames: TimedFrame[] = Array.from({ length: 66_000 }, (_, i) => {
      const data = Buffer.from(first);
      data.writeUInt16BE(4000 + (i >> 16), SRC_PORT_AT);
      data.writeUInt16BE(i & 0xffff, DNS_ID_AT);
      return { data, sec: START, nsec: i };
    });
    const summary = watch(judge, [frames]);
    expect(summary.verdict).toBe("inconclusive");
    expect(summary.coverage["table.questions_evicted"]).toBe(66_000 - (1 << 16));
    expect(summary.totals.dnsQueries).toBe(66_000);
  });

  it("of answers that all differ, beside many flows that lean on one, take linear time", () => {
    const scene = new Scene().asks(GATE, "a.example.org", { answer: [OUTSIDE], id: 5, port: 5000 });
    for (let i = 0; i < 3000; i++) {
      scene.send(
        udp(at(GATE, 10_000 + i), at(OUTSIDE, 9), "x"),
        udp(at(OUTSIDE, 9), at(GATE, 10_000 + i), "y"),
      );
    }
    for (let i = 0; i < 3000; i++) {
      const records = [{ type: "A" as const, data: `192.0.${i >> 8}.${i & 255}` }];
      scene.send(udp(at(RESOLVER, 53), at(GATE, 5000), dnsAnswer("a.example.org", "A", 5, records)));
    }
    const summary = watch(judge, [scene.frames]);
    expect(linesOf(summary)).toEqual([`egress.flow ${GATE} ${OUTSIDE} 9/udp answered high x3000`]);
  });

  it("of names under many domains stop at the ledger's cap; of one domain cost one finding", () => {
    const frames: TimedFrame[] = [];
    for (let i = 0; i < 5000; i++) {
      const data = udp(
        at(GPU, 4000),
        at(RESOLVER, 53),
        dnsQuery(`${i.toString(36)}.exfil.example.com`, "A", i & 0xffff),
      );
      frames.push({ data, sec: START, nsec: i });
    }
    expect(linesOf(watch(judge, [frames]))).toEqual([
      `dns.name ${GPU} *.example.com 53/udp named medium x5000`,
    ]);
  });

  it("of search walks are bounded, and each is judged", () => {
    const frames: TimedFrame[] = [];
    for (let i = 0; i < 500; i++) {
      const data = udp(
        at(GPU, 4000),
        at(RESOLVER, 53),
        dnsQuery(`w${i}.example.com.enclave.internal`, "A", i),
      );
      frames.push({ data, sec: START + i / 100, nsec: 0 });
    }
    expect(linesOf(watch(judge, [frames]))).toEqual([
      `dns.name ${GPU} *.example.com 53/udp named medium x500`,
    ]);
  });
});

it("SYNs with ever new numbers on one 5-tuple are attempts of one finding", () => {
  const scene = new Scene();
  for (let seq = 0; seq < 5000; seq++) scene.send(tcp(at(GPU, 4000), at(OUTSIDE, 443), { seq, flags: 2 }));
  expect(scene.lines()).toEqual([`egress.flow ${GPU} ${OUTSIDE} 443/tcp attempted medium x5000`]);
});
