import type { Run } from "./run.ts";
import { aboutLines, MIN_COLUMNS, type TextStyle } from "./text.ts";
import { exceptionLines } from "./text-exceptions.ts";
import { Clock, counted } from "./text-figures.ts";
import { findingLines, infoLines } from "./text-findings.ts";
import {
  cellsInWords,
  type Line,
  labelled,
  paragraph,
  renderLines,
  type Style,
  span,
} from "./text-layout.ts";
import { plain } from "./text-plain.ts";
import { firstOf, lastOf } from "./validation.ts";
import type {
  CanaryProbe,
  CanaryReport,
  Comparison,
  CoverageCheck,
  Dependency,
  Report,
  ServiceReport,
  Validation,
} from "./validation-shape.ts";

const STYLE_OF_RESULT: Readonly<Record<Validation["result"], Style>> = {
  PASS: "good",
  FAIL: "worst",
  INCONCLUSIVE: "warning",
};
const STYLE_OF_STATUS: Readonly<Record<CoverageCheck["status"], Style>> = {
  ok: "good",
  blind: "warning",
  "not asked for": "faint",
};

const INDENT = 2;
const LABEL_WIDTH = 20;
const STATUS_WIDTH = 13;

/** The report for people: result, boundary, dependencies, findings, exceptions, services, coverage. */
export function validationText(report: Report, run: Run, { columns, color }: TextStyle): string {
  const width = Math.max(MIN_COLUMNS, columns);
  const clock = new Clock(firstOf(run.inputs), lastOf(run.inputs));
  const { validation } = report;
  const sections = [
    resultLines(report, width),
    aboutLines(run, width),
    dependencyLines(validation, width),
    comparisonLines(validation.comparison, width),
    findingLines(run, clock, width),
    infoLines(run, clock, width),
    exceptionLines(run, clock, width),
    serviceLines(validation.services, width),
    canaryLines(validation.canary, width),
    checklistLines(validation.coverage, width),
    wideLines(validation, width),
    notShownLines(validation, width),
  ];
  const shown = sections.filter((section) => section.length > 0);
  return renderLines(
    shown.flatMap((section, i) => (i === 0 ? section : [[], ...section])),
    color,
  );
}

function resultLines({ verdict, allowed, validation }: Report, width: number): Line[] {
  const exceptions = allowed.length === 0 ? "" : `, ${counted(allowed.length, "exception")} used`;
  const { result, statement } = validation;
  const title: Line = [span(result, STYLE_OF_RESULT[result]), span(`: ${verdict}${exceptions}`)];
  return [title, ...paragraph(plain(statement), 0, width)];
}

function dependencyLines({ dependencies }: Validation, width: number): Line[] {
  const lines: Line[] = [[span("Dependencies on the outside", "heading")]];
  for (const { label, seen } of dependencies) {
    const head = span(`${" ".repeat(INDENT)}${label}`);
    if (head.text.length > LABEL_WIDTH + INDENT) lines.push([head]);
    const entries = seen.length === 0 ? ["none seen"] : seen.map(dependencyText);
    for (const [i, entry] of entries.entries()) {
      const isOwnLine = i > 0 || head.text.length > LABEL_WIDTH + INDENT;
      lines.push(...labelled(isOwnLine ? span("") : head, LABEL_WIDTH + INDENT, entry, width));
    }
  }
  return lines;
}

function dependencyText({ component, setting, destinations, hosts, attempts }: Dependency): string {
  const where = destinations.map(plain).join(", ");
  const what = component === null ? where : `${plain(component)}: ${where}`;
  const how = setting === null ? "" : `; remedy: ${plain(setting)}`;
  return `${what}, ${counted(attempts, "attempt")} by ${hosts.map(plain).join(", ")}${how}`;
}

/** What came and went since an earlier report, in words; without one there is none. */
export function comparisonTexts(comparison: Comparison): string[] {
  const { earlier_result, added, gone, gates_newly_used, services_no_longer_used } = comparison;
  const texts = [
    ...added.map(({ kind, what, hosts }) => `added: ${what} (${kind.toLowerCase()}), by ${hosts.join(", ")}`),
    ...gone.map(({ kind, what }) => `gone: ${what} (${kind.toLowerCase()})`),
    ...gates_newly_used.map((rule) => `newly used exception: ${rule}`),
    ...services_no_longer_used.map((role) => `no longer seen in use: ${role}`),
  ];
  return [
    `the earlier result was ${earlier_result}`,
    ...(texts.length === 0 ? ["nothing added, nothing gone"] : texts),
  ];
}

