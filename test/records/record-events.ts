import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FrameSource } from "../../src/capture/frame-source.ts";
import { openCapture } from "../../src/capture/open-capture.ts";
import type { Summary } from "../../src/findings/summary.ts";
import type { Judge } from "../../src/policy/judge.ts";
import { EventFile } from "../../src/records/event-file.ts";
import { EventLog } from "../../src/records/event-log.ts";
import { Sensor } from "../../src/sensor.ts";
import { batchesOf, type TimedFrame } from "../traffic/frames.ts";

/** A record, as far as tests look into it. */
export interface Event {
  readonly timestamp: string;
  readonly event_type: string;
  readonly flow_id?: number;
  readonly community_id?: string;
  readonly pcap_filename?: string;
  readonly src_ip?: string;
  readonly src_port?: number;
  readonly dest_ip?: string;
  readonly dest_port?: number;
  readonly proto?: string;
  readonly dns?: { type: string; rrname?: string; rrtype?: string; answers?: { rdata?: string }[] };
  readonly [other: string]: unknown;
}

export interface Recorded {
  readonly text: string;
  readonly events: Event[];
  readonly summary: Summary;
}

/** What the event log says of captures. */
export async function recordCaptures(judge: Judge, paths: readonly string[]): Promise<Recorded> {
  return record(judge, async (sensor) => {
    for (const path of paths) {
      const source = await openCapture(path);
      sensor.beginInput(source.facts);
      await feed(sensor, source);
      source.close();
    }
  });
}

/** What it says of frames. */
export async function recordFrames(
  judge: Judge,
  frames: readonly TimedFrame[],
  path = "made.pcap",
  tsDigits = 6,
): Promise<Recorded> {
  return record(judge, async (sensor) => {
    sensor.beginInput({ path, tsDigits, first: frames[0] ?? null, last: frames.at(-1) ?? null });
    for (const batch of batchesOf(frames)) sensor.consume(batch);
  });
}

async function record(judge: Judge, watch: (sensor: Sensor) => Promise<void>): Promise<Recorded> {
  const folder = mkdtempSync(join(tmpdir(), "gapwatch-records-"));
  try {
    const file = join(folder, "eve.json");
    const log = new EventLog(new EventFile(file, []));
    const sensor = new Sensor(judge, log);
    await watch(sensor);
    const summary = sensor.finish([], false);
    log.finish(summary);
    const text = readFileSync(file, "utf8");
    const lines = text.split("\n").slice(0, -1);
    return { text, events: lines.map((line) => JSON.parse(line) as Event), summary };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function feed(sensor: Sensor, source: FrameSource): Promise<void> {
  for (let batch = await source.next(); batch !== null; batch = await source.next()) sensor.consume(batch);
}
