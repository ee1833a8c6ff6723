const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;

export const EXPIRY_EXPECTED = "a date such as 2027-01-31 (its whole day included, UTC), or never";

/** The first Unix second at which a rule has expired; Infinity for `never`; null for no real date. */
export function parseExpiry(text: string): number | null {
  if (text === "never") return Number.POSITIVE_INFINITY;
  const match = DATE.exec(text);
  if (match === null) return null;
  const midnight = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  if (new Date(midnight).toISOString().slice(0, 10) !== text) return null; // 2027-02-30
  return midnight / 1000 + 86400;
}
