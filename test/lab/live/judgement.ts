import { expect } from "vitest";

/** Findings, exceptions and all between: what a report says that does not depend on how frames came. */
export function judgement(report: string): string {
  const from = report.search(/^\d+ findings: /m);
  const to = report.search(/^Coverage/m);
  expect(from).toBeGreaterThan(-1);
  return report.slice(from, to);
}
