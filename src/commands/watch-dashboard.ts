import { Dashboard, type DashboardStreams } from "../dashboard/dashboard.ts";
import { ScreenModel } from "../dashboard/screen-model.ts";
import type { LogEntry } from "../dashboard/snapshot.ts";
import { terminalTraits } from "../dashboard/terminal-traits.ts";
import type { StateChange } from "../findings/sensor-states.ts";
import type { RatedFinding } from "../findings/summary.ts";
import type { Ack } from "../records/finding-rows.ts";
import { resolveStatePaths } from "../records/state-paths.ts";
import type { SensorReport } from "../sensor-messages.ts";
import { acknowledgeHere, withStore } from "./acknowledge.ts";
import { draftRule, exportFindings } from "./dashboard-files.ts";
import type { EnclaveFile } from "./enclave-option.ts";
import { evidencePackets } from "./evidence-packets.ts";
import { divertNotices } from "./say.ts";

/** Rates are taken over so many reports: two seconds. */
const RATE_REPORTS = 4;
const POLICY_REFUSED = "the enclave file is broken; the policy of before is in force (6 shows why)";

export interface WatchScreenOptions {
  readonly streams: DashboardStreams;
  /** As given to --state. */
  readonly state: string | undefined;
  readonly evidence: string | null;
  /** What does not work now, by the part; kept up to date by who made it. */
  readonly alarms: ReadonlyMap<string, string>;
  /** Ends the run. */
  readonly quit: () => void;
  /** Tells the sensor what of the traffic is shown. */
  readonly look: (at: "hosts" | "flows" | null) => void;
}

/** A watch on the dashboard: while it is open, nothing else writes to the terminal. */
export class WatchDashboard {
  private readonly model: ScreenModel;
  private readonly dashboard: Dashboard;
  private readonly options: WatchScreenOptions;
  private enclave: EnclaveFile;
  private readonly reports: { readonly atMs: number; readonly packets: number; readonly bytes: number }[] =
    [];

  constructor(enclave: EnclaveFile, options: WatchScreenOptions) {
    this.enclave = enclave;
    this.options = options;
    this.model = new ScreenModel("live", viewOf(enclave), options.evidence, () => Date.now());
    divertNotices((line) => this.say(line.startsWith("ALARM") ? "bad" : "info", line));
    this.dashboard = new Dashboard(
      this.model,
      {
        quit: options.quit,
        acknowledge: (id, reason) => this.acknowledge(id, reason),
        draft: (finding) => draftRule(finding, this.enclave),
        exportFindings,
        evidenceOf: (row, all) => evidencePackets(options.evidence, row, all),
        replay: () => {},
        looksAt: (view) => options.look(view === "hosts" || view === "flows" ? view : null),
      },
      terminalTraits(process.env),
      options.streams,
    );
    void this.loadAcks();
  }

  found(findings: readonly RatedFinding[], gone: readonly string[]): void {
    this.dashboard.passedBy(this.model.found(findings, gone));
  }

  /** Somebody acknowledged a finding, here or by `gapwatch findings ack`. */
  acknowledged({ finding, by, reason, time }: Ack): void {
    const known = this.model.rows.get(finding)?.ack;
    this.model.acknowledged(finding, { by, reason, time });
    if (known?.by === by && known.reason === reason) return; // told when it was made here
    this.say("info", `${finding} acknowledged by ${by}: ${reason}`);
  }

  say(level: LogEntry["level"], text: string): void {
    this.model.say(level, text);
  }

  /** Packets are judged by this file from now on. */
  adopted(enclave: EnclaveFile): void {
    this.enclave = enclave;
    this.model.enclave = viewOf(enclave);
  }

  /** `isRefused`: the enclave file as it is now is broken, and the one of before is in force. */
  look(report: SensorReport, raised: readonly StateChange[], isRefused: boolean): void {
    const { totals, interfaces } = report;
    const alarms = [...this.options.alarms].map(([part, message]) => `${part}: ${message}`);
    this.model.alarms = isRefused ? [POLICY_REFUSED, ...alarms] : alarms;
    if (report.traffic !== null) this.model.traffic(report.traffic, report.traffic.flows);
    this.reports.push({ atMs: performance.now(), packets: totals.packets, bytes: totals.bytes });
    if (this.reports.length > RATE_REPORTS) this.reports.shift();
    const first = this.reports[0];
    const last = this.reports[this.reports.length - 1];
    const seconds = Math.max(0.001, (last.atMs - first.atMs) / 1000);
    this.model.look({
      inputs: interfaces.map(({ name, state, stats }) => ({
        name,
        state,
        packets: stats.seen,
        dropped: stats.dropped + (stats.missed ?? 0),
      })),
      packets: totals.packets,
      bytes: totals.bytes,
      flows: totals.flows,
      packetsPerSec: (last.packets - first.packets) / seconds,
      bitsPerSec: (8 * (last.bytes - first.bytes)) / seconds,
      reasons: report.reasons,
      raised: raised.map(({ name, text }) => `${name}: ${text}`),
      coverage: report.coverage,
      exceptions: report.exceptions,
    });
  }

  /** Gives the terminal back. */
  close(): void {
    divertNotices(null);
    this.dashboard.close();
  }

  private async acknowledge(id: string, reason: string): Promise<string> {
    if (this.options.evidence === null) throw new Error("there is no state directory to keep it in");
    return await acknowledgeHere(this.options.state, id, reason);
  }

  /** What was acknowledged before. */
  private async loadAcks(): Promise<void> {
    if (this.options.evidence === null) return;
    try {
      await withStore(resolveStatePaths(this.options.state), (store) => {
        for (const { finding, ack } of store.findings()) {
          if (ack !== null) this.model.acknowledged(finding.id, ack);
        }
      });
    } catch (error) {
      this.say(
        "warn",
        `acknowledgements could not be read: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
}

function viewOf({ policy, sha256, path }: EnclaveFile) {
  return { policy, sha256, path, loadedMs: Date.now() };
}
