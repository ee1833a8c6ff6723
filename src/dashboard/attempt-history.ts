import type { RatedFinding } from "../findings/summary.ts";

/** Seconds that one bin may stand for. */
const STEPS = [1, 2, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400];
/** Bins that are kept; when they do not do, they become coarser. */
const MAX_BINS = 4096;
const MAX_LEFT = 10_000;
const SEVERITY_COUNT = 5;

/** One column of the strip: attempts by severity. */
export type Bin = Float64Array;

/** Attempts over time, by severity, from what findings say of themselves: a bin for each step of time. */
export class AttemptHistory {
  private step = 0;
  private readonly bins = new Map<number, Bin>();
  /** Attempts of each finding that are counted already, and those of ids that are gone, until their heir comes. */
  private readonly counted = new Map<string, number>();
  private readonly left = new Map<string, number>();
  /** Seconds of the first and the last bin's begin; Infinity before the first. */
  private firstSec = Infinity;
  private lastSec = -Infinity;

  /** A finding has changed: attempts that are new count at the time of its last. Ids that are gone come first. */
  take(finding: RatedFinding): void {
    const before = this.counted.get(finding.id);
    const added = finding.attempts - (before ?? 0) - this.inherited(finding);
    this.counted.set(finding.id, finding.attempts);
    if (added <= 0) return;
    this.add(before === undefined ? finding.firstSeen.sec : finding.lastSeen.sec, finding.severity, added);
  }

  /** The finding has no attempts any more: another one has them, or will. */
  gone(id: string): void {
    const attempts = this.counted.get(id);
    if (attempts === undefined) return;
    this.counted.delete(id);
    if (this.left.size < MAX_LEFT) this.left.set(id, attempts);
  }

  /** Seconds of a column, so that all up to `endSec` finds room in so many; `most` at the most, if it can be. */
  scaleFor(columns: number, endSec: number, most: number): number {
    const span = Math.max(0, Math.max(endSec, this.lastSec) - this.firstSec);
    const size = STEPS.find((each) => each >= STEPS[this.step] && (span / each < columns || each >= most));
    return size ?? STEPS[STEPS.length - 1];
  }

  /** Bars of the finest scale that all up to `endSec` would take. */
  barsFor(endSec: number): number {
    if (this.isEmpty) return 1;
    return Math.floor((Math.max(endSec, this.lastSec) - this.firstSec) / STEPS[this.step]) + 2;
  }

  /** Begin of the first column, in seconds, when the last one holds `endSec`; a short history begins at the left. */
  startFor(columns: number, scale: number, endSec: number): number {
    const end = Math.floor(Math.max(endSec, this.lastSec) / scale);
    const first = Math.floor(this.firstSec / scale);
    return Math.max(first, end - columns + 1) * scale;
  }

  /** Columns of `scale` seconds from `startSec` on. */
  columns(startSec: number, scale: number, count: number): Bin[] {
    const columns = Array.from({ length: count }, () => new Float64Array(SEVERITY_COUNT));
    for (const [at, bin] of this.bins) {
      const column = Math.floor((at * STEPS[this.step] - startSec) / scale);
      if (column < 0 || column >= count) continue;
      for (let severity = 0; severity < SEVERITY_COUNT; severity++)
        columns[column][severity] += bin[severity];
    }
    return columns;
  }

  get isEmpty(): boolean {
    return this.bins.size === 0;
  }

  /** What ids that are gone had counted of this finding's attempts. */
  private inherited(finding: RatedFinding): number {
    if (this.left.size === 0) return 0;
    let attempts = 0;
    for (const alias of finding.aliases) {
      attempts += this.left.get(alias) ?? 0;
      this.left.delete(alias);
    }
    return attempts;
  }

  private add(sec: number, severity: number, attempts: number): void {
    const at = Math.floor(sec / STEPS[this.step]);
    let bin = this.bins.get(at);
    if (bin === undefined) {
      bin = new Float64Array(SEVERITY_COUNT);
      this.bins.set(at, bin);
      this.firstSec = Math.min(this.firstSec, sec);
      this.lastSec = Math.max(this.lastSec, sec);
    }
    bin[severity] += attempts;
    if (this.bins.size > MAX_BINS && this.step < STEPS.length - 1) this.coarsen();
  }

  private coarsen(): void {
    const from = STEPS[this.step++];
    const bins = [...this.bins];
    this.bins.clear();
    for (const [at, bin] of bins) {
      const into = Math.floor((at * from) / STEPS[this.step]);
      const known = this.bins.get(into);
      if (known === undefined) this.bins.set(into, bin);
      else for (let severity = 0; severity < SEVERITY_COUNT; severity++) known[severity] += bin[severity];
    }
  }
}
