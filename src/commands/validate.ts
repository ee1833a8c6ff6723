import type { Command } from "commander";
import { CAP_NET_RAW, hasCapability } from "../capture/capabilities.ts";
import { listInputs } from "../capture/capture-inputs.ts";
import { CaptureError } from "../capture/frame-source.ts";
import { type HandedSockets, socketsWithoutPrivileges } from "../capture/handed-sockets.ts";
import { socketsNeeded } from "../capture/open-rings.ts";
import { EXIT_OF_VERDICT } from "../findings/summary.ts";
import { KeyError } from "../records/signing-key.ts";
import { compareReports } from "../report/comparison.ts";
import { reportText } from "../report/report-forms.ts";
import type { Report } from "../report/validation-shape.ts";
import { validationText } from "../report/validation-text.ts";
import { readSecret, SecretError } from "./canary/secret.ts";
import { durationOption } from "./duration-option.ts";
import { ENCLAVE_OPTION, type EnclaveFile, readEnclaveOrExit } from "./enclave-option.ts";
import { gatherInterfaces } from "./interface-option.ts";
import { RING_OPTION } from "./ring-option.ts";
import { say } from "./say.ts";
import { skippedText } from "./skipped-text.ts";
import { STATE_OPTION } from "./state-option.ts";
import { stdoutStyle } from "./terminal.ts";
import { ReportReadError, readEarlierReport } from "./validate/earlier-report.ts";
import { judgeCaptures, type Validated } from "./validate/judge-captures.ts";
import { ReportOutput, ReportOutputError } from "./validate/report-output.ts";

const COULD_NOT_RUN = 2;
const NO_SOCKETS: HandedSockets = new Map();

interface ValidateOptions {
  readonly interface: string[];
  readonly for?: number;
  readonly ringMb: number;
  readonly enclave?: string;
  readonly json?: boolean;
  readonly report?: string;
  readonly state?: string;
  readonly canary?: string;
  readonly compare?: string;
}

const HELP = `
COMMAND runs while the interfaces are watched, without the right to capture, and
some seconds are watched after it: an installer, a smoke test, or an ssh or
kubectl that starts one elsewhere. One that fails proves no absence.

Exit codes: 0 PASS, 1 FAIL, 2 could not run, 3 INCONCLUSIVE.`;

/** Adds `gapwatch validate`. */
export function addValidateCommand(program: Command): void {
  program
    .command("validate")
    .summary("prove that a stack makes no outside contact, or say what it depends on")
    .usage("[options] (-i IFACE | CAPTURE...) [-- COMMAND ...]")
    .argument("[capture...]", "pcap or pcapng files, directories of them, - for stdin")
    .option("-i, --interface <name>", "interface to watch; may be given several times", gatherInterfaces)
    .option("--for <duration>", "how long to watch; with COMMAND, at least", durationOption)
    .option(...RING_OPTION)
    .option(...ENCLAVE_OPTION)
    .option("--json", "print the report as one JSON document instead of text")
    .option("--canary <secretfile>", "the probes of gapwatch canary with this secret must be seen")
    .option("--report <dir>", "write the report for an accreditor and for CI into this directory")
    .option("--compare <dir>", "say what came and went since the report in this directory")
    .option(STATE_OPTION[0], `${STATE_OPTION[1]}; its key signs the report`)
    .addHelpText("after", HELP)
    .action(async (captures: string[], options: Partial<ValidateOptions> & { ringMb: number }) => {
      process.exitCode = await validate(captures, { interface: [], ...options });
    });
}

