import { DEPENDENCY_KINDS, type DependencyKind } from "../../catalogue/kinds.ts";
import { FINDING_KINDS, type FindingKind } from "../../findings/finding-kinds.ts";
import {
  ONE_WAY_HIGH_BYTES,
  SEVERITIES,
  SEVERITY_OF_KIND,
  SHIFT_OF_DEPENDENCY,
  severityOfOutcome,
} from "../../findings/severity.ts";
import { OUTCOMES } from "../../flow/outcome.ts";
import {
  cellsInColumns,
  columnWidths,
  type Line,
  paragraph,
  renderLines,
  span,
} from "../../report/text-layout.ts";

const INDENT = 2;

/** The severity table as data: what `severity.ts` judges by. */
function severityTable() {
  const kinds = Object.keys(FINDING_KINDS) as FindingKind[];
  const shifts = Object.entries(SHIFT_OF_DEPENDENCY) as [DependencyKind, number][];
  return {
    outcomes: OUTCOMES.map((name, outcome) => ({
      outcome: name,
      severity: SEVERITIES[severityOfOutcome(outcome)],
    })),
    kinds: kinds.map((kind) => {
      const fixed = SEVERITY_OF_KIND[kind];
      return { kind, severity: fixed === "outcome" ? "outcome" : SEVERITIES[fixed] };
    }),
    dependencies: shifts.map(([kind, shift]) => ({ kind, title: DEPENDENCY_KINDS[kind].title, shift })),
    one_way_high_bytes: ONE_WAY_HIGH_BYTES,
  };
}

export function severityJson(): string {
  return `${JSON.stringify({ schema: "gapwatch/severity/1", ...severityTable() }, null, 2)}\n`;
}

export function severityText(columns: number, color: boolean): string {
  const table = severityTable();
  const lines = [
    [span("By outcome", "heading")],
    ...rows(
      table.outcomes.map(({ outcome, severity }) => [outcome, severity]),
      columns,
    ),
    [],
    [span("By kind of finding", "heading")],
    ...rows(
      table.kinds.map(({ kind, severity }) => [kind, severity === "outcome" ? "by its outcome" : severity]),
      columns,
    ),
    [],
    [span("By kind of dependency, on top of the outcome", "heading")],
    ...rows(
      table.dependencies.map(({ kind, title, shift }) => [
        kind,
        shift > 0 ? "one higher" : "one lower",
        title,
      ]),
      columns,
    ),
    [],
    ...paragraph(
      `More than ${ONE_WAY_HIGH_BYTES / 1024} KiB sent one way in datagrams or pings is at least high. Names are claims: a ` +
        "clock is lowered on the ports of clocks, a connectivity check only while it sends little. Of several components " +
        "that share a host the worst counts, and a port alone makes nothing worse. A reverse question is one lower; a " +
        "question to a multicast group is info.",
      0,
      columns,
    ),
  ];
  return renderLines(lines, color);
}

function rows(texts: readonly (readonly string[])[], columns: number): Line[] {
  const cells = texts.map((row) => row.map((text) => span(text)));
  const widths = columnWidths(cells, [24, 16, 60]);
  return cells.flatMap((row) => cellsInColumns(row, widths, INDENT, INDENT + 2, columns));
}
