import type { Server } from "node:http";
import { Worker } from "node:worker_threads";
import { type Command, InvalidArgumentError } from "commander";
import { CaptureError } from "../capture/frame-source.ts";
import { socketsWithoutPrivileges } from "../capture/handed-sockets.ts";
import { SensorStates, type StateChange } from "../findings/sensor-states.ts";
import { SEVERITIES } from "../findings/severity.ts";
import { EXIT_OF_VERDICT, type RatedFinding, type Summary } from "../findings/summary.ts";
import type { EnclavePolicy, Rule } from "../policy/policy.ts";
import { CLEARED_PRIORITY, FINDING_PRIORITY, RAISED_PRIORITY } from "../report/journal-priority.ts";
import { findingLine, stateLine } from "../report/live-lines.ts";
import { prometheusText } from "../report/prometheus.ts";
import { textReport } from "../report/text.ts";
import type { SensorJob, SensorMessage, SensorOrder, SensorReport, SentSummary } from "../sensor-messages.ts";
import { readEnclaveOrExit } from "./enclave-option.ts";
import { LogLines } from "./log-lines.ts";
import { type MetricsAddress, metricsAddress, serveMetrics } from "./metrics-server.ts";
import { PolicyWatch } from "./policy-watch.ts";
import { say } from "./say.ts";
import { stdoutStyle } from "./terminal.ts";

const COULD_NOT_RUN = 2;
/** A stall of the process of half a second must not cost a packet on a busy mirror. */
const DEFAULT_RING_MB = 256;

interface WatchOptions {
  interface: string[];
  enclave?: string;
  source: "ring" | "tcpdump";
  ringMb: number;
  metrics?: MetricsAddress;
  events?: string;
}

/** Adds `gapwatch watch`. */
export function addWatchCommand(program: Command): void {
  program
    .command("watch")
    .summary("watch a mirrored interface: is anything trying to get out right now?")
    .requiredOption("-i, --interface <name>", "interface to watch; may be given several times", gather, [])
    .option("-e, --enclave <file>", "enclave file (default: $GAPWATCH_ENCLAVE, /etc/gapwatch/enclave.yaml)")
    .option("--headless", "plain lines for a log; so far there is nothing else")
    .option("--source <kind>", "how to capture: ring, or tcpdump", sourceKind, "ring")
    .option("--ring-mb <megabytes>", "size of the capture ring of each interface", ringSize, DEFAULT_RING_MB)
    .option(
      "--events <file>",
      "append what is seen as NDJSON like Suricata's eve.json; - for stdout, the lines then go to stderr",
    )
    .option(
      "--metrics <address:port>",
      "serve Prometheus figures at /metrics (off unless given)",
      metricsAddress,
    )
    .addHelpText(
      "after",
      "\nSIGTERM or Ctrl-C ends it with a report; SIGHUP reads the enclave file anew and opens the event file again.",
    )
    .action(async (options: WatchOptions) => {
      process.exitCode = await watch(options);
    });
}

async function watch(options: WatchOptions): Promise<number> {
  let sockets = new Map<string, number>();
  try {
    // tcpdump opens a socket of its own, for which it needs what the ring can do without.
    if (options.source === "ring") sockets = await socketsWithoutPrivileges(options.interface);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    say(error.message);
    return COULD_NOT_RUN;
  }
  return await new Watch(options, sockets).run();
}

function gather(value: string, before: string[]): string[] {
  return before.includes(value) ? before : [...before, value];
}

function sourceKind(value: string): string {
  if (value !== "ring" && value !== "tcpdump") throw new InvalidArgumentError("expected ring or tcpdump");
  return value;
}

function ringSize(value: string): number {
  const megabytes = Number(value);
  if (!Number.isInteger(megabytes) || megabytes < 4 || megabytes > 65_536) {
    throw new InvalidArgumentError("expected a whole number of megabytes from 4 to 65536");
  }
  return megabytes;
}

/** One run: the main thread's side. The sensor has a thread of its own. */
class Watch {
  private readonly options: WatchOptions;
  private readonly policy: PolicyWatch;
  private readonly worker: Worker;
  private readonly lines: LogLines;
  private readonly states: SensorStates;
  /** Severity and outcome of each finding as last told. */
  private readonly told = new Map<string, { severity: number; outcome: number }>();
  /** Rules of every policy that was in force: the report names exceptions of rules that are gone as well. */
  private readonly rules = new Map<string, Rule>();
  /** States that were ever raised: the run verdict keeps what the lamp may clear. */
  private readonly everRaised = new Map<string, StateChange>();
  private report: SensorReport | null = null;
  private exitCode = COULD_NOT_RUN;

