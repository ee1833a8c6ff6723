import { counterOption, findOption } from "./pcapng-options.ts";

// Option codes: draft-ietf-opsawg-pcapng, sections 4.2 (interface) and 4.6 (statistics).
const IF_TSRESOL = 9;
const IF_FILTER = 11;
const IF_TSOFFSET = 14;
const ISB_IFDROP = 5;
const ISB_OSDROP = 7;

/** Ticks of 2^-32 s and coarser, and decimal ones down to 1 ns, are exact in doubles; finer ones take BigInt. */
const MAX_EXACT_BINARY = 32;
const MAX_EXACT_DECIMAL = 9;

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
  /** The same as a double, 0 when the arithmetic on doubles would not be exact. */
  readonly #divisor: number;
  readonly #nsecPerTick: number;
  /** Losses that packets mention one by one, and the latest total that a statistics block gives. */
  #droppedByPackets = 0;
  #droppedByStatistics = 0;

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
    const exact = exponent <= (binary ? MAX_EXACT_BINARY : MAX_EXACT_DECIMAL);
    this.#divisor = exact ? Number(this.#ticksPerSec) : 0;
    this.#nsecPerTick = exact ? 1e9 / this.#divisor : 0;
    this.tsDigits = Math.min(9, binary ? Math.ceil(exponent * Math.log10(2)) : exponent);
  }

  /** Packets that were lost on this interface: two ways to count the same, so the larger counts. */
  get dropped(): number {
    return Math.max(this.#droppedByPackets, this.#droppedByStatistics);
  }

  addDropped(packets: number): void {
    this.#droppedByPackets += packets;
  }

  /** Options of an Interface Statistics Block, view[at, end). They count from the start of the capture. */
  readStatistics(view: DataView, at: number, end: number, littleEndian: boolean): void {
    this.#droppedByStatistics =
      counterOption(view, at, end, littleEndian, ISB_IFDROP) +
      counterOption(view, at, end, littleEndian, ISB_OSDROP);
  }

  /** Sets `sec` and `nsec` from the two halves of a time in ticks; exact, rounded down to nanoseconds. */
  readTime(high: number, low: number): void {
    const divisor = this.#divisor;
    if (divisor === 0) {
      this.#readFineTime(high, low);
      return;
    }
    // Long division in digits of 32, 16 and 16 bits: every step stays below 2^53.
    const sec32 = Math.floor(high / divisor);
    const middle = (high - sec32 * divisor) * 65536 + (low >>> 16);
    const sec16 = Math.floor(middle / divisor);
    const last = (middle - sec16 * divisor) * 65536 + (low & 0xffff);
    const sec0 = Math.floor(last / divisor);
    this.sec = sec32 * 4294967296 + sec16 * 65536 + sec0 + this.#offsetSec;
    this.nsec = Math.floor((last - sec0 * divisor) * this.#nsecPerTick);
  }

  #readFineTime(high: number, low: number): void {
    const ticks = (BigInt(high) << 32n) | BigInt(low);
    this.sec = Number(ticks / this.#ticksPerSec) + this.#offsetSec;
    this.nsec = Number(((ticks % this.#ticksPerSec) * 1_000_000_000n) / this.#ticksPerSec);
  }
}
