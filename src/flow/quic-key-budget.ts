import { LAST_SEC, ROW_DOUBLES } from "./flow-row.ts";
import type { FlowTable } from "./flow-table.ts";
import { addressOf, type End } from "./flow-view.ts";

/**
 * Connections for which keys are made in one second of packet time: of one source, and of all. Each costs as
 * much as fifty plain packets, and a source can begin one with each of its datagrams.
 */
const MAX_OF_SOURCE = 256;
const MAX_OF_ALL = 4096;

/** Keeps a flood of QUIC connections from taking the time of everything else. */
export class QuicKeyBudget {
  private readonly table: FlowTable;
  private readonly taken = new Map<string, number>();
  private takenOfAll = 0;
  private sec = -Infinity;

  constructor(table: FlowTable) {
    this.table = table;
  }

  /** Whether keys may be made for another connection that this end of the flow begins. */
  take(row: number, from: End): boolean {
    const sec = this.table.doubles[row * ROW_DOUBLES + LAST_SEC];
    if (sec !== this.sec) {
      this.sec = sec;
      this.takenOfAll = 0;
      this.taken.clear();
    }
    const source = addressOf(this.table, row, from).join();
    const taken = this.taken.get(source) ?? 0;
    if (taken === MAX_OF_SOURCE || this.takenOfAll === MAX_OF_ALL) return false;
    this.taken.set(source, taken + 1);
    this.takenOfAll++;
    return true;
  }
}
