import { destinationOf } from "./dependency-statement.ts";
import { escaped } from "./html-markup.ts";
import type {
  CanaryReport,
  CoverageCheck,
  DependencyGroup,
  Report,
  ReportFinding,
  ServiceReport,
} from "./validation-shape.ts";

interface TestCase {
  readonly name: string;
  /** What came of it: nothing to say, a failure, an error (not decidable), or skipped; with its text. */
  readonly state: "passed" | "failure" | "error" | "skipped";
  readonly message: string;
  readonly detail: readonly string[];
}

interface Suite {
  readonly name: string;
  readonly cases: readonly TestCase[];
}

/**
 * The report for continuous integration: a failure is reachback, an error is blindness. Elements and attributes
 * are those that Jenkins and GitLab read (testsuites, testsuite, testcase, failure, error, skipped).
 */
export function junitReport(report: Report): string {
  const { validation, findings, enclave } = report;
  const byId = new Map(findings.map((finding) => [finding.id, finding]));
  const others = validation.other_findings.flatMap((id) => byId.get(id) ?? []);
  const suites: Suite[] = [
    { name: "dependencies", cases: validation.dependencies.map((group) => dependencyCase(group, byId)) },
    { name: "boundary", cases: [boundaryCase(others)] },
    { name: "services", cases: validation.services.map(serviceCase) },
    { name: "canary", cases: (validation.canary?.runs ?? []).flatMap(canaryCases) },
    { name: "coverage", cases: validation.coverage.map(coverageCase) },
  ];
  const filled = suites.filter(({ cases }) => cases.length > 0);
  const all = filled.flatMap(({ cases }) => cases);
  const name = escaped(`gapwatch validate ${enclave.name}`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${name}" ${countsOf(all)}>`,
    ...filled.flatMap(suiteLines),
    "</testsuites>",
    "",
  ].join("\n");
}

function suiteLines({ name, cases }: Suite): string[] {
  return [
    `  <testsuite name="${escaped(name)}" ${countsOf(cases)}>`,
    ...cases.flatMap((each) => caseLines(name, each)),
    "  </testsuite>",
  ];
}

function countsOf(cases: readonly TestCase[]): string {
  const count = (state: TestCase["state"]): number => cases.filter((each) => each.state === state).length;
  return `tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}"`;
}

function caseLines(suite: string, { name, state, message, detail }: TestCase): string[] {
  const open = `    <testcase classname="gapwatch.${escaped(suite)}" name="${escaped(name)}"`;
  if (state === "passed") return [`${open}/>`];
  const text = detail.map(escaped).join("\n");
  return [`${open}>`, `      <${state} message="${escaped(message)}">${text}</${state}>`, "    </testcase>"];
}

function passed(name: string): TestCase {
  return { name, state: "passed", message: "", detail: [] };
}

function dependencyCase(
  { label, seen }: DependencyGroup,
  byId: ReadonlyMap<string, ReportFinding>,
): TestCase {
  const name = `no dependency: ${label}`;
  const serious = seen.filter(({ severity }) => severity !== "info");
  if (serious.length === 0) return passed(name);
  const what = serious.map(({ component, destinations }) => component ?? destinations[0]);
  const found = serious.flatMap(({ findings }) => findings.flatMap((id) => byId.get(id) ?? []));
  return { name, state: "failure", message: `depends on ${what.join(", ")}`, detail: found.map(findingText) };
}

function boundaryCase(others: readonly ReportFinding[]): TestCase {
  const name = "the boundary holds";
  const serious = others.filter(({ severity }) => severity !== "info");
  if (serious.length === 0) return passed(name);
  const kinds = [...new Set(serious.map(({ kind }) => kind))];
  return { name, state: "failure", message: kinds.join(", "), detail: serious.map(findingText) };
}

function serviceCase({ role, address, port, uses, must_be_used }: ServiceReport): TestCase {
  const name = `in use: ${role} at ${address} ${port}`;
  if (uses > 0) return passed(name);
  const message = must_be_used ? "it must be used and was not" : "no use was seen";
  return { name, state: must_be_used ? "error" : "skipped", message, detail: [] };
}

function canaryCases({ began, probes }: CanaryReport["runs"][number]): TestCase[] {
  return probes.map(({ path, status }) => {
    const name = `canary of ${began} seen: ${path}`;
    if (status === "seen") return passed(name);
    return { name, state: status === "missed" ? "error" : "skipped", message: status, detail: [] };
  });
}

function coverageCase({ what, status, figure, limit, reasons }: CoverageCheck): TestCase {
  if (status === "ok") return passed(what);
  if (status === "blind") {
    const detail = reasons.map(({ name, text, advice }) => `${name}: ${text}. What to do: ${advice}.`);
    return { name: what, state: "error", message: reasons.map(({ name }) => name).join(", "), detail };
  }
  return { name: what, state: "skipped", message: `${figure} (${limit})`, detail: [] };
}

function findingText(finding: ReportFinding): string {
  const { id, severity, kind, outcome, source, attempts, destination } = finding;
  const service = destination.port === null ? destination.proto : `${destination.port}/${destination.proto}`;
  const who = source.name ?? source.ip ?? "any host";
  return `${severity} ${kind} ${who} -> ${finding.rule ?? destinationOf(finding)} ${service ?? ""} ${outcome} x${attempts} (${id})`;
}
