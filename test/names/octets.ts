import { expect } from "vitest";

/** Octets of commented hex: everything from `;` to the end of a line is a comment. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/;.*$/gm, "").replace(/\s+/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error(`not hex: ${digits}`);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function latin1(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** Where a reader finds its octets. */
export interface Placed {
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
}

const PADDING = 300;

/** The octets in the middle of a buffer of `fill`: reading outside them shows. */
export function placed(bytes: Uint8Array, fill = 0): Placed {
  const all = new Uint8Array(bytes.length + 2 * PADDING).fill(fill);
  all.set(bytes, PADDING);
  return { view: new DataView(all.buffer), at: PADDING, end: PADDING + bytes.length };
}

/** Every prefix, and every copy with one octet changed in one of a few ways. */
export function* variants(bytes: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length <= bytes.length; length++) yield bytes.slice(0, length);
  for (let i = 0; i < bytes.length; i++) {
    for (const change of [0x01, 0x40, 0x80, 0xc0, 0xff]) {
      const changed = bytes.slice();
      changed[i] ^= change;
      yield changed;
    }
  }
}

/** `read` must say the same whatever lies around its octets, for every variant of `bytes`. */
export function expectNoReadOutside<T>(bytes: Uint8Array, read: (from: Placed) => T): void {
  for (const variant of variants(bytes)) {
    const zeros = read(placed(variant, 0x00));
    const ones = read(placed(variant, 0xff));
    if (JSON.stringify(zeros) !== JSON.stringify(ones)) {
      expect(ones, Buffer.from(variant).toString("hex")).toEqual(zeros);
    }
  }
}

/** A small deterministic generator (mulberry32): the same numbers in every run. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
