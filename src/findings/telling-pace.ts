/** What only counts on is told this often at the most, what is new almost at once. */
const EVERY_MS = 50;
const NEW_EVERY_MS = 5;
/** How many times as long as a look took the next waits: a tenth of the time goes there, or a quarter for what is new. */
const PAUSE = 9;
const NEW_PAUSE = 3;

/**
 * When to look through the findings that changed, so that what is new is told within a moment, and looking takes a
 * bounded share of the time: a finding may have a million open flows. Times are of a clock that only counts up.
 */
export class TellingPace {
  private dueMs = 0;
  private newDueMs = 0;
  private largeDueMs = 0;

  /** `hasNew`: there is a finding that was never told. */
  isDue(nowMs: number, hasNew: boolean): boolean {
    return nowMs >= (hasNew ? this.newDueMs : this.dueMs);
  }

  /** Whether findings of very many open flows are to be looked at as well. */
  isLargeDue(nowMs: number): boolean {
    return nowMs >= this.largeDueMs;
  }

  /** A look that began at `nowMs` took so long. */
  looked(nowMs: number, tookMs: number, withLarge: boolean): void {
    if (withLarge) this.largeDueMs = nowMs + PAUSE * tookMs;
    const ownMs = withLarge ? 0 : tookMs;
    this.dueMs = nowMs + Math.max(EVERY_MS, PAUSE * ownMs);
    this.newDueMs = nowMs + tookMs + Math.max(NEW_EVERY_MS, NEW_PAUSE * ownMs);
  }
}
