import { ClockGuard } from "../../capture/clock-guard.ts";
import type { FrameBatch } from "../../capture/frame-batch.ts";
import { FrameWait } from "../../capture/frame-wait.ts";
import type { HandedSockets } from "../../capture/handed-sockets.ts";
import type { LiveSource } from "../../capture/live-source.ts";
import { LiveSources } from "../../capture/live-sources.ts";
import { TimeMerge } from "../../capture/time-merge.ts";
import { catalogueWith } from "../../catalogue/built-in.ts";
import { BlindIntervals } from "../../findings/blind-intervals.ts";
import { limitsOf, SensorStates } from "../../findings/sensor-states.ts";
import { withReasons } from "../../findings/summary.ts";
import { Judge } from "../../policy/judge.ts";
import type { Evidence } from "../../records/evidence.ts";
import { FindingChanges } from "../../records/finding-changes.ts";
import { findingLine, stateLine } from "../../report/live-lines.ts";
import type { Run } from "../../report/run.ts";
import { durationText, numberText } from "../../report/text-figures.ts";
import { validationReport } from "../../report/validation.ts";
import type { EnclaveFile } from "../enclave-option.ts";
import { clearStatus, say, showStatus } from "../say.ts";
import { obeysEscapes } from "../terminal.ts";
import { version } from "../version.ts";
import { CanaryWatch } from "./canary-watch.ts";
import { conclude } from "./conclude.ts";
import type { Validated } from "./judge-captures.ts";
import { knownIntervals } from "./known-intervals.ts";
import { LiveInputs } from "./live-inputs.ts";
import { WatchedCommand } from "./run-command.ts";
import { WatchedSensor } from "./watched-sensor.ts";

const LOOK_EVERY_MS = 500;
/** The ring's own times. */
const NANOSECOND_DIGITS = 9;
/** What a stack does at once after it was started: longer than what is pending waits for a name (DESIGN section 3). */
const SETTLE_SEC = 15;

/** What is to be watched, and until when. */
export interface LiveWindow {
  readonly interfaces: readonly string[];
  readonly sockets: HandedSockets;
  /** Memory of the ring of each. */
  readonly ringMb: number;
  /** Null: as long as the command runs. */
  readonly forSec: number | null;
  readonly command: readonly string[] | null;
  /** Probes made with it must be seen; null: no canary. */
  readonly canarySecret: Uint8Array | null;
}

/** Watches interfaces for a window. Throws CaptureError where it cannot capture. */
export async function watchInterfaces(
  enclave: EnclaveFile,
  window: LiveWindow,
  evidence: Evidence | null,
): Promise<Validated> {
  const { interfaces, sockets, ringMb } = window;
  const job = { interfaces, sockets, source: "ring", ringMb, workers: 1 } as const;
  const sources = new LiveSources(job, {
    event: (name, { detail }) => say(`${name}: ${detail}`),
    notice: say,
  });
  await sources.open();
  try {
    return await new Watch(enclave, window, evidence, sources.all).run();
  } finally {
    sources.close();
  }
}

class Watch {
  private readonly enclave: EnclaveFile;
  private readonly window: LiveWindow;
  private readonly sources: readonly LiveSource[];
  private readonly inputs: LiveInputs;
  private readonly canary: CanaryWatch | null;
  private readonly sensor: WatchedSensor;
  private readonly states: SensorStates;
  private readonly blind = new BlindIntervals();
  private readonly changes = new FindingChanges([]);
  private readonly guard = new ClockGuard();
  private readonly startedMs = performance.now();
  private command: WatchedCommand | null = null;
  private isCut = false;
  private lookedMs = 0;
  private findings = 0;

  constructor(
    enclave: EnclaveFile,
    window: LiveWindow,
    evidence: Evidence | null,
    sources: readonly LiveSource[],
  ) {
    this.enclave = enclave;
    this.window = window;
    this.sources = sources;
    this.inputs = new LiveInputs(sources);
    const { canarySecret } = window;
    this.canary = canarySecret === null ? null : new CanaryWatch(canarySecret, evidence);
    const catalogue = catalogueWith(enclave.ownCatalogue);
    this.sensor = new WatchedSensor(new Judge(enclave.policy), catalogue, this.canary ?? evidence, evidence);
    this.states = new SensorStates(limitsOf(enclave.policy), this.startedMs);
  }

