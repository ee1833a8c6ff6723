import { type Command, InvalidArgumentError } from "commander";
import { type CaptureInputs, listInputs } from "../capture/capture-inputs.ts";
import { catalogueWith } from "../catalogue/built-in.ts";
import { KEYS_HELP } from "../dashboard/keys-help.ts";
import { EXIT_OF_VERDICT } from "../findings/summary.ts";
import { Judge } from "../policy/judge.ts";
import { EventFile, EventFileError } from "../records/event-file.ts";
import type { EventLog } from "../records/event-log.ts";
import { jsonReport } from "../report/json.ts";
import { textReport } from "../report/text.ts";
import { Sensor } from "../sensor.ts";
import { dashboardStreams } from "./dashboard-streams.ts";
import { ENCLAVE_OPTION, type EnclaveFile, filesOf, readEnclaveOrExit } from "./enclave-option.ts";
import { readCaptures } from "./read-captures.ts";
import type { ReplayDashboard } from "./replay-dashboard.ts";
import type { ReplayRecords } from "./replay-records.ts";
import { say } from "./say.ts";
import { skippedText } from "./skipped-text.ts";
import { stdoutStyle } from "./terminal.ts";

const COULD_NOT_RUN = 2;
const MAX_SPEED = 1000;

interface ReplayOptions {
  enclave?: string;
  json?: boolean;
  events?: string;
  hash?: boolean;
  exitZero?: boolean;
  state?: string;
  dashboard?: boolean;
  speed?: number;
}

/** Adds `gapwatch replay`. */
export function addReplayCommand(program: Command): void {
  program
    .command("replay")
    .summary("judge captures: what tried to get out, when, from where, and did it succeed?")
    .argument("<capture...>", "pcap or pcapng files (plain, gzip or zstd), directories of them, - for stdin")
    .option(...ENCLAVE_OPTION)
    .option("--json", "print one JSON document instead of text")
    .option(
      "--events <file>",
      "write what is seen as NDJSON like Suricata's eve.json; - for stdout, without report",
    )
    .option("--hash", "put the SHA-256 of each capture into the report")
    .option("--state <dir>", "keep what is found in this directory, as watch does, for gapwatch findings")
    .option("--exit-zero", "exit with 0 whatever the verdict, unless it could not run")
    .option("--dashboard", "show it on the terminal while it is read; q leaves with the verdict's exit code")
    .option("--speed <times>", "how fast the dashboard plays: 1 is real time, max as fast as it goes", speed)
    .addHelpText(
      "after",
      `\nExit codes: 0 clean, 1 reachback, 2 could not run, 3 inconclusive.\n${KEYS_HELP}`,
    )
    .action(async (captures: string[], options: ReplayOptions) => {
      process.exitCode = await replay(captures, options);
    });
}

async function replay(captures: string[], options: ReplayOptions): Promise<number> {
  if (options.json && options.events === "-") {
    say("--json and --events - both write to stdout: give --events a file");
    return COULD_NOT_RUN;
  }
  if (options.speed !== undefined && options.dashboard !== true) {
    say("--speed is for --dashboard");
    return COULD_NOT_RUN;
  }
  try {
    return await judgeCaptures(captures, options);
  } catch (error) {
    if (!(error instanceof EventFileError)) throw error;
    if (error.message !== "") say(error.message);
    return COULD_NOT_RUN;
  }
}

async function judgeCaptures(captures: string[], options: ReplayOptions): Promise<number> {
  const enclave = readEnclaveOrExit(options.enclave);
  for (const warning of enclave.warnings) say(`warning: ${warning}`);
  const found = await listInputs(captures);
  const { paths, skipped, broken } = found;
  if (skipped.length > 0) say(skippedText(skipped));
  for (const { path, message } of broken) say(`${path}: ${message}`);
  if (paths.length === 0) return COULD_NOT_RUN;
  const records = options.state === undefined ? null : await openRecords(options.state);
  if (records === "unusable") return COULD_NOT_RUN;
  let screen: ReplayDashboard | null = null;
  try {
    const reads = [...paths, ...broken.map(({ path }) => path), ...filesOf(enclave)];
    const events = options.events === undefined ? null : await openEvents(options.events, reads);
    screen = options.dashboard === true ? await openScreen(enclave, events, options) : null;
    const sensor = screen?.sensor ?? new Sensor(new Judge(enclave.policy), events);
    sensor.catalogue = catalogueWith(enclave.ownCatalogue);
    records?.begin(sensor, found, enclave, screen?.packets ?? null);
    return await judge(sensor, enclave, found, options, { events, records, screen });
  } finally {
    screen?.close();
    records?.close();
  }
}

/** Who else is told of what the sensor sees. */
interface Listeners {
  readonly events: EventLog | null;
  readonly records: ReplayRecords | null;
  readonly screen: ReplayDashboard | null;
}

async function judge(
  sensor: Sensor,
  enclave: EnclaveFile,
  { paths, broken }: CaptureInputs,
  options: ReplayOptions,
  { events, records, screen }: Listeners,
): Promise<number> {
  const read = await readCaptures(sensor, paths, broken, options.hash === true, screen?.pace ?? null);
  // What could not be opened is told already; standard input cannot be tried before.
  if (read.inputs.every(({ format }) => format === null)) return COULD_NOT_RUN;
  screen?.readToEnd();
  const run = {
    policy: enclave.policy,
    policySha256: enclave.sha256,
    inputs: read.inputs,
    tsDigits: read.tsDigits,
    summary: sensor.finish(read.coverage, read.interrupted),
  };
  records?.end(sensor, run.summary);
  events?.finish(run.summary);
  const exitCode = options.exitZero ? 0 : EXIT_OF_VERDICT[run.summary.verdict];
  await screen?.ended(run.summary, broken, exitCode);
  screen?.close();
  if (options.events !== "-") {
    process.stdout.write(options.json ? jsonReport(run) : textReport(run, stdoutStyle()));
  }
  return exitCode;
}

/** "unusable", with a message, when the directory is. SQLite is loaded only where it is wanted. */
async function openRecords(directory: string): Promise<ReplayRecords | "unusable"> {
  const { ReplayRecords } = await import("./replay-records.ts");
  const { StateError } = await import("../records/state.ts");
  try {
    return await ReplayRecords.open(directory);
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    say(error.message);
    return "unusable";
  }
}

/** Null, with a notice, where there is no terminal to draw on. Loaded only where it is wanted. */
async function openScreen(
  enclave: EnclaveFile,
  events: EventLog | null,
  options: ReplayOptions,
): Promise<ReplayDashboard | null> {
  const streams = options.events === "-" ? null : dashboardStreams();
  if (streams === null) {
    say("no terminal for the dashboard: the report follows");
    return null;
  }
  const { ReplayDashboard } = await import("./replay-dashboard.ts");
  return new ReplayDashboard(enclave, events, {
    speed: options.speed ?? Number.POSITIVE_INFINITY,
    state: options.state,
    streams,
  });
}

function speed(value: string): number {
  if (value === "max") return Number.POSITIVE_INFINITY;
  const times = Number(value);
  if (!(times > 0 && times <= MAX_SPEED)) {
    throw new InvalidArgumentError(`expected a number above 0, at most ${MAX_SPEED}, or max`);
  }
  return times;
}

/** Loads the logger only where it is needed: a bare replay starts without it. */
async function openEvents(path: string, inputs: readonly string[]): Promise<EventLog> {
  const file = new EventFile(path, inputs);
  const { EventLog } = await import("../records/event-log.ts");
  return new EventLog(file);
}
