import { BATCH_FRAMES } from "./frame-batch.ts";
import type { OctetBuffer } from "./octets.ts";
import { PcapngInterface } from "./pcapng-interface.ts";
import { counterOption } from "./pcapng-options.ts";
import { MAX_CAPLEN, RecordSource, type Stored } from "./record-source.ts";

// Block types: draft-ietf-opsawg-pcapng, section 4, and section A for the obsolete Packet Block.
/** Its type reads the same in both byte orders. */
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const PACKET = 2;
const SIMPLE_PACKET = 3;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const EPB_DROPCOUNT = 4;
const UNKNOWN_DROPS = 0xffff;

/** Type and length before a block's body, the length once more after it. */
const HEADER_LEN = 8;
const TRAILER_LEN = 4;
/** A block has to lie in memory whole; the same bound as libpcap's. */
export const MAX_BLOCK_LEN = 1 << 24;
/** What has to be there before a section's byte order and a block's length are known. */
const SECTION_START_LEN = 12;
/** Octets of a body before options or packet data. */
const SECTION_BODY_LEN = 16;
const INTERFACE_BODY_LEN = 8;
const PACKET_BODY_LEN = 20;
const SIMPLE_PACKET_BODY_LEN = 4;
const STATISTICS_BODY_LEN = 12;
/** Interfaces that a section may describe: far more than any capture has. */
export const MAX_INTERFACES = 4096;

/** Whether the unread octets begin like pcapng. */
export function isPcapng({ view, at, end }: OctetBuffer): boolean {
  if (end - at < SECTION_START_LEN || view.getUint32(at) !== SECTION_HEADER) return false;
  const order = at + HEADER_LEN;
  return view.getUint32(order, true) === BYTE_ORDER_MAGIC || view.getUint32(order) === BYTE_ORDER_MAGIC;
}

/** pcapng: any number of sections and interfaces, either byte order. */
export class PcapngSource extends RecordSource {
  #littleEndian = false;
  #interfaces: PcapngInterface[] = [];
  /** Where the time of the latest packet stands, for those that have none. */
  #clock: PcapngInterface | null = null;

  constructor(octets: OctetBuffer, stored: Stored) {
    super("pcapng", octets, stored);
  }

  protected walk(): number {
    const { batch, octets } = this;
    let need = 0;
    while (batch.count < BATCH_FRAMES) {
      need = this.#blockLen();
      if (this.facts.damage || octets.end - octets.at < need) break;
      this.#readBlock(octets.at, need);
      if (this.facts.damage) break;
      octets.at += need;
      need = 0;
    }
    return need;
  }

  /** Length of the block at `octets.at`, or of what is needed to know it. Stops at one that cannot be. */
  #blockLen(): number {
    const { view, at, end } = this.octets;
    if (end - at < SECTION_START_LEN) return SECTION_START_LEN;
    if (view.getUint32(at) === SECTION_HEADER && !this.#readByteOrder(at + HEADER_LEN)) return 0;
    const len = view.getUint32(at + 4, this.#littleEndian);
    if (len < HEADER_LEN + TRAILER_LEN || len > MAX_BLOCK_LEN || (len & 3) !== 0) {
      this.stop(`a block claims ${len} octets; expected a multiple of 4 from 12 to ${MAX_BLOCK_LEN}`);
    }
    return len;
  }

  #readByteOrder(at: number): boolean {
    const { view } = this.octets;
    const littleEndian = view.getUint32(at, true) === BYTE_ORDER_MAGIC;
    if (!littleEndian && view.getUint32(at) !== BYTE_ORDER_MAGIC) {
      this.stop("a section header has no byte-order magic");
      return false;
    }
    this.#littleEndian = littleEndian;
    return true;
  }

  /** A block of `len` octets, all of which are there. */
  #readBlock(at: number, len: number): void {
    const { view } = this.octets;
    const bodyAt = at + HEADER_LEN;
    const bodyEnd = at + len - TRAILER_LEN;
    if (view.getUint32(bodyEnd, this.#littleEndian) !== len) {
      this.stop("the two lengths of a block differ");
      return;
    }
    switch (view.getUint32(at, this.#littleEndian)) {
      case ENHANCED_PACKET:
        this.#readEnhancedPacket(bodyAt, bodyEnd);
        return;
      case SIMPLE_PACKET:
        this.#readSimplePacket(bodyAt, bodyEnd);
        return;
      case PACKET:
        this.#readPacket(bodyAt, bodyEnd);
        return;
      case SECTION_HEADER:
        this.#readSection(bodyAt, bodyEnd);
        return;
      case INTERFACE_DESCRIPTION:
        this.#readInterface(bodyAt, bodyEnd);
        return;
      case INTERFACE_STATISTICS:
        this.#readStatistics(bodyAt, bodyEnd);
        return;
      default: // names, secrets, custom and unknown blocks hold no packets
    }
  }

  /** Section 4.1. Its section length is not needed: blocks are walked one by one. */
  #readSection(at: number, end: number): void {
    if (end - at < SECTION_BODY_LEN) {
      this.stop("a section header is too short");
      return;
    }
    const { view } = this.octets;
    const major = view.getUint16(at + 4, this.#littleEndian);
    if (major !== 1) {
      this.stop(`pcapng version ${major} is not known; expected 1`);
      return;
    }
    this.#interfaces = [];
  }

  /** Section 4.2. */
  #readInterface(at: number, end: number): void {
    if (end - at < INTERFACE_BODY_LEN) {
      this.stop("an interface description is too short");
      return;
    }
    if (this.#interfaces.length === MAX_INTERFACES) {
      this.stop(`a section describes more than ${MAX_INTERFACES} interfaces`);
      return;
    }
    const described = new PcapngInterface(this.octets.view, at, end, this.#littleEndian);
    this.#interfaces.push(described);
    const { facts } = this;
    if (!facts.linkTypes.includes(described.linkType)) facts.linkTypes.push(described.linkType);
    facts.tsDigits = Math.max(facts.tsDigits, described.tsDigits);
    if (described.filtered) facts.filtered = true;
  }

  /** Section 4.3. */
  #readEnhancedPacket(at: number, end: number): void {
    if (end - at < PACKET_BODY_LEN) {
      this.stop("a packet block is too short");
      return;
    }
    const { view } = this.octets;
    const littleEndian = this.#littleEndian;
    const origin = this.#interface(view.getUint32(at, littleEndian));
    if (!origin) return;
    const dataEnd = this.#readTimedPacket(origin, at + 4, end);
    if (dataEnd < end && !this.facts.damage) {
      const dropped = counterOption(view, dataEnd, end, littleEndian, EPB_DROPCOUNT);
      if (dropped > 0) this.#addDropped(origin, dropped);
    }
  }

