import { isIPv4, isIPv6 } from "node:net";

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

/** Reads an address in text (RFC 4291 §2.2 or dotted decimal); null where it is none. No zones. */
export function parseAddress(text: string): Words | null {
  if (isIPv4(text)) return [0, 0, MAPPED, v4Word(text)];
  if (!isIPv6(text) || text.includes("%")) return null;
  return parseV6(text);
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

function v4Word(text: string): number {
  let word = 0;
  for (const octet of text.split(".")) word = (word << 8) | Number(octet);
  return word;
}

function parseV6(text: string): Words {
  let plain = text;
  const dotted = text.lastIndexOf(".") === -1 ? -1 : text.lastIndexOf(":");
  if (dotted !== -1) {
    const w = v4Word(text.slice(dotted + 1));
    plain = `${text.slice(0, dotted + 1)}${(w >>> 16).toString(16)}:${(w & 0xffff).toString(16)}`;
  }
  const [left, right] = plain.split("::");
  const head = groupsOf(left);
  const tail = right === undefined ? [] : groupsOf(right);
  const groups = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  const word = (i: number) => (groups[i * 2] << 16) | groups[i * 2 + 1];
  return [word(0), word(1), word(2), word(3)];
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
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
