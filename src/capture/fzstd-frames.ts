import { Decompress } from "fzstd";
import { type OctetBuffer, readTo } from "./octets.ts";

// RFC 8878, section 3.1.1 (frames), 3.1.1.2 (blocks) and 3.1.2 (skippable frames).
const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;
const MAX_FRAME_HEADER_LEN = 18;
const BLOCK_HEADER_LEN = 3;
const BLOCK_RLE = 1;
const MAX_BLOCK_LEN = 1 << 17;
const CHECKSUM_LEN = 4;
/** fzstd reads match distances of 25 bits at most, and wrongly beyond. */
const MAX_WINDOW_LEN = 1 << 25;
/**
 * fzstd moves its whole window at every block, so that many tiny blocks behind a large window would
 * take for ever. Ordinary files move at most 256 octets of window an octet of output.
 */
const MOVES_PER_OCTET = 1024;
const FREE_MOVES = 2 ** 32;

interface FrameHeader {
  readonly len: number;
  readonly windowLen: number;
  readonly checksum: boolean;
}

/**
 * Decompresses zstd with fzstd, one block at a time, so that memory stays bounded. Unlike the `zstd`
 * program it takes windows up to 32 MiB only, and does not verify checksums.
 */
export async function* decompressZstdFrames(stored: OctetBuffer): AsyncGenerator<Uint8Array> {
  const budget = { moves: FREE_MOVES };
  for (;;) {
    await readTo(stored, 8);
    if (stored.at === stored.end && stored.failure === null) return;
    requireOctets(stored, 8);
    const magic = stored.view.getUint32(stored.at, true);
    if (magic === MAGIC) yield* decompressFrame(stored, budget);
    else if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) await skipFrame(stored);
    else throw new Error("zstd: something else follows the last frame");
  }
}

async function* decompressFrame(stored: OctetBuffer, budget: { moves: number }): AsyncGenerator<Uint8Array> {
  await readTo(stored, MAX_FRAME_HEADER_LEN);
  const header = readFrameHeader(stored);
  const blocks: Uint8Array[] = [];
  const decompressor = new Decompress((octets) => blocks.push(octets));
  const headerOctets = take(stored, header.len);
  headerOctets[4] &= ~4; // the checksum is skipped here
  decompressor.push(headerOctets);
  for (let last = false; !last; ) {
    await readTo(stored, BLOCK_HEADER_LEN);
    requireOctets(stored, BLOCK_HEADER_LEN);
    const { bytes, at } = stored;
    const block = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    last = (block & 1) === 1;
    if (block >> 3 > MAX_BLOCK_LEN) throw new Error("zstd: a block is too large");
    const len = BLOCK_HEADER_LEN + (((block >> 1) & 3) === BLOCK_RLE ? 1 : block >> 3);
    await readTo(stored, len);
    requireOctets(stored, len);
    decompressBlock(decompressor, take(stored, len), last);
    budget.moves -= header.windowLen;
    for (const octets of blocks) budget.moves += octets.length * MOVES_PER_OCTET;
    if (budget.moves < 0) throw new Error("zstd: its blocks are too small for its window");
    yield* blocks.splice(0);
  }
  if (!header.checksum) return;
  await readTo(stored, CHECKSUM_LEN);
  requireOctets(stored, CHECKSUM_LEN);
  stored.at += CHECKSUM_LEN;
}

function decompressBlock(decompressor: Decompress, block: Uint8Array, last: boolean): void {
  try {
    decompressor.push(block, last);
  } catch (error) {
    throw new Error(`zstd: ${error instanceof Error ? error.message : "damaged"}`);
  }
}

/** Section 3.1.1.1. */
function readFrameHeader(stored: OctetBuffer): FrameHeader {
  const { bytes, view, at } = stored;
  const descriptor = bytes[at + 4];
  const singleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const dictionaryLen = [0, 1, 2, 4][descriptor & 3];
  const sizeLen = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag;
  const sizeAt = 5 + (singleSegment ? 0 : 1) + dictionaryLen;
  const len = sizeAt + sizeLen;
  requireOctets(stored, len);
  let windowLen = 0;
  if (singleSegment) {
    if (sizeLen === 1) windowLen = bytes[at + sizeAt];
    else if (sizeLen === 2) windowLen = view.getUint16(at + sizeAt, true) + 256;
    else if (sizeLen === 4) windowLen = view.getUint32(at + sizeAt, true);
    else windowLen = Number(view.getBigUint64(at + sizeAt, true));
  } else {
    const base = 2 ** (10 + (bytes[at + 5] >> 3));
    windowLen = base + (base / 8) * (bytes[at + 5] & 7);
  }
  if (windowLen > MAX_WINDOW_LEN) {
    throw new Error("zstd: its window is above 32 MiB; install the zstd program, or decompress it first");
  }
  if (dictionaryLen > 0) throw new Error("zstd: it needs a dictionary");
  return { len, windowLen, checksum: (descriptor & 4) !== 0 };
}

async function skipFrame(stored: OctetBuffer): Promise<void> {
  let rest = 8 + stored.view.getUint32(stored.at + 4, true);
  for (;;) {
    const step = Math.min(rest, stored.end - stored.at);
    stored.at += step;
    rest -= step;
    if (rest === 0) return;
    await readTo(stored, 1);
    requireOctets(stored, 1);
  }
}

function take(stored: OctetBuffer, len: number): Uint8Array {
  const octets = stored.bytes.slice(stored.at, stored.at + len);
  stored.at += len;
  return octets;
}

function requireOctets(stored: OctetBuffer, len: number): void {
  if (stored.end - stored.at < len) throw new Error(stored.failure ?? "zstd: cut short");
}
