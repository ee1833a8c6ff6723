import type { Moment } from "../findings/finding.ts";
import type { InputFacts } from "../findings/observer.ts";
import type { RatedFinding, Summary } from "../findings/summary.ts";
import { EventLog } from "./event-log.ts";
import { type EventAlarm, LiveEventFile } from "./live-event-file.ts";

const NANOSECOND_DIGITS = 9;

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

/** The event log of a live run: an alert when a finding is new or got worse, not at the end. */
export class LiveEvents {
  /** To be told what the sensor sees. */
  readonly log: EventLog;
  private readonly file: LiveEventFile;
  private readonly inputs = new Map<string, InputFacts>();
  /** Severity and outcome of each finding as last written. */
  private readonly written = new Map<string, { severity: number; outcome: number }>();

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

  /** Takes what `Sensor.changes` tells, and writes all that waits. */
  changed(findings: readonly RatedFinding[], gone: readonly string[]): void {
    for (const finding of findings) {
      const { id, severity, outcome } = finding;
      const before = this.written.get(id);
      if (before !== undefined && severity <= before.severity && outcome <= before.outcome) continue;
      this.written.set(id, { severity, outcome });
      this.log.alert(finding, finding.lastSeen);
    }
    for (const id of gone) this.written.delete(id);
    this.file.flush();
  }

  /** The file was rotated away. */
  reopen(): void {
    this.file.reopen();
  }

  end(summary: Summary): void {
    this.log.end(summary);
  }
}
