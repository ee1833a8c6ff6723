import type { Command } from "commander";
import { listInputs } from "../capture/capture-inputs.ts";
import { EXIT_OF_VERDICT } from "../findings/summary.ts";
import { KeyError } from "../records/signing-key.ts";
import { reportText } from "../report/report-forms.ts";
import { validationText } from "../report/validation-text.ts";
import { type EnclaveFile, readEnclaveOrExit } from "./enclave-option.ts";
import { say } from "./say.ts";
import { STATE_OPTION } from "./state-option.ts";
import { stdoutStyle } from "./terminal.ts";
import { judgeCaptures, type Validated } from "./validate/judge-captures.ts";
import { ReportOutput, ReportOutputError } from "./validate/report-output.ts";

const COULD_NOT_RUN = 2;

interface ValidateOptions {
  readonly enclave?: string;
  readonly json?: boolean;
  readonly report?: string;
  readonly state?: string;
}

/** Adds `gapwatch validate`. */
export function addValidateCommand(program: Command): void {
  program
    .command("validate")
    .summary("prove that a stack makes no outside contact, or say what it depends on")
    .argument("[capture...]", "pcap or pcapng files, directories of them, - for stdin")
    .option("-e, --enclave <file>", "enclave file (default: $GAPWATCH_ENCLAVE, /etc/gapwatch/enclave.yaml)")
    .option("--json", "print the report as one JSON document instead of text")
    .option("--report <dir>", "write the report for an accreditor and for CI into this directory")
    .option(STATE_OPTION[0], `${STATE_OPTION[1]}; its key signs the report`)
    .addHelpText("after", "\nExit codes: 0 PASS, 1 FAIL, 2 could not run, 3 INCONCLUSIVE.")
    .action(async (captures: string[], options: ValidateOptions) => {
      process.exitCode = await validate(captures, options);
    });
}

async function validate(captures: string[], options: ValidateOptions): Promise<number> {
  if (captures.length === 0) {
    say("there is nothing to validate: name captures");
    return COULD_NOT_RUN;
  }
  const enclave = readEnclaveOrExit(options.enclave);
  for (const warning of enclave.warnings) say(warning);
  let output: ReportOutput | null = null;
  try {
    if (options.report !== undefined) output = new ReportOutput(options.report, options.state);
    const validated = await fromCaptures(captures, enclave, output);
    if (validated === null) return COULD_NOT_RUN;
    const { run, report: found } = validated;
    const report = output?.write(found, enclave.octets) ?? found;
    process.stdout.write(options.json ? reportText(report) : validationText(report, run, stdoutStyle()));
    return EXIT_OF_VERDICT[report.verdict];
  } catch (error) {
    if (!(error instanceof ReportOutputError || error instanceof KeyError)) throw error;
    say(error.message);
    return COULD_NOT_RUN;
  } finally {
    output?.abandon();
  }
}

async function fromCaptures(
  captures: string[],
  enclave: EnclaveFile,
  output: ReportOutput | null,
): Promise<Validated | null> {
  const { paths, skipped, broken } = await listInputs(captures);
  for (const path of skipped) say(`${path}: skipped, not a capture`);
  for (const { path, message } of broken) say(`${path}: ${message}`);
  return paths.length === 0 ? null : await judgeCaptures(enclave, paths, broken, output?.evidence ?? null);
}
