/** Octets that one direction keeps at the least, and at the most: more than most heads that name a destination. */
const MIN_RECENT = 2048;
const MAX_RECENT = 2 * MIN_RECENT;
const FIRST_CAPACITY = 256;
/** Octets that all directions keep together. */
const MAX_RECENT_TOTAL = 1 << 26;

const NO_BYTES = new Uint8Array(0);

/** Memory that all streams share the limit of. */
export class RecentBudget {
  held = 0;
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
  private readonly budget: RecentBudget;

  constructor(budget: RecentBudget) {
    this.budget = budget;
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
    this.budget.held -= this.bytes.length;
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
    const capacity = Math.min(MAX_RECENT, Math.max(FIRST_CAPACITY, 2 * this.bytes.length, needed));
    const more = capacity - this.bytes.length;
    if (this.budget.held + more > MAX_RECENT_TOTAL) return false;
    this.budget.held += more;
    const bytes = new Uint8Array(capacity);
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
    return true;
  }
}
