/** Octets of a datagram that lie in one chunk, and the fragments' unit (RFC 791 §3.1: offsets count eights). */
export const CHUNK_OCTETS = 2048;
export const UNIT_OCTETS = 8;
const CHUNK_UNITS = CHUNK_OCTETS / UNIT_OCTETS;
/** Chunks that are taken from the system at a time, and at the most: 18 MiB, or 256 of the longest datagrams. */
const SLAB_CHUNKS = 128;
const MAX_CHUNKS = 8192;

/** Room for a part of a datagram: its octets, and for each unit whether it was received (1) or not (0). */
export interface FragmentChunk {
  readonly octets: Uint8Array;
  readonly seen: Uint8Array;
}

/** Memory for datagrams that are put together: taken once, given out again and again. */
export class FragmentChunks {
  private readonly free: FragmentChunk[] = [];
  private made = 0;
  private readonly maxChunks: number;

  constructor(maxChunks: number = MAX_CHUNKS) {
    this.maxChunks = maxChunks;
  }

  /** A chunk of which nothing was received, or null when all are in use. */
  take(): FragmentChunk | null {
    if (this.free.length === 0) this.carve();
    const chunk = this.free.pop();
    if (chunk === undefined) return null;
    chunk.seen.fill(0);
    return chunk;
  }

  give(chunk: FragmentChunk): void {
    this.free.push(chunk);
  }

  private carve(): void {
    const count = Math.min(SLAB_CHUNKS, this.maxChunks - this.made);
    const slab = new ArrayBuffer(count * (CHUNK_OCTETS + CHUNK_UNITS));
    for (let n = 0, at = 0; n < count; n++, at += CHUNK_OCTETS + CHUNK_UNITS) {
      this.free.push({
        octets: new Uint8Array(slab, at, CHUNK_OCTETS),
        seen: new Uint8Array(slab, at + CHUNK_OCTETS, CHUNK_UNITS),
      });
    }
    this.made += count;
  }
}
