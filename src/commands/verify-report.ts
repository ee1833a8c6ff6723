import { existsSync, statSync } from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import { CaptureError } from "../capture/frame-source.ts";
import { hashFile } from "../capture/hash-file.ts";
import { loadEnclave } from "../policy/enclave-file.ts";
import type { EnclavePolicy } from "../policy/policy.ts";
import { checkReportFiles } from "../records/report-check.ts";
import { EVIDENCE, LIES_BESIDE, readReportFile, sha256Of } from "../records/report-files.ts";
import type { CheckingKey } from "../records/signing-key.ts";
import { REPORT_FILE, reportFiles, reportText } from "../report/report-forms.ts";
import { plain } from "../report/text-plain.ts";
import { type Report, reportShape } from "../report/validation-shape.ts";
import { enclaveOf } from "./enclave-option.ts";
import { disagreementsWith, disagreementsWithin } from "./report-agreement.ts";
import { judgeCaptures } from "./validate/judge-captures.ts";
import { version } from "./version.ts";

const CONSISTENT = 0;
const BROKEN = 1;
const ENCLAVE_FILE = "enclave.yaml";
const MAX_TOLD = 20;

/** What is said of a report directory, and the exit code. */
export interface ReportVerification {
  readonly text: string;
  readonly code: number;
}

/** What a check adds: what is wrong, and what is worth knowing. */
interface Checked {
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Checks the directory of a validation report: its files, who signed it, that all its forms say the same, and,
 * where the captures are at hand, that they lead to this verdict. Needs neither a network nor a state directory.
 */
export async function verifyReport(directory: string, key: CheckingKey | null): Promise<ReportVerification> {
  const files = checkReportFiles(directory, key);
  const report = files.problems.length > 0 ? null : readReport(directory);
  if (report === null || typeof report === "string") {
    const problems = typeof report === "string" ? [report] : files.problems;
    return { text: brokenText(problems), code: BROKEN };
  }
  const forms = checkForms(directory, report);
  const again = forms.problems.length > 0 ? NOTHING : await checkVerdict(directory, report);
  const problems = [...forms.problems, ...again.problems];
  if (problems.length > 0) return { text: brokenText(problems), code: BROKEN };
  const title =
    files.signer === null
      ? "consistent, not signed"
      : key === null
        ? "consistent, signer unverified"
        : "consistent, signature verified";
  const { result, statement } = report.validation;
  const lines = [
    title,
    `  result     ${result}: ${report.verdict}`,
    `  statement  ${plain(statement)}`,
    `  files      ${files.files}, each as it was written`,
    ...(files.signer === null
      ? []
      : [
          `  signer     ${files.signer}${key === null ? ", not checked: give the public key with --key" : ""}`,
        ]),
    ...[...forms.notes, ...again.notes].map((note) => `  note       ${plain(note)}`),
  ];
  return { text: `${lines.join("\n")}\n`, code: CONSISTENT };
}

const NOTHING: Checked = { problems: [], notes: [] };

function brokenText(problems: readonly string[]): string {
  const told = problems.slice(0, MAX_TOLD).map((problem) => `  ${plain(problem)}`);
  if (problems.length > MAX_TOLD) told.push(`  and ${problems.length - MAX_TOLD} problems more`);
  return `${["BROKEN", ...told].join("\n")}\n`;
}

/** The report as it lies there; a string says why it is none. */
function readReport(directory: string): Report | string {
  let value: unknown;
  let text: string;
  try {
    text = readReportFile(directory, REPORT_FILE).toString("utf8");
    value = JSON.parse(text);
  } catch {
    return `${REPORT_FILE} is missing, or is no JSON`;
  }
  const read = reportShape.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    return `${REPORT_FILE} is no validation report: ${issue.path.join(".")}: ${issue.message}`;
  }
  // The parsed value itself, whose keys are in the order of the file: other forms are made from it again.
  const report = value as Report;
  return reportText(report) === text ? report : `${REPORT_FILE} is not as gapwatch writes it`;
}

const RESULTS = { clean: "PASS", reachback: "FAIL", inconclusive: "INCONCLUSIVE" } as const;

/** Whether the report agrees with itself: verdict with findings, forms with report.json, policy and evidence with hashes. */
function checkForms(directory: string, report: Report): Checked {
  const problems: string[] = [];
  const notes: string[] = [];
  const { validation, verdict, reasons, findings, enclave } = report;
  const found = findings.some(({ severity }) => severity !== "info");
  const follows = found ? "reachback" : reasons.length > 0 ? "inconclusive" : "clean";
  if (verdict !== follows)
    problems.push(`the verdict ${verdict} does not follow from the findings and reasons`);
  if (validation.result !== RESULTS[verdict])
    problems.push(`${validation.result} is not what ${verdict} means`);
  if (sha256Of(readReportFile(directory, ENCLAVE_FILE)) !== enclave.sha256) {
    problems.push(`${ENCLAVE_FILE} is not the enclave file that the report was made with`);
  }
  for (const { finding, file, sha256 } of validation.evidence) {
    if (file !== `${EVIDENCE}/${finding}.pcapng` || !findings.some(({ id }) => id === finding))
      problems.push(`${file} is not evidence of a finding of the report`);
    if (!existsSync(join(directory, file))) problems.push(`${file} is missing`);
    else if (sha256Of(readReportFile(directory, file)) !== sha256)
      problems.push(`${file} is not what the report names`);
  }
  if (validation.tool.version !== version()) {
    notes.push(
      `made by gapwatch ${validation.tool.version}, this is ${version()}: its other forms were not made again`,
    );
    return { problems, notes };
  }
  const policy = policyOf(directory);
  if (policy !== null) problems.push(...disagreementsWithin(report, policy));
  for (const [name, text] of reportFiles(report)) {
    if (!existsSync(join(directory, name))) problems.push(`${name} is missing`);
    else if (readReportFile(directory, name).toString("utf8") !== text)
      problems.push(`${name} does not say what report.json says`);
  }
  return { problems, notes };
}

