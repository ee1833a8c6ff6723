/** Draws a whole number from 0 to `below` - 1. */
export type Draw = (below: number) => number;

const OCTETS = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 41, 43, 44, 47, 50, 51, 58, 60, 0x40, 0x45, 0x60, 0x7f, 0x80, 0xc0,
  0xff,
];
/** Types, ports and numbers that lead to other decoders, and the ends of ranges. */
const PAIRS = [
  0, 1, 4, 7, 8, 20, 40, 53, 443, 0x0800, 0x86dd, 0x8100, 0x88a8, 0x8847, 0x8864, 0x88e7, 0x6558, 0x880b,
  0x894f, 0x2000, 0x1fff, 0x3fff, 1701, 2152, 3544, 4789, 5353, 6081, 8472, 0x7fff, 0x8000, 0xfff8, 0xffff,
];
const MAX_LEN = 4096;

export function drawFrom(random: () => number): Draw {
  return (below) => Math.floor(random() * below);
}

/** The octets, changed in one to four places or ways; `other` is what pieces are taken from. */
export function mutated(draw: Draw, octets: Uint8Array, other: Uint8Array): Uint8Array {
  let out: Uint8Array = octets.slice();
  for (let n = 1 + draw(4); n > 0; n--) out = changedOnce(draw, out, other);
  return out.length > MAX_LEN ? out.slice(0, MAX_LEN) : out;
}

function changedOnce(draw: Draw, octets: Uint8Array, other: Uint8Array): Uint8Array {
  if (octets.length === 0) return other.slice();
  const at = place(draw, octets.length);
  switch (draw(12)) {
    case 0:
      octets[at] ^= 1 << draw(8);
      return octets;
    case 1:
      octets[at] = draw(256);
      return octets;
    case 2:
      octets[at] = OCTETS[draw(OCTETS.length)];
      return octets;
    case 3:
    case 4:
      return withPair(octets, at, PAIRS[draw(PAIRS.length)]);
    case 5:
    case 6:
      return withLength(draw, octets);
    case 7:
      return octets.slice(0, draw(octets.length + 1));
    case 8:
      return spliced(octets.subarray(0, at), other.subarray(draw(other.length + 1)));
    case 9:
      return spliced(octets.subarray(0, at), other.subarray(0, draw(64)), octets.subarray(at));
    case 10:
      return spliced(octets.subarray(0, at), octets.subarray(Math.min(octets.length, at + 1 + draw(40))));
    default:
      return repeated(draw, octets, at);
  }
}

/** Headers are where most is decided. */
function place(draw: Draw, length: number): number {
  return draw(3) === 0 ? draw(length) : draw(Math.min(length, 100));
}

function withPair(octets: Uint8Array, at: number, value: number): Uint8Array {
  octets[at] = value >> 8;
  if (at + 1 < octets.length) octets[at + 1] = value & 0xff;
  return octets;
}

/** Numbers of two octets that count the octets to the end are lengths: one of them lies from now on. */
function withLength(draw: Draw, octets: Uint8Array): Uint8Array {
  const lengths: number[] = [];
  for (let at = 0; at + 1 < octets.length && at < 400; at++) {
    const rest = octets.length - at;
    const value = (octets[at] << 8) | octets[at + 1];
    if (value <= rest && value + 60 >= rest) lengths.push(at);
  }
  if (lengths.length === 0) return octets;
  const at = lengths[draw(lengths.length)];
  const value = (octets[at] << 8) | octets[at + 1];
  const lies = [0, 1, value - 1, value + 1, value + 8, value >> 1, draw(0x10000), 0xffff];
  return withPair(octets, at, lies[draw(lies.length)] & 0xffff);
}

function repeated(draw: Draw, octets: Uint8Array, at: number): Uint8Array {
  const piece = octets.subarray(at, at + 1 + draw(48));
  return spliced(octets.subarray(0, at), ...Array<Uint8Array>(1 + draw(20)).fill(piece), octets.subarray(at));
}

function spliced(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
