import { parentPort, workerData } from "node:worker_threads";
import { ClockGuard } from "./capture/clock-guard.ts";
import type { FrameBatch } from "./capture/frame-batch.ts";
import { CaptureError } from "./capture/frame-source.ts";
import { FrameWait } from "./capture/frame-wait.ts";
import type { LiveSource, LiveStats } from "./capture/live-source.ts";
import { LiveSources } from "./capture/live-sources.ts";
import { TimeMerge } from "./capture/time-merge.ts";
import { catalogueWith } from "./catalogue/built-in.ts";
import type { InputCoverage } from "./findings/coverage.ts";
import { blindReasons, coverageCounters } from "./findings/coverage.ts";
import { isBefore } from "./findings/finding.ts";
import { LiveTraffic } from "./findings/live-traffic.ts";
import { Observers } from "./findings/observers.ts";
import type { Summary } from "./findings/summary.ts";
import { TellingPace } from "./findings/telling-pace.ts";
import { loadEnclave } from "./policy/enclave-file.ts";
import { Judge } from "./policy/judge.ts";
import { EventFileError } from "./records/event-file.ts";
import { Evidence, type EvidenceOptions } from "./records/evidence.ts";
import type { LiveEvents } from "./records/live-events.ts";
import { Sensor } from "./sensor.ts";
import type {
  SeenFrames,
  SensorJob,
  SensorMessage,
  SensorOrder,
  SensorReport,
  SentSummary,
  TrafficReport,
} from "./sensor-messages.ts";

const EVENTS_EVERY_MS = 50;
const REPORT_EVERY_MS = 500;
/** Open flows that a dashboard is told of. */
const FLOWS_SHOWN = 300;
/** What was learned of addresses is kept this often: a restart must not flag what is allowed. */
const NAMES_EVERY_MS = 1000;
/** What detectors learn of habits is kept this often, so many of each at a time: a habit takes hours to show. */
const MEMORY_EVERY_MS = 10_000;
const MEMORY_AT_ONCE = 512;
/** The ring's own times. */
const NANOSECOND_DIGITS = 9;

/** The sensor's thread of `gapwatch watch`: sources → sensor → messages to the main thread. */
class SensorThread {
  private readonly job: SensorJob;
  private readonly sensor: Sensor;
  private readonly guard = new ClockGuard();
  private readonly sources: LiveSources;
  /** By interface. */
  private readonly seen = new Map<string, SeenFrames>();
  private readonly events: LiveEvents | null;
  private readonly evidence: Evidence | null;
  private merge: TimeMerge | null = null;
  private readonly traffic: LiveTraffic | null;
  /** What the dashboard shows. */
  private lookedAt: "hosts" | "flows" | null = null;
  private readingFrom: LiveSource | null = null;
  /** It was told to stop. */
  private isOver = false;
  /** Messages that the main thread has not taken in: it gets no more, however long it is busy. */
  private unkept = 0;
  private unheard = 0;
  private readonly pace = new TellingPace();
  private eventsMs = 0;
  private reportMs = 0;
  private namesMs = 0;
  private memoryMs = 0;

  constructor(job: SensorJob, events: LiveEvents | null) {
    this.job = job;
    this.sources = new LiveSources(job, {
      event: (name, { kind, detail }) => {
        // Losses are a state: two lines a second would say no more.
        if (kind !== "drops") send({ type: "event", interface: name, text: detail });
      },
      notice: (text) => send({ type: "notice", text }),
    });
    this.events = events;
    const judge = judgeOf(job.enclavePath, job.enclaveText);
    this.traffic = job.dashboard ? new LiveTraffic(judge, () => this.sensor.tracker.table) : null;
    const observers = [events?.log, this.traffic].filter((each) => each != null);
    this.sensor = new Sensor(judge, observers.length > 1 ? new Observers(observers) : (observers[0] ?? null));
    this.sensor.catalogue = catalogueWith(job.ownCatalogue).ready();
    this.evidence = job.evidence === null ? null : new Evidence(job.evidence, TO_MAIN);
    this.sensor.watch(this.evidence);
    this.sensor.restoreNames(job.names);
    this.sensor.restoreOutflow(job.outflow);
    this.sensor.restoreMemory(job.memory, Infinity);
    this.sensor.names.noteChanges();
  }

