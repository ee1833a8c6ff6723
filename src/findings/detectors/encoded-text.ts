/**
 * Pairs of letters that words and host names are made of: for each first letter the second ones. The 200 most
 * frequent in the names of the reachback catalogue and in English prose; they make up 87 % of the pairs there, and
 * 30 % of those in random letters.
 */
const COMMON_PAIRS: Readonly<Record<string, string>> = {
  a: "bcdgilmnprstuy",
  b: "aeilou",
  c: "aehikloprst",
  d: "aeginors",
  e: "abcdefglmnprstvwx",
  f: "aefilor",
  g: "aeiorsu",
  h: "aeio",
  i: "acdefglmnoprstv",
  j: "e",
  k: "e",
  l: "adeilosuy",
  m: "aeiops",
  n: "acdefginostu",
  o: "acdglmnoprstuvw",
  p: "aeiloprst",
  q: "u",
  r: "acdeikmorstuvy",
  s: "acehiopstu",
  t: "acehilorstuy",
  u: "bdeilmnprst",
  v: "aei",
  w: "aeios",
  y: "np",
};

const NEUTRAL = 0;
const COMMON = 1;
const ODD = 2;
const isCommon = new Uint8Array(128 * 128);
for (const [first, seconds] of Object.entries(COMMON_PAIRS)) {
  for (const second of seconds) isCommon[(first.charCodeAt(0) << 7) | second.charCodeAt(0)] = 1;
}

/** Labels that are shorter say little by themselves: they are looked at together. */
const MIN_LABEL = 8;
/** Shorter texts than this are never called encoded, and pairs that count are needed. */
const MIN_TEXT = 10;
const MIN_PAIRS = 5;
/** Words stay below a third; random base 32 is at 0.8, hex at 0.9. */
const MIN_ODD_SHARE = 0.5;
/** Digits alone: longer than any time stamp or serial number in common use. */
const MIN_DIGITS = 20;

/**
 * How many characters of the labels of a name look like encoded data and not like words: `labels` as a name's text
 * has them, lower-case, other octets as `\DDD`. 0 for names that somebody made up.
 */
export function encodedChars(labels: readonly string[]): number {
  let chars = 0;
  let short = "";
  for (const label of labels) {
    const text = label.includes("\\") ? label.replace(/\\\d{3}/g, "\\") : label;
    if (text.length < MIN_LABEL) short += text;
    else if (looksEncoded(text)) chars += text.length;
  }
  return looksEncoded(short) ? chars + short.length : chars;
}

function looksEncoded(text: string): boolean {
  if (text.length < MIN_TEXT) return false;
  let counted = 0;
  let odd = 0;
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    if (isDigit(text.charCodeAt(i))) digits++;
    if (i === 0) continue;
    const kind = pairKind(text.charCodeAt(i - 1), text.charCodeAt(i));
    if (kind === NEUTRAL) continue;
    counted++;
    if (kind === ODD) odd++;
  }
  if (digits >= MIN_DIGITS && digits > 0.9 * text.length) return true;
  return counted >= MIN_PAIRS && odd > MIN_ODD_SHARE * counted;
}

/** Two digits, or a hyphen or underscore, are in names of both sorts; a digit beside a letter is odd. */
function pairKind(a: number, b: number): number {
  if (isJoint(a) || isJoint(b)) return NEUTRAL;
  if (isDigit(a) && isDigit(b)) return NEUTRAL;
  if (!isLetter(a) || !isLetter(b)) return ODD;
  return isCommon[(a << 7) | b] === 1 ? COMMON : ODD;
}

function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isJoint(code: number): boolean {
  return code === 0x2d || code === 0x5f;
}
