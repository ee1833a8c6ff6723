import type { FrameBatch } from "./frame-batch.ts";

/** A clock that is off by more than this from the time that passed was stepped. */
const STEP_SEC = 30;

/**
 * Keeps packet time going on when the clock is stepped. Timeouts and memories work by packet time: a
 * step of a day would end every flow and forget every name. Packets after a step keep the old clock's
 * time, and the step is counted.
 */
export class ClockGuard {
  /** Times that the clock was stepped, forward or back. */
  steps = 0;
  private offsetSec = 0;
  private lastSec = Number.NaN;
  private lastMonotonicMs = 0;

  /** Frames batch[from, to) arrived just now, by a clock that only counts up. Their seconds are put right in place. */
  guard(batch: FrameBatch, from: number, to: number, monotonicMs: number): void {
    const { tsSec } = batch;
    for (let i = from; i < to; i++) {
      const sec = tsSec[i] - this.offsetSec;
      const expected = this.lastSec + (monotonicMs - this.lastMonotonicMs) / 1000;
      if (Math.abs(sec - expected) > STEP_SEC) {
        this.steps++;
        this.offsetSec += Math.round(sec - expected);
      }
      tsSec[i] -= this.offsetSec;
    }
    if (to > from) {
      this.lastSec = tsSec[to - 1];
      this.lastMonotonicMs = monotonicMs;
    }
  }
}
