import type { BrokenInput } from "../capture/capture-inputs.ts";
import type { SourceFacts } from "../capture/frame-source.ts";
import { Dashboard, type DashboardStreams } from "../dashboard/dashboard.ts";
import { ScreenModel } from "../dashboard/screen-model.ts";
import type { InputView } from "../dashboard/snapshot.ts";
import { terminalTraits } from "../dashboard/terminal-traits.ts";
import { blindReasons, coverageCounters, type InputCoverage } from "../findings/coverage.ts";
import { LiveTraffic } from "../findings/live-traffic.ts";
import type { Observer } from "../findings/observer.ts";
import { Observers } from "../findings/observers.ts";
import { OneSided } from "../findings/one-sided.ts";
import type { Summary } from "../findings/summary.ts";
import { Judge } from "../policy/judge.ts";
import { Sensor } from "../sensor.ts";
import { acknowledgeHere } from "./acknowledge.ts";
import { draftRule, exportFindings } from "./dashboard-files.ts";
import type { EnclaveFile } from "./enclave-option.ts";
import { FirstPackets } from "./first-packets.ts";
import { type PaceListener, ReplayPace } from "./replay-pace.ts";
import { divertNotices } from "./say.ts";

const FLOWS_SHOWN = 300;

export interface ReplayScreenOptions {
  /** Times real time; Infinity: as fast as it goes. */
  readonly speed: number;
  /** As given to --state. */
  readonly state: string | undefined;
  readonly streams: DashboardStreams;
}

/** A replay on the dashboard: plays the captures, and keeps the screen at their end until it is left. */
export class ReplayDashboard implements PaceListener {
  readonly pace: ReplayPace;
  readonly sensor: Sensor;
  private readonly enclave: EnclaveFile;
  private readonly model: ScreenModel;
  private readonly dashboard: Dashboard;
  readonly packets = new FirstPackets();
  private readonly inputs = new Map<SourceFacts, InputView>();
  private readonly known = new Set<string>();
  private readonly oneSided = new OneSided();
  private firstMs: number | null = null;
  private isEnded = false;
  private readonly seenTraffic: LiveTraffic;
  private looksAtFlows = false;
  private left: (() => void) | null = null;
  private readonly onSignal = (): void => this.quit();

  /** `events`: the event log, or null. */
  constructor(enclave: EnclaveFile, events: Observer | null, { speed, state, streams }: ReplayScreenOptions) {
    const judge = new Judge(enclave.policy);
    this.seenTraffic = new LiveTraffic(judge, () => this.sensor.tracker.table);
    this.sensor = new Sensor(
      judge,
      events === null ? this.seenTraffic : new Observers([events, this.seenTraffic]),
    );
    this.enclave = enclave;
    this.sensor.watch(this.packets);
    this.pace = new ReplayPace(this.sensor, speed, this);
    const { path, policy, sha256 } = enclave;
    const view = { path, policy, sha256, loadedMs: null };
    this.model = new ScreenModel("replay", view, null, () => this.pace.clockMs);
    this.showPace(null);
    divertNotices((line) => this.model.say("warn", line));
    process.on("SIGINT", this.onSignal).on("SIGTERM", this.onSignal).on("SIGHUP", this.onSignal);
    this.dashboard = new Dashboard(
      this.model,
      {
        quit: () => this.quit(),
        acknowledge: async (id, reason) => {
          if (state === undefined) throw new Error("acknowledging needs a state directory: --state");
          return await acknowledgeHere(state, id, reason);
        },
        draft: (finding) => draftRule(finding, this.enclave),
        exportFindings: (rows) => exportFindings(rows),
        evidenceOf: async (row, all) => this.packets.evidenceOf(row, all),
        looksAt: (view) => {
          this.looksAtFlows = view === "flows";
          this.showTraffic();
        },
        replay: (what) => {
          this.pace.control(what);
          this.showPace(null);
        },
      },
      terminalTraits(process.env),
      streams,
    );
  }

