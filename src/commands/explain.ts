import type { Command } from "commander";
import { decodeStatusesJson, decodeStatusesText } from "./explain/decode-statuses.ts";
import { say } from "./say.ts";
import { stdoutStyle } from "./terminal.ts";

const COULD_NOT_RUN = 2;

interface ExplainOptions {
  readonly decodeStatuses?: boolean;
  readonly json?: boolean;
}

/** Adds `gapwatch explain`. */
export function addExplainCommand(program: Command): void {
  program
    .command("explain")
    .summary("say what words in reports mean")
    .option("--decode-statuses", "every status of decoding, and what it does to the verdict")
    .option("--json", "one JSON document instead of text")
    .action((options: ExplainOptions) => {
      process.exitCode = explain(options);
    });
}

function explain(options: ExplainOptions): number {
  if (options.decodeStatuses !== true) {
    say("explain what? see gapwatch explain --help");
    return COULD_NOT_RUN;
  }
  const { columns, color } = stdoutStyle();
  process.stdout.write(options.json === true ? decodeStatusesJson() : decodeStatusesText(columns, color));
  return 0;
}
