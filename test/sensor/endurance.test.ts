import { describe, expect, it } from "vitest";
import { ClockGuard } from "../../src/capture/clock-guard.ts";
import type { FrameBatch } from "../../src/capture/frame-batch.ts";
import { blindReasons, coverageCounters } from "../../src/findings/coverage.ts";
import type { PacketTap } from "../../src/findings/packet-tap.ts";
import type { RatedFinding } from "../../src/findings/summary.ts";
import { Sensor } from "../../src/sensor.ts";
import { enclave, GATE, GPU, linesOf, OUTSIDE, reasonsOf, START } from "../findings/scene.ts";
import { judgeFrom, lineOf, serviceOf } from "../sensor-run.ts";
import { SYN, tcp } from "../traffic/packets.ts";
import { census, usedBytes } from "./census.ts";
import { EndlessTraffic } from "./endless-traffic.ts";

const HOUR = 3600;
/** Addresses whose names are remembered (flow/address-names.ts), so that the memory is full from the beginning. */
const MAX_ADDRESSES = 1 << 17;
/** Seconds between the moments of a day: 1,200 an hour, each of some thirty frames. */
const STEP_SEC = 3;
/** Names are read out anew after this much packet time: it takes a walk over all of them. */
const NAMES_EVERY_SEC = 600;
/**
 * Six times the traffic may not hold more than twice the entries: a Fifo holds up to as many again
 * before it cuts its array, and 1,024 at the least.
 */
const MAX_GROWTH = 2;
const SLACK = 1024;
/** Maps are made anew at other sizes as entries come and go. */
const MAX_MEMORY_GROWTH = 1.15;

/** Rows of the flow table in a flood, and flows of the flood. */
const MAX_FLOWS = 1 << 12;
const FLOOD = 50_000;

const FILE = enclave(['id: updates, to: ["*.updates.example.org"]']);

/** A live sensor and what the thread around it does between batches, by packet time. */
class Watched {
  readonly sensor: Sensor;
  /** Findings as who watches has them. */
  readonly kept = new Map<string, RatedFinding>();
  /** Flows open at once, at the most; packets that were evidence. */
  mostFlows = 0;
  tapped = 0;
  private readonly guard = new ClockGuard();
  private namesSec = 0;
  private packets = 0;

  constructor(maxFlows?: number) {
    this.sensor = new Sensor(judgeFrom(FILE), null, maxFlows);
    const tap: PacketTap = { wants: () => true, add: () => this.tapped++ };
    this.sensor.watch(tap);
    this.sensor.names.noteChanges();
  }

  take(batch: FrameBatch): void {
    const nowMs = batch.tsSec[batch.count - 1] * 1000;
    this.guard.guard(batch, nowMs, nowMs);
    this.sensor.consume(batch);
    this.packets += batch.count;
    this.mostFlows = Math.max(this.mostFlows, this.sensor.tracker.table.size);
    this.tell();
  }

  inputs() {
    return [{ path: "mirror0", packets: this.packets, dropped: 0, filtered: false, damage: null }];
  }

  tell(): void {
    const { findings, gone } = this.sensor.changes();
    for (const id of gone) this.kept.delete(id);
    for (const finding of findings) this.kept.set(finding.id, finding);
    const facts = this.sensor.facts(this.inputs(), false);
    coverageCounters(facts);
    blindReasons(facts, this.sensor.policy);
    if (this.sensor.clock - this.namesSec < NAMES_EVERY_SEC) return;
    for (const [, named] of this.sensor.names.takeChanged()) expect(named.name).not.toBe("");
    this.namesSec = this.sensor.clock;
  }
}

/** Names of addresses from before a restart, all of them over. */
function* earlierNames() {
  for (let n = 0; n < MAX_ADDRESSES; n++) {
    const times = { sinceSec: START - 2 * HOUR, answeredSec: START - 2 * HOUR, validToSec: START - HOUR };
    const named = {
      hostId: GPU,
      host: GPU,
      name: `n${n}.example`,
      approved: true,
      ambiguous: false,
      doubtedSec: -1,
      ...times,
    };
    yield [`100.${64 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`, named] as const;
  }
}

/** What is held at the end of an hour. */
function held(watched: Watched) {
  return { tables: census(watched), bytes: usedBytes() };
}

/** A sensor that has watched the hours [0, to), and what it held at the end of each of them that is asked for. */
function watchedUntil(hours: readonly number[]) {
  const watched = new Watched();
  watched.sensor.restoreNames(earlierNames());
  const traffic = new EndlessTraffic((batch) => watched.take(batch));
  let n = 0;
  const seen = hours.map((hour) => {
    for (; n * STEP_SEC < hour * HOUR; n++) traffic.moment(n, START + n * STEP_SEC);
    traffic.flush();
    return held(watched);
  });
  return { watched, seen };
}

