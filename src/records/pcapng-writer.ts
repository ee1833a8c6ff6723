/** One packet as it is to be written. */
export interface PcapngPacket {
  /** What was captured of it. */
  readonly octets: Uint8Array;
  /** Octets that it had on the wire. */
  readonly wireLen: number;
  /** Seconds since 1970 UTC and nanoseconds. */
  readonly sec: number;
  readonly nsec: number;
  /** LINKTYPE_ value (tcpdump.org/linktypes.html). */
  readonly linkType: number;
}

// Block types, option codes and layouts: draft-ietf-opsawg-pcapng, section 4. Little-endian throughout.
export const SECTION_HEADER = 0x0a0d0d0a;
export const INTERFACE_DESCRIPTION = 1;
export const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const OPT_COMMENT = 1;
const SHB_USERAPPL = 4;
const IF_TSRESOL = 9;
const NANOSECONDS = 9;

/** Type and length before a block's body, the length once more after it. */
export const BLOCK_OVERHEAD = 12;
const OPTION_HEAD = 4;
const END_OF_OPTIONS = 4;
const NSEC_PER_SEC = 1_000_000_000n;
const MAX_TICKS = (1n << 64n) - 1n;

/** The block that a section begins with. Interfaces are numbered anew in each section. */
export function sectionHeaderBlock(): Buffer {
  const options = optionBlock([[SHB_USERAPPL, Buffer.from("gapwatch")]]);
  const body = Buffer.alloc(16);
  body.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  body.writeUInt16LE(1, 4); // version 1.0
  body.fill(0xff, 8, 16); // section length: not given
  return block(SECTION_HEADER, [body, options]);
}

/** The block that describes the section's next interface: its times are in nanoseconds. */
export function interfaceBlock(linkType: number): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(linkType, 0);
  return block(INTERFACE_DESCRIPTION, [body, optionBlock([[IF_TSRESOL, Buffer.from([NANOSECONDS])]])]);
}

/** The block of a packet, with a comment. Times before 1970 are written as 1970. */
export function packetBlock(interfaceId: number, packet: PcapngPacket, comment: string): Buffer {
  const { octets, wireLen, sec, nsec } = packet;
  const body = Buffer.alloc(20);
  const ticks = ticksOf(sec, nsec);
  body.writeUInt32LE(interfaceId, 0);
  body.writeUInt32LE(Number(ticks >> 32n), 4);
  body.writeUInt32LE(Number(ticks & 0xffffffffn), 8);
  body.writeUInt32LE(octets.length, 12);
  body.writeUInt32LE(wireLen, 16);
  const options = optionBlock([[OPT_COMMENT, Buffer.from(comment)]]);
  return block(ENHANCED_PACKET, [body, octets, padding(octets.length), options]);
}

function ticksOf(sec: number, nsec: number): bigint {
  const ticks = BigInt(Math.max(0, Math.floor(sec))) * NSEC_PER_SEC + BigInt(nsec);
  return ticks > MAX_TICKS ? MAX_TICKS : ticks;
}

/** `parts` together are a multiple of four octets. */
function block(type: number, parts: readonly Uint8Array[]): Buffer {
  const len = parts.reduce((sum, part) => sum + part.length, BLOCK_OVERHEAD);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(len, 4);
  return Buffer.concat([head, ...parts, head.subarray(4)]);
}

/** Each option padded to four octets, the list ended. */
function optionBlock(options: readonly (readonly [code: number, value: Uint8Array])[]): Buffer {
  const parts = options.flatMap(([code, value]) => {
    const head = Buffer.alloc(OPTION_HEAD);
    head.writeUInt16LE(code, 0);
    head.writeUInt16LE(value.length, 2);
    return [head, value, padding(value.length)];
  });
  return Buffer.concat([...parts, Buffer.alloc(END_OF_OPTIONS)]);
}

function padding(len: number): Buffer {
  return Buffer.alloc(-len & 3);
}
