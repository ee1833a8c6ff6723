import { closeSync, readSync } from "node:fs";

/** Standard input is never closed: its number would go to the next file that is opened. */
export const STDIN_FD = 0;

/** Octets in order, from a file, a pipe or a decompressor. */
export interface Octets {
  /** How many were handed out so far. */
  readonly readBytes: number;
  /**
   * Puts octets into `into` from index `at` on, at least one, and says how many; 0 at the end.
   * Files answer at once. Throws (or rejects) when there is no reading on: the message is for people.
   */
  read(into: Uint8Array, at: number): number | Promise<number>;
  close(): void;
}

/** A file, read synchronously: several times cheaper than a stream. */
export class FileOctets implements Octets {
  readBytes = 0;
  #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  read(into: Uint8Array, at: number): number {
    const got = readSync(this.#fd, into, at, into.length - at, null);
    this.readBytes += got;
    return got;
  }

  close(): void {
    if (this.#fd > STDIN_FD) closeSync(this.#fd);
    this.#fd = -1;
  }
}

/** What arrives in chunks, from a pipe or a decompressor. At most one chunk waits here. */
export class ChunkOctets implements Octets {
  readBytes = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #onClose: () => void;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(chunks: AsyncIterator<Uint8Array>, onClose: () => void) {
    this.#chunks = chunks;
    this.#onClose = onClose;
  }

  read(into: Uint8Array, at: number): number | Promise<number> {
    return this.#at < this.#chunk.length ? this.#copy(into, at) : this.#await(into, at);
  }

  close(): void {
    this.#onClose();
  }

  #copy(into: Uint8Array, at: number): number {
    const got = Math.min(into.length - at, this.#chunk.length - this.#at);
    into.set(this.#chunk.subarray(this.#at, this.#at + got), at);
    this.#at += got;
    this.readBytes += got;
    return got;
  }

  async #await(into: Uint8Array, at: number): Promise<number> {
    do {
      const next = await this.#chunks.next();
      if (next.done) return 0;
      this.#chunk = next.value;
      this.#at = 0;
    } while (this.#chunk.length === 0);
    return this.#copy(into, at);
  }
}

/**
 * The one memory that a capture is read through: bytes[at, end) are unread. What was read stays in
 * place until `more()`, which moves the unread rest to the front and reads on.
 */
export class OctetBuffer {
  bytes: Uint8Array;
  view: DataView;
  at = 0;
  end = 0;
  /** No more will come: the end was reached, or `failure` says why there is no reading on. */
  ended = false;
  failure: string | null = null;
  readonly octets: Octets;
  /** Position of bytes[0] in the whole. */
  #base = 0;

  constructor(octets: Octets, lenBytes: number) {
    this.octets = octets;
    this.bytes = new Uint8Array(lenBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Position of the first unread octet in the whole. */
  get offset(): number {
    return this.#base + this.at;
  }

  /** Reads on, after making room for `need` unread octets; callers bound `need`. One read, which may bring fewer. */
  more(need: number): Promise<void> | undefined {
    this.#makeRoom(need);
    try {
      const got = this.octets.read(this.bytes, this.end);
      if (typeof got === "number") {
        this.#took(got);
        return undefined;
      }
      return got.then(
        (n) => this.#took(n),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #makeRoom(need: number): void {
    const restLen = this.end - this.at;
    // A buffer that is full of one unfinished record has to grow, or nothing could be read.
    const len = Math.max(need, restLen + 1);
    // Moving only where it must keeps octets that arrive one by one from being moved each time.
    if (restLen > 0 && this.at + len <= this.bytes.length) return;
    const rest = this.bytes.subarray(this.at, this.end);
    if (len > this.bytes.length) {
      this.bytes = new Uint8Array(Math.max(len, 2 * this.bytes.length));
      this.view = new DataView(this.bytes.buffer);
    }
    this.bytes.set(rest, 0);
    this.#base += this.at;
    this.at = 0;
    this.end = restLen;
  }

  #took(got: number): void {
    this.end += got;
    if (got === 0) this.ended = true;
  }

  #fail(error: unknown): void {
    this.ended = true;
    this.failure = error instanceof Error ? error.message : String(error);
  }
}

/** Reads until `len` unread octets are there, or no more come. */
export async function readTo(octets: OctetBuffer, len: number): Promise<void> {
  while (octets.end - octets.at < len && !octets.ended) await octets.more(len);
}

/** Small, because decompressors hold at once what a chunk expands to: up to 16 MiB with gzip. */
const MAX_CHUNK_LEN = 1 << 14;
/**
 * Decompressors may keep to themselves what the last chunk before damage expands to. So that little of
 * a small capture is lost, chunks grow with what came before.
 */
const MIN_CHUNK_LEN = 1 << 8;
const CHUNK_SHARE = 8;

/** All octets from the unread ones on. They are copies: decompressors read them while the buffer goes on. */
export async function* storedChunks(octets: OctetBuffer): AsyncGenerator<Uint8Array> {
  for (;;) {
    while (octets.at < octets.end) {
      const len = Math.min(MAX_CHUNK_LEN, Math.max(MIN_CHUNK_LEN, octets.offset / CHUNK_SHARE));
      const upTo = Math.min(octets.end, octets.at + Math.floor(len));
      const chunk = octets.bytes.slice(octets.at, upTo);
      octets.at = upTo;
      yield chunk;
    }
    if (octets.ended) break;
    await octets.more(1);
  }
  if (octets.failure !== null) throw new Error(octets.failure);
}
