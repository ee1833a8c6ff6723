import { BATCH_FRAMES } from "./frame-batch.ts";
import { CaptureError } from "./frame-source.ts";
import type { OctetBuffer } from "./octets.ts";
import { MAX_CAPLEN, RecordSource, type Stored } from "./record-source.ts";

// draft-ietf-opsawg-pcap, section 4 (file header) and 5 (packet record).
export const PCAP_HEADER_LEN = 24;
const MAGIC_USEC = 0xa1b2c3d4;
const MAGIC_NSEC = 0xa1b23c4d;
/** Alexey Kuznetzov's patched libpcap: eight more octets (interface, protocol, packet type) a record. */
const MAGIC_KUZNETZOV = 0xa1b2cd34;

const RECORD_LEN = 16;
const KUZNETZOV_RECORD_LEN = 24;

/** Whether the unread octets begin like classic pcap. */
export function isPcap({ view, at, end }: OctetBuffer): boolean {
  return end - at >= 4 && (isMagic(view.getUint32(at, false)) || isMagic(view.getUint32(at, true)));
}

function isMagic(magic: number): boolean {
  return magic === MAGIC_USEC || magic === MAGIC_NSEC || magic === MAGIC_KUZNETZOV;
}

/** Classic pcap in either byte order, with microseconds or nanoseconds. */
export class PcapSource extends RecordSource {
  readonly #littleEndian: boolean;
  readonly #recordLen: number;
  /** Units of the time's fraction in a second, and nanoseconds in such a unit. */
  readonly #unitsPerSec: number;
  readonly #nsecPerUnit: number;
  /** Where in a record header the two lengths stand. */
  readonly #caplenAt: number;
  readonly #wireLenAt: number;

  /** Takes the file header off `octets`, which begin with a magic of pcap. Throws CaptureError if it is no good. */
  constructor(octets: OctetBuffer, stored: Stored) {
    super("pcap", octets, stored);
    const { view, at } = octets;
    if (octets.end - at < PCAP_HEADER_LEN) throw new CaptureError("the pcap file header is cut short");
    this.#littleEndian = !isMagic(view.getUint32(at));
    const magic = view.getUint32(at, this.#littleEndian);
    this.#recordLen = magic === MAGIC_KUZNETZOV ? KUZNETZOV_RECORD_LEN : RECORD_LEN;
    this.#unitsPerSec = magic === MAGIC_NSEC ? 1e9 : 1e6;
    this.#nsecPerUnit = magic === MAGIC_NSEC ? 1 : 1000;
    this.facts.tsDigits = magic === MAGIC_NSEC ? 9 : 6;
    const major = view.getUint16(at + 4, this.#littleEndian);
    const minor = view.getUint16(at + 6, this.#littleEndian);
    if (major !== 2) throw new CaptureError(`pcap version ${major}.${minor} is not known; expected 2.4`);
    // Before 2.3 the length on the wire came first.
    this.#caplenAt = minor < 3 ? 12 : 8;
    this.#wireLenAt = minor < 3 ? 8 : 12;
    // The upper half of the field holds the length of the FCS, not a part of the link type.
    const linkType = view.getUint32(at + 20, this.#littleEndian) & 0xffff;
    this.facts.linkTypes.push(linkType);
    this.batch.linkType.fill(linkType);
    octets.at += PCAP_HEADER_LEN;
  }

  protected walk(): number {
    const { batch, octets } = this;
    const { offset, caplen, wireLen, tsSec, tsNsec } = batch;
    const { view, end } = octets;
    const littleEndian = this.#littleEndian;
    const recordLen = this.#recordLen;
    const caplenAt = this.#caplenAt;
    const wireLenAt = this.#wireLenAt;
    const unitsPerSec = this.#unitsPerSec;
    const nsecPerUnit = this.#nsecPerUnit;
    let at = octets.at;
    let n = batch.count;
    let need = 0;
    while (n < BATCH_FRAMES) {
      need = recordLen;
      if (end - at < need) break;
      const cap = view.getUint32(at + caplenAt, littleEndian);
      if (cap > MAX_CAPLEN) break;
      need += cap;
      if (end - at < need) break;
      const len = view.getUint32(at + wireLenAt, littleEndian);
      let sec = view.getUint32(at, littleEndian);
      let units = view.getUint32(at + 4, littleEndian);
      if (units >= unitsPerSec) {
        sec += Math.floor(units / unitsPerSec);
        units %= unitsPerSec;
      }
      offset[n] = at + recordLen;
      caplen[n] = cap;
      wireLen[n] = Math.max(len, cap); // a frame is never shorter than what was captured of it
      tsSec[n] = sec;
      tsNsec[n] = units * nsecPerUnit;
      at += need;
      need = 0;
      n++;
    }
    octets.at = at;
    batch.count = n;
    if (need === recordLen && end - at >= need) {
      const cap = view.getUint32(at + caplenAt, littleEndian);
      this.stop(`a record claims ${cap} captured octets, the bound is ${MAX_CAPLEN}`);
    }
    return need;
  }
}
