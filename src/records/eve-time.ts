import type { Moment } from "../findings/finding.ts";

/** Decimals of a second: Suricata writes six, and what reads its log takes no more (strptime's %f, %6N); ours have nine. */
export const MIN_DIGITS = 6;
export const MAX_DIGITS = 9;

/** Times beyond what four digits of a year can say come from damaged captures: they stay within them. */
const MIN_SEC = -62_135_596_800; // 0001-01-01
const MAX_SEC = 253_402_300_799; // 9999-12-31

/** Seconds written last: one second holds many records, and a flow has three times. */
const CACHED = 256;
const cachedSec = new Float64Array(CACHED).fill(Number.NaN);
const cachedText: string[] = new Array(CACHED).fill("");

/** A packet time as EVE writes it, in UTC: `2026-11-20T05:50:00.123456+0000`, in fields of our own with up to 9 decimals. */
export function eveTime(at: Readonly<Moment>, digits: number = MIN_DIGITS): string {
  const fraction = digits === MAX_DIGITS ? at.nsec : Math.trunc(at.nsec / 10 ** (MAX_DIGITS - digits));
  return `${secondText(at.sec)}.${String(fraction).padStart(digits, "0")}+0000`;
}

function secondText(sec: number): string {
  const slot = sec & (CACHED - 1);
  if (cachedSec[slot] !== sec) {
    const inRange = Math.min(MAX_SEC, Math.max(MIN_SEC, sec));
    cachedText[slot] = new Date(inRange * 1000).toISOString().slice(0, 19);
    cachedSec[slot] = sec;
  }
  return cachedText[slot];
}
