import { canonicalName, type NamePattern } from "./name-set.ts";

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const MAX_NAME = 253; // RFC 1035 §2.3.4: 255 octets on the wire

export const NAME_EXPECTED = "a DNS name such as updates.example.org";
export const PATTERN_EXPECTED = `${NAME_EXPECTED}, or *.updates.example.org for all below it`;

/** Reads a name in the form that DNS carries (letters, digits, - and _); null where it is none. */
export function parseName(text: string): string | null {
  const name = canonicalName(text);
  if (name.length === 0 || name.length > MAX_NAME) return null;
  const labels = name.split(".");
  if (!labels.every((label) => LABEL.test(label))) return null;
  // A number at the end is an attempt at an address, not a name (no TLD is numeric, RFC 3696 §2).
  return /^[0-9]+$/.test(labels[labels.length - 1]) ? null : name;
}

/** Reads a name or `*.name`; null where the text is neither. */
export function parseNamePattern(text: string): NamePattern | null {
  const below = text.startsWith("*.");
  const name = parseName(below ? text.slice(2) : text);
  return name === null ? null : { text, name, below };
}
