import type { Moment } from "../findings/finding.ts";
import { rfc3339 } from "./time-text.ts";

const SCALE = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Octets in decimal units with three or four figures: 757 B, 1.6 kB, 20.3 MB. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.95 and more would round to 1000.0.
  while (value >= (unit === 0 ? 1000 : 999.95) && unit < SCALE.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${SCALE[unit]}`;
}

/** `1 packet`, `396 packets`, `1,234,567 packets`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${numberText(count)} ${count === 1 ? noun : plural}`;
}

/** A number with commas between thousands. */
export function numberText(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A part of a whole in per cent; "0 %" only for none at all. */
export function shareText(part: number, whole: number): string {
  if (part === 0 || whole === 0) return "0 %";
  const share = (100 * part) / whole;
  return share < 0.1 ? "under 0.1 %" : `${share.toFixed(1)} %`;
}

const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

/** A duration in its two largest units: 11 s, 2 min 5 s, 3 d 4 h. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const at = UNITS.findIndex(([size]) => whole >= size);
  if (at === -1) return "under 1 s";
  const [size, name] = UNITS[at];
  const big = `${numberText(Math.floor(whole / size))} ${name}`;
  const next = UNITS[at + 1];
  const rest = next === undefined ? 0 : Math.floor((whole % size) / next[0]);
  return next === undefined || rest === 0 ? big : `${big} ${rest} ${next[1]}`;
}

/** `2026-11-20 08:17:59`, in UTC. */
function dateTimeText(at: Moment): string {
  return rfc3339(at, 0).slice(0, -1).replace("T", " ");
}

/** From when to when, in UTC; the day is repeated only where it is another one. */
export function windowText(first: Moment, last: Moment): string {
  const from = dateTimeText(first);
  const to = dateTimeText(last);
  return `${from} to ${to.slice(0, 10) === from.slice(0, 10) ? to.slice(11) : to} UTC`;
}

/** Writes times of packets for one report: without the date when all of them are of one day (UTC). */
export class Clock {
  private readonly oneDay: boolean;

  constructor(first: Moment | null, last: Moment | null) {
    this.oneDay =
      first !== null && last !== null && dateTimeText(first).slice(0, 10) === dateTimeText(last).slice(0, 10);
  }

  /** One time, or two where the seconds differ. */
  span(first: Moment, last: Moment): string {
    const from = this.text(first);
    const to = this.text(last);
    return from === to ? from : `${from} to ${to}`;
  }

  private text(at: Moment): string {
    const text = dateTimeText(at);
    return this.oneDay ? text.slice(11) : text;
  }
}
