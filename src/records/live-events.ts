import { setTimeout as pause } from "node:timers/promises";
import type { Moment } from "../findings/finding.ts";
import type { InputFacts } from "../findings/observer.ts";
import type { RatedFinding, Summary } from "../findings/summary.ts";
import { EventLog } from "./event-log.ts";
import { type EventAlarm, LiveEventFile } from "./live-event-file.ts";

const NANOSECOND_DIGITS = 9;
/** At the end: between looks at whether the last findings are on disk. */
const KEPT_MS = 5;

interface SeenTimes {
  readonly first: Readonly<Moment> | null;
  readonly last: Readonly<Moment> | null;
}

class LiveInput implements InputFacts {
  readonly path: string;
  readonly tsDigits = NANOSECOND_DIGITS;
  private readonly seen: SeenTimes;

  constructor(name: string, seen: SeenTimes) {
    this.path = name;
    this.seen = seen;
  }

  get first(): Readonly<Moment> | null {
    return this.seen.first;
  }

  get last(): Readonly<Moment> | null {
    return this.seen.last;
  }
}

/** Findings that may not be told yet. */
interface Held {
  readonly findings: readonly RatedFinding[];
  readonly gone: readonly string[];
}

/**
 * The event log of a live run: an alert when a finding is new or got worse, not at the end. Who reads an alert
 * may look its finding up, also after this process was killed: it waits until the finding is on disk.
 */
export class LiveEvents {
  /** To be told what the sensor sees. */
  readonly log: EventLog;
  private readonly file: LiveEventFile;
  private readonly inputs = new Map<string, InputFacts>();
  /** Severity and outcome of each finding as last written. */
  private readonly written = new Map<string, { severity: number; outcome: number }>();
  /** The oldest first. */
  private readonly held: Held[] = [];

  /** Throws EventFileError. */
  constructor(path: string, alarm: EventAlarm) {
    this.file = new LiveEventFile(path, alarm);
    this.log = new EventLog(this.file, "in_iface");
  }

  /** An interface as the log knows inputs; `seen` is kept up to date by who reads it. */
  input(name: string, seen: SeenTimes): InputFacts {
    let facts = this.inputs.get(name);
    if (facts === undefined) {
      facts = new LiveInput(name, seen);
      this.inputs.set(name, facts);
    }
    return facts;
  }

  /** Holds what `Sensor.changes` tells until it is kept. */
  hold(findings: readonly RatedFinding[], gone: readonly string[]): void {
    this.held.push({ findings, gone });
  }

  /** What was held first is on disk: writes its alerts. */
  kept(): void {
    const first = this.held.shift();
    if (first === undefined) return;
    for (const finding of first.findings) this.alert(finding);
    for (const id of first.gone) this.written.delete(id);
    this.flush();
  }

  /** Writes all that waits, alerts that are held aside. */
  flush(): void {
    this.file.flush();
  }

  /** The file was rotated away. */
  reopen(): void {
    this.file.reopen();
  }

  /** Ends the log once all that is held is kept. */
  async end(summary: Summary): Promise<void> {
    while (this.held.length > 0) await pause(KEPT_MS);
    this.log.end(summary);
  }

  private alert(finding: RatedFinding): void {
    const { id, severity, outcome } = finding;
    const before = this.written.get(id);
    if (before !== undefined && severity <= before.severity && outcome <= before.outcome) return;
    this.written.set(id, { severity, outcome });
    this.log.alert(finding, finding.lastSeen);
  }
}
