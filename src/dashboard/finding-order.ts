import type { RatedFinding } from "../findings/summary.ts";
import type { FindingRow } from "./finding-rows.ts";

/** Columns of the findings table, in their order on the screen. */
export const SORT_COLUMNS = [
  "severity",
  "last",
  "source",
  "destination",
  "service",
  "outcome",
  "attempts",
  "out",
  "kind",
] as const;
export type SortColumn = (typeof SORT_COLUMNS)[number];

type Order = (a: RatedFinding, b: RatedFinding) => number;

/** Each column's own way: the worst, latest, largest first; text by the alphabet. */
const ORDERS: Readonly<Record<SortColumn, Order>> = {
  severity: (a, b) => b.severity - a.severity,
  last: () => 0,
  source: (a, b) => byText(a.sourceName ?? a.source ?? "", b.sourceName ?? b.source ?? ""),
  destination: (a, b) => byText(a.destination, b.destination),
  service: (a, b) => (a.port ?? -1) - (b.port ?? -1) || byText(a.proto ?? "", b.proto ?? ""),
  outcome: (a, b) => b.outcome - a.outcome,
  attempts: (a, b) => b.attempts - a.attempts,
  out: (a, b) => b.bytesOut - a.bytesOut,
  kind: (a, b) => byText(a.kind, b.kind),
};

/** Order of rows: the column, then the latest, then the id. */
export function orderOf(column: SortColumn, isReversed: boolean): (a: FindingRow, b: FindingRow) => number {
  const order = ORDERS[column];
  const sign = isReversed ? -1 : 1;
  return (a, b) => sign * (order(a.finding, b.finding) || byTime(a.finding, b.finding)) || byText(a.id, b.id);
}

function byTime(a: RatedFinding, b: RatedFinding): number {
  return b.lastSeen.sec - a.lastSeen.sec || b.lastSeen.nsec - a.lastSeen.nsec;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