  took(facts: SourceFacts): string | null {
    this.firstMs ??= facts.first === null ? null : facts.first.sec * 1000 + facts.first.nsec / 1e6;
    this.inputs.set(facts, {
      name: facts.path,
      state: "read",
      packets: facts.packets,
      dropped: facts.dropped,
    });
    const { findings, gone } = this.sensor.changes();
    this.model.found(findings, gone);
    const fresh = findings.find(({ id }) => !this.known.has(id));
    for (const { id } of findings) this.known.add(id);
    this.look();
    this.showTraffic();
    this.showPace(shareOf(facts, this.sensor.totals().packets));
    return fresh?.id ?? null;
  }

  reached(finding: string): void {
    this.dashboard.select(finding);
    this.showPace(null);
  }

  /** All is read, nothing is ended yet: what is open now stays on the screen. */
  readToEnd(): void {
    this.model.traffic(this.seenTraffic.drain(), this.sensor.openFlows(FLOWS_SHOWN));
  }

  private showTraffic(): void {
    const flows = this.looksAtFlows && !this.isEnded ? this.sensor.openFlows(FLOWS_SHOWN) : null;
    this.model.traffic(this.seenTraffic.drain(), flows);
  }

  /** The captures were read to their end: shows the verdict until the screen is left. */
  async ended(summary: Summary, broken: readonly BrokenInput[], exitCode: number): Promise<void> {
    const { gone } = this.sensor.changes();
    this.model.found(summary.findings, gone);
    this.isEnded = true;
    this.look(summary);
    this.showTraffic();
    this.model.end(summary.verdict, summary.reasons, exitCode);
    for (const { path, message } of broken) this.model.say("bad", `${path}: ${message}`);
    this.showPace(1);
    if (!this.pace.stopped.aborted) {
      await new Promise<void>((resolve) => {
        this.left = resolve;
      });
    }
  }

  /** Gives the terminal back. */
  close(): void {
    divertNotices(null);
    this.dashboard.close();
    process.off("SIGINT", this.onSignal).off("SIGTERM", this.onSignal).off("SIGHUP", this.onSignal);
  }

  private quit(): void {
    this.pace.stop();
    this.left?.();
  }

  private look(summary: Summary | null = null): void {
    const inputs = [...this.inputs.values()];
    const facts = this.sensor.facts(inputs.map(coverageOf), false);
    const coverage = coverageCounters(facts);
    this.oneSided.look(this.pace.clockMs ?? 0, coverage);
    const { isOneSided, text } = this.oneSided;
    const totals = this.sensor.totals();
    const seconds = Math.max(1, ((this.pace.clockMs ?? 0) - (this.firstMs ?? 0)) / 1000);
    this.model.look({
      inputs,
      packets: totals.packets,
      bytes: totals.bytes,
      flows: totals.flows,
      packetsPerSec: totals.packets / seconds,
      bitsPerSec: (totals.bytes * 8) / seconds,
      reasons: summary?.reasons ?? blindReasons(facts, this.sensor.policy),
      raised: isOneSided ? [`sensor.one-sided: ${text}`] : [],
      coverage,
      exceptions: this.sensor.exceptionsUsed().map(({ rule, attempts, questions, bytesOut, bytesIn }) => ({
        ruleId: rule.id,
        attempts: attempts + questions,
        bytesOut,
        bytesIn,
      })),
    });
  }

  private showPace(share: number | null): void {
    const { speed, isPaused } = this.pace;
    this.model.changes++;
    this.model.replay = {
      speed,
      isPaused,
      isEnded: this.isEnded,
      share: share ?? this.model.replay?.share ?? null,
    };
  }
}

/** Reading runs ahead of what is played: frames played of those that the rest of the file will have, by what was read. */
function shareOf({ storedBytes, readBytes, packets }: SourceFacts, played: number): number | null {
  if (storedBytes === 0 || packets === 0) return null;
  return Math.min(1, played / ((packets * storedBytes) / Math.max(1, readBytes)));
}

function coverageOf({ name, packets, dropped }: InputView): InputCoverage {
  return { path: name, packets, dropped, filtered: false, damage: null };
}
