/** What adding a piece led to: it fits, it lies beyond what is held, or it differs from what came before. */
export type CryptoPiece = "ok" | "too-long" | "conflict";

/** Far above any ClientHello or ServerHello; endpoints must hold 4,096 (RFC 9000 §7.5). */
const MAX_STREAM_LEN = 1 << 16;
const FIRST_CAPACITY = 1024;
const MESSAGE_HEADER_LEN = 4;
/** Octets that a piece may lie ahead of all that were received; and so much more for each that was. */
const MAX_AHEAD = 1 << 13;
const AHEAD_PER_OCTET = 8;
const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);

/**
 * One direction's CRYPTO stream (RFC 9000 §19.6): pieces in any order, repeated, with gaps, put together
 * to handshake messages. Work and memory follow what was received, up to 64 KiB: one octet far ahead of the others
 * takes none.
 */
export class QuicCryptoStream {
  view = NO_VIEW;
  /** After `next`: the message's type, and its body view[at, end). */
  type = 0;
  at = 0;
  end = 0;
  private bytes = NO_BYTES;
  /** 1 for each octet that was received. */
  private seen = NO_BYTES;
  /** Octets from the beginning without a gap; octets up to the last received; where the next message begins. */
  private whole = 0;
  private length = 0;
  private read = 0;
  /** Octets received, copies too. */
  private taken = 0;

  get heldBytes(): number {
    return this.bytes.length + this.seen.length;
  }

  /** Octets from the beginning without a gap: they are view[0, wholeBytes). */
  get wholeBytes(): number {
    return this.whole;
  }

  /** Takes view[at, end), which begins at `offset` of the stream. What was there first stays. */
  add(offset: number, view: DataView, at: number, end: number): CryptoPiece {
    const stop = offset + end - at;
    this.taken += end - at;
    if (stop > MAX_STREAM_LEN || stop > MAX_AHEAD + AHEAD_PER_OCTET * this.taken) return "too-long";
    if (stop > this.bytes.length) this.grow(stop);
    const { bytes, seen } = this;
    let result: CryptoPiece = "ok";
    if (offset === this.whole && offset === this.length) {
      for (let i = offset; i < stop; i++, at++) bytes[i] = view.getUint8(at);
      seen.fill(1, offset, stop);
      this.length = stop;
      this.whole = stop;
      return "ok";
    }
    for (let i = offset; i < stop; i++, at++) {
      const octet = view.getUint8(at);
      if (seen[i] === 0) {
        seen[i] = 1;
        bytes[i] = octet;
      } else if (bytes[i] !== octet) result = "conflict";
    }
    if (stop > this.length) this.length = stop;
    while (this.whole < this.length && seen[this.whole] === 1) this.whole++;
    return result;
  }

  /** Steps to the next whole message; false when there is none yet. */
  next(): boolean {
    if (this.whole - this.read < MESSAGE_HEADER_LEN) return false;
    const head = this.view.getUint32(this.read);
    const bodyAt = this.read + MESSAGE_HEADER_LEN;
    const bodyEnd = bodyAt + (head & 0xffffff);
    if (bodyEnd > this.whole) return false;
    this.point(head >>> 24, bodyAt, bodyEnd);
    this.read = bodyEnd;
    return true;
  }

  /** As `next`, for as much of the body as there is without a gap. */
  partial(): boolean {
    if (this.whole - this.read <= MESSAGE_HEADER_LEN) return false;
    this.point(this.view.getUint8(this.read), this.read + MESSAGE_HEADER_LEN, this.whole);
    return true;
  }

  /** Whether a message begins that could never be held. */
  get isTooLong(): boolean {
    if (this.whole - this.read < MESSAGE_HEADER_LEN) return false;
    return this.read + MESSAGE_HEADER_LEN + (this.view.getUint32(this.read) & 0xffffff) > MAX_STREAM_LEN;
  }

  private point(type: number, at: number, end: number): void {
    this.type = type;
    this.at = at;
    this.end = end;
  }

  private grow(needed: number): void {
    const capacity = Math.min(MAX_STREAM_LEN, Math.max(FIRST_CAPACITY, this.bytes.length * 2, needed));
    const bytes = new Uint8Array(capacity);
    const seen = new Uint8Array(capacity);
    bytes.set(this.bytes.subarray(0, this.length));
    seen.set(this.seen.subarray(0, this.length));
    this.bytes = bytes;
    this.seen = seen;
    this.view = new DataView(bytes.buffer);
  }
}
