import { ACK_A, ACK_A_SET, ACK_B_SET, FLAGS, HAS_HOLES, ROW_WORDS } from "./flow-row.ts";
import type { FlowTable } from "./flow-table.ts";

/** A range of sequence numbers [from, to) of one direction. */
export interface SeqRange {
  direction: number;
  from: number;
  to: number;
}

/** One that was skipped. */
type Hole = SeqRange;

/** Reordering leaves a few holes for a moment; more than this on one flow is loss. */
const MAX_HOLES = 32;
const MAX_FLOWS = 65536;

/**
 * TCP data that was acknowledged but never seen: the sensor's own blindness, measured on the wire.
 * Only flows with skipped sequence numbers cost anything here.
 */
export class TcpGaps {
  /** Octets that were acknowledged without having been seen, over the flows closed so far. */
  unseen = 0;
  private readonly holes = new Map<number, Hole[]>();
  /** By flow, the last data that came beyond a jump which nothing confirms yet. */
  private readonly far = new Map<number, SeqRange>();

  open(table: FlowTable, row: number, direction: number, from: number, to: number): void {
    let list = this.holes.get(row);
    if (list === undefined) {
      if (this.holes.size === MAX_FLOWS) {
        this.unseen += (to - from) | 0;
        return;
      }
      list = [];
      this.holes.set(row, list);
      table.words[row * ROW_WORDS + FLAGS] |= HAS_HOLES;
    }
    if (list.length === MAX_HOLES) {
      const lost = list.shift();
      if (lost !== undefined) this.unseen += (lost.to - lost.from) | 0;
    }
    list.push({ direction, from, to });
  }

  /** Data in [from, to) came after all. */
  fill(row: number, direction: number, from: number, to: number): void {
    const list = this.holes.get(row);
    if (list === undefined) return;
    for (let i = list.length - 1; i >= 0; i--) {
      const hole = list[i];
      if (hole.direction !== direction) continue;
      const start = laterOf(hole.from, from);
      const end = earlierOf(hole.to, to);
      if (((end - start) | 0) <= 0) continue;
      const tail: Hole = { direction, from: end, to: hole.to };
      hole.to = start;
      if (((hole.to - hole.from) | 0) <= 0) list.splice(i, 1);
      const tailLen = (tail.to - tail.from) | 0;
      if (tailLen <= 0) continue;
      if (list.length < MAX_HOLES) list.push(tail);
      else this.unseen += tailLen; // better too much than too little
    }
  }

  /**
   * Data [from, to) came so far ahead of what was seen that it may be junk; within `reach` of such data, it goes on.
   * Returns how many octets of it are new.
   */
  addFar(table: FlowTable, row: number, direction: number, from: number, to: number, reach: number): number {
    const known = this.far.get(row);
    if (known !== undefined && known.direction === direction && Math.abs((from - known.to) | 0) <= reach) {
      const start = laterOf(known.to, from);
      known.to = laterOf(known.to, to);
      return Math.max(0, (to - start) | 0);
    }
    if (this.far.size === MAX_FLOWS && known === undefined)
      this.unseen += reach; // better too much than too little
    else this.far.set(row, { direction, from, to });
    table.words[row * ROW_WORDS + FLAGS] |= HAS_HOLES;
    return (to - from) | 0;
  }

  /**
   * The data of which `addFar` was told, where `ack` is of them or of what came within `reach` of them: they are no
   * junk. Null where there are none.
   */
  takeFar(row: number, direction: number, ack: number, reach: number): SeqRange | null {
    const far = this.far.get(row);
    if (far?.direction !== direction) return null;
    if (((ack - far.from) | 0) < -reach || ((ack - far.to) | 0) > reach) return null;
    this.far.delete(row);
    return far;
  }

  /** The flow ended: what was acknowledged of its holes stays unseen. */
  close(table: FlowTable, row: number): void {
    this.far.delete(row);
    const list = this.holes.get(row);
    if (list === undefined) return;
    this.holes.delete(row);
    const w = row * ROW_WORDS;
    for (const hole of list) {
      // The acknowledgements of one direction are sent by the other.
      const acker = 1 - hole.direction;
      if ((table.words[w + FLAGS] & (acker === 0 ? ACK_A_SET : ACK_B_SET)) === 0) continue;
      const acked = earlierOf(hole.to, table.words[w + ACK_A + acker]);
      this.unseen += Math.max(0, (acked - hole.from) | 0);
    }
  }
}

// Sequence numbers are compared by the sign of their difference (RFC 9293 §3.4).
function laterOf(a: number, b: number): number {
  return ((a - b) | 0) >= 0 ? a : b;
}

function earlierOf(a: number, b: number): number {
  return ((a - b) | 0) <= 0 ? a : b;
}
