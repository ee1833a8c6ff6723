const SIZE = /^([0-9]{1,15}(?:\.[0-9]{1,6})?) ?(B|[kK]B|MB|GB|TB)$/;
const DURATION = /^([0-9]{1,9})(s|m|h|d)$/;
const UNIT_BYTES: Record<string, number> = { B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };
const UNIT_SEC: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };

export const SIZE_EXPECTED = "a size such as 140GB (B, kB, MB, GB or TB; MB = 10^6)";
export const BUDGET_EXPECTED = "a size a day such as 50MB/day (B, kB, MB, GB or TB; MB = 10^6)";
export const DURATION_EXPECTED = "a duration such as 30s, 5m, 24h or 7d";

/** Bytes of a decimal size such as `140GB`; null where the text is none or beyond 2^53. */
export function parseSize(text: string): number | null {
  const match = SIZE.exec(text);
  if (match === null) return null;
  const bytes = Math.round(Number(match[1]) * UNIT_BYTES[match[2]]);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** Bytes a UTC day of a budget such as `50MB/day`. */
export function parseBudget(text: string): number | null {
  return text.endsWith("/day") ? parseSize(text.slice(0, -"/day".length)) : null;
}

/** Seconds of a duration such as `5m`. */
export function parseDuration(text: string): number | null {
  const match = DURATION.exec(text);
  return match === null ? null : Number(match[1]) * UNIT_SEC[match[2]];
}
