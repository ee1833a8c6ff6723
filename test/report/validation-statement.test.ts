import { describe, expect, it } from "vitest";
import { notShown } from "../../src/report/validation-statement.ts";
import { sampleReport } from "./sample-report.ts";
import { FINDINGS, finding, sampleRun } from "./sample-run.ts";

const CLEAN = { verdict: "clean", reasons: [], findings: [], exceptions: [] } as const;

describe("the statement", () => {
  it("says in words what holds, and for what", () => {
    const statementOf = (...args: Parameters<typeof sampleReport>) =>
      sampleReport(...args).validation.statement;
    expect(statementOf(CLEAN)).toBe(
      "Air-gapped in the window that was watched: nothing in sample tried to reach the outside (clean).",
    );
    expect(statementOf({ ...CLEAN, exceptions: sampleRun().summary.exceptions })).toContain(
      "but for its exception register: nothing else in sample tried to reach the outside (clean, 1 exception used).",
    );
    expect(statementOf({ ...CLEAN, verdict: "inconclusive", reasons: ["a: b", "c: d"] })).toBe(
      "Nothing is proven of sample: no contact to the outside was seen, but it could have been missed (2 reasons).",
    );
    expect(statementOf()).toMatch(
      /^Not air-gapped: sample depends on models and hubs \(Hugging Face Hub client\), .*\. Besides: 1 finding of transit\.flow/,
    );
    const ingress = finding("high", "answered", {
      kind: "ingress.flow",
      source: "192.0.2.66",
      destination: "10.20.1.11",
    });
    expect(statementOf({ ...CLEAN, verdict: "reachback", findings: [ingress] })).toMatch(
      /^The boundary of sample does not hold\. Besides: 1 finding of ingress\.flow/,
    );
  });

  it("puts every finding either among the dependencies or beside them", () => {
    const { validation, findings } = sampleReport({ findings: FINDINGS });
    const listed = validation.dependencies.flatMap(({ seen }) => seen.flatMap((each) => each.findings));
    expect([...listed, ...validation.other_findings].sort()).toEqual(findings.map(({ id }) => id).sort());
  });
});

describe("what a window could not have shown", () => {
  const known = [
    { component: "a", everySec: 600 },
    { component: "b", everySec: 86_400 },
    ...["c", "d", "e", "f", "g", "h", "i"].map((component) => ({ component, everySec: 86_400 })),
  ];

  it("names those that are known to come less often than it is long", () => {
    expect(notShown(1800, known).join("\n")).toContain("Known of every 1 d: b, c, d, e, f, g and 2 more.");
    expect(notShown(1800, known).join("\n")).not.toContain("10 min:");
    expect(notShown(60, known).join("\n")).toContain("Known of every 10 min: a.");
    expect(notShown(7 * 86_400, known).join("\n")).not.toContain("Known of every");
    expect(notShown(7 * 86_400, known)[0]).toContain("less often than every 7 d");
  });
});
