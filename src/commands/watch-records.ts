import { setTimeout as delay } from "node:timers/promises";
import type { KeptMemory } from "../findings/detectors/kept-memory.ts";
import type { HostOutflow } from "../findings/detectors/outflow.ts";
import type { StateChange } from "../findings/sensor-states.ts";
import type { RatedFinding } from "../findings/summary.ts";
import type { AlarmSink } from "../records/alarm.ts";
import { EarlierFindings } from "../records/earlier-findings.ts";
import { type FindingChange, FindingChanges } from "../records/finding-changes.ts";
import type { Ack } from "../records/finding-rows.ts";
import type { NameEntry } from "../records/learned-rows.ts";
import { State, StateError, StateInUse } from "../records/state.ts";
import { resolveStatePaths, type StatePaths } from "../records/state-paths.ts";
import { SyslogSink } from "../records/syslog.ts";
import type { SyslogTarget } from "../records/syslog-target.ts";
import { say } from "./say.ts";

/** Acknowledgements of other processes are taken up this often, and counts are written. */
const FLUSH_MS = 1000;
/** A directory that cannot be opened is tried again this often. */
const RETRY_MS = 5000;
/** One that another gapwatch holds may be free in a moment: that one ends, or rebuilds the store. */
const IN_USE_MS = 10_000;
const IN_USE_LOOK_MS = 250;
/** What waits while the directory cannot be opened, findings aside: those are held once each. */
const MAX_BACKLOG = 10_000;
/** Names that wait while the store cannot be written. */
const MAX_UNSAVED_NAMES = 100_000;
/** And what detectors learned. */
const MAX_UNSAVED_MEMORY = 8192;

export interface WatchRecordsOptions {
  readonly directory: string | undefined;
  readonly syslog: SyslogTarget | undefined;
  readonly alarm: AlarmSink;
  readonly retryMs?: number;
  readonly inUseMs?: number;
}

/** What a watch keeps and sends: the state directory, and the syslog where one is asked for. */
export class WatchRecords {
  /** Where the first packets of findings go. */
  readonly evidence: string;
  /** Tells of what cannot be written. */
  readonly alarm: AlarmSink;
  /** Is told of acknowledgements, wherever they were made, within a second or two. */
  acknowledged: (ack: Ack) => void = () => {};
  private readonly paths: StatePaths;
  private readonly syslog: SyslogSink | null;
  private readonly timers: NodeJS.Timeout[];
  private state: State | null = null;
  private earlier = new EarlierFindings([]);
  private changes = new FindingChanges([]);
  private unsavedNames: NameEntry[] = [];
  /** By host. */
  private readonly unsavedOutflow = new Map<string, HostOutflow>();
  /** By detector and key. */
  private readonly unsavedMemory = new Map<string, KeptMemory>();

  /** Why there is no state yet; findings of this run and what else is to be recorded then. */
  private failure: string | null = null;
  private readonly held = new Map<string, RatedFinding>();
  private readonly backlog: ((state: State) => void)[] = [];
  private lost = 0;
  private isOpening = false;

  private constructor(paths: StatePaths, syslog: SyslogSink | null, { alarm, retryMs }: WatchRecordsOptions) {
    this.paths = paths;
    this.evidence = paths.evidence;
    this.alarm = alarm;
    this.syslog = syslog;
    this.timers = [
      setInterval(() => this.state?.flush(), FLUSH_MS),
      setInterval(() => void this.tryAgain(), retryMs ?? RETRY_MS),
    ];
  }

  /**
   * Opens the state directory. One that cannot be used is an alarm, not an end: the watch goes on, and what is
   * found meanwhile is kept as soon as it can be. Throws StateInUse when another process keeps writing to it.
   */
  static async open(options: WatchRecordsOptions): Promise<WatchRecords> {
    const { directory, syslog, alarm } = options;
    const paths = resolveStatePaths(directory);
    const state = await openOrExplain(paths, alarm, options.inUseMs ?? IN_USE_MS);
    const sink = syslog === undefined ? null : new SyslogSink(syslog, { alarm });
    const records = new WatchRecords(paths, sink, options);
    if (state instanceof State) records.takeOver(state);
    else records.failed(state.message);
    return records;
  }

  /** Names that answers gave for addresses in earlier runs. */
  names(): NameEntry[] {
    return this.state?.loadNames() ?? [];
  }

  /** What left each host in earlier runs. */
  outflow(): HostOutflow[] {
    return this.state?.loadOutflow() ?? [];
  }

  /** What detectors learned in earlier runs. */
  memory(): KeptMemory[] {
    return this.state?.loadMemory() ?? [];
  }

  started(version: string, inputs: readonly string[]): void {
    this.record((state) => state.started({ version, inputs }));
  }

  policyLoaded(name: string, sha256: string, diff: readonly string[]): void {
    this.record((state) => state.policyLoaded({ name, sha256, diff }));
  }

