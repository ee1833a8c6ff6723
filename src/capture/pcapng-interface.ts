import { counterOption, findOption } from "./pcapng-options.ts";

// Option codes: draft-ietf-opsawg-pcapng, sections 4.2 (interface) and 4.6 (statistics).
const IF_TSRESOL = 9;
const IF_FILTER = 11;
const IF_TSOFFSET = 14;
const ISB_IFDROP = 5;
const ISB_OSDROP = 7;

/** Between these many ticks a second, `readTime` needs no BigInt; both bounds are in its comment. */
const MIN_FAST_TICKS = 2 ** 14;
const MAX_FAST_TICKS = 2 ** 30;

/** An interface of a pcapng section, and its clock. */
export class PcapngInterface {
  readonly linkType: number;
  /** 0: no limit. */
  readonly snaplen: number;
  /** Captured through a filter that the capture names. */
  readonly filtered: boolean;
  /** Precision in decimal digits of a second, 9 at most. */
  readonly tsDigits: number;
  /** Result of `readTime`. */
  sec = 0;
  nsec = 0;
  readonly #offsetSec: number;
  readonly #ticksPerSec: bigint;
  /** The same as a double, 0 outside the fast range. */
  readonly #fastTicksPerSec: number;
  readonly #nsecPerTick: number;
  /** Losses that packets mention one by one, and the largest totals that statistics blocks give. */
  #droppedByPackets = 0;
  #droppedByInterface = 0;
  #droppedBySystem = 0;

  /** From the body of an Interface Description Block, view[at, end), at least 8 octets. */
  constructor(view: DataView, at: number, end: number, littleEndian: boolean) {
    this.linkType = view.getUint16(at, littleEndian);
    this.snaplen = view.getUint32(at + 4, littleEndian);
    const options = at + 8;
    const filter = findOption(view, options, end, littleEndian, IF_FILTER);
    this.filtered = filter !== null && filter.len > 1; // its first octet only says of which kind it is
    const offset = findOption(view, options, end, littleEndian, IF_TSOFFSET);
    this.#offsetSec = offset && offset.len >= 8 ? Number(view.getBigInt64(offset.at, littleEndian)) : 0;

    const resolution = findOption(view, options, end, littleEndian, IF_TSRESOL);
    const octet = resolution && resolution.len >= 1 ? view.getUint8(resolution.at) : 6;
    const exponent = octet & 0x7f;
    const binary = octet >= 0x80;
    this.#ticksPerSec = (binary ? 2n : 10n) ** BigInt(exponent);
    const ticksPerSec = Number(this.#ticksPerSec);
    const fast = ticksPerSec >= MIN_FAST_TICKS && ticksPerSec <= MAX_FAST_TICKS;
    this.#fastTicksPerSec = fast ? ticksPerSec : 0;
    this.#nsecPerTick = 1e9 / ticksPerSec; // exact in the fast range: a whole number, or 5^9 over a power of 2
    this.tsDigits = Math.min(9, binary ? Math.ceil(exponent * Math.log10(2)) : exponent);
  }

  /** Packets that were lost on this interface: two ways to count the same, so the larger counts. */
  get dropped(): number {
    return Math.max(this.#droppedByPackets, this.#droppedByInterface + this.#droppedBySystem);
  }

  addDropped(packets: number): void {
    this.#droppedByPackets += packets;
  }

  /**
   * Options of an Interface Statistics Block, view[at, end). They count from the start of the capture: a block that
   * says nothing of losses, or less than one before it, takes none back.
   */
  readStatistics(view: DataView, at: number, end: number, littleEndian: boolean): void {
    const byInterface = counterOption(view, at, end, littleEndian, ISB_IFDROP);
    const bySystem = counterOption(view, at, end, littleEndian, ISB_OSDROP);
    this.#droppedByInterface = Math.max(this.#droppedByInterface, byInterface);
    this.#droppedBySystem = Math.max(this.#droppedBySystem, bySystem);
  }

  /**
   * Sets `sec` and `nsec` from the two halves of a time in ticks; exact, rounded down to nanoseconds.
   *
   * 64 bits do not fit a double, so the quotient is estimated: it is below 2^50, hence off by one at
   * most. The rest is then between -ticks and 2 * ticks a second, which 32-bit arithmetic gives exactly.
   */
  readTime(high: number, low: number): void {
    const ticksPerSec = this.#fastTicksPerSec;
    if (ticksPerSec === 0) {
      this.#readAnyTime(high, low);
      return;
    }
    let sec = Math.floor((high * 4294967296 + low) / ticksPerSec);
    let rest = (low - Math.imul(sec, ticksPerSec)) | 0;
    if (rest < 0) {
      sec--;
      rest += ticksPerSec;
    } else if (rest >= ticksPerSec) {
      sec++;
      rest -= ticksPerSec;
    }
    this.sec = sec + this.#offsetSec;
    this.nsec = Math.floor(rest * this.#nsecPerTick);
  }

  #readAnyTime(high: number, low: number): void {
    const ticks = (BigInt(high) << 32n) | BigInt(low);
    this.sec = Number(ticks / this.#ticksPerSec) + this.#offsetSec;
    this.nsec = Number(((ticks % this.#ticksPerSec) * 1_000_000_000n) / this.#ticksPerSec);
  }
}
