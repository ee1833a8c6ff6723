import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CaptureError } from "../../src/capture/frame-source.ts";
import { openCapture } from "../../src/capture/open-capture.ts";
import { seeded } from "../names/octets.ts";
import { type Draw, drawFrom } from "./mutate.ts";

/** How many files of each ending there were. */
export interface FilesSeen {
  files: number;
  whole: number;
  damaged: number;
  refused: number;
  frames: number;
  slowestMs: number;
}

export const NO_FILES: FilesSeen = { files: 0, whole: 0, damaged: 0, refused: 0, frames: 0, slowestMs: 0 };

const MAX_FILE_MS = 5000;
const NUMBERS = [
  0, 1, 4, 8, 12, 16, 20, 24, 28, 32, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
];
/** Block types of pcapng, and the magic numbers of both formats. */
const MARKS = [0x0a0d0d0a, 0x1a2b3c4d, 1, 2, 3, 4, 5, 6, 0xbad, 0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34];

/** A folder for the files of a run, in memory where the system has such a place. */
export function scratchFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "fuzz-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** One capture file, changed by chance, is read to its end. Throws what must not be. */
export async function fileRound(
  folder: string,
  files: readonly Uint8Array[],
  round: number,
  seen: FilesSeen,
): Promise<void> {
  const draw = drawFrom(seeded(round));
  const octets = changedFile(draw, files[draw(files.length)], files[draw(files.length)]);
  const path = join(folder, "capture");
  writeFileSync(path, octets);
  const begun = performance.now();
  seen.files++;
  try {
    const source = await openCapture(path);
    for (let batch = await source.next(); batch !== null; batch = await source.next()) {
      for (let i = 0; i < batch.count; i++) {
        if (batch.offset[i] + batch.caplen[i] > batch.bytes.length)
          throw new Error("a frame beyond its memory");
        if (batch.wireLen[i] < batch.caplen[i])
          throw new Error("a frame shorter than what was captured of it");
      }
      seen.frames += batch.count;
    }
    source.close();
    if (source.facts.damage === null) seen.whole++;
    else seen.damaged++;
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    seen.refused++;
  }
  const ms = performance.now() - begun;
  seen.slowestMs = Math.max(seen.slowestMs, ms);
  if (ms > MAX_FILE_MS) throw new Error(`took ${ms.toFixed(0)} ms`);
}

function changedFile(draw: Draw, file: Uint8Array, other: Uint8Array): Uint8Array {
  let out: Uint8Array = file.slice();
  for (let n = draw(5); n > 0 && out.length > 0; n--) out = changedOnce(draw, out, other);
  if (draw(5) > 0) return out;
  const packed = new Uint8Array(gzipSync(out, { level: 1 }));
  return draw(2) === 0 ? packed : changedOnce(draw, packed, other);
}

function changedOnce(draw: Draw, octets: Uint8Array, other: Uint8Array): Uint8Array {
  const at = draw(2) === 0 ? draw(octets.length) : draw(Math.min(octets.length, 200));
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  switch (draw(8)) {
    case 0:
      octets[at] ^= 1 << draw(8);
      return octets;
    case 1:
      octets[at] = draw(256);
      return octets;
    case 2:
    case 3:
      return withNumber(draw, view, octets, NUMBERS[draw(NUMBERS.length)]);
    case 4:
      return withNumber(draw, view, octets, MARKS[draw(MARKS.length)]);
    case 5:
      return octets.slice(0, draw(octets.length + 1));
    case 6:
      return new Uint8Array(Buffer.concat([octets.subarray(0, at), other]));
    default:
      return new Uint8Array(
        Buffer.concat([octets.subarray(0, at), octets.subarray(Math.max(0, at - draw(64)))]),
      );
  }
}

/** Blocks and records are aligned to four octets; both byte orders are used. */
function withNumber(draw: Draw, view: DataView, octets: Uint8Array, value: number): Uint8Array {
  if (octets.length < 4) return octets;
  const words = octets.length >> 2;
  const at = 4 * (draw(2) === 0 ? draw(words) : draw(Math.min(words, 50)));
  view.setUint32(at, value, draw(3) > 0);
  return octets;
}
