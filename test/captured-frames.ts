import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BATCH_FRAMES, FrameBatch } from "../src/capture/frame-batch.ts";
import { openCapture } from "../src/capture/open-capture.ts";
import type { RatedFinding, Summary } from "../src/findings/summary.ts";
import { loadEnclave } from "../src/policy/enclave-file.ts";
import { Judge } from "../src/policy/judge.ts";
import { Sensor } from "../src/sensor.ts";

/** A frame that a capture held. */
export interface CapturedFrame {
  readonly octets: Uint8Array;
  readonly wireLen: number;
  readonly sec: number;
  readonly nsec: number;
  readonly linkType: number;
}

/** Path of a file in the repository. */
export function inRepository(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** All frames of a capture, copied. */
export async function captured(path: string): Promise<CapturedFrame[]> {
  const source = await openCapture(path);
  const frames: CapturedFrame[] = [];
  for (let batch = await source.next(); batch !== null; batch = await source.next()) {
    for (let i = 0; i < batch.count; i++) {
      frames.push({
        octets: batch.bytes.slice(batch.offset[i], batch.offset[i] + batch.caplen[i]),
        wireLen: batch.wireLen[i],
        sec: batch.tsSec[i],
        nsec: batch.tsNsec[i],
        linkType: batch.linkType[i],
      });
    }
  }
  source.close();
  return frames;
}

/** The judge of an enclave file of the repository. */
export function judgeOf(path: string): Judge {
  const loaded = loadEnclave(readFileSync(inRepository(path), "utf8"), path);
  if ("problems" in loaded) throw new Error(loaded.problems.map((problem) => problem.message).join("; "));
  return new Judge(loaded.policy);
}

/** What a sensor says of frames, as if each list were one input. */
export function replayFrames(judge: Judge, ...inputs: readonly (readonly CapturedFrame[])[]): Summary {
  const sensor = new Sensor(judge, null);
  for (const frames of inputs) {
    for (let i = 0; i < frames.length; i += BATCH_FRAMES) {
      sensor.consume(batchOf(frames.slice(i, i + BATCH_FRAMES)));
    }
  }
  const facts = inputs.map((frames, i) => ({
    path: `input-${i}`,
    packets: frames.length,
    dropped: 0,
    filtered: false,
    damage: null,
  }));
  return sensor.finish(facts, false);
}

function batchOf(frames: readonly CapturedFrame[]): FrameBatch {
  const batch = new FrameBatch(new Uint8Array(frames.reduce((sum, frame) => sum + frame.octets.length, 0)));
  let at = 0;
  for (const [i, frame] of frames.entries()) {
    batch.bytes.set(frame.octets, at);
    batch.offset[i] = at;
    batch.caplen[i] = frame.octets.length;
    batch.wireLen[i] = frame.wireLen;
    batch.tsSec[i] = frame.sec;
    batch.tsNsec[i] = frame.nsec;
    batch.linkType[i] = frame.linkType;
    at += frame.octets.length;
  }
  batch.count = frames.length;
  return batch;
}

/** Port and protocol as people write them: `443/tcp`, `icmp`. */
export function serviceOf({ port, proto }: RatedFinding): string {
  return port === null ? `${proto}` : `${port}/${proto}`;
}