function comparisonLines(comparison: Comparison | null, width: number): Line[] {
  if (comparison === null) return [];
  const lines = comparisonTexts(comparison).flatMap((text) => paragraph(plain(text), INDENT, width));
  return [[span("Since the earlier report", "heading")], ...lines];
}

function serviceLines(services: readonly ServiceReport[], width: number): Line[] {
  if (services.length === 0) return [];
  const lines: Line[] = [[span("Security functions inside", "heading")]];
  for (const service of services) {
    lines.push(
      ...labelled(
        span(`${" ".repeat(INDENT)}${plain(service.role)}`),
        LABEL_WIDTH + INDENT,
        useText(service),
        width,
      ),
    );
  }
  return lines;
}

function useText({ address, port, uses, users, last_use, must_be_used }: ServiceReport): string {
  const where = `${address} ${port}`;
  if (uses === 0) return `${where}: no use seen${must_be_used ? ", but it must be used" : ""}`;
  const who = users.map(({ ip, name }) => plain(name ?? ip)).join(", ");
  return `${where}: used ${counted(uses, "time")} by ${who}, last at ${last_use}`;
}

/** The positive control: which probes of a canary were seen, after how long. */
function canaryLines(canary: CanaryReport | null, width: number): Line[] {
  if (canary === null) return [];
  const runs = canary.runs.flatMap(({ began, number, probes }) => [
    ...paragraph(`Run ${number}, began at ${began}`, INDENT, width),
    ...probes.flatMap((probe) =>
      labelled(span(`    ${probe.path}`), LABEL_WIDTH + INDENT, probeText(probe), width),
    ),
  ]);
  const none = paragraph("No probe was seen.", INDENT, width, "warning");
  return [[span("Canary", "heading")], ...(runs.length === 0 ? none : runs)];
}

/** What was seen of a probe, in words. */
export function probeText({ status, after_seconds, source, exempt }: CanaryProbe): string {
  if (after_seconds === null) return status;
  const other = exempt ? "" : ", but it is not this probe alone: see the findings";
  return `seen after ${after_seconds.toFixed(1)} s from ${source}${other}`;
}

function checklistLines(checks: readonly CoverageCheck[], width: number): Line[] {
  const blind = checks.filter(({ status }) => status === "blind").length;
  const title =
    blind === 0
      ? span(": the sensor saw what it had to see", "good")
      : span(`: the sensor was partly blind (${counted(blind, "line")})`, "warning");
  const hang = STATUS_WIDTH + 2 * INDENT;
  const lines: Line[] = [[span("Coverage", "heading"), title]];
  for (const { status, what, figure, limit, reasons } of checks) {
    const label = span(`${" ".repeat(INDENT)}${status}`, STYLE_OF_STATUS[status]);
    const text = status === "not asked for" ? `${what} (${limit})` : `${what}: ${figure}`;
    lines.push(...labelled(label, STATUS_WIDTH + INDENT, plain(text), width));
    for (const { name, text: why, advice } of reasons) {
      lines.push(...paragraph(plain(`${name}: ${why}`), hang, width));
      lines.push(...paragraph(`What to do: ${plain(advice)}.`, hang, width));
    }
  }
  return lines;
}

function wideLines({ boundary }: Validation, width: number): Line[] {
  const texts = boundary.inside.map(({ prefix, hosts_seen, only_seen_in }) => {
    const wide = only_seen_in === null ? "" : ` (far wider than what was seen: all in ${only_seen_in})`;
    return `${prefix}: ${counted(hosts_seen, "host")} seen${wide}`;
  });
  const cells = cellsInWords(
    texts.map((text) => span(plain(text))),
    INDENT,
    width,
  );
  return [[span("Inside", "heading")], ...cells];
}

function notShownLines({ not_shown }: Validation, width: number): Line[] {
  const lines: Line[] = [[span("What this window could not have shown", "heading")]];
  for (const text of not_shown) lines.push(...paragraph(plain(text), INDENT, width));
  return lines;
}
