import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFilter } from "../../src/dashboard/filter.ts";
import { orderOf, SORT_COLUMNS } from "../../src/dashboard/finding-order.ts";
import { FindingRows } from "../../src/dashboard/finding-rows.ts";
import type { RatedFinding } from "../../src/findings/summary.ts";
import { finding, moment } from "../report/sample-run.ts";

const SEVERITIES = ["info", "low", "medium", "high", "critical"] as const;

function one(id: number, severity: number, sec: number): RatedFinding {
  const rest = { id: `id${id}`, lastSeen: moment(sec), attempts: sec, destination: `d${id % 3}` };
  return finding(SEVERITIES[severity], "attempted", rest);
}

function ids(rows: FindingRows): string[] {
  return rows.shown().map(({ id }) => id);
}

describe("FindingRows", () => {
  it("puts the worst first, then the latest", () => {
    const rows = new FindingRows();
    rows.take({ findings: [one(1, 2, 5), one(2, 4, 1), one(3, 2, 9)], gone: [] }, 0);
    expect(ids(rows)).toEqual(["id2", "id3", "id1"]);
    rows.take({ findings: [one(1, 4, 10)], gone: ["id2"] }, 0);
    expect(ids(rows)).toEqual(["id1", "id3"]);
    expect(rows.counts).toEqual([0, 0, 1, 0, 1]);
  });

  it("marks what is new and what got worse, not what was only counted on", () => {
    const rows = new FindingRows();
    rows.take({ findings: [one(1, 2, 1)], gone: [] }, 1000);
    rows.take({ findings: [one(1, 2, 2)], gone: [] }, 2000);
    expect(rows.get("id1")).toMatchObject({ freshMs: 1000, isWorse: false });
    rows.take({ findings: [one(1, 3, 3)], gone: [] }, 3000);
    expect(rows.get("id1")).toMatchObject({ freshMs: 3000, isWorse: true });
  });

  it("shows an acknowledgement before and after its finding comes, and also under another id", () => {
    const rows = new FindingRows();
    const shown = () => rows.shown().map(({ id, ack, subject }) => [id, ack?.reason, subject.acked]);
    rows.take({ findings: [one(1, 2, 1), one(2, 2, 2)], gone: [] }, 0);
    rows.acknowledge("id1", { by: "ops", reason: "known", time: "" });
    rows.acknowledge("id3", { by: "ops", reason: "to come", time: "" });
    expect(shown()).toEqual([
      ["id2", undefined, false],
      ["id1", "known", true],
    ]);
    const merged = { ...one(2, 2, 2), aliases: ["id3"] };
    const other = { ...one(4, 2, 0), aliases: ["id5"] };
    rows.take({ findings: [merged, other], gone: ["id1"] }, 0);
    rows.acknowledge("id5", { by: "ops", reason: "as it was called", time: "" });
    expect(shown()).toEqual([
      ["id2", "to come", true],
      ["id4", "as it was called", true],
    ]);
  });

  it("is in the same order, by small changes, as if all were sorted and filtered anew", () => {
    const change = fc.record({
      findings: fc.array(fc.tuple(fc.nat(20), fc.nat(4), fc.nat(50)), { maxLength: 6 }),
      gone: fc.array(fc.nat(20), { maxLength: 2 }),
    });
    const steps = fc.array(change, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(steps, fc.constantFrom(...SORT_COLUMNS), fc.boolean(), (changes, column, reversed) => {
        const rows = new FindingRows();
        const filter = parseFilter("name:d1,d2 sev:medium");
        if ("problem" in filter) throw new Error(filter.problem);
        rows.sortBy(column, reversed);
        rows.filterBy(filter);
        for (const { findings, gone } of changes) {
          rows.take({ findings: findings.map((f) => one(...f)), gone: gone.map((id) => `id${id}`) }, 0);
          const wanted = [...rows.all()]
            .filter((row) => filter.matches(row.subject))
            .sort(orderOf(column, reversed));
          expect(ids(rows)).toEqual(wanted.map(({ id }) => id));
        }
      }),
    );
  });
});
