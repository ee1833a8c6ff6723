import { compareWords, isV4, type Words } from "./address-text.ts";

/** First and last address of a range, both included and of one family. */
export interface AddressRange {
  readonly first: Words;
  readonly last: Words;
}

// Below this a plain binary search stays in two cache lines; above, the index saves most steps.
const INDEX_FROM_RANGES = 16;
const SIGN = 0x80000000;

/**
 * A set of addresses as merged ranges. A look-up allocates nothing. IPv4 goes by its top 16 bits
 * straight to the few ranges that can hold it; IPv6 is a binary search over four words.
 * Words are kept with the sign bit turned, so that int32 comparison orders them as unsigned.
 */
export class PrefixTable {
  readonly #v4First: Int32Array;
  readonly #v4Last: Int32Array;
  /** For each top 16 bits: the first range whose end is not below them. Empty for small tables. */
  readonly #v4Index: Uint32Array;
  /** Four words a range. */
  readonly #v6First: Int32Array;
  readonly #v6Last: Int32Array;

  constructor(ranges: readonly AddressRange[]) {
    const v4 = merged(ranges.filter((r) => isV4(r.first[0], r.first[1], r.first[2])));
    const v6 = merged(ranges.filter((r) => !isV4(r.first[0], r.first[1], r.first[2])));
    this.#v4First = Int32Array.from(v4, (r) => r.first[3] ^ SIGN);
    this.#v4Last = Int32Array.from(v4, (r) => r.last[3] ^ SIGN);
    this.#v4Index = v4.length < INDEX_FROM_RANGES ? new Uint32Array(0) : indexOf(this.#v4Last);
    this.#v6First = Int32Array.from(v6.flatMap((r) => r.first.map((w) => w ^ SIGN)));
    this.#v6Last = Int32Array.from(v6.flatMap((r) => r.last.map((w) => w ^ SIGN)));
  }

  get isEmpty(): boolean {
    return this.#v4First.length === 0 && this.#v6First.length === 0;
  }

  /** Whether the address is in the set. */
  has(w0: number, w1: number, w2: number, w3: number): boolean {
    if (isV4(w0, w1, w2)) return this.#hasV4(w3 ^ SIGN);
    return this.#hasV6(w0 ^ SIGN, w1 ^ SIGN, w2 ^ SIGN, w3 ^ SIGN);
  }

  /** Whether the whole range lies in the set; for load time, it allocates. */
  covers(range: AddressRange): boolean {
    const at = this.#firstEndingFrom(range.first);
    return at !== null && compareWords(at.first, range.first) <= 0 && compareWords(range.last, at.last) <= 0;
  }

  /** Whether any address of the range lies in the set; for load time, it allocates. */
  intersects(range: AddressRange): boolean {
    const at = this.#firstEndingFrom(range.first);
    return at !== null && compareWords(at.first, range.last) <= 0;
  }

  #hasV4(key: number): boolean {
    const last = this.#v4Last;
    let low = 0;
    let high = last.length;
    if (this.#v4Index.length !== 0) {
      const top = (key ^ SIGN) >>> 16;
      low = this.#v4Index[top];
      high = this.#v4Index[top + 1]; // that range ends behind the key: the answer if none before does
    }
    while (low < high) {
      const mid = (low + high) >> 1;
      if (last[mid] < key) low = mid + 1;
      else high = mid;
    }
    return low < last.length && this.#v4First[low] <= key;
  }

  #hasV6(k0: number, k1: number, k2: number, k3: number): boolean {
    const last = this.#v6Last;
    let low = 0;
    let high = last.length >> 2;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (isBelow(last, mid, k0, k1, k2, k3)) low = mid + 1;
      else high = mid;
    }
    if (low >= last.length >> 2) return false;
    const first = this.#v6First;
    const at = low * 4;
    if (first[at] !== k0) return first[at] < k0;
    if (first[at + 1] !== k1) return first[at + 1] < k1;
    if (first[at + 2] !== k2) return first[at + 2] < k2;
    return first[at + 3] <= k3;
  }

  /** The first merged range of the same family that does not end before `words`. */
  #firstEndingFrom(words: Words): AddressRange | null {
    const v4 = isV4(words[0], words[1], words[2]);
    const count = v4 ? this.#v4Last.length : this.#v6Last.length >> 2;
    for (let i = 0; i < count; i++) {
      const last = v4 ? mappedAt(this.#v4Last, i) : wordsAt(this.#v6Last, i);
      if (compareWords(last, words) < 0) continue;
      return { first: v4 ? mappedAt(this.#v4First, i) : wordsAt(this.#v6First, i), last };
    }
    return null;
  }
}

function isBelow(table: Int32Array, i: number, k0: number, k1: number, k2: number, k3: number): boolean {
  const at = i * 4;
  if (table[at] !== k0) return table[at] < k0;
  if (table[at + 1] !== k1) return table[at + 1] < k1;
  if (table[at + 2] !== k2) return table[at + 2] < k2;
  return table[at + 3] < k3;
}

function mappedAt(table: Int32Array, i: number): Words {
  return [0, 0, 0xffff, table[i] ^ SIGN];
}

function wordsAt(table: Int32Array, i: number): Words {
  const at = i * 4;
  return [table[at] ^ SIGN, table[at + 1] ^ SIGN, table[at + 2] ^ SIGN, table[at + 3] ^ SIGN];
}

function indexOf(last: Int32Array): Uint32Array {
  const index = new Uint32Array(0x10001);
  let range = 0;
  for (let top = 0; top <= 0xffff; top++) {
    const lowest = (top << 16) ^ SIGN;
    while (range < last.length && last[range] < lowest) range++;
    index[top] = range;
  }
  index[0x10000] = last.length;
  return index;
}

/** Sorted, with overlapping and touching ranges made one. */
function merged(ranges: readonly AddressRange[]): AddressRange[] {
  const sorted = [...ranges].sort((a, b) => compareWords(a.first, b.first));
  const out: AddressRange[] = [];
  for (const range of sorted) {
    const before = out.at(-1);
    if (before === undefined || compareWords(range.first, successor(before.last)) > 0) out.push(range);
    else if (compareWords(range.last, before.last) > 0) {
      out[out.length - 1] = { first: before.first, last: range.last };
    }
  }
  return out;
}

/** The next address, or the same at the very end of the space. */
function successor(words: Words): Words {
  const next: [number, number, number, number] = [...words];
  for (let i = 3; i >= 0; i--) {
    next[i] = (next[i] + 1) | 0;
    if (next[i] !== 0) return next;
  }
  return words;
}
