import { parentPort, workerData } from "node:worker_threads";
import { ClockGuard } from "./capture/clock-guard.ts";
import type { FrameBatch } from "./capture/frame-batch.ts";
import { CaptureError } from "./capture/frame-source.ts";
import { CaptureUnsupported, type LiveEvent, type LiveSource } from "./capture/live-source.ts";
import { openRing } from "./capture/ring-source.ts";
import { openTcpdump } from "./capture/tcpdump-source.ts";
import { TimeMerge } from "./capture/time-merge.ts";
import type { InputCoverage } from "./findings/coverage.ts";
import { blindReasons, coverageCounters } from "./findings/coverage.ts";
import type { Summary } from "./findings/summary.ts";
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
} from "./sensor-messages.ts";

/** Findings go to the main thread this often at the most, figures about the sensor less often. */
const FINDINGS_EVERY_MS = 50;
const REPORT_EVERY_MS = 500;
/** What was learned of addresses is kept this often: a restart must not flag what is allowed. */
const NAMES_EVERY_MS = 5000;
/** How long a look at a source without frames waits; shared among several. */
const POLL_MS = 50;
/** The ring's own times. */
const NANOSECOND_DIGITS = 9;

/** The sensor's thread of `gapwatch watch`: sources → sensor → messages to the main thread. */
class SensorThread {
  private readonly job: SensorJob;
  private readonly sensor: Sensor;
  private readonly guard = new ClockGuard();
  private readonly sources: LiveSource[] = [];
  private readonly seen = new Map<LiveSource, SeenFrames>();
  private readonly events: LiveEvents | null;
  private readonly evidence: Evidence | null;
  private readingFrom: LiveSource | null = null;
  private readonly notices: string[] = [];
  private stopping = false;
  private findingsMs = 0;
  private reportMs = 0;
  private namesMs = 0;
  /** Packet time up to which names were sent. */
  private namesSec = 0;

  constructor(job: SensorJob, events: LiveEvents | null) {
    this.job = job;
    this.events = events;
    this.sensor = new Sensor(judgeOf(job.enclavePath, job.enclaveText), events?.log ?? null);
    this.evidence = job.evidence === null ? null : new Evidence(job.evidence, TO_MAIN);
    this.sensor.watch(this.evidence);
    this.sensor.restoreNames(job.names);
  }

  async run(): Promise<void> {
    for (const name of this.job.interfaces) this.sources.push(await this.openNamed(name));
    send({ type: "ready", notices: this.notices });
    const merge = new TimeMerge(this.sources);
    const take = (batch: FrameBatch, from: number, to: number, source: LiveSource): void => {
      this.guard.guard(batch, from, to, Date.now(), performance.now());
      note(this.seenOf(source), batch, from, to);
      if (source !== this.readingFrom) this.readFrom(source);
      this.sensor.consume(batch, from, to);
    };
    while (!merge.ended) {
      await merge.pump(Date.now(), take);
      this.tell(false);
      await new Promise(setImmediate); // lets orders in
    }
    await this.end();
  }

  order(order: SensorOrder): void {
    if (order.type === "policy") {
      this.sensor.adopt(judgeOf(order.path, order.text).policy);
      send({ type: "adopted" });
    } else if (order.type === "reopen") this.events?.reopen();
    else if (order.type === "kept") this.events?.kept();
    else if (!this.stopping) {
      this.stopping = true;
      for (const source of this.sources) source.stop();
    }
  }

  private async openNamed(name: string): Promise<LiveSource> {
    try {
      return await this.open(name);
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      throw new CaptureError(`${name}: ${error.message}`);
    }
  }

  /** The ring, or tcpdump where there is none: for lack of platform support alone, never of permission. */
  private async open(name: string): Promise<LiveSource> {
    const pollMs = Math.max(1, Math.floor(POLL_MS / this.job.interfaces.length));
    const listener = (event: LiveEvent): void => send({ type: "event", interface: name, text: event.detail });
    if (this.job.source === "ring") {
      try {
        const socketFd = this.job.sockets.get(name);
        return await openRing(name, { listener, ringMb: this.job.ringMb, pollMs, socketFd });
      } catch (error) {
        if (!(error instanceof CaptureUnsupported)) throw error;
        this.notices.push(`${name}: ${error.message}; capturing with tcpdump instead`);
      }
    }
    return await openTcpdump(name, { listener, pollMs });
  }

  private tell(last: boolean): void {
    const nowMs = performance.now();
    if (last || nowMs - this.findingsMs >= FINDINGS_EVERY_MS) {
      this.findingsMs = nowMs;
      this.evidence?.flush();
      const { findings, gone } = this.sensor.changes();
      if (findings.length > 0 || gone.length > 0) {
        this.events?.hold(findings, gone);
        send({ type: "findings", findings, gone });
      }
      this.events?.flush();
    }
    if (!last && nowMs - this.reportMs >= REPORT_EVERY_MS) {
      this.reportMs = nowMs;
      send({ type: "report", report: this.report() });
    }
    if (last || nowMs - this.namesMs >= NAMES_EVERY_MS) {
      this.namesMs = nowMs;
      this.tellNames();
    }
  }

  private tellNames(): void {
    const nowSec = this.sensor.clock;
    if (!Number.isFinite(nowSec)) return;
    const entries = [...this.sensor.names.entries(this.namesSec)];
    this.namesSec = nowSec;
    if (entries.length > 0) send({ type: "names", entries, nowSec });
  }

  private async end(): Promise<void> {
    const summary = this.sensor.finish(this.inputs(), false);
    this.tell(true);
    await this.events?.end(summary);
    const report = this.report();
    for (const source of this.sources) source.close();
    send({ type: "ended", summary: sent(summary), report, tsDigits: NANOSECOND_DIGITS });
  }

  private report(): SensorReport {
    const facts = this.sensor.facts(this.inputs(), false);
    return {
      interfaces: this.sources.map((source) => ({
        name: source.interface,
        state: source.state,
        stats: source.stats(),
        seen: this.seenOf(source),
      })),
      totals: this.sensor.totals(),
      coverage: { ...coverageCounters(facts), "time.clock_steps": this.guard.steps },
      reasons: blindReasons(facts, this.sensor.policy),
      hostsSeen: [...facts.witness.hostsSeen],
      openFlows: this.sensor.tracker.table.size,
      clockSteps: this.guard.steps,
    };
  }

  private readFrom(source: LiveSource): void {
    this.readingFrom = source;
    const { events } = this;
    if (events !== null) this.sensor.beginInput(events.input(source.interface, this.seenOf(source)));
  }

  private seenOf(source: LiveSource): SeenFrames {
    let seen = this.seen.get(source);
    if (seen === undefined) {
      seen = { first: null, last: null, bytes: 0 };
      this.seen.set(source, seen);
    }
    return seen;
  }

  private inputs(): InputCoverage[] {
    return this.sources.map((source) => {
      const { seen, dropped } = source.stats();
      return { path: source.interface, packets: seen, dropped, filtered: false, damage: null };
    });
  }
}

function note(seen: SeenFrames, batch: FrameBatch, from: number, to: number): void {
  if (from === to) return;
  seen.first ??= { sec: batch.tsSec[from], nsec: batch.tsNsec[from] };
  seen.last = { sec: batch.tsSec[to - 1], nsec: batch.tsNsec[to - 1] };
  for (let i = from; i < to; i++) seen.bytes += batch.caplen[i];
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
