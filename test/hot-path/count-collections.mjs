// Started by allocation.test.ts as `node --max-semi-space-size=1 --trace-gc count-collections.mjs BUILD JOB`.
// Runs a sensor over the job's frames again and again; the lines of --trace-gc between the marks are counted.
import { readFileSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , build, job] = process.argv;
const load = (path) => import(pathToFileURL(`${build}/${path}`).href);
const { FrameBatch, BATCH_FRAMES } = await load("capture/frame-batch.js");
const { Judge } = await load("policy/judge.js");
const { loadEnclave } = await load("policy/enclave-file.js");
const { Sensor } = await load("sensor.js");

/** A round is 1,024 packets. */
const WARM_UP_ROUNDS = 300;

const { enclave, opening, repeated, advance, rounds } = JSON.parse(readFileSync(job, "utf8"));
const sensor = new Sensor(new Judge(loadEnclave(enclave, "enclave.yaml").policy), null);
sensor.consume(batchOf(opening));
const batch = batchOf(Array.from({ length: BATCH_FRAMES }, (_, i) => repeated[i % repeated.length]));

run(WARM_UP_ROUNDS);
writeSync(1, "=== begin\n");
run(rounds);
writeSync(1, "=== end\n");
const { totals } = sensor.finish([], false);
writeSync(1, `${JSON.stringify(totals)}\n`);

/** Sends the batch again and again; where `advance` is set, sequence numbers go on as in a transfer. */
function run(times) {
  const { view, offset, count } = batch;
  for (let round = 0; round < times; round++) {
    sensor.consume(batch);
    if (advance === 0) continue;
    const step = Math.imul(advance, count);
    for (let i = 0; i < count; i++) {
      const at = offset[i] + 38; // Ethernet, IPv4 without options
      view.setInt32(at, (view.getInt32(at) + step) | 0);
    }
  }
}

function batchOf(frames) {
  const data = frames.map((text) => Buffer.from(text, "base64"));
  const out = new FrameBatch(Uint8Array.from(Buffer.concat(data)));
  let at = 0;
  for (const frame of data) {
    const i = out.count++;
    out.offset[i] = at;
    out.caplen[i] = frame.length;
    out.wireLen[i] = frame.length;
    out.tsSec[i] = 1_790_000_000;
    out.tsNsec[i] = 999_000_000;
    out.linkType[i] = 1;
    at += frame.length;
  }
  return out;
}
