/** A frame to be written; times default to 0, `wireLen` to what `data` has. */
export interface TestFrame {
  readonly data: Uint8Array;
  readonly sec?: number;
  /** Microseconds or nanoseconds, as the magic says; may lie. */
  readonly fraction?: number;
  readonly wireLen?: number;
  /** What the record claims, where it lies. */
  readonly caplen?: number;
}

export interface PcapOptions {
  readonly magic?: number;
  readonly littleEndian?: boolean;
  readonly version?: readonly [major: number, minor: number];
  readonly snaplen?: number;
  /** All 32 bits of the field: the upper half may hold an FCS length. */
  readonly linkType?: number;
}

export const PCAP_USEC = 0xa1b2c3d4;
export const PCAP_NSEC = 0xa1b23c4d;
export const PCAP_KUZNETZOV = 0xa1b2cd34;

/** A classic capture (draft-ietf-opsawg-pcap): little-endian microseconds of Ethernet, unless told otherwise. */
export function writePcap(frames: readonly TestFrame[], options: PcapOptions = {}): Buffer {
  return Buffer.concat([pcapHeader(options), ...frames.map((frame) => pcapRecord(frame, options))]);
}

export function pcapHeader(options: PcapOptions = {}): Buffer {
  const {
    magic = PCAP_USEC,
    littleEndian = true,
    version = [2, 4],
    snaplen = 262144,
    linkType = 1,
  } = options;
  return fields(
    littleEndian,
    [magic, 4],
    [version[0], 2],
    [version[1], 2],
    [0, 8],
    [snaplen, 4],
    [linkType, 4],
  );
}

export function pcapRecord(frame: TestFrame, options: PcapOptions = {}): Buffer {
  const { magic = PCAP_USEC, littleEndian = true, version = [2, 4] } = options;
  const { data, sec = 0, fraction = 0, wireLen = data.length, caplen = data.length } = frame;
  const lengths = version[1] < 3 ? [wireLen, caplen] : [caplen, wireLen];
  const header = fields(littleEndian, [sec, 4], [fraction, 4], [lengths[0], 4], [lengths[1], 4]);
  const patched =
    magic === PCAP_KUZNETZOV ? fields(littleEndian, [2, 4], [0x0800, 2], [4, 1], [0, 1]) : Buffer.alloc(0);
  return Buffer.concat([header, patched, data]);
}

/** Unsigned numbers of 1, 2, 4 or 8 octets one after another, in a byte order. */
export function fields(
  littleEndian: boolean,
  ...values: readonly (readonly [number | bigint, number])[]
): Buffer {
  return Buffer.concat(
    values.map(([value, len]) => {
      const octets = Buffer.alloc(len);
      let rest = BigInt.asUintN(8 * len, BigInt(value));
      for (let i = 0; i < len; i++, rest >>= 8n)
        octets[littleEndian ? i : len - 1 - i] = Number(rest & 0xffn);
      return octets;
    }),
  );
}