  /**
   * What is new about findings, on disk before it is returned, so that nothing that is told can be lost. Without a
   * state directory it is held until there is one.
   */
  take(findings: readonly RatedFinding[], gone: readonly string[]): FindingChange[] {
    if (this.state === null) this.hold(findings, gone);
    const changes = this.changesOf(findings, gone);
    this.state?.findings(changes);
    if (changes.some(({ what }) => what !== "more")) this.state?.flush();
    for (const change of changes) {
      if (change.what === "new" || change.what === "worse") this.syslog?.finding(change, this.head);
    }
    return changes;
  }

  sensor(change: StateChange): void {
    this.record((state) => state.sensor(change));
    this.syslog?.sensor(change, this.head);
  }

  /** Keeps what was learned of addresses; what could not be written is tried again with the next. */
  saveNames(entries: readonly NameEntry[], nowSec: number): void {
    const all = [...this.unsavedNames, ...entries].slice(-MAX_UNSAVED_NAMES);
    this.unsavedNames = this.state?.saveNames(all, nowSec) === true ? [] : all;
  }

  /** Keeps what left each host; what could not be written is tried again with the next. */
  saveOutflow(entries: readonly HostOutflow[]): void {
    for (const entry of entries) this.unsavedOutflow.set(entry.host, entry);
    if (this.state?.saveOutflow(this.unsavedOutflow.values()) === true) this.unsavedOutflow.clear();
  }

  /** Keeps what detectors learned; what could not be written is tried again with the next. */
  saveMemory(entries: readonly KeptMemory[]): void {
    const { unsavedMemory } = this;
    for (const entry of entries) {
      const key = `${entry.detector} ${entry.key}`;
      unsavedMemory.delete(key); // the latest stands last
      unsavedMemory.set(key, entry);
    }
    if (this.state?.saveMemory([...unsavedMemory.values()]) === true) unsavedMemory.clear();
    for (const key of unsavedMemory.keys()) {
      if (unsavedMemory.size <= MAX_UNSAVED_MEMORY) break;
      unsavedMemory.delete(key);
    }
  }

  evidenceDeleted({ finding, bytes }: { readonly finding: string; readonly bytes: number }): void {
    this.record((state) => state.evidenceDeleted({ finding, bytes }), false);
  }

  async close(verdict: string, reasons: readonly string[]): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    while (this.isOpening) await delay(1);
    await this.tryAgain();
    this.state?.stopped({ verdict, reasons });
    this.state?.close();
    if (this.state === null && this.held.size + this.backlog.length > 0) {
      say(`${this.held.size} findings of this run were never kept: ${this.failure}`);
    }
    await this.syslog?.close();
    const lost = this.syslog?.lost ?? 0;
    if (lost > 0) say(`${lost} syslog messages were never sent`);
  }

  private changesOf(findings: readonly RatedFinding[], gone: readonly string[]): FindingChange[] {
    const whole = findings.map((finding) => this.earlier.with(finding));
    return this.changes.take(whole, gone);
  }

  /** Writes a record, now or when there is a state directory. */
  private record(write: (state: State) => void, atOnce = true): void {
    const { state } = this;
    if (state === null) {
      if (this.backlog.length < MAX_BACKLOG) this.backlog.push(write);
      else this.lost++;
      return;
    }
    write(state);
    if (atOnce) state.flush();
  }

  private hold(findings: readonly RatedFinding[], gone: readonly string[]): void {
    for (const finding of findings) this.held.set(finding.id, finding);
    for (const id of gone) this.held.delete(id);
  }

  private async tryAgain(): Promise<void> {
    if (this.state !== null || this.isOpening) return;
    this.isOpening = true;
    const state = await openOrExplain(this.paths, this.alarm, 0).catch((error: StateInUse) => error);
    this.isOpening = false;
    if (!(state instanceof State)) {
      this.failed(state.message);
      return;
    }
    this.takeOver(state);
    this.alarm("store", null);
  }

  private failed(why: string): void {
    if (why === this.failure) return;
    this.failure = why;
    this.alarm("store", `${why}; capture goes on, and what is found is kept as soon as this is mended`);
  }

  /** From here on there is a state directory: it gets what was found before. */
  private takeOver(state: State): void {
    const before = state.loadFindings();
    this.state = state;
    state.acknowledged = (ack) => this.acknowledged(ack);
    this.earlier = new EarlierFindings(before);
    this.changes = new FindingChanges(before);
    for (const write of this.backlog.splice(0)) write(state);
    state.findings(this.changesOf([...this.held.values()], []));
    this.held.clear();
    if (this.lost > 0) state.lost(this.lost);
    this.lost = 0;
    state.flush();
  }

  private get head(): State["head"] | null {
    return this.state?.head ?? null;
  }
}

/** The state, or why there is none. Throws StateInUse when another process still holds it after so long. */
async function openOrExplain(
  paths: StatePaths,
  alarm: AlarmSink,
  inUseMs: number,
): Promise<State | StateError> {
  let isTold = inUseMs === 0;
  for (const endMs = performance.now() + inUseMs; ; await delay(IN_USE_LOOK_MS)) {
    try {
      return await State.open(paths, alarm);
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      if (!(error instanceof StateInUse)) return error;
      if (performance.now() >= endMs) throw error;
      if (!isTold) say(`waiting for another gapwatch that uses ${paths.directory} to end`);
      isTold = true;
    }
  }
}
