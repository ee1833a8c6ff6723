import type { Server } from "node:http";
import { Worker } from "node:worker_threads";
import type { HandedSockets } from "../capture/handed-sockets.ts";
import { BlindIntervals } from "../findings/blind-intervals.ts";
import { limitsOf, SensorStates } from "../findings/sensor-states.ts";
import { INFO, SEVERITIES } from "../findings/severity.ts";
import { EXIT_OF_VERDICT, type RatedFinding, type Summary, withReasons } from "../findings/summary.ts";
import type { EnclavePolicy, Rule } from "../policy/policy.ts";
import type { FindingChange } from "../records/finding-changes.ts";
import { CLEARED_PRIORITY, FINDING_PRIORITY, RAISED_PRIORITY } from "../report/journal-priority.ts";
import { findingLine, stateLine } from "../report/live-lines.ts";
import { prometheusText } from "../report/prometheus.ts";
import { textReport } from "../report/text.ts";
import type { SensorJob, SensorMessage, SensorOrder, SensorReport, SentSummary } from "../sensor-messages.ts";
import type { EnclaveFile } from "./enclave-option.ts";
import { LogLines } from "./log-lines.ts";
import { serveMetrics } from "./metrics-server.ts";
import { PolicyWatch } from "./policy-watch.ts";
import { say } from "./say.ts";
import { stdoutStyle } from "./terminal.ts";
import { version } from "./version.ts";
import type { WatchOptions } from "./watch.ts";
import type { WatchDashboard, WatchScreenOptions } from "./watch-dashboard.ts";
import type { WatchRecords } from "./watch-records.ts";

const COULD_NOT_RUN = 2;
const STDOUT = 1;
const STDERR = 2;

/** Opens the dashboard. */
export type OpenScreen = (
  enclave: EnclaveFile,
  options: Omit<WatchScreenOptions, "streams" | "alarms">,
) => WatchDashboard;

/** One run: the main thread's side. The sensor has a thread of its own. */
export class WatchRun {
  private readonly options: WatchOptions;
  private readonly policy: PolicyWatch;
  private readonly worker: Worker;
  private readonly lines: LogLines;
  private readonly states: SensorStates;
  private readonly records: WatchRecords;
  private readonly openScreen: OpenScreen | null;
  private screen: WatchDashboard | null = null;
  /** Why the sensor's thread ended, told when the terminal is free. */
  private readonly failures: string[] = [];
  /** Severity of each finding of this run. */
  private readonly severities = new Map<string, number>();
  /** Rules of every policy that was in force: the report names exceptions of rules that are gone as well. */
  private readonly rules = new Map<string, Rule>();
  /** States that were ever raised: the run verdict keeps what the lamp may clear. */
  private readonly blind = new BlindIntervals();
  private report: SensorReport | null = null;
  private exitCode = COULD_NOT_RUN;
  /** What the last policy changed, told when the sensor judges by it. */
  private policyChange = "";
  private verdict = "none";
  private reasons: readonly string[] = [];

  /** `openScreen`: opens the dashboard when the sensor watches; null for lines. */
  constructor(
    options: WatchOptions,
    enclave: EnclaveFile,
    sockets: HandedSockets,
    records: WatchRecords,
    openScreen: OpenScreen | null,
  ) {
    this.options = options;
    this.openScreen = openScreen;
    this.records = records;
    records.acknowledged = (ack) => this.screen?.acknowledged(ack);
    this.lines = new LogLines(options.events === "-" ? STDERR : STDOUT, say);
    this.remember(enclave.policy);
    this.policy = new PolicyWatch(enclave, ({ path, policy, sha256, octets, ownCatalogue }, difference) => {
      this.remember(policy);
      this.records.policyLoaded(policy.name, sha256, [difference]);
      this.policyChange = difference;
      this.order({ type: "policy", path, text: textOf(octets), ownCatalogue });
    });
    this.states = new SensorStates(limitsOf(enclave.policy), performance.now());
    const job: SensorJob = {
      interfaces: options.interface,
      source: options.source,
      ringMb: options.ringMb,
      workers: options.workers,
      sockets,
      enclavePath: enclave.path,
      enclaveText: textOf(enclave.octets),
      ownCatalogue: enclave.ownCatalogue,
      events: options.events ?? null,
      evidence: records.evidence,
      names: records.names(),
      outflow: records.outflow(),
      memory: records.memory(),
      dashboard: openScreen !== null,
    };
    this.worker = new Worker(new URL("./sensor-worker.js", import.meta.url), { workerData: job });
  }

  /** Runs until a signal ends it; the verdict's exit code. */
  async run(): Promise<number> {
    const stop = (): void => this.order({ type: "stop" });
    const reload = (): void => {
      this.policy.reload();
      this.order({ type: "reopen" });
    };
    process.on("SIGTERM", stop).on("SIGINT", stop).on("SIGHUP", reload);
    const metrics = this.serveMetrics();
    await new Promise<void>((resolve) => {
      this.worker.on("message", (message: SensorMessage) => this.take(message));
      this.worker.on("error", (error) => this.failures.push(`the sensor failed: ${error.message}`));
      this.worker.on("exit", () => resolve());
    });
    this.screen?.close();
    await this.lines.end();
    for (const failure of this.failures) say(failure);
    metrics?.close();
    metrics?.closeAllConnections();
    await this.records.close(this.verdict, this.reasons);
    this.policy.stop();
    process.off("SIGTERM", stop).off("SIGINT", stop).off("SIGHUP", reload);
    return this.exitCode;
  }

  private order(order: SensorOrder): void {
    this.worker.postMessage(order);
  }