  constructor(options: WatchOptions, sockets: ReadonlyMap<string, number>) {
    this.options = options;
    this.lines = new LogLines(options.events === "-" ? process.stderr : process.stdout);
    const enclave = readEnclaveOrExit(options.enclave);
    for (const warning of enclave.warnings) say(warning);
    this.remember(enclave.policy);
    this.policy = new PolicyWatch(enclave, ({ path, policy }, text) => {
      this.remember(policy);
      this.order({ type: "policy", path, text });
    });
    const mustBeSeen = enclave.policy.hosts.filter((host) => host.mustBeSeen).map((host) => host.name);
    const { maxSilenceSec } = enclave.policy.coverage;
    this.states = new SensorStates({ maxSilenceSec, mustBeSeen }, Date.now());
    const job: SensorJob = {
      interfaces: options.interface,
      source: options.source,
      ringMb: options.ringMb,
      sockets,
      enclavePath: enclave.path,
      enclaveText: this.policy.text,
      events: options.events ?? null,
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
      this.worker.on("error", (error) => say(`the sensor failed: ${error.message}`));
      this.worker.on("exit", () => resolve());
    });
    metrics?.close();
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
        for (const notice of message.notices) say(notice);
        say(`watching ${this.options.interface.join(", ")} for ${this.policy.enclave.policy.name}`);
        break;
      case "failed":
        say(message.message);
        break;
      case "notice":
        say(message.text);
        break;
      case "event":
        say(`${message.interface}: ${message.text}`);
        break;
      case "findings":
        for (const finding of message.findings) this.tell(finding);
        for (const id of message.gone) this.told.delete(id);
        break;
      case "report":
        this.look(message.report);
        break;
      case "ended":
        this.end(message.summary, message.report, message.tsDigits);
        break;
    }
  }

  /** One line for a finding that is new or got worse. */
  private tell(finding: RatedFinding): void {
    const before = this.told.get(finding.id);
    if (before !== undefined && finding.severity <= before.severity && finding.outcome <= before.outcome)
      return;
    this.told.set(finding.id, { severity: finding.severity, outcome: finding.outcome });
    this.lines.write(findingLine(finding, before === undefined), FINDING_PRIORITY[finding.severityName]);
  }

  private look(report: SensorReport): void {
    this.report = report;
    const { coverage, totals } = report;
    const asked = coverage["inside.dns_asked"];
    const oneWayTcp = coverage["inside.tcp_one_way"];
    const changes = this.states.look({
      atMs: Date.now(),
      interfaces: report.interfaces.map(({ name, state, stats }) => ({
        name,
        fault: state === "up" ? null : FAULTS[state],
        dropped: stats.dropped,
      })),
      packets: totals.packets,
      tcpUnseen: coverage["tcp.unseen_bytes"],
      tcpBytes: coverage["tcp.bytes"],
      conversations: oneWayTcp + coverage["inside.tcp_both_ways"] + asked,
      oneWay: oneWayTcp + asked - coverage["inside.dns_answered"],
      hostsSeen: new Set(report.hostsSeen),
    });
    for (const change of changes) {
      if (change.raised) this.everRaised.set(`${change.name} ${change.subject}`, change);
      this.lines.write(stateLine(change), change.raised ? RAISED_PRIORITY : CLEARED_PRIORITY);
    }
  }

  private end(sent: SentSummary, report: SensorReport, tsDigits: number): void {
    this.look(report);
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
  }

  private received(sent: SentSummary): Summary {
    const exceptions = sent.exceptions.flatMap(({ ruleId, ...use }) => {
      const rule = this.rules.get(ruleId);
      return rule === undefined ? [] : [{ ...use, rule }];
    });
    return { ...sent, exceptions };
  }

  private withStates(summary: Summary): Summary {
    const states = [...this.everRaised.values()].map((state) => `${state.name}: ${state.text}`);
    const reasons = [...summary.reasons, ...states];
    const verdict = summary.verdict === "clean" && reasons.length > 0 ? "inconclusive" : summary.verdict;
    return { ...summary, verdict, reasons };
  }

  private serveMetrics(): Server | null {
    const { metrics } = this.options;
    return metrics === undefined ? null : serveMetrics(metrics, () => this.figures(), say);
  }

  private figures(): string {
    const findings = SEVERITIES.map(() => 0);
    for (const { severity } of this.told.values()) findings[severity]++;
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
      })),
      coverage: report?.coverage ?? {},
      raised: this.states.raised(),
    });
  }

  private remember(policy: EnclavePolicy): void {
    for (const rule of policy.rules) this.rules.set(rule.id, rule);
  }
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
