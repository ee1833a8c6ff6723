import type { RatedFinding } from "../findings/summary.ts";
import { type Filter, type FilterSubject, NO_FILTER } from "./filter.ts";
import { orderOf, type SortColumn } from "./finding-order.ts";
import { Timeline } from "./timeline.ts";

/** An acknowledgement, as far as it is shown. */
export interface AckView {
  readonly by: string;
  readonly reason: string;
  /** Wall time, RFC 3339. */
  readonly time: string;
}

/** A finding in the table. */
export interface FindingRow {
  readonly id: string;
  finding: RatedFinding;
  /** What the filter looks at. */
  subject: FilterSubject;
  ack: AckView | null;
  readonly timeline: Timeline;
  /** The screen's clock when it came to be, or got worse. */
  freshMs: number;
  isWorse: boolean;
  /** Changed since the rows were put in order, or gone. */
  isDirty: boolean;
  isGone: boolean;
}

/** Told with each change. */
export interface FindingsDelta {
  readonly findings: readonly RatedFinding[];
  readonly gone: readonly string[];
}

/**
 * The findings as the table shows them. A change costs what it changes: only rows that changed are put in order
 * anew and merged with the others, which stay as they are.
 */
export class FindingRows {
  /** By severity. */
  readonly counts = [0, 0, 0, 0, 0];
  column: SortColumn = "severity";
  /** The other way round than the column's own. */
  isReversed = false;

  private readonly byId = new Map<string, FindingRow>();
  private readonly acks = new Map<string, AckView>();
  /** Ids that findings had before, and those that they have. */
  private readonly idNow = new Map<string, string>();
  private readonly dirty: FindingRow[] = [];
  private filter: Filter = NO_FILTER;
  private ordered: FindingRow[] = [];
  private isStale = false;

  get size(): number {
    return this.byId.size;
  }

  get(id: string): FindingRow | null {
    return this.byId.get(id) ?? null;
  }

  all(): IterableIterator<FindingRow> {
    return this.byId.values();
  }

  /** Takes in what changed; `clockMs`: the screen's clock. */
  take({ findings, gone }: FindingsDelta, clockMs: number): void {
    for (const finding of findings) this.put(finding, clockMs);
    for (const id of gone) this.remove(id);
  }

  /** Also of a finding that is yet to come, or that has another id by now. */
  acknowledge(id: string, ack: AckView): void {
    this.acks.set(id, ack);
    const row = this.byId.get(id) ?? this.byId.get(this.idNow.get(id) ?? "");
    if (row === undefined) return;
    row.ack = ack;
    row.subject = subjectOf(row.finding, true);
    this.touch(row);
  }

  filterBy(filter: Filter): void {
    this.filter = filter;
    this.isStale = true;
  }

  sortBy(column: SortColumn, isReversed: boolean): void {
    this.column = column;
    this.isReversed = isReversed;
    this.isStale = true;
  }

  /** Those that the filter lets through, in order. */
  shown(): readonly FindingRow[] {
    const order = orderOf(this.column, this.isReversed);
    if (this.isStale) {
      this.ordered = [...this.byId.values()].filter((row) => this.filter.matches(row.subject)).sort(order);
      this.isStale = false;
    } else if (this.dirty.length > 0) {
      const changed = this.dirty.filter((row) => !row.isGone && this.filter.matches(row.subject)).sort(order);
      this.ordered = merged(this.ordered, changed, order);
    }
    for (const row of this.dirty) row.isDirty = false;
    this.dirty.length = 0;
    return this.ordered;
  }

  private put(finding: RatedFinding, clockMs: number): void {
    const known = this.byId.get(finding.id);
    this.counts[finding.severity]++;
    for (const alias of finding.aliases) this.idNow.set(alias, finding.id);
    if (known === undefined) {
      const ack = this.ackOf(finding);
      const row: FindingRow = {
        id: finding.id,
        finding,
        subject: subjectOf(finding, ack !== null),
        ack,
        timeline: new Timeline(),
        freshMs: clockMs,
        isWorse: false,
        isDirty: false,
        isGone: false,
      };
      row.timeline.add(finding.firstSeen.sec, 1);
      if (finding.attempts > 1) row.timeline.add(finding.lastSeen.sec, finding.attempts - 1);
      this.byId.set(finding.id, row);
      this.touch(row);
      return;
    }
    this.counts[known.finding.severity]--;
    if (finding.severity > known.finding.severity || finding.outcome > known.finding.outcome) {
      known.freshMs = clockMs;
      known.isWorse = true;
    }
    const added = finding.attempts - known.finding.attempts;
    if (added > 0) known.timeline.add(finding.lastSeen.sec, added);
    const ack = known.ack ?? this.ackOf(finding);
    if (isOtherSubject(known.finding, finding) || ack !== known.ack)
      known.subject = subjectOf(finding, ack !== null);
    known.ack = ack;
    known.finding = finding;
    this.touch(known);
  }

  /** Of the finding, or of one that it took in. */
  private ackOf({ id, aliases }: RatedFinding): AckView | null {
    if (this.acks.size === 0) return null;
    const known = [id, ...aliases].find((each) => this.acks.has(each));
    return known === undefined ? null : (this.acks.get(known) ?? null);
  }

  private remove(id: string): void {
    const row = this.byId.get(id);
    if (row === undefined) return;
    this.counts[row.finding.severity]--;
    this.byId.delete(id);
    row.isGone = true;
    this.touch(row);
  }

  private touch(row: FindingRow): void {
    if (row.isDirty) return;
    row.isDirty = true;
    this.dirty.push(row);
  }
}

type Order = (a: FindingRow, b: FindingRow) => number;

/** Both in order; rows of the first that changed are left out, because the second has them. */
function merged(before: readonly FindingRow[], changed: readonly FindingRow[], order: Order): FindingRow[] {
  const kept: FindingRow[] = [];
  for (const row of before) if (!row.isDirty) kept.push(row);
  const rows: FindingRow[] = [];
  let from = 0;
  for (const row of changed) {
    const to = placeOf(row, kept, from, order);
    while (from < to) rows.push(kept[from++]);
    rows.push(row);
  }
  while (from < kept.length) rows.push(kept[from++]);
  return rows;
}

/** Where the row belongs among those from `low` on, by halves: most of them need not be compared. */
function placeOf(row: FindingRow, rows: readonly FindingRow[], low: number, order: Order): number {
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(rows[middle], row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isOtherSubject(a: RatedFinding, b: RatedFinding): boolean {
  return (
    a.severity !== b.severity ||
    a.outcome !== b.outcome ||
    a.ips.length !== b.ips.length ||
    a.sourceName !== b.sourceName ||
    a.catalogue?.component !== b.catalogue?.component ||
    a.asked.length !== b.asked.length
  );
}

function subjectOf(finding: RatedFinding, acked: boolean): FilterSubject {
  const { source, sourceName, destination, ips, asked, via, port, proto, severity, kind, outcomeName, id } =
    finding;
  const component = finding.catalogue === null ? [] : [finding.catalogue.component, finding.catalogue.kind];
  return {
    host: `${sourceName ?? ""} ${source ?? ""}`.toLowerCase(),
    name: [destination, ...ips, ...asked, ...via, ...component].join(" ").toLowerCase(),
    port,
    proto,
    severity,
    kind,
    outcome: outcomeName,
    id,
    acked,
  };
}