  async run(): Promise<void> {
    await this.sources.open();
    const wait = await FrameWait.load();
    send({ type: "ready" });
    const merge = new TimeMerge(this.sources.all, (batch, source) => this.arrived(batch, source));
    this.merge = merge;
    const take = (batch: FrameBatch, from: number, to: number, source: LiveSource): void => {
      if (source !== this.readingFrom) this.readFrom(source);
      this.sensor.consume(batch, from, to);
    };
    while (!merge.ended || !(this.isOver || this.sources.isLost)) {
      for (const source of await this.sources.reopen()) merge.add(source);
      const waitMs = await merge.pump(this.nowMs(), take);
      this.tell(false);
      await new Promise(setImmediate); // lets orders in
      if (waitMs > 0) await wait.wait(merge.waiting, waitMs);
    }
    await this.end();
  }

  /** Packet time now. */
  private nowMs(): number {
    const { steps } = this.guard;
    const nowMs = this.guard.nowMs(Date.now(), performance.now());
    if (this.guard.steps !== steps) send({ type: "notice", text: clockStepped(this.guard.lastStepSec) });
    return nowMs;
  }

  private arrived(batch: FrameBatch, source: LiveSource): void {
    this.guard.guard(batch, Date.now(), performance.now());
    note(this.seenOf(source.interface), batch);
  }

  order(order: SensorOrder): void {
    if (order.type === "policy") {
      this.sensor.adopt(judgeOf(order.path, order.text).policy);
      this.sensor.catalogue = catalogueWith(order.ownCatalogue).ready();
      send({ type: "adopted" });
    } else if (order.type === "reopen") this.events?.reopen();
    else if (order.type === "heard") this.unheard--;
    else if (order.type === "look") this.lookedAt = order.at;
    else if (order.type === "kept") {
      this.unkept--;
      this.events?.kept();
    } else if (!this.isOver) {
      this.isOver = true;
      this.sources.stop();
    }
  }

  private tell(last: boolean): void {
    const nowMs = performance.now();
    if (last) this.tellFindings(nowMs, true);
    else if (this.unkept === 0 && this.pace.isDue(nowMs, this.sensor.hasNewFindings))
      this.tellFindings(nowMs, this.pace.isLargeDue(nowMs));
    if (last || nowMs - this.eventsMs >= EVENTS_EVERY_MS) {
      this.eventsMs = nowMs;
      this.events?.flush();
    }
    if (last || (this.unheard === 0 && nowMs - this.namesMs >= NAMES_EVERY_MS)) {
      this.namesMs = nowMs;
      this.tellNames();
    }
    if (last || (this.unheard === 0 && nowMs - this.memoryMs >= MEMORY_EVERY_MS)) {
      this.memoryMs = nowMs;
      const entries = this.sensor.memoryChanges(last ? Infinity : MEMORY_AT_ONCE);
      if (entries.length > 0) send({ type: "memory", entries });
    }
    if (!last && this.unheard === 0 && nowMs - this.reportMs >= REPORT_EVERY_MS) {
      this.reportMs = nowMs;
      this.unheard++;
      send({ type: "report", report: this.report() });
    }
  }

  private tellFindings(nowMs: number, withLarge: boolean): void {
    this.evidence?.flush();
    const { findings, gone } = this.sensor.changes(withLarge);
    if (findings.length === 0 && gone.length === 0) return;
    this.unkept++;
    this.events?.hold(findings, gone);
    send({ type: "findings", findings, gone });
    this.pace.looked(nowMs, performance.now() - nowMs, withLarge);
  }

  private tellNames(): void {
    const nowSec = this.sensor.clock;
    if (!Number.isFinite(nowSec)) return;
    const entries = this.sensor.names.takeChanged();
    if (entries.length > 0) send({ type: "names", entries, nowSec });
    const outflow = this.sensor.outflowChanges();
    if (outflow.length > 0) send({ type: "outflow", entries: outflow });
  }

  private async end(): Promise<void> {
    const summary = this.sensor.finish(this.inputs(), false);
    this.tell(true);
    await this.events?.end(summary);
    const report = this.report();
    this.sources.close();
    send({ type: "ended", summary: sent(summary), report, tsDigits: NANOSECOND_DIGITS });
  }

  private report(): SensorReport {
    const facts = this.sensor.facts(this.inputs(), false);
    return {
      interfaces: this.byInterface((name, sources) => ({
        name,
        state: this.sources.stateOf(name),
        stats: sources.map((source) => source.stats()).reduce(sumOf),
        seen: this.seenOf(name),
      })),
      totals: this.sensor.totals(),
      coverage: { ...coverageCounters(facts), ...this.timeCounters() },
      reasons: blindReasons(facts, this.sensor.policy),
      hostsSeen: [...facts.witness.hostsSeen],
      openFlows: this.sensor.tracker.table.size,
      exceptions: this.sensor.exceptionsUsed().map(({ rule, attempts, questions, bytesOut, bytesIn }) => ({
        ruleId: rule.id,
        attempts: attempts + questions,
        bytesOut,
        bytesIn,
      })),
      traffic: this.trafficReport(),
      clockSteps: this.guard.steps,
    };
  }

