import { BATCH_FRAMES, FrameBatch } from "../../src/capture/frame-batch.ts";
import { PCAP_NSEC, writePcap } from "../capture/write-pcap.ts";

/** A frame and when it was captured. */
export interface TimedFrame {
  readonly data: Uint8Array;
  readonly sec: number;
  readonly nsec: number;
  /** Before capture cut it; omitted: nothing was cut. */
  readonly wireLen?: number;
}

const BILLION = 1_000_000_000;

/** The frames one after another from `sec` on, `stepNsec` apart. */
export function timed(frames: readonly Uint8Array[], sec = 0, stepNsec = 1_000_000): TimedFrame[] {
  return frames.map((data, i) => {
    const nsec = i * stepNsec;
    return { data, sec: sec + Math.floor(nsec / BILLION), nsec: nsec % BILLION };
  });
}

/** The frames as a sensor takes them, in batches of `perBatch`. */
export function batchesOf(
  frames: readonly TimedFrame[],
  linkType = 1,
  perBatch: number = BATCH_FRAMES,
): FrameBatch[] {
  const batches: FrameBatch[] = [];
  for (let from = 0; from < frames.length; from += perBatch) {
    batches.push(batchOf(frames.slice(from, from + perBatch), linkType));
  }
  return batches;
}

function batchOf(frames: readonly TimedFrame[], linkType: number): FrameBatch {
  const batch = new FrameBatch(Uint8Array.from(Buffer.concat(frames.map((frame) => frame.data))));
  let at = 0;
  for (const { data, sec, nsec, wireLen } of frames) {
    const i = batch.count++;
    batch.offset[i] = at;
    batch.caplen[i] = data.length;
    batch.wireLen[i] = wireLen ?? data.length;
    batch.tsSec[i] = sec;
    batch.tsNsec[i] = nsec;
    batch.linkType[i] = linkType;
    at += data.length;
  }
  return batch;
}

/** A nanosecond pcap of the frames. */
export function pcapOf(frames: readonly TimedFrame[], linkType = 1): Buffer {
  const records = frames.map(({ data, sec, nsec, wireLen }) => ({
    data,
    sec,
    fraction: nsec,
    wireLen: wireLen ?? data.length,
  }));
  return writePcap(records, { magic: PCAP_NSEC, linkType });
}
