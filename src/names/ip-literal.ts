/**
 * An IP address in text as four big-endian words (int32), IPv4 as ::ffff:a.b.c.d; null for anything else.
 * IPv4 is four decimal numbers without leading zeros, IPv6 the forms of RFC 4291 §2.2, without brackets.
 */
export function parseIpLiteral(text: string): Int32Array | null {
  if (text.length > 45) return null; // the longest IPv6 form, with an IPv4 tail
  if (!text.includes(":")) {
    if (!/^\d/.test(text)) return null; // what most hosts are
    const word = parseIpv4(text);
    return word === null ? null : Int32Array.of(0, 0, 0xffff, word);
  }
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0], halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1], true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail];
  return Int32Array.from({ length: 4 }, (_, i) => (groups[2 * i] << 16) | groups[2 * i + 1]);
}

/**
 * An IPv4 address written as one number, as inet_aton() takes it from those who ask with it: decimal,
 * hexadecimal or octal. A name of digits alone is none that any resolver could tell.
 */
export function parseIpNumber(text: string): Int32Array | null {
  if (!/^(0x[0-9a-f]{1,16}|\d{1,16})\.?$/i.test(text)) return null;
  const digits = text.endsWith(".") ? text.slice(0, -1) : text;
  const isOctal = /^0[0-7]+$/.test(digits);
  const value = isOctal ? Number.parseInt(digits, 8) : Number(digits);
  return value > 0xffffffff ? null : Int32Array.of(0, 0, 0xffff, value | 0);
}

/** Groups of sixteen bits between colons; the last may be an IPv4 address where the text ends with it. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const word = mayEndInIpv4 && i === parts.length - 1 ? parseIpv4(part) : null;
    if (word === null) return null;
    groups.push(word >>> 16, word & 0xffff);
  }
  return groups;
}

function parseIpv4(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  let word = 0;
  for (const part of match.slice(1)) {
    const octet = Number(part);
    if (octet > 255 || String(octet) !== part) return null;
    word = (word << 8) | octet;
  }
  return word;
}