  private timeCounters(): Record<string, number> {
    return { "time.clock_steps": this.guard.steps, "time.late_frames": this.merge?.late ?? 0 };
  }

  private trafficReport(): TrafficReport | null {
    if (this.traffic === null) return null;
    if (this.lookedAt === "hosts") this.traffic.refreshHosts();
    const flows = this.lookedAt === "flows" ? this.sensor.openFlows(FLOWS_SHOWN) : null;
    return { ...this.traffic.drain(), flows };
  }

  private readFrom(source: LiveSource): void {
    const { events } = this;
    const name = source.interface;
    const isSame = this.readingFrom?.interface === name;
    this.readingFrom = source;
    if (isSame) return;
    if (events !== null) this.sensor.beginInput(events.input(name, this.seenOf(name)));
  }

  private seenOf(name: string): SeenFrames {
    let seen = this.seen.get(name);
    if (seen === undefined) {
      seen = { first: null, last: null, bytes: 0 };
      this.seen.set(name, seen);
    }
    return seen;
  }

  private inputs(): InputCoverage[] {
    return this.byInterface((name, sources) => {
      const { seen, dropped, missed } = sources.map((source) => source.stats()).reduce(sumOf);
      return { path: name, packets: seen, dropped: dropped + (missed ?? 0), filtered: false, damage: null };
    });
  }

  /** An interface may have several sources. */
  private byInterface<T>(make: (name: string, sources: readonly LiveSource[]) => T): T[] {
    return this.job.interfaces.map((name) => make(name, this.sources.of(name)));
  }
}

function note(seen: SeenFrames, { count, tsSec, tsNsec, caplen }: FrameBatch): void {
  const first = { sec: tsSec[0], nsec: tsNsec[0] };
  const last = { sec: tsSec[count - 1], nsec: tsNsec[count - 1] };
  if (seen.first === null || isBefore(first, seen.first)) seen.first = first;
  if (seen.last === null || isBefore(seen.last, last)) seen.last = last;
  for (let i = 0; i < count; i++) seen.bytes += caplen[i];
}

/** What the card lost and how often the link did are figures of the interface, the same whoever asks. */
function sumOf(a: LiveStats, b: LiveStats): LiveStats {
  return {
    received: a.received + b.received,
    seen: a.seen + b.seen,
    ignored: a.ignored + b.ignored,
    dropped: a.dropped + b.dropped,
    lossEvents: a.lossEvents + b.lossEvents,
    freezes: a.freezes + b.freezes,
    cut: a.cut + b.cut,
    outages: Math.max(a.outages, b.outages),
    missed: a.missed,
  };
}

function clockStepped(bySec: number): string {
  const way = bySec > 0 ? "forward" : "back";
  return `the clock was stepped ${way} by ${Math.abs(bySec)} s: packet times go on as before, until the next start`;
}

function judgeOf(path: string, text: string): Judge {
  const loaded = loadEnclave(text, path);
  if ("problems" in loaded) throw new Error("the enclave file was sound a moment ago");
  return new Judge(loaded.policy);
}

function sent(summary: Summary): SentSummary {
  return {
    ...summary,
    exceptions: summary.exceptions.map(({ rule, ...use }) => ({ ...use, ruleId: rule.id })),
  };
}

/** What the evidence has to tell goes through the main thread. */
const TO_MAIN: EvidenceOptions = {
  alarm: (part, message) => send({ type: "alarm", part, message }),
  deleted: ({ finding, bytes }) => send({ type: "evidence-deleted", finding, bytes }),
};

function send(message: SensorMessage): void {
  parentPort?.postMessage(message);
}

/** Loads the logger only where it is needed. */
async function openEvents(path: string | null): Promise<LiveEvents | null> {
  if (path === null) return null;
  const { LiveEvents } = await import("./records/live-events.ts");
  return new LiveEvents(path, (text) => send({ type: "notice", text }));
}

async function work(job: SensorJob): Promise<void> {
  try {
    const thread = new SensorThread(job, await openEvents(job.events));
    parentPort?.on("message", (order: SensorOrder) => thread.order(order));
    await thread.run();
  } catch (error) {
    if (!(error instanceof CaptureError || error instanceof EventFileError)) throw error;
    send({ type: "failed", message: error.message });
  } finally {
    parentPort?.close();
  }
}

void work(workerData as SensorJob);
