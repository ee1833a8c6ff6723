import type { OpenFlow } from "../findings/live-flows.ts";
import type { SeenHost, SeenName, TrafficChanges } from "../findings/live-traffic.ts";
import type { RatedFinding, Verdict } from "../findings/summary.ts";
import { AttemptHistory } from "./attempt-history.ts";
import { type AckView, FindingRows } from "./finding-rows.ts";
import { Lamp, type LampView } from "./lamp.ts";
import type {
  EnclaveView,
  ExceptionView,
  InputView,
  LogEntry,
  ReasonView,
  ReplayView,
  Snapshot,
} from "./snapshot.ts";

const MAX_LOG = 2000;
const MAX_NAMES = 2000;
/** Index into SEVERITIES: from here on a finding makes a run reachback. */
const COUNTS_FROM = 1;

/** Figures about the sensor, as running totals. */
export interface SensorFigures {
  readonly inputs: readonly InputView[];
  readonly packets: number;
  readonly bytes: number;
  readonly flows: number;
  readonly packetsPerSec: number;
  readonly bitsPerSec: number;
  readonly reasons: readonly string[];
  /** States that are raised, as sentences. */
  readonly raised: readonly string[];
  readonly coverage: Readonly<Record<string, number>>;
  readonly exceptions: readonly ExceptionView[];
}

const NO_FIGURES: SensorFigures = {
  inputs: [],
  packets: 0,
  bytes: 0,
  flows: 0,
  packetsPerSec: 0,
  bitsPerSec: 0,
  reasons: [],
  raised: [],
  coverage: {},
  exceptions: [],
};

/** Gathers what the screen shows from what a run tells. */
export class ScreenModel {
  readonly rows = new FindingRows();
  readonly evidence: string | null;
  enclave: EnclaveView;
  replay: ReplayView | null = null;
  /** What does not work now and has to be seen to. */
  alarms: readonly string[] = [];
  /** Raised by every change: nothing has to be drawn that was drawn. */
  changes = 0;

  private readonly mode: Snapshot["mode"];
  private readonly clock: () => number | null;
  private readonly attempts = new AttemptHistory();
  private readonly lamp = new Lamp();
  private lampView: LampView;
  private figures: SensorFigures = NO_FIGURES;
  private readonly reasons = new Map<string, ReasonView>();
  private readonly log: LogEntry[] = [];
  /** By host and name, the one that was seen last at the end. */
  private readonly names = new Map<string, SeenName>();
  private readonly hosts = new Map<string, SeenHost>();
  private flows: readonly OpenFlow[] = [];
  private exitCode: number | null = null;
  /** While the table is paused: the latest of each finding, null for what is gone. */
  private held: Map<string, RatedFinding | null> | null = null;

  /** `clock`: milliseconds since 1970, null while it is unknown. */
  constructor(
    mode: Snapshot["mode"],
    enclave: EnclaveView,
    evidence: string | null,
    clock: () => number | null,
  ) {
    this.mode = mode;
    this.enclave = enclave;
    this.evidence = evidence;
    this.clock = clock;
    this.lampView = { word: "WAITING", sinceMs: clock() ?? 0, blindNow: [], intervals: [], blindCount: 0 };
  }

  /** Findings that changed, as they stand. Returns how many went by a paused table. */
  found(findings: readonly RatedFinding[], gone: readonly string[]): number {
    this.changes++;
    for (const id of gone) this.attempts.gone(id);
    for (const finding of findings) this.attempts.take(finding);
    if (this.held === null) {
      this.rows.take({ findings, gone }, this.clock() ?? 0);
      return 0;
    }
    for (const id of gone) this.held.set(id, null);
    for (const finding of findings) this.held.set(finding.id, finding);
    return findings.length;
  }

  /** Stops the table, or brings it up to date. */
  pause(isPaused: boolean): void {
    this.changes++;
    const { held } = this;
    this.held = isPaused ? (held ?? new Map()) : null;
    if (isPaused || held === null) return;
    const findings = [...held.values()].filter((finding) => finding !== null);
    const gone = [...held].flatMap(([id, finding]) => (finding === null ? [id] : []));
    this.rows.take({ findings, gone }, this.clock() ?? 0);
  }

  acknowledged(id: string, ack: AckView): void {
    this.changes++;
    this.rows.acknowledge(id, ack);
  }

  /** Takes a look at the sensor. */
  look(figures: SensorFigures): void {
    this.changes++;
    this.figures = figures;
    const atMs = this.clock();
    if (atMs === null) return;
    this.keepReasons(figures.reasons, atMs);
    const { reasons, raised } = figures;
    const reachback = this.hasReachback();
    this.lampView = this.lamp.look({ atMs, reasons, raised, reachback });
  }

  /** The run is over, and its screen stays. */
  end(verdict: Verdict, reasons: readonly string[], exitCode: number): void {
    this.changes++;
    this.exitCode = exitCode;
    const atMs = this.clock() ?? 0;
    this.keepReasons(reasons, atMs);
    this.lampView = this.lamp.end(verdict, reasons, atMs);
  }

  /** Names and hosts that changed; open flows, or null where they were not asked for. */
  traffic({ names, hosts }: TrafficChanges, flows: readonly OpenFlow[] | null): void {
    this.changes++;
    for (const name of names) {
      const key = `${name.host} ${name.name}`;
      this.names.delete(key);
      this.names.set(key, name);
    }
    for (const key of this.names.keys()) {
      if (this.names.size <= MAX_NAMES) break;
      this.names.delete(key);
    }
    for (const host of hosts) this.hosts.set(host.address, host);
    if (flows !== null) this.flows = flows;
  }

  say(level: LogEntry["level"], text: string): void {
    this.changes++;
    this.log.push({ atMs: this.clock() ?? 0, level, text });
    if (this.log.length > MAX_LOG) this.log.splice(0, this.log.length - MAX_LOG);
  }

  snapshot(): Snapshot {
    const { inputs, packets, bytes, flows, packetsPerSec, bitsPerSec, coverage, exceptions } = this.figures;
    return {
      mode: this.mode,
      clockMs: this.clock(),
      enclave: this.enclave,
      lamp: this.lampView,
      inputs,
      packets,
      bytes,
      flows,
      packetsPerSec,
      bitsPerSec,
      coverage,
      exceptions,
      reasons: [...this.reasons.values()],
      rows: this.rows,
      names: this.names,
      hosts: this.hosts,
      openFlows: this.flows,
      attempts: this.attempts,
      log: this.log,
      alarms: this.alarms,
      replay: this.replay,
      exitCode: this.exitCode,
      evidence: this.evidence,
    };
  }

  /** Also what a paused table holds back: the lamp never waits. */
  private hasReachback(): boolean {
    if (this.rows.counts.some((count, severity) => severity >= COUNTS_FROM && count > 0)) return true;
    for (const finding of this.held?.values() ?? []) {
      if (finding !== null && finding.severity >= COUNTS_FROM) return true;
    }
    return false;
  }

  private keepReasons(texts: readonly string[], atMs: number): void {
    const given = new Set<string>();
    for (const text of texts) {
      const key = text.replace(/\d+/g, "#");
      given.add(key);
      const before = this.reasons.get(key);
      if (before?.text === text) continue;
      this.reasons.set(key, { text, firstMs: before?.firstMs ?? atMs, lastMs: atMs });
    }
    for (const key of this.reasons.keys()) if (!given.has(key)) this.reasons.delete(key);
  }
}
