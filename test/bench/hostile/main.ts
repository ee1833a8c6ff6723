// What hostile traffic costs: for each known attack 1 MB of frames, judged by a new sensor; worst first. Frames
// that carry dozens of messages, each of which has to be judged, are bounded by message: their cost is in proportion.
//
//     npm run bench:hostile [-- WORDS]     only those whose names contain the words

import { Sensor } from "../../../src/sensor.ts";
import { judgeFrom } from "../../sensor-run.ts";
import { batchesOf, timed } from "../../traffic/frames.ts";
import { ATTACKS, MESSAGES_A_FRAME } from "./attacks.ts";

/** What a frame, or a message of those that many share a frame, may cost on average, in microseconds of user time. */
const BOUND_USEC = 50;
const RUNS = 3;
/** Packet time between frames: as they would come on a wire, and slowly, so that what is allowed per second is no help. */
const STEPS_NSEC = [20_000, 10_000_000];

const ENCLAVE = `
gapwatch: 1
enclave:
  name: hostile
  inside: [10.20.0.0/16, "fd20:5eed::/48"]
  resolvers: [10.20.0.53]
  names: [enclave.internal]
  search: [enclave.internal]
  relays: [10.20.9.30]
`;

interface Cost {
  readonly name: string;
  readonly frames: number;
  readonly usec: number;
  /** The same for each message in it. */
  readonly messageUsec: number;
  readonly heapMib: number;
}

const judge = judgeFrom(ENCLAVE);
const wanted = process.argv.slice(2).join(" ");

function costOf(name: string, frames: readonly Buffer[]): Cost {
  let usec = 0;
  let heapMib = 0;
  for (const step of STEPS_NSEC) {
    const batches = batchesOf(timed(frames, 1_790_000_000, step));
    let least = Infinity;
    for (let run = 0; run < RUNS; run++) {
      globalThis.gc?.(); // what making the frames left behind is not the sensor's
      const sensor = new Sensor(judge, null);
      const before = process.cpuUsage();
      for (const batch of batches) sensor.consume(batch);
      sensor.finish([], false);
      least = Math.min(least, process.cpuUsage(before).user / frames.length);
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      heapMib = Math.max(heapMib, (heapUsed + arrayBuffers) / 2 ** 20);
    }
    usec = Math.max(usec, least);
  }
  return { name, frames: frames.length, usec, messageUsec: usec / (MESSAGES_A_FRAME[name] ?? 1), heapMib };
}

const costs = Object.entries(ATTACKS)
  .filter(([name]) => name.toLowerCase().includes(wanted.toLowerCase()))
  .map(([name, make]) => costOf(name, make()))
  .sort((a, b) => b.usec - a.usec);

process.stdout.write("µs a frame  µs a message   frames  heap MiB\n");
for (const { name, frames, usec, messageUsec, heapMib } of costs) {
  const mark = messageUsec > BOUND_USEC ? "!" : " ";
  const figures = [usec.toFixed(1), messageUsec.toFixed(1), String(frames), heapMib.toFixed(0)];
  const widths = [9, 13, 9, 9];
  process.stdout.write(`${figures.map((text, i) => text.padStart(widths[i])).join(" ")} ${mark} ${name}\n`);
}
process.exitCode = costs.some(({ messageUsec }) => messageUsec > BOUND_USEC) ? 1 : 0;
