const FIRST_CAPACITY = 512;
const NO_BYTES = new Uint8Array(0);
const NOTHING = new DataView(new ArrayBuffer(0));

/**
 * Octets of a message that is not whole yet. Grows by doubling with what was really received, whatever
 * lengths the message claims, up to `maxBytes`; takes no memory while it is empty.
 */
export class ByteHold {
  readonly maxBytes: number;
  length = 0;
  /** The held octets are view[0, length). Replaced when it grows. */
  view: DataView = NOTHING;
  private bytes: Uint8Array = NO_BYTES;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Octets of memory in use. */
  get capacity(): number {
    return this.bytes.length;
  }

  /** Adds view[at, end), or as much of it as fits; false when it did not fit. */
  append(view: DataView, at: number, end: number): boolean {
    const stop = Math.min(end, at + this.maxBytes - this.length);
    if (stop > at) {
      const needed = this.length + stop - at;
      if (needed > this.bytes.length) this.grow(needed);
      this.bytes.set(new Uint8Array(view.buffer, view.byteOffset + at, stop - at), this.length);
      this.length = needed;
    }
    return stop === end;
  }

  private grow(needed: number): void {
    const doubled = Math.max(FIRST_CAPACITY, this.bytes.length * 2, needed);
    const bytes = new Uint8Array(Math.min(doubled, this.maxBytes));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  /** Forgets the octets and gives their memory back; a view taken before stays readable. */
  clear(): void {
    this.length = 0;
    this.bytes = NO_BYTES;
    this.view = NOTHING;
  }
}
