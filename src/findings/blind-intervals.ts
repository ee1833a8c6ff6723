import type { SensorStateName, StateChange } from "./sensor-states.ts";

/**
 * What the run verdict does not keep: whether a host was ever seen is judged at the end, and counters of
 * coverage, losses among them, give reasons of their own.
 */
const JUDGED_ELSEWHERE: ReadonlySet<SensorStateName> = new Set([
  "sensor.host-unseen",
  "sensor.blind",
  "sensor.drops",
]);

interface Blind {
  readonly name: string;
  /** What was said when it was raised last, how often it was, from when to when; null: it still is. */
  text: string;
  times: number;
  readonly fromMs: number;
  toMs: number | null;
}

/** Remembers when the sensor could not see, after it can again. */
export class BlindIntervals {
  /** By state and subject. */
  private readonly blind = new Map<string, Blind>();

  take({ name, subject, raised, atMs, text }: StateChange): void {
    if (JUDGED_ELSEWHERE.has(name)) return;
    const key = `${name} ${subject}`;
    const known = this.blind.get(key);
    if (!raised) {
      if (known !== undefined) known.toMs = atMs;
    } else if (known === undefined) {
      this.blind.set(key, { name, text, times: 1, fromMs: atMs, toMs: null });
    } else {
      known.text = text;
      known.times++;
      known.toMs = null;
    }
  }

  /** Why a run that found nothing is not clean: each a stable name, a colon and a sentence with its times. */
  reasons(): string[] {
    return [...this.blind.values()].map(({ name, text, times, fromMs, toMs }) => {
      const often = times === 1 ? "" : `${times} times, `;
      const when =
        toMs === null ? `since ${timeText(fromMs)}` : `from ${timeText(fromMs)} to ${timeText(toMs)}`;
      return `${name}: ${text} (${often}${when})`;
    });
  }
}

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
