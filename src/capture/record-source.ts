import { FrameBatch } from "./frame-batch.ts";
import type { CaptureDamage, FrameSource, SourceFacts } from "./frame-source.ts";
import type { OctetBuffer, Octets } from "./octets.ts";

/**
 * Captured octets that a frame may claim at most. Headers lie about snaplen, so this bound is fixed:
 * four times what capture programs allow (262,144), and small enough to keep in memory.
 */
export const MAX_CAPLEN = 1 << 20;

/** What the opener knows, and a capture format does not. */
export interface Stored {
  readonly path: string;
  readonly compression: "gzip" | "zstd" | null;
  readonly storedBytes: number;
  /** The octets as stored, before decompression: they know how far reading came. */
  readonly octets: Octets;
}

/** Walks records that stand one after another; a capture format says how one looks. */
export abstract class RecordSource implements FrameSource {
  readonly facts: SourceFacts;
  protected readonly octets: OctetBuffer;
  protected readonly batch: FrameBatch;
  readonly #stored: Stored;
  #done = false;

  constructor(format: "pcap" | "pcapng", octets: OctetBuffer, stored: Stored) {
    this.octets = octets;
    this.batch = new FrameBatch(octets.bytes);
    this.#stored = stored;
    this.facts = {
      path: stored.path,
      format,
      compression: stored.compression,
      storedBytes: stored.storedBytes,
      readBytes: 0,
      linkTypes: [],
      packets: 0,
      bytes: 0,
      first: null,
      last: null,
      tsDigits: 0,
      dropped: 0,
      filtered: false,
      untimed: 0,
      damage: null,
    };
  }

  /**
   * Moves `octets.at` over whole records and enters their frames into the batch, from its `count` on.
   * Returns how many octets the next record needs at least (0 when the batch is full), or sets
   * `facts.damage` through `stop()`.
   */
  protected abstract walk(): number;

  /** The record at `octets.at` cannot be read, nor can anything after it. */
  protected stop(message: string): void {
    this.facts.damage = { offset: this.octets.offset, message };
  }

  next(): FrameBatch | null | Promise<FrameBatch | null> {
    this.batch.count = 0;
    if (this.facts.damage) this.close(); // what came before was delivered
    if (this.#done) return null;
    for (;;) {
      const need = this.walk();
      if (this.#isAnswer(need)) return this.#answer();
      const waiting = this.octets.more(need);
      if (waiting) return this.#nextAfter(waiting);
    }
  }

  close(): void {
    this.#done = true;
    this.octets.octets.close();
    this.#stored.octets.close();
  }

  async #nextAfter(waiting: Promise<void>): Promise<FrameBatch | null> {
    for (let wait: Promise<void> | undefined = waiting; ; ) {
      await wait;
      if (this.#done) return null; // closed meanwhile
      const need = this.walk();
      if (this.#isAnswer(need)) return this.#answer();
      wait = this.octets.more(need);
    }
  }

  /** After a walk: there are frames, or it is clear that none will come. */
  #isAnswer(need: number): boolean {
    if (this.batch.count > 0 || this.facts.damage) return true;
    if (!this.octets.ended) return false;
    this.facts.damage = this.#damageAtEnd(need);
    return true;
  }

  #damageAtEnd(need: number): CaptureDamage | null {
    const { offset, failure, at, end } = this.octets;
    if (failure !== null) return { offset, message: failure };
    if (at === end) return null;
    return { offset, message: `cut short: the last record has ${end - at} of at least ${need} octets` };
  }

  #answer(): FrameBatch | null {
    const { batch, facts, octets } = this;
    facts.readBytes = this.#stored.octets.readBytes;
    if (batch.count === 0) {
      this.close();
      return null;
    }
    if (batch.bytes !== octets.bytes) {
      batch.bytes = octets.bytes;
      batch.view = octets.view;
    }
    this.#account();
    return batch;
  }

  #account(): void {
    const { batch, facts } = this;
    const { count, caplen, tsSec, tsNsec } = batch;
    facts.first ??= { sec: tsSec[0], nsec: tsNsec[0] };
    facts.last ??= { sec: tsSec[0], nsec: tsNsec[0] };
    let { sec: firstSec, nsec: firstNsec } = facts.first;
    let { sec: lastSec, nsec: lastNsec } = facts.last;
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const sec = tsSec[i];
      const nsec = tsNsec[i];
      bytes += caplen[i];
      if (sec > lastSec || (sec === lastSec && nsec > lastNsec)) {
        lastSec = sec;
        lastNsec = nsec;
      } else if (sec < firstSec || (sec === firstSec && nsec < firstNsec)) {
        firstSec = sec;
        firstNsec = nsec;
      }
    }
    facts.first.sec = firstSec;
    facts.first.nsec = firstNsec;
    facts.last.sec = lastSec;
    facts.last.nsec = lastNsec;
    facts.packets += count;
    facts.bytes += bytes;
  }
}
