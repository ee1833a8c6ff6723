/** A packet time as RFC 3339 in UTC with `digits` decimals of a second (the capture's own precision). */
export function rfc3339(at: { readonly sec: number; readonly nsec: number }, digits: number): string {
  const base = dateText(at.sec);
  const fraction = String(at.nsec).padStart(9, "0").slice(0, digits);
  return digits === 0 ? `${base}Z` : `${base}.${fraction}Z`;
}

/** Times beyond what RFC 3339 can write come from damaged captures: they stay within its years. */
const MIN_SEC = -62_135_596_800; // 0001-01-01
const MAX_SEC = 253_402_300_799; // 9999-12-31

function dateText(sec: number): string {
  return new Date(Math.min(MAX_SEC, Math.max(MIN_SEC, Math.floor(sec))) * 1000).toISOString().slice(0, 19);
}
