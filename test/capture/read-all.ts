import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { FrameSource, SourceFacts } from "../../src/capture/frame-source.ts";
import { openCapture } from "../../src/capture/open-capture.ts";

/** A frame as it was delivered. */
export interface ReadFrame {
  readonly data: string;
  readonly wireLen: number;
  readonly sec: number;
  readonly nsec: number;
  readonly linkType: number;
}

/** Reads a source to its end; frames in hex, so that they compare by value. */
export async function readSource(source: FrameSource): Promise<{ frames: ReadFrame[]; facts: SourceFacts }> {
  const frames: ReadFrame[] = [];
  for (let batch = await source.next(); batch; batch = await source.next()) {
    for (let i = 0; i < batch.count; i++) {
      const at = batch.offset[i];
      const data = Buffer.from(batch.bytes.subarray(at, at + batch.caplen[i])).toString("hex");
      if (data.length !== 2 * batch.caplen[i]) throw new Error("a frame reaches beyond its memory");
      frames.push({
        data,
        wireLen: batch.wireLen[i],
        sec: batch.tsSec[i],
        nsec: batch.tsNsec[i],
        linkType: batch.linkType[i],
      });
    }
  }
  return { frames, facts: source.facts };
}

const directory = mkdtempSync(join(tmpdir(), "capture-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A path in a directory that is removed after the tests. */
export function scratchPath(name: string): string {
  return join(directory, name);
}

export function scratchFile(name: string, octets: Uint8Array): string {
  const path = scratchPath(name);
  writeFileSync(path, octets);
  return path;
}

/** Writes a capture and reads it back. */
export async function readOctets(octets: Uint8Array): Promise<{ frames: ReadFrame[]; facts: SourceFacts }> {
  return readSource(await openCapture(scratchFile("capture", octets)));
}