  async run(): Promise<Validated> {
    const cut = (): void => {
      this.isCut = true;
    };
    process.once("SIGINT", cut).once("SIGTERM", cut);
    say(`watching ${this.window.interfaces.join(", ")} for ${this.enclave.policy.name}`);
    if (this.window.command !== null) this.command = new WatchedCommand(this.window.command, SETTLE_SEC);
    await this.watch();
    const watchedSec = (performance.now() - this.startedMs) / 1000;
    clearStatus();
    process.off("SIGINT", cut).off("SIGTERM", cut);
    await this.command?.stop();
    return this.result(Math.round(watchedSec * 1000) / 1000);
  }

  /** Reads until the window is over, and then what the sources still hold. */
  private async watch(): Promise<void> {
    const wait = await FrameWait.load();
    const merge = new TimeMerge(this.sources, (batch, source) => {
      this.guard.guard(batch, Date.now(), performance.now());
      this.inputs.arrived(batch, source);
    });
    const take = (batch: FrameBatch, from: number, to: number): void => this.sensor.consume(batch, from, to);
    let isStopped = false;
    while (!merge.ended) {
      const waitMs = await merge.pump(this.guard.nowMs(Date.now(), performance.now()), take);
      this.look();
      await new Promise(setImmediate); // lets signals in, and the command's end
      if (waitMs > 0) await wait.wait(merge.waiting, waitMs);
      if (isStopped || !this.isOver()) continue;
      isStopped = true;
      for (const source of this.sources) source.stop();
    }
    this.isCut ||= !isStopped; // a source that is lost ends the window
    this.look();
  }

  /** The time has come, and the command has ended and what it started had time to settle. */
  private isOver(): boolean {
    if (this.isCut) return true;
    const { forSec } = this.window;
    const nowMs = performance.now();
    const isTimeUp = forSec === null || nowMs - this.startedMs >= forSec * 1000;
    if (this.command === null) return isTimeUp;
    if (this.command.run === null) return false;
    return isTimeUp && nowMs - this.command.endedMs >= SETTLE_SEC * 1000;
  }

  private look(): void {
    const { findings, gone } = this.sensor.changes();
    for (const { what, finding } of this.changes.take(findings, gone)) {
      if (what === "new") this.findings++;
      if (what === "new" || what === "worse") tell(findingLine(finding, what === "new"));
    }
    const nowMs = performance.now();
    if (nowMs - this.lookedMs < LOOK_EVERY_MS) return;
    this.lookedMs = nowMs;
    for (const change of this.states.look(this.sensor.look(nowMs, this.inputs.looks()))) {
      this.blind.take(change);
      tell(stateLine(change));
    }
    if (obeysEscapes(process.stderr)) showStatus(this.statusLine());
  }

  private statusLine(): string {
    const { forSec } = this.window;
    const done = durationText((performance.now() - this.startedMs) / 1000);
    const packets = this.inputs.coverage().reduce((sum, each) => sum + each.packets, 0);
    const of = forSec === null ? "" : ` of ${durationText(forSec)}`;
    return `${done}${of}  ${numberText(packets)} packets  ${numberText(this.findings)} findings`;
  }

  private result(watchedSec: number): Validated {
    const coverage = this.inputs.coverage();
    const seen = this.sensor.finish(coverage, this.isCut, watchedSec);
    const { summary, canary } = conclude(seen, this.canary, this.sensor.activity);
    const failure = this.command?.failure ?? null;
    const failed = failure === null ? [] : [`command.failed: ${this.window.command?.[0]} ${failure}`];
    const run: Run = {
      policy: this.enclave.policy,
      policySha256: this.enclave.sha256,
      inputs: this.inputs.runInputs(),
      tsDigits: NANOSECOND_DIGITS,
      summary: withReasons(summary, [...this.blind.reasons(), ...failed]),
    };
    const report = validationReport({
      run,
      toolVersion: version(),
      mode: "live",
      watchedSec,
      askedSec: this.window.forSec,
      command: this.command?.run ?? null,
      census: this.sensor.census,
      activity: this.sensor.activity,
      canary,
      intervals: knownIntervals(this.enclave.ownCatalogue),
    });
    return { run, report };
  }
}

/** A line on stderr, as the journal has it: the status line makes room for it. */
function tell(line: string): void {
  clearStatus();
  process.stderr.write(`${line}\n`);
}