  /** Appendix A: like the enhanced packet, but 16 bits of interface and 16 of losses since the packet before. */
  #readPacket(at: number, end: number): void {
    if (end - at < PACKET_BODY_LEN) {
      this.stop("a packet block is too short");
      return;
    }
    const { view } = this.octets;
    const origin = this.#interface(view.getUint16(at, this.#littleEndian));
    if (!origin) return;
    this.#readTimedPacket(origin, at + 4, end);
    const dropped = view.getUint16(at + 2, this.#littleEndian);
    if (dropped !== UNKNOWN_DROPS && !this.facts.damage) this.#addDropped(origin, dropped);
  }

  /** From the time on, both timed packet blocks are alike. Returns where the options begin. */
  #readTimedPacket(origin: PcapngInterface, at: number, end: number): number {
    const { view } = this.octets;
    const littleEndian = this.#littleEndian;
    const caplen = view.getUint32(at + 8, littleEndian);
    const dataAt = at + 16;
    if (caplen > end - dataAt) {
      this.stop(`a packet claims ${caplen} captured octets, its block has room for ${end - dataAt}`);
      return end;
    }
    origin.readTime(view.getUint32(at, littleEndian), view.getUint32(at + 4, littleEndian));
    this.#clock = origin;
    this.#enter(origin.linkType, dataAt, caplen, view.getUint32(at + 12, littleEndian));
    return dataAt + caplen + (-caplen & 3);
  }

  /** Section 4.4: always of interface 0, without a time, and cut by the interface's snaplen only. */
  #readSimplePacket(at: number, end: number): void {
    if (end - at < SIMPLE_PACKET_BODY_LEN) {
      this.stop("a simple packet block is too short");
      return;
    }
    const origin = this.#interface(0);
    if (!origin) return;
    const len = this.octets.view.getUint32(at, this.#littleEndian);
    const caplen = origin.snaplen > 0 ? Math.min(len, origin.snaplen) : len;
    const room = end - at - SIMPLE_PACKET_BODY_LEN;
    if (caplen > room) {
      this.stop(`a packet claims ${caplen} captured octets, its block has room for ${room}`);
      return;
    }
    this.#enter(origin.linkType, at + SIMPLE_PACKET_BODY_LEN, caplen, len);
    if (!this.facts.damage) this.facts.untimed++;
  }

  /** Section 4.6. */
  #readStatistics(at: number, end: number): void {
    if (end - at < STATISTICS_BODY_LEN) {
      this.stop("an interface statistics block is too short");
      return;
    }
    const { view } = this.octets;
    const origin = this.#interface(view.getUint32(at, this.#littleEndian));
    if (!origin) return;
    const before = origin.dropped;
    origin.readStatistics(view, at + STATISTICS_BODY_LEN, end, this.#littleEndian);
    this.facts.dropped += origin.dropped - before;
  }

  #addDropped(origin: PcapngInterface, packets: number): void {
    const before = origin.dropped;
    origin.addDropped(packets);
    this.facts.dropped += origin.dropped - before;
  }

  #interface(id: number): PcapngInterface | null {
    if (id < this.#interfaces.length) return this.#interfaces[id];
    this.stop(`a block names interface ${id}, the section has described ${this.#interfaces.length}`);
    return null;
  }

  #enter(linkType: number, at: number, caplen: number, wireLen: number): void {
    if (caplen > MAX_CAPLEN) {
      this.stop(`a packet claims ${caplen} captured octets, the bound is ${MAX_CAPLEN}`);
      return;
    }
    const { batch } = this;
    const n = batch.count;
    batch.offset[n] = at;
    batch.caplen[n] = caplen;
    batch.wireLen[n] = Math.max(wireLen, caplen); // never shorter than what was captured of it
    batch.tsSec[n] = this.#clock ? this.#clock.sec : 0;
    batch.tsNsec[n] = this.#clock ? this.#clock.nsec : 0;
    batch.linkType[n] = linkType;
    batch.count = n + 1;
  }
}