async function validate(words: string[], options: ValidateOptions): Promise<number> {
  const isLive = options.interface.length > 0;
  const fault = isLive ? liveFault(words, options) : captureFault(words, options);
  if (fault !== null) {
    say(fault);
    return COULD_NOT_RUN;
  }
  let output: ReportOutput | null = null;
  try {
    // First of all, because the program may be started again for it.
    const sockets = isLive ? await socketsWithoutPrivileges(options.interface, socketsNeeded(1)) : NO_SOCKETS;
    const enclave = readEnclaveOrExit(options.enclave);
    for (const warning of enclave.warnings) say(`warning: ${warning}`);
    const secret = options.canary === undefined ? null : readSecret(options.canary);
    const earlier = options.compare === undefined ? null : readEarlierReport(options.compare);
    if (options.report !== undefined) output = new ReportOutput(options.report, options.state);
    const validated = isLive
      ? await fromInterfaces(words, options, enclave, sockets, secret, output)
      : await fromCaptures(words, enclave, secret, output);
    if (validated === null) return COULD_NOT_RUN;
    const { run } = validated;
    const found = earlier === null ? validated.report : withComparison(validated.report, earlier);
    const written = writeReport(found, enclave, output);
    const report = written ?? found;
    process.stdout.write(options.json ? reportText(report) : validationText(report, run, stdoutStyle()));
    return written === null ? COULD_NOT_RUN : EXIT_OF_VERDICT[report.verdict];
  } catch (error) {
    if (!OURS.some((kind) => error instanceof kind)) throw error;
    say((error as Error).message);
    return COULD_NOT_RUN;
  } finally {
    output?.abandon();
  }
}

/** Null, with a notice, where it cannot be written: hours of watching are not lost with it, what was found is shown. */
function writeReport(report: Report, enclave: EnclaveFile, output: ReportOutput | null): Report | null {
  try {
    return output?.write(report, enclave) ?? report;
  } catch (error) {
    if (!(error instanceof ReportOutputError)) throw error;
    say(`there is no report: ${error.message}`);
    return null;
  }
}

function withComparison(report: Report, earlier: Report): Report {
  return {
    ...report,
    validation: { ...report.validation, comparison: compareReports(earlier, report.validation) },
  };
}

/** What is thrown for people to read. */
const OURS = [ReportReadError, ReportOutputError, KeyError, CaptureError, SecretError];

function liveFault(command: readonly string[], options: ValidateOptions): string | null {
  // Without the dashes a capture would be taken for a program.
  if (command.length > 0 && !process.argv.includes("--"))
    return "COMMAND stands after --; captures and -i exclude each other";
  if (options.for !== undefined || command.length > 0) return null;
  return "how long? give --for DURATION, or a COMMAND after --";
}

function captureFault(captures: readonly string[], options: ValidateOptions): string | null {
  if (captures.length > 0 && process.argv.includes("--"))
    return "COMMAND is for watching: give an interface with -i";
  if (options.for !== undefined) return "--for is for watching: give an interface with -i";
  return captures.length === 0
    ? "there is nothing to validate: name captures, or an interface with -i"
    : null;
}

async function fromCaptures(
  captures: string[],
  enclave: EnclaveFile,
  secret: Uint8Array | null,
  output: ReportOutput | null,
): Promise<Validated | null> {
  const { paths, skipped, broken } = await listInputs(captures);
  if (skipped.length > 0) say(skippedText(skipped));
  for (const { path, message } of broken) say(`${path}: ${message}`);
  if (paths.length === 0) return null;
  return await judgeCaptures(enclave, paths, broken, output?.evidence ?? null, secret);
}

async function fromInterfaces(
  command: readonly string[],
  options: ValidateOptions,
  enclave: EnclaveFile,
  sockets: HandedSockets,
  secret: Uint8Array | null,
  output: ReportOutput | null,
): Promise<Validated> {
  if (command.length > 0 && hasCapability(CAP_NET_RAW)) {
    throw new CaptureError(
      "COMMAND would have the right to capture: a packet ring, which needs it no more, cannot be made",
    );
  }
  const { watchInterfaces } = await import("./validate/watch-interfaces.ts");
  const window = {
    interfaces: options.interface,
    sockets,
    ringMb: options.ringMb,
    forSec: options.for ?? null,
    command: command.length === 0 ? null : command,
    canarySecret: secret,
  };
  return await watchInterfaces(enclave, window, output?.evidence ?? null);
}