  private take(message: SensorMessage): void {
    switch (message.type) {
      case "ready":
        this.started();
        say(`watching ${this.options.interface.join(", ")} for ${this.policy.enclave.policy.name}`);
        this.screen =
          this.openScreen?.(this.policy.enclave, {
            state: this.options.state,
            evidence: this.records.evidence,
            quit: () => this.order({ type: "stop" }),
            look: (at) => this.order({ type: "look", at }),
          }) ?? null;
        break;
      case "failed":
        this.failures.push(message.message);
        break;
      case "notice":
        say(message.text);
        break;
      case "event":
        say(`${message.interface}: ${message.text}`);
        break;
      case "findings":
        this.found(message.findings, message.gone);
        break;
      case "adopted":
        this.states.adopt(limitsOf(this.policy.enclave.policy));
        say(`the enclave file changed: ${this.policyChange}`);
        this.screen?.adopted(this.policy.enclave);
        break;
      case "alarm":
        this.records.alarm(message.part, message.message);
        break;
      case "evidence-deleted":
        this.records.evidenceDeleted(message);
        break;
      case "outflow":
        this.records.saveOutflow(message.entries);
        break;
      case "memory":
        this.records.saveMemory(message.entries);
        break;
      case "names":
        this.records.saveNames(message.entries, message.nowSec);
        break;
      case "report":
        this.look(message.report);
        this.order({ type: "heard" });
        break;
      case "ended":
        this.end(message.summary, message.report, message.tsDigits);
        break;
    }
  }

  private started(): void {
    const { policy, sha256 } = this.policy.enclave;
    this.records.started(version(), this.options.interface);
    this.records.policyLoaded(policy.name, sha256, []);
  }

  private found(findings: readonly RatedFinding[], gone: readonly string[]): void {
    for (const { id, severity } of findings) this.severities.set(id, severity);
    for (const id of gone) this.severities.delete(id);
    this.screen?.found(findings, gone);
    const changes = this.records.take(findings, gone);
    this.order({ type: "kept" });
    for (const change of changes) this.tell(change);
  }

  /** One line for a finding that is new or got worse: it is on disk by now. */
  private tell({ what, finding }: FindingChange): void {
    if (what !== "new" && what !== "worse") return;
    const line = findingLine(finding, what === "new");
    if (this.screen !== null) this.screen.say(finding.severity > INFO ? "bad" : "info", line);
    else this.lines.write(line, FINDING_PRIORITY[finding.severityName]);
  }

  private look(report: SensorReport): void {
    this.report = report;
    const changes = this.states.look({
      atMs: Date.now(),
      countingMs: performance.now(),
      interfaces: report.interfaces.map(({ name, state, stats }) => ({
        name,
        fault: state === "up" ? null : FAULTS[state],
        packets: stats.seen,
        dropped: stats.dropped + (stats.missed ?? 0),
        outages: stats.outages,
      })),
      coverage: report.coverage,
      hostsSeen: new Set(report.hostsSeen),
    });
    for (const change of changes) {
      this.records.sensor(change);
      this.blind.take(change);
      if (this.screen !== null) this.screen.say(change.raised ? "warn" : "good", stateLine(change));
      else this.lines.write(stateLine(change), change.raised ? RAISED_PRIORITY : CLEARED_PRIORITY);
    }
    this.screen?.look(report, this.states.raised(), this.policy.isRefused);
  }

  private end(sent: SentSummary, report: SensorReport, tsDigits: number): void {
    this.look(report);
    this.screen?.close();
    const summary = this.withStates(this.received(sent));
    const { policy, sha256: policySha256 } = this.policy.enclave;
    const inputs = report.interfaces.map(({ name, stats, seen }) => ({
      ...LIVE_INPUT,
      ...seen,
      path: name,
      packets: stats.seen,
    }));
    this.lines.writeText(textReport({ policy, policySha256, inputs, tsDigits, summary }, stdoutStyle()));
    this.exitCode = EXIT_OF_VERDICT[summary.verdict];
    this.verdict = summary.verdict;
    this.reasons = summary.reasons;
  }

  private received(sent: SentSummary): Summary {
    const exceptions = sent.exceptions.flatMap(({ ruleId, ...use }) => {
      const rule = this.rules.get(ruleId);
      return rule === undefined ? [] : [{ ...use, rule }];
    });
    return { ...sent, exceptions };
  }

  private withStates(summary: Summary): Summary {
    return withReasons(summary, this.blind.reasons());
  }

  private serveMetrics(): Server | null {
    const { metrics } = this.options;
    return metrics === undefined ? null : serveMetrics(metrics, () => this.figures(), say);
  }

  private figures(): string {
    const findings = SEVERITIES.map(() => 0);
    for (const severity of this.severities.values()) findings[severity]++;
    const { report } = this;
    return prometheusText({
      packets: report?.totals.packets ?? 0,
      bytes: report?.totals.bytes ?? 0,
      flows: report?.totals.flows ?? 0,
      openFlows: report?.openFlows ?? 0,
      undecoded: report?.totals.undecoded ?? 0,
      findings,
      interfaces: (report?.interfaces ?? []).map(({ name, state, stats }) => ({
        name,
        up: state === "up",
        received: stats.received,
        dropped: stats.dropped,
        missed: stats.missed ?? 0,
      })),
      coverage: report?.coverage ?? {},
      raised: this.states.raised(),
    });
  }

  private remember(policy: EnclavePolicy): void {
    for (const rule of policy.rules) this.rules.set(rule.id, rule);
  }
}

/** As the enclave file was read (commands/enclave-option.ts). */
function textOf(octets: Buffer): string {
  return new TextDecoder().decode(octets);
}

const LIVE_INPUT = {
  sha256: null,
  format: "live",
  linkTypes: [],
  damage: null,
} as const;

const FAULTS = {
  down: "the interface is down",
  gone: "there is no such interface any more",
  ended: "the capture ended",
} as const;
