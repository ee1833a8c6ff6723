import { fileURLToPath } from "node:url";
import { openCapture } from "../src/capture/open-capture.ts";
import type { TimedFrame } from "./traffic/frames.ts";

/** Path of a file in the repository. */
export function inRepository(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** All frames of an Ethernet capture, copied. */
export async function captured(path: string): Promise<TimedFrame[]> {
  const source = await openCapture(path);
  const frames: TimedFrame[] = [];
  for (let batch = await source.next(); batch !== null; batch = await source.next()) {
    for (let i = 0; i < batch.count; i++) {
      const { bytes, offset, caplen, wireLen, tsSec, tsNsec } = batch;
      const data = bytes.slice(offset[i], offset[i] + caplen[i]);
      frames.push({ data, wireLen: wireLen[i], sec: tsSec[i], nsec: tsNsec[i] });
    }
  }
  source.close();
  return frames;
}
