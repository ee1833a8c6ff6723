import { Fifo } from "../flow/fifo.ts";

/** Seconds of packet time that a flow may wait for its name (DESIGN section 3). */
export const PENDING_SEC = 10;

/** Flows that may wait at once; more in ten seconds are no enclave's traffic. */
const MAX_PENDING = 1 << 20;

interface Pending {
  readonly row: number;
  readonly generation: number;
  readonly deadlineSec: number;
}

/** Flows that a name rule may allow, in the order in which they began. */
export class PendingFlows {
  private readonly queue = new Fifo<Pending>();

  add(row: number, generation: number, startSec: number): void {
    this.queue.push({ row, generation, deadlineSec: startSec + PENDING_SEC });
  }

  get isFull(): boolean {
    return this.queue.length >= MAX_PENDING;
  }

  /** The next flow that has waited long enough at `sec`, or null. The caller checks that it still waits. */
  due(sec: number): { readonly row: number; readonly generation: number } | null {
    const first = this.queue.first();
    if (first === undefined || first.deadlineSec > sec) return null;
    this.queue.shift();
    return first;
  }
}
