import type { ExceptionUse } from "../findings/exceptions.ts";
import type { Rule } from "../policy/policy.ts";
import type { Run } from "./run.ts";
import { bytesText, type Clock, counted } from "./text-figures.ts";
import { cellsInWords, type Line, paragraph, span } from "./text-layout.ts";
import { plain } from "./text-plain.ts";

const INDENT = 2;
const HANG = 4;

/** The exception register as it was used: what a rule let through, and which rules nothing needed. */
export function exceptionLines(run: Run, clock: Clock, width: number): Line[] {
  const { rules } = run.policy;
  const { exceptions } = run.summary;
  if (rules.length === 0) return [];
  const title = `: ${exceptions.length} of ${counted(rules.length, "rule")}`;
  const lines: Line[] = [[span("Exceptions used", "heading"), span(title)]];
  for (const use of exceptions) lines.push(...useLines(use.rule, use, clock, width));
  const unused = unusedRules(run).map((rule) => plain(rule.id));
  if (unused.length > 0) {
    const text = `unused: ${unused.join(", ")} (take out what is not needed)`;
    lines.push(...paragraph(text, INDENT, width, "warning"));
  }
  return lines;
}

function useLines(rule: Rule, use: ExceptionUse, clock: Clock, width: number): Line[] {
  const reason = plain(rule.reason ?? "no reason stated");
  const what = [
    `to ${plain(rule.text.to)}`,
    `owner ${plain(rule.owner ?? "not stated")}`,
    `expires ${plain(rule.text.expires ?? "not stated")}`,
  ];
  const how = [
    counted(use.attempts, "attempt"),
    ...(use.questions === 0 ? [] : [counted(use.questions, "question")]),
    `${bytesText(use.bytesOut)} out`,
    `${bytesText(use.bytesIn)} in`,
    clock.span(use.firstSeen, use.lastSeen),
  ];
  const id = plain(rule.id);
  return [
    ...cellsInWords([span(`${id}: ${reason}`)], INDENT, width),
    ...cellsInWords(
      what.map((text) => span(text)),
      HANG,
      width,
    ),
    ...cellsInWords(
      how.map((text) => span(text)),
      HANG,
      width,
    ),
  ];
}

/** Rules that nothing used, not even after they had expired. */
function unusedRules({ policy, summary }: Run): Rule[] {
  const used = new Set(summary.exceptions.map((use) => use.rule.id));
  for (const finding of summary.findings) if (finding.rule !== null) used.add(finding.rule);
  return policy.rules.filter((rule) => !used.has(rule.id));
}
