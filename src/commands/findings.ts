import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { FINDING_KINDS } from "../findings/finding-kinds.ts";
import { jsonText } from "../findings/json-text.ts";
import { SEVERITIES, type Severity } from "../findings/severity.ts";
import type { RatedFinding } from "../findings/summary.ts";
import { DURATION_EXPECTED, parseDuration } from "../policy/amount.ts";
import { resolveStatePaths, type StatePaths } from "../records/state-paths.ts";
import { plain } from "../report/text-plain.ts";
import { acknowledge, MAX_REASON, withStore } from "./acknowledge.ts";
import { findingJson, findingsJson } from "./findings-json.ts";
import { findingsText, findingText } from "./findings-text.ts";
import { say } from "./say.ts";
import { STATE_OPTION } from "./state-option.ts";
import { stdoutStyle } from "./terminal.ts";

const DONE = 0;
const COULD_NOT_RUN = 2;

interface FindingsOptions {
  readonly state?: string;
  readonly since?: string;
  readonly kind?: string;
  readonly source?: string;
  readonly severity?: string;
  readonly json?: boolean;
  readonly rebuild?: boolean;
  readonly reason?: string;
  readonly by?: string;
}

/** Something that the user has to put right. */
class Refusal extends Error {}

/** Adds `gapwatch findings` and what belongs to it. */
export function addFindingsCommand(program: Command): void {
  const findings = program
    .command("findings")
    .summary("list, show, acknowledge and export what watch has found")
    .description("Lists the findings of a state directory, the worst first.")
    .option(...STATE_OPTION)
    .option("--since <duration>", "seen within this time, such as 7d")
    .option("--kind <kind>", "of this kind")
    .option("--source <host>", "from this address or inventory name")
    .option("--severity <severity>", "of this severity or worse")
    .option("--json", "print one JSON document instead of text")
    .option("--rebuild", "make the store anew from the audit log")
    .action((options: FindingsOptions) => run(() => (options.rebuild ? rebuild(options) : list(options))));
  findings
    .command("show")
    .description("all that is known of one finding, with its evidence")
    .argument("<id>", "id of a finding, or one that it had before")
    .action((id: string, _: unknown, command: Command) => run(() => show(id, command.optsWithGlobals())));
  findings
    .command("ack")
    .description("acknowledge a finding; this changes no verdict")
    .argument("<id>", "id of a finding")
    .requiredOption("--reason <text>", "why it may stand")
    .requiredOption("--by <who>", "who says so")
    .action((id: string, _: unknown, command: Command) => run(() => ack(id, command.optsWithGlobals())));
  findings
    .command("export")
    .description("print all findings, one JSON object a line")
    .action((_: unknown, command: Command) => run(() => exportAll(command.optsWithGlobals())));
}

async function run(work: () => Promise<void>): Promise<void> {
  const { StateError } = await import("../records/state.ts");
  const { StoreError } = await import("../records/store-database.ts");
  try {
    await work();
    process.exitCode = DONE;
  } catch (error) {
    const isOurs = [Refusal, StateError, StoreError].some((known) => error instanceof known);
    if (!isOurs || !(error instanceof Error)) throw error;
    say(error.message);
    process.exitCode = COULD_NOT_RUN;
  }
}

async function list(options: FindingsOptions): Promise<void> {
  const isWanted = filterOf(options);
  const found = await withStore(resolveStatePaths(options.state), (store) => store.findings());
  const wanted = found.filter(({ finding }) => isWanted(finding));
  process.stdout.write(options.json ? findingsJson(wanted) : findingsText(wanted, stdoutStyle()));
}

async function show(id: string, options: FindingsOptions): Promise<void> {
  const paths = resolveStatePaths(options.state);
  await withStore(paths, (store) => {
    const stored = store.finding(id);
    if (stored === null) throw new Refusal(`there is no finding ${id} in ${paths.directory}`);
    const { finding } = stored;
    const detail = { history: store.outcomes(finding.id), evidence: evidenceOf(finding, paths) };
    const json = (): string => `${jsonText(findingJson(stored, detail), 2)}\n`;
    process.stdout.write(options.json ? json() : findingText(stored, detail, stdoutStyle()));
  });
}

/** Files are named after the id that the finding had when they were written. */
function evidenceOf({ id, aliases }: RatedFinding, paths: StatePaths): string[] {
  const files = [id, ...aliases].map((each) => join(paths.evidence, `${each}.pcapng`));
  return files.filter((path) => existsSync(path));
}

async function ack(id: string, options: FindingsOptions): Promise<void> {
  const reason = filled("--reason", options.reason);
  const by = filled("--by", options.by);
  const paths = resolveStatePaths(options.state);
  const finding = await acknowledge(paths, id, reason, by);
  if (finding === null) throw new Refusal(`there is no finding ${id} in ${paths.directory}`);
  process.stdout.write(`acknowledged ${finding.id}\n`);
}

async function exportAll(options: FindingsOptions): Promise<void> {
  const isWanted = filterOf(options);
  const found = await withStore(resolveStatePaths(options.state), (store) => store.findings());
  for (const stored of found) {
    if (isWanted(stored.finding)) process.stdout.write(`${jsonText(findingJson(stored))}\n`);
  }
}

async function rebuild(options: FindingsOptions): Promise<void> {
  const { rebuildStore } = await import("../records/rebuild-store.ts");
  const paths = resolveStatePaths(options.state);
  const { applied, damaged, findings, failure } = await rebuildStore(paths);
  if (failure !== null) {
    say(
      `${failure}; of names of addresses and the latest acknowledgements what it could give was taken over`,
    );
  }
  if (damaged > 0)
    say(`${damaged} records are damaged and were left out: gapwatch verify ${paths.directory} says more`);
  process.stdout.write(`rebuilt ${plain(paths.store)}: ${findings} findings from ${applied} records\n`);
}

function filterOf(options: FindingsOptions): (finding: RatedFinding) => boolean {
  const { since, kind, source, severity } = options;
  const sinceSec = since === undefined ? null : parseDuration(since);
  if (since !== undefined && sinceSec === null) throw wrong("--since", since, DURATION_EXPECTED);
  if (kind !== undefined && !Object.hasOwn(FINDING_KINDS, kind)) {
    throw wrong("--kind", kind, `one of ${Object.keys(FINDING_KINDS).join(", ")}`);
  }
  const least = severity === undefined ? 0 : SEVERITIES.indexOf(severity as Severity);
  if (least < 0) throw wrong("--severity", severity ?? "", `one of ${SEVERITIES.join(", ")}`);
  const fromSec = sinceSec === null ? Number.NEGATIVE_INFINITY : Date.now() / 1000 - sinceSec;
  return (finding) =>
    finding.lastSeen.sec >= fromSec &&
    finding.severity >= least &&
    (kind === undefined || finding.kind === kind) &&
    (source === undefined || finding.source === source || finding.sourceName === source);
}

function filled(option: string, text: string | undefined): string {
  const words = (text ?? "").trim();
  if (words === "" || words.length > MAX_REASON) {
    throw wrong(option, words.slice(0, 40), `words, at most ${MAX_REASON} characters`);
  }
  return words;
}

function wrong(option: string, found: string, expected: string): Refusal {
  return new Refusal(`${option} is ${JSON.stringify(found)}; expected ${expected}`);
}
