/** Octets that one direction keeps at the least, and at the most: more than most heads that name a destination. */
const MIN_RECENT = 2048;
const MAX_RECENT = 2 * MIN_RECENT;
/** Most directions have said all that names a destination within a single segment. */
const SMALL_CAPACITY = 512;
/** Octets that all directions keep together. */
const MAX_RECENT_TOTAL = 1 << 26;
/** Memory is taken from the system in such pieces: small buffers of their own cost microseconds each, and the collector's time. */
const SLAB_BYTES = 1 << 18;

/** Up to so many octets are copied word by word: a view of them, made for each segment, costs more than that. */
const MAX_WORDWISE = 512;

/** A piece of memory: `lenBytes` octets of the view, from `at` on. */
export interface Room {
  readonly view: DataView;
  readonly at: number;
  readonly lenBytes: number;
}

const NO_ROOM: Room = { view: new DataView(new ArrayBuffer(0)), at: 0, lenBytes: 0 };

/** Memory that all streams share, and the limit of it. */
export class RecentPool {
  /** Octets that streams have now. */
  held = 0;
  /** Times that a stream got none: another copy of its octets could not have been told from the first. */
  refused = 0;
  private fromSystem = 0;
  private readonly free = new Map<number, Room[]>([
    [SMALL_CAPACITY, []],
    [MAX_RECENT, []],
  ]);

  /** Room for so many octets, at most MAX_RECENT; null when all directions together keep too much. */
  take(neededBytes: number): Room | null {
    const capacity = neededBytes <= SMALL_CAPACITY ? SMALL_CAPACITY : MAX_RECENT;
    const free = this.free.get(capacity) as Room[];
    if (free.length === 0) this.carve(capacity, free);
    const room = free.pop() ?? null;
    if (room === null) this.refused++;
    else this.held += capacity;
    return room;
  }

  /** Takes back what `take` gave. */
  give(room: Room): void {
    this.free.get(room.lenBytes)?.push(room);
    this.held -= room.lenBytes;
  }

  private carve(lenBytes: number, into: Room[]): void {
    if (this.fromSystem + SLAB_BYTES > MAX_RECENT_TOTAL) return;
    this.fromSystem += SLAB_BYTES;
    const view = new DataView(new ArrayBuffer(SLAB_BYTES));
    for (let at = 0; at < SLAB_BYTES; at += lenBytes) into.push({ view, at, lenBytes });
  }
}

/**
 * The last octets that were read of a stream, to tell a retry from its forgery: a host with raw sockets
 * can send what its peer never takes (a false checksum, a short time to live), and then other octets with
 * the same numbers.
 */
export class RecentOctets {
  private room: Room = NO_ROOM;
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
    copy(view, from, end, this.room.view, this.room.at + this.length);
    this.length += len;
  }

  /** Whether the octets view[at, end) at `seq` are others than were kept of that place. */
  differs(seq: number, view: DataView, at: number, end: number): boolean {
    const offset = (seq - this.start) | 0;
    const first = Math.max(0, offset);
    const last = Math.min(this.length, offset + end - at);
    const { view: kept, at: keptAt } = this.room;
    for (let i = first; i < last; i++) {
      if (kept.getUint8(keptAt + i) !== view.getUint8(at + i - offset)) return true;
    }
    return false;
  }

  drop(): void {
    if (this.room === NO_ROOM) return;
    this.pool.give(this.room);
    this.room = NO_ROOM;
    this.length = 0;
  }

  /** The oldest octets go. */
  private forget(count: number): void {
    const gone = Math.min(count, this.length);
    const { view, at } = this.room;
    new Uint8Array(view.buffer, at, this.length).copyWithin(0, gone, this.length);
    this.start = (this.start + gone) | 0;
    this.length -= gone;
  }

  /** False when all directions together keep too much. */
  private makeRoom(needed: number): boolean {
    if (needed <= this.room.lenBytes) return true;
    const room = this.pool.take(needed);
    if (room === null) return false;
    copy(this.room.view, this.room.at, this.room.at + this.length, room.view, room.at);
    this.pool.give(this.room);
    this.room = room;
    return true;
  }
}

function copy(from: DataView, at: number, end: number, to: DataView, toAt: number): void {
  const len = end - at;
  if (len > MAX_WORDWISE) {
    const octets = new Uint8Array(from.buffer, from.byteOffset + at, len);
    new Uint8Array(to.buffer, to.byteOffset + toAt, len).set(octets);
    return;
  }
  const words = len & ~3;
  for (let i = 0; i < words; i += 4) to.setInt32(toAt + i, from.getInt32(at + i, true), true);
  for (let i = words; i < len; i++) to.setUint8(toAt + i, from.getUint8(at + i));
}