/** Attempts at each moment; what is ever new is one finding. */
const FOUND = {
  [`dns.name ${GPU} *.example.com 53/udp`]: 1 + 1 / 4,
  [`egress.flow ${GPU} telemetry.example.net 443/tcp`]: 1,
  [`egress.flow ${GPU} quic.example.net 443/udp`]: 1 / 16,
  [`egress.flow ${GATE} * 443/tcp`]: 1,
  [`name.proxy ${GPU} *.example.com 80/tcp`]: 1 / 4,
  [`icmp.stray 192.0.2.250 ${GPU} icmp`]: 1 / 4,
};

/** The traffic goes like a clock; what a beacon counts of it begins when it is known for one. */
const REGULAR = [
  `beacon ${GPU} *.example.com 80/tcp`,
  `beacon ${GPU} quic.example.net 443/udp`,
  `beacon ${GPU} telemetry.example.net 443/tcp`,
  `beacon ${GATE} * 443/tcp`,
];

it("holds no more after a day of ever new names, ports and addresses than after four hours", () => {
  const { watched, seen } = watchedUntil([4, 24]);
  const [early, late] = seen;
  const grown = [...late.tables].filter(
    ([path, size]) => size > MAX_GROWTH * (early.tables.get(path) ?? 0) + SLACK,
  );
  expect(grown).toEqual([]);
  expect(late.tables.get("Watched.sensor.judges.names.byAddress")).toBe(MAX_ADDRESSES);
  expect(late.bytes).toBeLessThan(MAX_MEMORY_GROWTH * early.bytes);
  // It was all read and judged, to the last hour: else there would be little to hold.
  const moments = (24 * HOUR) / STEP_SEC;
  const { flows, dnsQueries, quicInitials, httpRequests } = watched.sensor.totals();
  const perMoment = [flows, dnsQueries, quicInitials, httpRequests].map((count) => count / moments);
  expect(perMoment).toEqual([5 + 3 / 4 + 1 / 16, 2 + 1 / 4, 1 / 16, 1 / 4]);
  watched.sensor.finish(watched.inputs(), false); // the last search walk waits for its answer
  watched.tell();
  const found = [...watched.kept.values()];
  const beacons = found.filter(({ kind }) => kind === "beacon");
  const others = found.filter((finding) => !beacons.includes(finding));
  expect(Object.fromEntries(others.map((f) => [nameOf(f), f.attempts / moments]))).toEqual(FOUND);
  expect(beacons.map(nameOf).sort()).toEqual(REGULAR);
});

function nameOf(finding: RatedFinding): string {
  return `${finding.kind} ${finding.source} ${finding.destination} ${serviceOf(finding)}`;
}

/** A flood of flows of one packet each, all inside, with `amid` in the midst of it. */
function flooded(amid: readonly Uint8Array[]) {
  const watched = new Watched(MAX_FLOWS);
  const traffic = new EndlessTraffic((batch) => watched.take(batch));
  for (let n = 0; n < FLOOD; n++) {
    const sec = START + Math.floor(n / 1000); // faster than a flow times out
    traffic.single(n, sec);
    if (n === FLOOD / 2) for (const frame of amid) traffic.one(frame, sec);
  }
  traffic.flush();
  const live = [...watched.kept.values()].map(lineOf);
  const { rowsUsed, size } = watched.sensor.tracker.table;
  return { watched, live, rowsUsed, size, summary: watched.sensor.finish(watched.inputs(), false) };
}

describe("a flood of flows of one packet", () => {
  it("fills the flow table and no more, is counted, and is not clean", () => {
    const { watched, summary, rowsUsed, size } = flooded([]);
    expect([watched.mostFlows, size, rowsUsed]).toEqual([MAX_FLOWS, MAX_FLOWS, MAX_FLOWS]);
    expect(summary.totals.flows).toBe(FLOOD);
    expect(summary.coverage["table.flows_full"]).toBe(FLOOD - MAX_FLOWS);
    expect([summary.verdict, ...reasonsOf(summary)]).toEqual(["inconclusive", "table.flows_full"]);
  });

  it("hides nobody who tries to get out in the midst of it", () => {
    const attempt = tcp(`${GPU}:40000`, `${OUTSIDE}:443`, { flags: SYN });
    const { watched, live, summary } = flooded([attempt]);
    const found = [`egress.flow ${GPU} ${OUTSIDE} 443/tcp attempted medium x1`];
    expect(live).toEqual(found);
    expect(linesOf(summary)).toEqual(found);
    expect([summary.verdict, ...reasonsOf(summary)]).toEqual(["reachback", "table.flows_full"]);
    // The packet itself, and none of those that pushed its flow out.
    expect(watched.tapped).toBe(1);
  });
});
