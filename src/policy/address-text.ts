/**
 * An IP address as four 32-bit words in network order, each an int32. IPv4 is v4-mapped
 * (RFC 4291 §2.5.5.2): words 0, 0, 0xffff and the address.
 */
export type Words = readonly [number, number, number, number];

/** The third word of a v4-mapped address. */
export const MAPPED = 0xffff;

/** Whether the words are an IPv4 address. */
export function isV4(w0: number, w1: number, w2: number): boolean {
  return w2 === MAPPED && w0 === 0 && w1 === 0;
}

const MAX_V4_TEXT = 15;
const MAX_V6_TEXT = 45;
const ZERO = 0x30;
const DOT = 0x2e;

/**
 * Reads an address in text (RFC 4291 §2.2 or dotted decimal); null where it is none. No zones.
 * By hand: node:net compiles an expression of 1,300 characters for its first question, 4 ms of each start.
 */
export function parseAddress(text: string): Words | null {
  if (text.includes(":")) return text.length > MAX_V6_TEXT ? null : parseV6(text);
  const word = parseV4(text);
  return word === null ? null : [0, 0, MAPPED, word];
}

/** Texts that are kept: the same few hosts and resolvers are asked for again and again. A power of two. */
const KEPT_TEXTS = 1024;
const keptWords = new Int32Array(KEPT_TEXTS * 4);
const keptTexts: string[] = new Array(KEPT_TEXTS).fill("");

/** Address in text: dotted decimal, or IPv6 as RFC 5952 §4 wants it. */
export function formatAddress(words: Words): string {
  const [w0, w1, w2, w3] = words;
  const slot = (w3 ^ (w3 >>> 10) ^ (w3 >>> 20) ^ w1) & (KEPT_TEXTS - 1);
  const k = slot * 4;
  const kept = keptTexts[slot];
  const isKept =
    keptWords[k] === w0 && keptWords[k + 1] === w1 && keptWords[k + 2] === w2 && keptWords[k + 3] === w3;
  if (isKept && kept !== "") return kept;
  const text = isV4(w0, w1, w2)
    ? `${w3 >>> 24}.${(w3 >>> 16) & 255}.${(w3 >>> 8) & 255}.${w3 & 255}`
    : formatV6(words);
  keptWords.set(words, k);
  keptTexts[slot] = text;
  return text;
}

function formatV6(words: Words): string {
  const groups = words.flatMap((w) => [w >>> 16, w & 0xffff]);
  const { at, length } = longestZeroRun(groups);
  const hex = groups.map((g) => g.toString(16));
  if (length < 2) return hex.join(":"); // §4.2.2: a single zero group is not shortened
  return `${hex.slice(0, at).join(":")}::${hex.slice(at + length).join(":")}`;
}

/** Order of two addresses as unsigned 128-bit numbers: negative, zero or positive. */
export function compareWords(a: Words, b: Words): number {
  for (let i = 0; i < 4; i++) {
    if (a[i] !== b[i]) return (a[i] ^ 0x80000000) < (b[i] ^ 0x80000000) ? -1 : 1;
  }
  return 0;
}

/** Dotted decimal without leading zeros; null where it is none. */
function parseV4(text: string): number | null {
  if (text.length > MAX_V4_TEXT) return null;
  let word = 0;
  let dots = 0;
  let octet = -1;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0 && digit <= 9) {
      if (octet === 0) return null;
      octet = Math.max(octet, 0) * 10 + digit;
      if (octet > 255) return null;
    } else {
      if (digit !== DOT - ZERO || octet === -1) return null;
      word = (word << 8) | octet;
      octet = -1;
      dots++;
    }
  }
  return dots === 3 && octet !== -1 ? (word << 8) | octet : null;
}

function parseV6(text: string): Words | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const isShortened = halves.length === 2;
  const head = groupsOf(halves[0], !isShortened);
  const tail = isShortened ? groupsOf(halves[1], true) : [];
  if (head === null || tail === null) return null;
  const left = 8 - head.length - tail.length;
  if (isShortened ? left < 1 : left !== 0) return null; // §2.2: "::" stands for one group or more
  const groups = [...head, ...new Array<number>(left).fill(0), ...tail];
  const word = (i: number) => (groups[i * 2] << 16) | groups[i * 2 + 1];
  return [word(0), word(1), word(2), word(3)];
}

/** Groups of 16 bits; the last may be dotted decimal where the address ends here. Null where one is none. */
function groupsOf(text: string, isEnd: boolean): number[] | null {
  const groups: number[] = [];
  if (text === "") return groups;
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (/^[0-9A-Fa-f]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      const word = isEnd && i === parts.length - 1 ? parseV4(part) : null;
      if (word === null) return null;
      groups.push(word >>> 16, word & 0xffff);
    }
  }
  return groups;
}

function longestZeroRun(groups: number[]): { at: number; length: number } {
  let best = { at: 0, length: 0 };
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - i > best.length) best = { at: i, length: end - i }; // §4.2.3: the first of equal runs
    if (end > i) i = end;
  }
  return best;
}
