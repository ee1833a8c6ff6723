import type { FrameBatch } from "./frame-batch.ts";

/** What the clock may wander against one that only counts up, before it is said to have been stepped. */
const STEP_SEC = 30;

/**
 * Keeps packet time going on when the clock is stepped. Timeouts and memories work by packet time: a
 * step of a day would end every flow and forget every name. Packets after a step keep the old clock's
 * time, and the step is counted.
 */
export class ClockGuard {
  /** Times that the clock was stepped, forward or back. */
  steps = 0;
  /** Wall clock less counting clock, when nothing was stepped yet. */
  private baseMs = Number.NaN;
  /** What the wall clock is ahead of packet time, and what it was before its last step. */
  private aheadSec = 0;
  private aheadBeforeSec = 0;

  /** Packet time now, in milliseconds: the wall clock's, as if it had never been stepped. */
  nowMs(wallMs: number, countingMs: number): number {
    this.look(wallMs, countingMs);
    return wallMs - this.aheadSec * 1000;
  }

  /** What the clock was stepped by last, in seconds. */
  get lastStepSec(): number {
    return this.aheadSec - this.aheadBeforeSec;
  }

  /** The frames are read now, by the wall clock and by one that only counts up. Puts their seconds right. */
  guard(batch: FrameBatch, wallMs: number, countingMs: number): void {
    this.look(wallMs, countingMs);
    if (this.steps > 0) this.shift(batch, wallMs / 1000);
  }

  private look(wallMs: number, countingMs: number): void {
    const apartMs = wallMs - countingMs;
    if (Number.isNaN(this.baseMs)) this.baseMs = apartMs;
    const aheadSec = Math.round((apartMs - this.baseMs) / 1000);
    if (Math.abs(aheadSec - this.aheadSec) > STEP_SEC) {
      this.steps++;
      this.aheadBeforeSec = this.aheadSec;
      this.aheadSec = aheadSec;
    }
  }

  /** Frames that waited in the ring since before the step still have the old clock's time. */
  private shift({ tsSec, count }: FrameBatch, wallSec: number): void {
    const oldWallSec = wallSec - (this.aheadSec - this.aheadBeforeSec);
    for (let i = 0; i < count; i++) {
      const isOld = Math.abs(tsSec[i] - oldWallSec) < Math.abs(tsSec[i] - wallSec);
      tsSec[i] -= isOld ? this.aheadBeforeSec : this.aheadSec;
    }
  }
}
