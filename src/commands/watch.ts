import { type Command, InvalidArgumentError } from "commander";
import { CaptureError } from "../capture/frame-source.ts";
import { type HandedSockets, socketsWithoutPrivileges } from "../capture/handed-sockets.ts";
import { socketsNeeded } from "../capture/open-rings.ts";
import { KEYS_HELP } from "../dashboard/keys-help.ts";
import { EventFileError, refuseInputs } from "../records/event-file.ts";
import { StateError } from "../records/state.ts";
import { parseSyslogTarget, type SyslogTarget, SyslogTargetError } from "../records/syslog-target.ts";
import { dashboardStreams } from "./dashboard-streams.ts";
import { ENCLAVE_OPTION, filesOf, readEnclaveOrExit } from "./enclave-option.ts";
import { gatherInterfaces } from "./interface-option.ts";
import { type MetricsAddress, metricsAddress } from "./metrics-server.ts";
import { RING_OPTION } from "./ring-option.ts";
import { say } from "./say.ts";
import { STATE_OPTION } from "./state-option.ts";
import { WatchRecords } from "./watch-records.ts";
import { type OpenScreen, WatchRun } from "./watch-run.ts";

const COULD_NOT_RUN = 2;
const MAX_WORKERS = 16;
const NO_SOCKETS: HandedSockets = new Map();

export interface WatchOptions {
  interface: string[];
  enclave?: string;
  source: "ring" | "tcpdump";
  ringMb: number;
  workers: number;
  metrics?: MetricsAddress;
  events?: string;
  state?: string;
  syslog?: SyslogTarget;
  headless?: boolean;
}

/** Adds `gapwatch watch`. */
export function addWatchCommand(program: Command): void {
  program
    .command("watch")
    .summary("watch a mirrored interface: is anything trying to get out right now?")
    .requiredOption(
      "-i, --interface <name>",
      "interface to watch; may be given several times",
      gatherInterfaces,
    )
    .option(...ENCLAVE_OPTION)
    .option("--headless", "plain lines for a log, also on a terminal")
    .option("--source <kind>", "how to capture: ring, or tcpdump", sourceKind, "ring")
    .option(...RING_OPTION)
    .option(
      "--workers <n>",
      "rings of each interface, which share its frames and --ring-mb: for a card whose queues several processors " +
        "serve. One thread judges all of them, and putting frames in order costs it some 200 ns each",
      workerCount,
      1,
    )
    .option(
      "--events <file>",
      "append what is seen as NDJSON like Suricata's eve.json; - for stdout, the lines then go to stderr",
    )
    .option(...STATE_OPTION)
    .option(
      "--syslog <url>",
      "send findings to a syslog receiver: udp://, tcp://, tls://ADDRESS:PORT or unix:///PATH",
      syslogTarget,
    )
    .option(
      "--metrics <address:port>",
      "serve Prometheus figures at /metrics (off unless given)",
      metricsAddress,
    )
    .addHelpText(
      "after",
      `
On a terminal it shows a dashboard; --headless, a pipe or TERM=dumb give lines.
SIGTERM or Ctrl-C ends it with a report and the verdict's exit code. SIGHUP
reads the enclave file anew and opens the event file again.
${KEYS_HELP}`,
    )
    .action(async (options: WatchOptions) => {
      process.exitCode = await watch(options);
    });
}

async function watch(options: WatchOptions): Promise<number> {
  process.on("SIGHUP", () => {}); // of a log rotation while it starts
  try {
    // First of all, because the program may be started again for it: a pipe can be read once. tcpdump opens a socket
    // of its own, for which it needs what the ring can do without.
    const ring = options.source === "ring";
    const each = socketsNeeded(options.workers);
    const sockets = ring ? await socketsWithoutPrivileges(options.interface, each) : NO_SOCKETS;
    const enclave = readEnclaveOrExit(options.enclave);
    if (options.events !== undefined) refuseInputs(options.events, filesOf(enclave));
    for (const warning of enclave.warnings) say(`warning: ${warning}`);
    const alarms = new Map<string, string>();
    const alarm = (part: string, message: string | null): void => {
      if (message === null) alarms.delete(part);
      else alarms.set(part, message);
      say(message === null ? `${part}: works again` : `ALARM ${part}: ${message}`);
    };
    const records = await WatchRecords.open({ directory: options.state, syslog: options.syslog, alarm });
    return await new WatchRun(options, enclave, sockets, records, await screenFor(options, alarms)).run();
  } catch (error) {
    if (!(error instanceof CaptureError || error instanceof StateError || error instanceof EventFileError))
      throw error;
    say(error.message);
    return COULD_NOT_RUN;
  }
}

/** Opens the dashboard where there is a terminal for it; null for lines. Loaded only where it is wanted. */
async function screenFor(
  { headless, events }: WatchOptions,
  alarms: ReadonlyMap<string, string>,
): Promise<OpenScreen | null> {
  const streams = headless === true || events === "-" ? null : dashboardStreams();
  if (streams === null) return null;
  const { WatchDashboard } = await import("./watch-dashboard.ts");
  return (enclave, options) => new WatchDashboard(enclave, { ...options, streams, alarms });
}

function syslogTarget(text: string): SyslogTarget {
  try {
    return parseSyslogTarget(text);
  } catch (error) {
    if (!(error instanceof SyslogTargetError)) throw error;
    throw new InvalidArgumentError(error.message);
  }
}

function sourceKind(value: string): string {
  if (value !== "ring" && value !== "tcpdump") throw new InvalidArgumentError("expected ring or tcpdump");
  return value;
}

function workerCount(value: string): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1 || count > MAX_WORKERS) {
    throw new InvalidArgumentError(`expected a whole number from 1 to ${MAX_WORKERS}`);
  }
  return count;
}
