/** Octets that one direction keeps at the least, and at the most: more than most heads that name a destination. */
const MIN_RECENT = 2048;
const MAX_RECENT = 2 * MIN_RECENT;
/** Most directions have said all that names a destination within a single segment. */
const SMALL_CAPACITY = 512;
/** Octets that all directions keep together. */
const MAX_RECENT_TOTAL = 1 << 26;
/** Memory is taken from the system in such pieces: small buffers of their own cost microseconds each, and the collector's time. */
const SLAB_BYTES = 1 << 18;

const NO_BYTES = new Uint8Array(0);

/** Memory that all streams share, and the limit of it. */
export class RecentPool {
  /** Octets that streams have now. */
  held = 0;
  /** Times that a stream got none: another copy of its octets could not have been told from the first. */
  refused = 0;
  private fromSystem = 0;
  private readonly free = new Map<number, Uint8Array[]>([
    [SMALL_CAPACITY, []],
    [MAX_RECENT, []],
  ]);

  /** Room for so many octets, at most MAX_RECENT; null when all directions together keep too much. */
  take(neededBytes: number): Uint8Array | null {
    const capacity = neededBytes <= SMALL_CAPACITY ? SMALL_CAPACITY : MAX_RECENT;
    const free = this.free.get(capacity) as Uint8Array[];
    if (free.length === 0) this.carve(capacity, free);
    const bytes = free.pop() ?? null;
    if (bytes === null) this.refused++;
    else this.held += capacity;
    return bytes;
  }

  /** Takes back what `take` gave. */
  give(bytes: Uint8Array): void {
    this.free.get(bytes.length)?.push(bytes);
    this.held -= bytes.length;
  }

  private carve(capacity: number, into: Uint8Array[]): void {
    if (this.fromSystem + SLAB_BYTES > MAX_RECENT_TOTAL) return;
    this.fromSystem += SLAB_BYTES;
    const slab = new ArrayBuffer(SLAB_BYTES);
    for (let at = 0; at < SLAB_BYTES; at += capacity) into.push(new Uint8Array(slab, at, capacity));
  }
}

/**
 * The last octets that were read of a stream, to tell a retry from its forgery: a host with raw sockets
 * can send what its peer never takes (a false checksum, a short time to live), and then other octets with
 * the same numbers.
 */
export class RecentOctets {
  private bytes: Uint8Array = NO_BYTES;
  private length = 0;
  /** Sequence number of the first octet that is kept. */
  private start = 0;
  private readonly pool: RecentPool;

  constructor(pool: RecentPool) {
    this.pool = pool;
  }

  /** Keeps view[at, end), which begins at `seq`. What does not lie right before it goes. */
  keep(seq: number, view: DataView, at: number, end: number): void {
    const from = Math.max(at, end - MIN_RECENT);
    const first = (seq + from - at) | 0;
    if (first !== ((this.start + this.length) | 0)) this.length = 0;
    const len = end - from;
    if (this.length + len > MAX_RECENT) this.forget(this.length + len - MIN_RECENT);
    if (!this.makeRoom(this.length + len)) {
      this.length = 0;
      return;
    }
    if (this.length === 0) this.start = first;
    this.bytes.set(new Uint8Array(view.buffer, view.byteOffset + from, len), this.length);
    this.length += len;
  }

  /** Whether the octets view[at, end) at `seq` are others than were kept of that place. */
  differs(seq: number, view: DataView, at: number, end: number): boolean {
    const offset = (seq - this.start) | 0;
    const first = Math.max(0, offset);
    const last = Math.min(this.length, offset + end - at);
    for (let i = first; i < last; i++) if (this.bytes[i] !== view.getUint8(at + i - offset)) return true;
    return false;
  }

  drop(): void {
    this.pool.give(this.bytes);
    this.bytes = NO_BYTES;
    this.length = 0;
  }

  /** The oldest octets go. */
  private forget(count: number): void {
    const gone = Math.min(count, this.length);
    this.bytes.copyWithin(0, gone, this.length);
    this.start = (this.start + gone) | 0;
    this.length -= gone;
  }

  /** False when all directions together keep too much. */
  private makeRoom(needed: number): boolean {
    if (needed <= this.bytes.length) return true;
    const bytes = this.pool.take(needed);
    if (bytes === null) return false;
    for (let i = 0; i < this.length; i++) bytes[i] = this.bytes[i] as number;
    this.pool.give(this.bytes);
    this.bytes = bytes;
    return true;
  }
}
