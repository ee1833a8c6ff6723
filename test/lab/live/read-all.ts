import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import type { FrameStream } from "../../../src/capture/frame-source.ts";

/** What a reader got, in a form that compares. */
export interface Take {
  frames: number;
  octets: number;
  cut: number;
  /** Of all captured octets and lengths, in order. */
  readonly contents: string;
  /** Of all times, in order. */
  readonly times: string;
}

/** Reads on until the end; `while` the promise is open, frames are waited for, then the source is stopped. */
export async function readAll(
  source: FrameStream,
  during: Promise<unknown>,
  stop: () => void,
): Promise<Take> {
  const contents = createHash("sha256");
  const times = createHash("sha256");
  const take = { frames: 0, octets: 0, cut: 0 };
  let over = false;
  let stopped = false;
  void during.then(() => {
    over = true;
  });
  for (let batch = await source.next(); batch !== null; batch = await source.next()) {
    for (let i = 0; i < batch.count; i++) {
      const { offset, caplen, wireLen, tsSec, tsNsec, linkType } = batch;
      contents.update(batch.bytes.subarray(offset[i], offset[i] + caplen[i]));
      contents.update(`${caplen[i]} ${wireLen[i]} ${linkType[i]}`);
      times.update(`${tsSec[i]}.${tsNsec[i]} `);
      take.octets += wireLen[i];
      if (caplen[i] < wireLen[i]) take.cut++;
    }
    take.frames += batch.count;
    if (batch.count === 0) await turn();
    if (over && !stopped && batch.count === 0) {
      stopped = true;
      stop();
    }
  }
  await during;
  return { ...take, contents: contents.digest("hex"), times: times.digest("hex") };
}
