import type { Moment } from "../findings/finding.ts";
import { durationText } from "../report/text-figures.ts";
import { rfc3339 } from "../report/time-text.ts";

/** Time of day in UTC: `08:17:59`. */
export function clockText(ms: number): string {
  return momentText({ sec: Math.floor(ms / 1000), nsec: 0 });
}

/** The same with the day: `2026-11-20 08:17:59`. */
export function dayText(ms: number): string {
  return rfc3339({ sec: Math.floor(ms / 1000), nsec: 0 }, 0)
    .slice(0, 19)
    .replace("T", " ");
}

export function momentText(at: Moment, digits = 0): string {
  return rfc3339(at, digits).slice(11, -1);
}

export function msOf(at: Moment): number {
  return at.sec * 1000 + at.nsec / 1e6;
}

/** How long ago, in the largest units. */
export function agoText(thenMs: number, nowMs: number): string {
  return durationText((nowMs - thenMs) / 1000);
}

/** `08:17:59`, or with the day where it is another one than that of `nowMs`. */
export function sinceText(ms: number, nowMs: number): string {
  const text = dayText(ms);
  return text.slice(0, 10) === dayText(nowMs).slice(0, 10) ? text.slice(11) : text.slice(5);
}
