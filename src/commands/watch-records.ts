import type { StateChange } from "../findings/sensor-states.ts";
import type { RatedFinding } from "../findings/summary.ts";
import type { AlarmSink } from "../records/alarm.ts";
import { EarlierFindings } from "../records/earlier-findings.ts";
import { type FindingChange, FindingChanges } from "../records/finding-changes.ts";
import { State, StateError, StateInUse } from "../records/state.ts";
import { resolveStatePaths, type StatePaths } from "../records/state-paths.ts";
import type { NameEntry } from "../records/store.ts";
import { SyslogSink } from "../records/syslog.ts";
import type { SyslogTarget } from "../records/syslog-target.ts";

/** Acknowledgements of other processes are taken up this often, and counts are written. */
const FLUSH_MS = 1000;
/** Names that wait while the store cannot be written. */
const MAX_UNSAVED_NAMES = 100_000;

/** What a watch keeps and sends: the state directory, and the syslog where one is asked for. */
export class WatchRecords {
  /** Where the first packets of findings go; null where nothing is kept. */
  readonly evidence: string | null;
  /** Tells of what cannot be written. */
  readonly alarm: AlarmSink;
  private readonly state: State | null;
  private readonly syslog: SyslogSink | null;
  private readonly earlier: EarlierFindings;
  private readonly changes: FindingChanges;
  private readonly timer: NodeJS.Timeout;
  private unsavedNames: NameEntry[] = [];

  private constructor(paths: StatePaths, state: State | null, syslog: SyslogSink | null, alarm: AlarmSink) {
    this.evidence = state === null ? null : paths.evidence;
    this.alarm = alarm;
    this.state = state;
    this.syslog = syslog;
    const before = state?.loadFindings() ?? [];
    this.earlier = new EarlierFindings(before);
    this.changes = new FindingChanges(before);
    this.timer = setInterval(() => this.state?.flush(), FLUSH_MS);
  }

  /**
   * Opens the state directory. One that cannot be written is an alarm, not an end: the watch goes on
   * without it. Throws StateInUse when another process writes to it.
   */
  static async open(
    directory: string | undefined,
    target: SyslogTarget | undefined,
    alarm: AlarmSink,
  ): Promise<WatchRecords> {
    const paths = resolveStatePaths(directory);
    const syslog = target === undefined ? null : new SyslogSink(target, { alarm });
    try {
      return new WatchRecords(paths, await State.open(paths, alarm), syslog, alarm);
    } catch (error) {
      if (!(error instanceof StateError) || error instanceof StateInUse) throw error;
      alarm("store", `${error.message}; nothing is kept of this run`);
      return new WatchRecords(paths, null, syslog, alarm);
    }
  }

  /** Names that answers gave for addresses in earlier runs. */
  names(): NameEntry[] {
    return this.state?.loadNames() ?? [];
  }

  started(version: string, inputs: readonly string[]): void {
    this.state?.started({ version, inputs });
    this.state?.flush();
  }

  policyLoaded(name: string, sha256: string, diff: readonly string[]): void {
    this.state?.policyLoaded({ name, sha256, diff });
    this.state?.flush();
  }

  /** What is new about findings, on disk before it is returned, so that nothing that is told can be lost. */
  take(findings: readonly RatedFinding[], gone: readonly string[]): FindingChange[] {
    const changes = this.changes.take(
      findings.map((finding) => this.earlier.with(finding)),
      gone,
    );
    this.state?.findings(changes);
    if (changes.some(({ what }) => what !== "more")) this.state?.flush();
    for (const change of changes) {
      if (change.what === "new" || change.what === "worse") this.syslog?.finding(change, this.head);
    }
    return changes;
  }

  sensor(change: StateChange): void {
    this.state?.sensor(change);
    this.state?.flush();
    this.syslog?.sensor(change, this.head);
  }

  /** Keeps what was learned of addresses; what could not be written is tried again with the next. */
  saveNames(entries: readonly NameEntry[], nowSec: number): void {
    if (this.state === null) return;
    const all = [...this.unsavedNames, ...entries].slice(-MAX_UNSAVED_NAMES);
    this.unsavedNames = this.state.saveNames(all, nowSec) ? [] : all;
  }

  evidenceDeleted({ finding, bytes }: { readonly finding: string; readonly bytes: number }): void {
    this.state?.evidenceDeleted({ finding, bytes });
  }

  async close(verdict: string, reasons: readonly string[]): Promise<void> {
    clearInterval(this.timer);
    this.state?.stopped({ verdict, reasons });
    this.state?.close();
    await this.syslog?.close();
  }

  private get head(): State["head"] | null {
    return this.state?.head ?? null;
  }
}
