/** Moments that are remembered of one series: the last ones. */
const MAX_KEPT = 256;
/** Attempts within this time are one: a question and the connection after it, two addresses tried. */
const MERGE_SEC = 2;
/** What is over in less is a conversation, not a habit. */
const MIN_SPAN_SEC = 3600;
/** Pauses of a host that slept, or packets that were not seen: longer than this many times the usual interval. */
const GAP_TIMES = 1.75;
const MAX_GAP_SHARE = 0.25;
/** Intervals that a clock would not make. */
const SHORT_TIMES = 0.5;
const MAX_SHORT_SHARE = 0.1;

/** The fewer intervals, the more alike they have to be (median deviation by the median), and the longer it took. */
const REGULAR: readonly {
  readonly intervals: number;
  readonly deviation: number;
  readonly spanSec: number;
}[] = [
  { intervals: 120, deviation: 0.21, spanSec: MIN_SPAN_SEC },
  { intervals: 30, deviation: 0.15, spanSec: MIN_SPAN_SEC },
  { intervals: 12, deviation: 0.1, spanSec: MIN_SPAN_SEC },
  { intervals: 5, deviation: 0.02, spanSec: 3 * 86_400 },
];

/**
 * A timer with jitter keeps within it, however wide: none of many intervals is much longer than their mean. Work that
 * takes its time, people and chance have tails. Nor do nine in a row come out alike without a timer.
 */
const BOUNDED: readonly {
  readonly intervals: number;
  /** Share of the mean by which none differs more. */
  readonly within: number;
  readonly spanSec: number;
}[] = [
  { intervals: 200, within: 0.9, spanSec: MIN_SPAN_SEC },
  { intervals: 8, within: 0.2, spanSec: 6 * 3600 },
];

/** A rhythm: its interval, and how far intervals are from it, half of them less. */
export interface Rhythm {
  readonly everySec: number;
  readonly deviationSec: number;
}

/** Moments of attempts, in order, however they came in. Bounded: a rhythm is judged by its last moments. */
export class Moments {
  /** The first of all, also when it is not among those kept. */
  earliest = Infinity;
  private kept: number[] = [];

  /** Moments of an earlier run, in order. */
  static restored(numbers: Float64Array, earliest: number): Moments {
    const moments = new Moments();
    moments.kept = Array.from(numbers.subarray(-MAX_KEPT));
    moments.earliest = Math.min(earliest, moments.kept[0] ?? Infinity);
    return moments;
  }

  /** Those that are kept, in order. */
  numbers(): Float64Array {
    return Float64Array.from(this.kept);
  }

  /** Adds a moment, in seconds; false when it belongs to one that is there. */
  add(sec: number): boolean {
    const { kept } = this;
    const i = kept[kept.length - 1] > sec ? placeOf(kept, sec) : kept.length;
    if (i > 0 && sec - kept[i - 1] < MERGE_SEC) return false;
    if (i < kept.length && kept[i] - sec < MERGE_SEC) return false;
    this.earliest = Math.min(this.earliest, sec);
    if (kept.length < MAX_KEPT) kept.splice(i, 0, sec);
    else if (i > 0) {
      kept.splice(i, 0, sec);
      kept.shift();
    }
    return true;
  }

  /** The rhythm of the moments, null while there is none: robust against jitter, gaps and a few strays. */
  rhythm(): Rhythm | null {
    const { kept } = this;
    if (kept.length < 2) return null;
    const spanSec = kept[kept.length - 1] - this.earliest;
    if (spanSec < MIN_SPAN_SEC) return null;
    const intervals = kept.slice(1).map((sec, i) => sec - kept[i]);
    if (isBounded(intervals, spanSec)) return rhythmOf(intervals);
    const usual = median(intervals);
    const rest = intervals.filter((interval) => interval <= GAP_TIMES * usual);
    if (intervals.length - rest.length > MAX_GAP_SHARE * intervals.length) return null;
    const short = rest.filter((interval) => interval < SHORT_TIMES * usual).length;
    if (short > MAX_SHORT_SHARE * rest.length) return null;
    const rhythm = rhythmOf(rest);
    const { everySec, deviationSec } = rhythm;
    const isRegular = REGULAR.some(
      (each) =>
        rest.length >= each.intervals && spanSec >= each.spanSec && deviationSec <= each.deviation * everySec,
    );
    return isRegular ? rhythm : null;
  }
}

function isBounded(intervals: readonly number[], spanSec: number): boolean {
  const mean = intervals.reduce((sum, interval) => sum + interval, 0) / intervals.length;
  return BOUNDED.some(
    (each) =>
      intervals.length >= each.intervals &&
      spanSec >= each.spanSec &&
      intervals.every((interval) => Math.abs(interval - mean) <= each.within * mean),
  );
}

function rhythmOf(intervals: readonly number[]): Rhythm {
  const everySec = median(intervals);
  return { everySec, deviationSec: median(intervals.map((interval) => Math.abs(interval - everySec))) };
}

/** How many of the sorted values are not beyond `value`. */
function placeOf(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
