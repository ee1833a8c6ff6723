import type { FrameBatch } from "../capture/frame-batch.ts";
import type { SourceFacts } from "../capture/frame-source.ts";
import type { Sensor } from "../sensor.ts";
import type { DueFrames, Pace } from "./read-captures.ts";

/** Times real time; the last is as fast as it goes. */
export const SPEEDS: readonly number[] = [0.5, 1, 2, 5, 10, 30, 60, 300, 1000, Infinity];
const MINUTE_MS = 60_000;
/** What waits looks at keys and the screen this often. */
const WAIT_MS = 50;
/** How long frames are taken in before others have a turn: keys are answered within it. */
const TURN_MS = 15;
/** Frames between two looks whether something was found, while the next finding is looked for. */
const SEEK_FRAMES = 16;

/** What a paced replay tells of itself. */
export interface PaceListener {
  /** Takes what changed off the sensor. Returns the id of the first finding that is new, or null. */
  took(facts: SourceFacts): string | null;
  /** A finding that was looked for came. */
  reached(finding: string): void;
}

/** Plays a capture at a speed: takes frames in when their time has come. */
export class ReplayPace implements Pace {
  speed: number;
  isPaused = false;
  /** Packet time, in milliseconds since 1970; null before the first packet. */
  clockMs: number | null = null;
  private readonly abort = new AbortController();
  private readonly sensor: Sensor;
  private readonly listener: PaceListener;
  /** Packet time and wall time that belong together. */
  private baseMs = 0;
  private baseWallMs = 0;
  /** Up to this time at once. */
  private skipToMs = -Infinity;
  private seeks = false;
  private turnMs = performance.now();
  private wake: (() => void) | null = null;

  constructor(sensor: Sensor, speed: number, listener: PaceListener) {
    this.sensor = sensor;
    this.speed = speed;
    this.listener = listener;
  }

  get stopped(): AbortSignal {
    return this.abort.signal;
  }

  stop(): void {
    this.abort.abort();
    this.wake?.();
  }

  control(what: "toggle" | "faster" | "slower" | "minute" | "next"): void {
    if (what === "toggle") this.isPaused = !this.isPaused;
    else if (what === "minute") this.skipToMs = (this.clockMs ?? 0) + MINUTE_MS;
    else if (what === "next") this.seeks = true;
    else {
      const at = SPEEDS.findIndex((speed) => speed >= this.speed);
      this.speed = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at + (what === "faster" ? 1 : -1)))];
    }
    this.rebase();
    this.wake?.();
  }

  async play({ batch, from: first, to: end, source: { facts } }: DueFrames): Promise<void> {
    for (let from = first; from < end && !this.stopped.aborted; ) {
      const nextMs = timeOf(batch, from);
      if (this.clockMs === null) {
        this.clockMs = nextMs;
        this.rebase();
      }
      const to = this.due(batch, from, end);
      if (to === from) {
        await this.wait(nextMs);
        continue;
      }
      this.sensor.consume(batch, from, to);
      from = to;
      this.advance(timeOf(batch, to - 1));
      if (this.seeks) this.seek(facts);
      if (performance.now() - this.turnMs > TURN_MS) {
        this.listener.took(facts);
        await new Promise(setImmediate);
        this.turnMs = performance.now();
      }
    }
    this.listener.took(facts);
  }

  /** End of the frames whose time has come. */
  private due(batch: FrameBatch, from: number, end: number): number {
    if (this.seeks) return Math.min(end, from + SEEK_FRAMES);
    const untilMs = this.untilMs();
    if (untilMs === Infinity) return end;
    let to = from;
    while (to < end && timeOf(batch, to) <= untilMs) to++;
    return to;
  }

  /** Packet time up to which frames may be taken now. */
  private untilMs(): number {
    if ((this.clockMs ?? 0) < this.skipToMs) return this.skipToMs;
    if (this.isPaused) return -Infinity;
    return this.speed === Infinity
      ? Infinity
      : this.baseMs + (performance.now() - this.baseWallMs) * this.speed;
  }

  /** Nothing is due: the clock goes on, but not beyond the next frame. */
  private async wait(nextMs: number): Promise<void> {
    if (this.clockMs !== null && this.clockMs < this.skipToMs) {
      this.advance(Math.min(nextMs, this.skipToMs));
      this.rebase();
      if (this.clockMs < this.skipToMs) return;
    }
    const dueMs = this.isPaused ? WAIT_MS : (nextMs - this.untilMs()) / this.speed;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(WAIT_MS, Math.max(1, dueMs)));
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = null;
    this.turnMs = performance.now();
    if (!this.isPaused) this.advance(Math.min(nextMs, this.untilMs()));
  }

  private seek(facts: SourceFacts): void {
    const found = this.listener.took(facts);
    if (found === null) return;
    this.seeks = false;
    this.isPaused = true;
    this.rebase();
    this.listener.reached(found);
  }

  private advance(toMs: number): void {
    // A second capture may begin earlier than the first one ended: the clock follows it.
    this.clockMs = toMs;
  }

  private rebase(): void {
    this.baseMs = this.clockMs ?? 0;
    this.baseWallMs = performance.now();
  }
}

function timeOf(batch: FrameBatch, i: number): number {
  return batch.tsSec[i] * 1000 + batch.tsNsec[i] / 1e6;
}