/** Judges the captures again where all of them are at hand. */
async function checkVerdict(directory: string, report: Report): Promise<Checked> {
  const { inputs, validation } = report;
  if (validation.mode !== "captures") {
    return { problems: [], notes: ["watched live: there is no capture to judge again"] };
  }
  if (isUnrepeatable(report)) {
    return { problems: [], notes: ["not all was read at the time: the verdict was not derived again"] };
  }
  const paths: string[] = [];
  for (const { path, sha256 } of inputs) {
    const found = sha256 === null ? undefined : candidates(directory, path).find(isFile);
    if (found === undefined) {
      return {
        problems: [],
        notes: [
          `the verdict was not derived again: ${path === "-" ? "standard input" : path} is not at hand`,
        ],
      };
    }
    if (hashOf(found) !== sha256) {
      return { problems: [`${found} is not the capture that was judged: its SHA-256 is another`], notes: [] };
    }
    paths.push(found);
  }
  const octets = readReportFile(directory, ENCLAVE_FILE);
  const enclave = readsNothingElse(octets) ? enclaveOf(join(directory, ENCLAVE_FILE), octets) : null;
  if (enclave === null) {
    return {
      problems: [],
      notes: [`the verdict was not derived again: ${ENCLAVE_FILE} cannot be loaded here`],
    };
  }
  const again = await judgeCaptures(enclave, paths, [], null, null);
  return again === null
    ? { problems: ["the captures cannot be read"], notes: [] }
    : compareVerdicts(
        report,
        again.report,
        paths.some((path, i) => path !== inputs[i].path),
      );
}

/** The canary's secret is not here: what the report takes for probes is taken out again, and said. */
function compareVerdicts(report: Report, again: Report, isMoved: boolean): Checked {
  const canary = report.validation.canary;
  const exempt = new Set((canary?.exempt ?? []).map((finding) => JSON.stringify(finding)));
  const found = again.findings.filter((finding) => !exempt.delete(JSON.stringify(finding)));
  const before = JSON.stringify([report.findings, namesOf(report.reasons)]);
  const now = JSON.stringify([found, namesOf(again.reasons)]);
  const note = `the captures were judged again: ${report.verdict}, the same findings`;
  const unchecked =
    canary === null
      ? []
      : [`${canary.exempt.length} findings pass for probes of a canary, which only its secret can show`];
  const isSame = report.validation.tool.version === again.validation.tool.version;
  if (before === now && exempt.size === 0) {
    // A canary is part of the account, and its secret is not here.
    const others = isSame && canary === null ? disagreementsWith(report, again, isMoved) : [];
    const problems = others.map(
      (name) => `judged again, the captures lead to another ${name} than the report has`,
    );
    return { problems, notes: [note, ...unchecked] };
  }
  const text = `judged again, the captures lead to other findings or reasons than the report has (${found.length} and ${report.findings.length} findings)`;
  const isWorse = found.length > report.findings.length;
  return isSame || isWorse
    ? { problems: [text], notes: [] }
    : { problems: [], notes: [`${text}, by another version`] };
}

function namesOf(reasons: readonly string[]): string[] {
  return reasons.map((reason) => reason.split(":")[0]).filter((name) => !name.startsWith("canary."));
}

/** Inputs that could not be read, or not to their end, cannot be judged again as they were. */
function isUnrepeatable({ inputs, reasons }: Report): boolean {
  const isStopped = reasons.some((reason) => reason.startsWith("capture.interrupted"));
  return isStopped || inputs.some(({ format }) => format === null);
}

/** The policy of the report; null where it cannot be loaded here. */
function policyOf(directory: string): EnclavePolicy | null {
  const loaded = loadEnclave(readReportFile(directory, ENCLAVE_FILE).toString("utf8"), ENCLAVE_FILE);
  return "policy" in loaded ? loaded.policy : null;
}

/** Whether an enclave file names no files but such as lie in the report: who sent it may name what never ends. */
function readsNothingElse(octets: Buffer): boolean {
  const loaded = loadEnclave(octets.toString("utf8"), ENCLAVE_FILE);
  return "policy" in loaded && loaded.policy.catalogue.every((name) => LIES_BESIDE.test(name));
}

/** A device or a pipe would never end. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Where a capture may be: as it was named, or beside the report. */
function candidates(directory: string, path: string): string[] {
  const beside = join(directory, "..", basename(path));
  return isAbsolute(path) ? [path, beside] : [path, join(directory, "..", path), beside];
}

function hashOf(path: string): string | null {
  try {
    return hashFile(path);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return null;
  }
}
