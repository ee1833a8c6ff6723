/** A packet time as RFC 3339 in UTC with `digits` decimals of a second (the capture's own precision). */
export function rfc3339(at: { readonly sec: number; readonly nsec: number }, digits: number): string {
  const base = dateText(at.sec);
  const fraction = String(at.nsec).padStart(9, "0").slice(0, digits);
  return digits === 0 ? `${base}Z` : `${base}.${fraction}Z`;
}

/** Times beyond what RFC 3339 can write come from damaged captures: they stay within its years. */
const MIN_SEC = -62_135_596_800; // 0001-01-01
const MAX_SEC = 253_402_300_799; // 9999-12-31

const DAY_SEC = 86_400;
/** The day that was written last, and its text: what a report tells of lies close together. */
let lastDay = Number.NaN;
let lastDayText = "";

function dateText(sec: number): string {
  const within = Math.min(MAX_SEC, Math.max(MIN_SEC, Math.floor(sec)));
  const day = Math.floor(within / DAY_SEC);
  if (day !== lastDay) {
    lastDay = day;
    lastDayText = new Date(day * DAY_SEC * 1000).toISOString().slice(0, 10);
  }
  const time = within - day * DAY_SEC;
  return `${lastDayText}T${twoFigures(time / 3600)}:${twoFigures((time / 60) % 60)}:${twoFigures(time % 60)}`;
}

function twoFigures(value: number): string {
  return value < 10 ? `0${Math.floor(value)}` : `${Math.floor(value)}`;
}
