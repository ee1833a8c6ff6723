import { fields } from "./write-pcap.ts";

/** An option: its code and its value, padded by the writer. */
export type TestOption = readonly [code: number, value: Uint8Array];

export interface TimedPacket {
  readonly data: Uint8Array;
  readonly interfaceId?: number;
  /** In ticks of the interface. */
  readonly ticks?: bigint;
  readonly wireLen?: number;
  /** What the block claims, where it lies. */
  readonly caplen?: number;
  readonly options?: readonly TestOption[];
}

export const IF_TSRESOL = 9;
export const IF_FILTER = 11;
export const IF_TSOFFSET = 14;
export const ISB_IFDROP = 5;
export const ISB_OSDROP = 7;
export const EPB_DROPCOUNT = 4;

/** Writes the blocks of draft-ietf-opsawg-pcapng in one byte order. */
export class PcapngWriter {
  readonly littleEndian: boolean;

  constructor(littleEndian = true) {
    this.littleEndian = littleEndian;
  }

  block(type: number, body: Uint8Array): Buffer {
    const padded = pad(body);
    const len = this.u32(12 + padded.length);
    return Buffer.concat([this.u32(type), len, padded, len]);
  }

  /** `sectionLen` -1: not given. */
  section(
    sectionLen = -1n,
    version: readonly [number, number] = [1, 0],
    options: readonly TestOption[] = [],
  ): Buffer {
    const body = this.fields([0x1a2b3c4d, 4], [version[0], 2], [version[1], 2], [sectionLen, 8]);
    return this.block(0x0a0d0d0a, Buffer.concat([body, this.options(options)]));
  }

  interface(linkType = 1, snaplen = 0, options: readonly TestOption[] = []): Buffer {
    const body = this.fields([linkType, 2], [0, 2], [snaplen, 4]);
    return this.block(1, Buffer.concat([body, this.options(options)]));
  }

  enhanced(packet: TimedPacket): Buffer {
    const id = this.u32(packet.interfaceId ?? 0);
    return this.block(6, Buffer.concat([id, this.#timed(packet)]));
  }

  /** The obsolete Packet Block. */
  packet(packet: TimedPacket, drops: number): Buffer {
    const id = this.fields([packet.interfaceId ?? 0, 2], [drops, 2]);
    return this.block(2, Buffer.concat([id, this.#timed(packet)]));
  }

  simple(data: Uint8Array, wireLen = data.length): Buffer {
    return this.block(3, Buffer.concat([this.u32(wireLen), data]));
  }

  statistics(interfaceId: number, options: readonly TestOption[]): Buffer {
    return this.block(
      5,
      Buffer.concat([this.u32(interfaceId), this.u32(0), this.u32(0), this.options(options)]),
    );
  }

  options(options: readonly TestOption[]): Buffer {
    if (options.length === 0) return Buffer.alloc(0);
    const written = options.map(([code, value]) =>
      Buffer.concat([this.fields([code, 2], [value.length, 2]), pad(value)]),
    );
    return Buffer.concat([...written, this.u32(0)]);
  }

  u32(value: number): Buffer {
    return this.fields([value, 4]);
  }

  u64(value: number | bigint): Buffer {
    return this.fields([value, 8]);
  }

  fields(...values: readonly (readonly [number | bigint, number])[]): Buffer {
    return fields(this.littleEndian, ...values);
  }

  #timed({
    data,
    ticks = 0n,
    wireLen = data.length,
    caplen = data.length,
    options = [],
  }: TimedPacket): Buffer {
    const header = this.fields([ticks >> 32n, 4], [ticks & 0xffffffffn, 4], [caplen, 4], [wireLen, 4]);
    return Buffer.concat([header, pad(data), this.options(options)]);
  }
}

function pad(octets: Uint8Array): Buffer {
  return Buffer.concat([octets, Buffer.alloc(-octets.length & 3)]);
}
