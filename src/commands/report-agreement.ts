import { isDeepStrictEqual } from "node:util";
import type { EnclavePolicy } from "../policy/policy.ts";
import { PrefixTable } from "../policy/prefix-table.ts";
import { dependencyStatement, isDependency } from "../report/dependency-statement.ts";
import type { Report } from "../report/validation-shape.ts";
import { validationStatement } from "../report/validation-statement.ts";

/** What of a report does not follow from its own findings and reasons, in sentences. */
export function disagreementsWithin(report: Report, policy: EnclavePolicy): string[] {
  const { findings, reasons, validation } = report;
  const inside = new PrefixTable(policy.inside);
  const needs = findings.filter((finding) => isDependency(finding, inside));
  const others = findings.filter((finding) => !needs.includes(finding));
  const dependencies = dependencyStatement(needs);
  const blind = validation.coverage.flatMap((check) =>
    check.reasons.map(({ name, text }) => (text === "" ? name : `${name}: ${text}`)),
  );
  const follows: readonly (readonly [what: string, is: unknown, should: unknown])[] = [
    ["validation.dependencies", validation.dependencies, dependencies],
    ["validation.other_findings", validation.other_findings, others.map(({ id }) => id)],
    ["validation.statement", validation.statement, validationStatement(report, dependencies, others)],
    ["validation.coverage", blind.toSorted(), reasons.toSorted()],
    [
      "validation.coverage",
      validation.coverage.filter(({ status }) => status === "blind"),
      validation.coverage.filter((check) => check.reasons.length > 0),
    ],
  ];
  const wrong = follows.filter(([, is, should]) => !isDeepStrictEqual(is, should)).map(([what]) => what);
  return [...new Set(wrong)].map((what) => `${what} does not follow from the findings and reasons`);
}

/**
 * Parts of a report that are others when its captures are judged again, findings and reasons aside. `isMoved`:
 * captures lie elsewhere by now, so that texts which name them differ.
 */
export function disagreementsWith(report: Report, judged: Report, isMoved: boolean): string[] {
  const { validation } = report;
  const again: Report = JSON.parse(JSON.stringify(judged)); // as it would be read back
  const boundary = { ...again.validation.boundary, sensor: validation.boundary.sensor };
  const { comparison, evidence } = validation; // with what is not here: an earlier report, packets
  const expected: Report = {
    ...again,
    inputs: again.inputs.map((input, i) => ({ ...input, path: report.inputs[i].path })),
    validation: { ...again.validation, boundary, comparison, evidence },
  };
  if (isMoved) {
    expected.reasons = report.reasons;
    expected.validation.coverage = validation.coverage;
  }
  return [
    ...differences(report, expected, "").filter((name) => name !== "validation"),
    ...differences(validation, expected.validation, "validation."),
  ];
}

function differences(is: object, should: object, prefix: string): string[] {
  const [left, right] = [Object.entries(is), new Map<string, unknown>(Object.entries(should))];
  const names = left
    .filter(([name, value]) => !isDeepStrictEqual(value, right.get(name)))
    .map(([name]) => name);
  for (const name of right.keys()) if (!Object.hasOwn(is, name)) names.push(name);
  return names.map((name) => `${prefix}${name}`);
}
