import { JUDGED_REF, ROW_WORDS } from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import type { End } from "../flow/flow-view.ts";
import { betterEvidence, type Finding } from "./finding.ts";
import { addShare } from "./finding-share.ts";
import type { FlowAccounts } from "./flow-accounts.ts";
import type { Ledger } from "./ledger.ts";

/** A finding of more open flows than this takes a while to put together. */
const LARGE_ROWS = 256;

/**
 * Findings as they stand while their flows are still open, for who watches live. The ledger counts a
 * flow when it ends, because until then a better name may move it to another finding; here the open
 * flows are added on top, anew for each look.
 */
export class LiveFindings {
  private readonly table: FlowTable;
  private readonly ledger: Ledger;
  private readonly accounts: FlowAccounts;
  private readonly innerEnd: (row: number) => End;
  /** Open flows of each finding, by its handle, and back. */
  private readonly rowsOf = new Map<number, Set<number>>();
  private readonly handleOf = new Map<number, number>();
  private readonly changed = new Set<number>();
  private readonly told = new Set<number>();
  /** Among what changed is a finding that was never told. */
  hasNew = false;
  /** Handles of findings that the packet at hand belongs to; emptied by who asks. */
  readonly touched = new Set<number>();

  constructor(table: FlowTable, ledger: Ledger, accounts: FlowAccounts, innerEnd: (row: number) => End) {
    this.table = table;
    this.ledger = ledger;
    this.accounts = accounts;
    this.innerEnd = innerEnd;
    ledger.watcher = (handle) => this.note(handle);
  }

  /** A packet of a flow that is a finding: the flow may be new, or have moved to another finding. */
  touch(row: number): void {
    const handle = this.ledger.resolve(this.table.words[row * ROW_WORDS + JUDGED_REF]);
    const before = this.handleOf.get(row);
    if (before !== handle) {
      if (before !== undefined) this.leave(row, before);
      this.handleOf.set(row, handle);
      let rows = this.rowsOf.get(handle);
      if (rows === undefined) {
        rows = new Set();
        this.rowsOf.set(handle, rows);
      }
      rows.add(row);
    }
    this.note(handle);
  }

  private note(handle: number): void {
    this.changed.add(handle);
    this.touched.add(handle);
    if (!this.told.has(handle)) this.hasNew = true;
  }

  /** The flow is over; the ledger has it now. */
  ended(row: number): void {
    const handle = this.handleOf.get(row);
    if (handle === undefined) return;
    this.handleOf.delete(row);
    this.leave(row, handle);
  }

  /**
   * Findings that changed since the last call, as they stand, and ids that everything moved away from. Those of very
   * many open flows that were told before are kept for a later call unless `withLarge`.
   */
  drain(withLarge = true): { changed: Finding[]; gone: string[] } {
    const seen = new Set<number>();
    const later: number[] = [];
    const changed: Finding[] = [];
    const gone = this.ledger.absorbed;
    this.ledger.absorbed = [];
    if (gone.length > 0) this.followCollapses();
    for (const each of this.changed) {
      const handle = this.ledger.resolve(each);
      if (seen.has(handle)) continue;
      seen.add(handle);
      if (!withLarge && this.told.has(handle) && (this.rowsOf.get(handle)?.size ?? 0) > LARGE_ROWS) {
        later.push(handle);
        continue;
      }
      this.told.add(each).add(handle);
      const now = this.asItStands(handle, this.ledger.get(handle));
      if (now.attempts > 0) changed.push(now);
      else gone.push(now.id);
    }
    this.changed.clear();
    for (const handle of later) this.changed.add(handle);
    this.hasNew = false;
    return { changed, gone };
  }

  /** Open flows of findings that collapsed into another belong to that one. */
  private followCollapses(): void {
    for (const [before, rows] of this.rowsOf) {
      const handle = this.ledger.resolve(before);
      if (handle === before) continue;
      this.rowsOf.delete(before);
      const all = this.rowsOf.get(handle) ?? new Set();
      this.rowsOf.set(handle, all);
      for (const row of rows) {
        all.add(row);
        this.handleOf.set(row, handle);
      }
      this.changed.add(handle);
    }
  }

  private leave(row: number, handle: number): void {
    const rows = this.rowsOf.get(handle);
    rows?.delete(row);
    if (rows?.size === 0) this.rowsOf.delete(handle);
    this.changed.add(handle);
  }

  private asItStands(handle: number, finding: Finding): Finding {
    const now: Finding = {
      ...finding,
      ips: [...finding.ips],
      evidence: betterEvidence("none", finding.evidence),
      firstSeen: { ...finding.firstSeen },
      lastSeen: { ...finding.lastSeen },
    };
    for (const row of this.rowsOf.get(handle) ?? [])
      addShare(now, this.accounts.openShare(row, handle, this.innerEnd(row)));
    return now;
  }
}
