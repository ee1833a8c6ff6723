/** What a lamp says. Positive evidence stands even while the sensor is blind; `ended` lamps say the run's verdict. */
export type LampWord = "CLEAN" | "REACHBACK" | "BLIND" | "INCONCLUSIVE" | "WAITING";

/** A time in which the sensor did not see all; `toMs` is null while it lasts. */
export interface BlindInterval {
  readonly fromMs: number;
  toMs: number | null;
  /** The first reason. */
  readonly why: string;
}

export interface LampView {
  readonly word: LampWord;
  readonly sinceMs: number;
  /** Why the sensor is blind now; empty when it is not. */
  readonly blindNow: readonly string[];
  /** The last ones, at most MAX_INTERVALS; `blindCount` counts all. */
  readonly intervals: readonly BlindInterval[];
  readonly blindCount: number;
}

/** One look at what is known; times in milliseconds of the screen's clock. */
export interface LampLook {
  readonly atMs: number;
  /** Reasons as the sensor gives them (findings/coverage.ts): a stable name, a colon, a sentence. */
  readonly reasons: readonly string[];
  /** States that are raised now, as sentences. */
  readonly raised: readonly string[];
  /** Whether anything was found that makes a run reachback. */
  readonly reachback: boolean;
}

const MAX_INTERVALS = 200;
/** A reason that was given anew is believed to last so long. */
const QUIET_AFTER_MS = 60_000;
/** Reasons that say what has not been seen yet, or are told by a state of their own. */
const NOT_BLIND = new Set([
  "sensor.window_short",
  "service.unused",
  "sensor.host_unseen",
  "sensor.one_sided",
]);
/** Too few conversations for a state to be raised: no alarm, and no CLEAN either. */
const UNDECIDED = "sensor.one_sided";
/** Reasons that hold until they are taken back, whether or not their count grows. */
const LASTING = new Set(["capture.empty", "sensor.no_inside", "sensor.tcp_gaps"]);
/** Reasons that every run begins with, and how long they are no alarm. */
const FIRST_REASONS = new Set(["capture.empty", "sensor.no_inside"]);
const FIRST_MS = 10_000;

/**
 * The lamp: the state now, and when the sensor was blind before. Reasons of a run never go away, because its
 * verdict covers all of it; here one counts for as long as it is new or grows, and a minute more.
 */
export class Lamp {
  private readonly grownMs = new Map<string, { text: string; atMs: number }>();
  private readonly intervals: BlindInterval[] = [];
  private blindCount = 0;
  private word: LampWord = "WAITING";
  private sinceMs = 0;
  private blindNow: readonly string[] = [];
  private startMs: number | null = null;

  look(look: LampLook): LampView {
    this.startMs ??= look.atMs;
    this.blindNow = [...look.raised, ...this.growing(look)];
    const waits = look.atMs - this.startMs < FIRST_MS && this.blindNow.every(isFirstReason);
    const isBlind = this.blindNow.length > 0;
    if (!(waits && isBlind)) this.keepInterval(look.atMs);
    const undecided = look.reasons.some((reason) => nameOf(reason) === UNDECIDED);
    const calm = undecided ? "WAITING" : "CLEAN";
    const word = look.reachback ? "REACHBACK" : !isBlind ? calm : waits ? "WAITING" : "BLIND";
    return this.say(word, look.atMs);
  }

  /** The run is over: the lamp says its verdict. */
  end(verdict: "clean" | "reachback" | "inconclusive", reasons: readonly string[], atMs: number): LampView {
    this.blindNow = reasons;
    const word = verdict === "clean" ? "CLEAN" : verdict === "reachback" ? "REACHBACK" : "INCONCLUSIVE";
    return this.say(word, atMs);
  }

  private say(word: LampWord, atMs: number): LampView {
    if (word !== this.word) {
      this.word = word;
      this.sinceMs = atMs;
    }
    const { sinceMs, blindNow, intervals, blindCount } = this;
    return { word, sinceMs, blindNow, intervals, blindCount };
  }

  private growing({ atMs, reasons }: LampLook): string[] {
    const now: string[] = [];
    for (const text of reasons) {
      const name = nameOf(text);
      if (NOT_BLIND.has(name)) continue;
      const key = subjectOf(text);
      const before = this.grownMs.get(key);
      if (before === undefined || before.text !== text) this.grownMs.set(key, { text, atMs });
      const lasting = LASTING.has(name) || atMs - (this.grownMs.get(key)?.atMs ?? atMs) < QUIET_AFTER_MS;
      if (lasting) now.push(text);
    }
    return now;
  }

  private keepInterval(atMs: number): void {
    const last = this.intervals.at(-1);
    const isOpen = last !== undefined && last.toMs === null;
    if (this.blindNow.length > 0 && !isOpen) {
      this.intervals.push({ fromMs: atMs, toMs: null, why: this.blindNow[0] });
      this.blindCount++;
      if (this.intervals.length > MAX_INTERVALS) this.intervals.shift();
    } else if (this.blindNow.length === 0 && isOpen) last.toMs = atMs;
  }
}

function nameOf(reason: string): string {
  return reason.slice(0, reason.indexOf(":"));
}

function isFirstReason(reason: string): boolean {
  return FIRST_REASONS.has(nameOf(reason));
}

/** A reason without its figures: the same reason when they grow. */
function subjectOf(text: string): string {
  return text.replace(/\d+/g, "#");
}
