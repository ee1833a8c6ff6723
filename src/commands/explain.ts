import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { catalogueWith } from "../catalogue/built-in.ts";
import { readEnclave } from "./enclave-option.ts";
import { decodeStatusesJson, decodeStatusesText } from "./explain/decode-statuses.ts";
import {
  type DestinationAnswer,
  DestinationAnswers,
  destinationsJson,
  destinationsText,
} from "./explain/destinations.ts";
import { frameworksJson, frameworksText } from "./explain/frameworks-table.ts";
import { severityJson, severityText } from "./explain/severity-table.ts";
import { say } from "./say.ts";
import { stdoutStyle } from "./terminal.ts";

const COULD_NOT_RUN = 2;
const STDIN = 0;
/** Texts that are quoted in a complaint are cut to this. */
const MAX_QUOTED = 80;

interface ExplainOptions {
  readonly severity?: boolean;
  readonly frameworks?: boolean;
  readonly decodeStatuses?: boolean;
  readonly enclave?: string;
  readonly json?: boolean;
}

/** Adds `gapwatch explain`. */
export function addExplainCommand(program: Command): void {
  program
    .command("explain")
    .summary("say who a name or address belongs to, and what words in reports mean")
    .argument(
      "[name|address...]",
      "who contacts it, what for, and what turns it off; - reads them from stdin",
    )
    .option("--severity", "the severity table")
    .option("--frameworks", "what findings are evidence for, in frameworks of controls and techniques")
    .option("--decode-statuses", "every status of decoding, and what it does to the verdict")
    .option("-e, --enclave <file>", "look into the catalogue files of this enclave file too")
    .option("--json", "one JSON document instead of text")
    .action((queries: string[], options: ExplainOptions) => {
      process.exitCode = explain(queries, options);
    });
}

function explain(queries: readonly string[], options: ExplainOptions): number {
  const { columns, color } = stdoutStyle();
  const json = options.json === true;
  const tables = [
    ...(options.severity === true ? [json ? severityJson() : severityText(columns, color)] : []),
    ...(options.frameworks === true ? [json ? frameworksJson() : frameworksText(columns, color)] : []),
    ...(options.decodeStatuses === true
      ? [json ? decodeStatusesJson() : decodeStatusesText(columns, color)]
      : []),
  ];
  if (tables.length + (queries.length > 0 ? 1 : 0) !== 1) {
    const what = tables.length === 0 ? "explain what?" : "one thing at a time:";
    say(`${what} see gapwatch explain --help`);
    return COULD_NOT_RUN;
  }
  if (tables.length === 1) {
    process.stdout.write(tables[0]);
    return 0;
  }
  return explainDestinations(queries, options, columns, color);
}

function explainDestinations(
  queries: readonly string[],
  options: ExplainOptions,
  columns: number,
  color: boolean,
): number {
  const enclave = options.enclave === undefined ? null : readEnclave(options.enclave);
  if (options.enclave !== undefined && enclave === null) return COULD_NOT_RUN;
  const answers = new DestinationAnswers(catalogueWith(enclave?.ownCatalogue ?? null));
  const given: DestinationAnswer[] = [];
  let code = 0;
  for (const query of queries.flatMap((text) => (text === "-" ? linesOfStdin() : [text]))) {
    const answer = answers.answer(query);
    if (answer !== null) given.push(answer);
    else {
      say(`${JSON.stringify(query.slice(0, MAX_QUOTED))} is no name and no address`);
      code = COULD_NOT_RUN;
    }
  }
  const text = options.json === true ? destinationsJson(given) : destinationsText(given, columns, color);
  process.stdout.write(text);
  return code;
}

/** Names and addresses, one a line; empty lines and comments are passed over. */
function linesOfStdin(): string[] {
  const lines = readFileSync(STDIN, "utf8").split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
}
