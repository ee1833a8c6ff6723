import { CHUNK_OCTETS, type FragmentChunk, type FragmentChunks, UNIT_OCTETS } from "./fragment-chunks.ts";

/** Chunks of the longest datagram. */
export const MAX_CHUNKS = 32;

/** What octets did: some were new; all were there before; some are not what was there; there is no memory for them. */
export type OctetsEffect = "new" | "copy" | "overlap" | "full";

/** 0: the octets that came first; 1: those that came last. */
export type Reading = 0 | 1;

const NO_ROOM: readonly (FragmentChunk | null)[] = new Array<null>(MAX_CHUNKS).fill(null);

/** The octets of a datagram as its fragments bring them, in two readings where they differ. */
export class FragmentOctets {
  /** Octets received, each once; one past the highest; the first that capture cut off. */
  received = 0;
  highest = 0;
  cutAt: number = MAX_CHUNKS * CHUNK_OCTETS;
  private readonly first: (FragmentChunk | null)[] = [...NO_ROOM];
  /** The chunks of which there is another reading. */
  private readonly last: (FragmentChunk | null)[] = [...NO_ROOM];
  private readonly chunks: FragmentChunks;

  constructor(chunks: FragmentChunks) {
    this.chunks = chunks;
  }

  /** There are two readings. */
  get differ(): boolean {
    return this.last.some((chunk) => chunk !== null);
  }

  /** Gives the memory back. */
  drop(): void {
    for (let i = 0; i < MAX_CHUNKS; i++) {
      const [first, last] = [this.first[i], this.last[i]];
      if (first !== null) this.chunks.give(first);
      if (last !== null) this.chunks.give(last);
      this.first[i] = null;
      this.last[i] = null;
    }
    this.received = 0;
    this.highest = 0;
    this.cutAt = MAX_CHUNKS * CHUNK_OCTETS;
  }

  /** Takes octets [from, to) of the datagram; `captured` of them are in view[at, …). */
  take(view: DataView, at: number, from: number, to: number, captured: number): OctetsEffect {
    if (!this.makeRoom(from, to)) return "full";
    const before = this.received;
    let differs = false;
    for (let unit = from; unit < to; unit += UNIT_OCTETS) {
      const there = Math.min(UNIT_OCTETS, to - unit, Math.max(0, from + captured - unit));
      if (this.takeUnit(view, at + unit - from, unit, Math.min(UNIT_OCTETS, to - unit), there))
        differs = true;
    }
    if (captured < to - from) this.cutAt = Math.min(this.cutAt, from + captured);
    if (to > this.highest) this.highest = to;
    if (differs) return "overlap";
    return this.received === before ? "copy" : "new";
  }

  /** Whether view[at, …) has the octets [from, from + len) as one of the readings has them. */
  has(view: DataView, at: number, from: number, len: number): boolean {
    return this.same(this.first, view, at, from, len) || this.same(this.last, view, at, from, len);
  }

  /** Octets from the beginning without a gap, up to `end`. */
  wholeUpTo(end: number): number {
    for (let at = 0; at < end; at += UNIT_OCTETS) {
      const i = Math.floor(at / CHUNK_OCTETS);
      if (this.first[i]?.seen[(at - i * CHUNK_OCTETS) / UNIT_OCTETS] !== 1) return at;
    }
    return end;
  }

  /** Writes the octets [0, end) of a reading to `out` from `at` on. */
  copyOut(out: Uint8Array, at: number, reading: Reading, end: number): void {
    for (let done = 0; done < end; done += CHUNK_OCTETS) {
      const i = done / CHUNK_OCTETS;
      const chunk = (reading === 1 ? this.last[i] : null) ?? this.first[i];
      if (chunk !== null) out.set(chunk.octets.subarray(0, Math.min(CHUNK_OCTETS, end - done)), at + done);
    }
  }

  private makeRoom(from: number, to: number): boolean {
    for (let i = Math.floor(from / CHUNK_OCTETS); i * CHUNK_OCTETS < to; i++) {
      this.first[i] ??= this.chunks.take();
      if (this.first[i] === null) return false;
    }
    return true;
  }

  /** One unit of `len` octets, `there` of them captured: whether it is not what was there. */
  private takeUnit(view: DataView, source: number, unit: number, len: number, there: number): boolean {
    const i = Math.floor(unit / CHUNK_OCTETS);
    const chunk = this.first[i] as FragmentChunk;
    const within = unit - i * CHUNK_OCTETS;
    if (chunk.seen[within / UNIT_OCTETS] === 0) {
      chunk.seen[within / UNIT_OCTETS] = 1;
      for (let n = 0; n < there; n++) chunk.octets[within + n] = view.getUint8(source + n);
      this.copyToLast(i, within, chunk, there);
      this.received += len;
      return false;
    }
    let differs = false;
    for (let n = 0; n < there; n++) {
      const octet = view.getUint8(source + n);
      if (chunk.octets[within + n] === octet || unit + n >= this.cutAt) continue;
      this.reread(i, within + n, octet);
      differs = true;
    }
    return differs;
  }

  /** New octets are new in both readings. */
  private copyToLast(i: number, within: number, chunk: FragmentChunk, len: number): void {
    const last = this.last[i];
    if (last === null) return;
    for (let n = within; n < within + len; n++) last.octets[n] = chunk.octets[n];
  }

  /** Another octet came to a place that had one. Without memory for the other reading, the first stands alone. */
  private reread(i: number, within: number, octet: number): void {
    let last = this.last[i];
    if (last === null) {
      last = this.chunks.take();
      if (last === null) return;
      last.octets.set((this.first[i] as FragmentChunk).octets);
      this.last[i] = last;
    }
    last.octets[within] = octet;
  }

  private same(
    chunks: readonly (FragmentChunk | null)[],
    view: DataView,
    at: number,
    from: number,
    len: number,
  ): boolean {
    for (let n = 0; n < len; n++) {
      const i = Math.floor((from + n) / CHUNK_OCTETS);
      const chunk = chunks[i] ?? this.first[i];
      if (chunk === null || chunk.octets[from + n - i * CHUNK_OCTETS] !== view.getUint8(at + n)) return false;
    }
    return true;
  }
}
