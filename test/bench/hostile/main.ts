// What hostile traffic costs: for each known attack 1 MB of frames, judged by a new sensor; worst first. The bound is
// one of frames as long as an Ethernet's (1,448 octets of content at the most); longer ones may cost more, in proportion
// to their octets. A sensor's start is not counted, and neither is what the engine takes to compile: the least of several
// runs counts, and a sensor that is in the middle of the same attack stays alive beside them. Without it the collection
// before each run takes the shapes of all that the run before had open, and with them the code that was compiled for them.
//
//     npm run bench:hostile [-- WORDS]     only those whose names contain the words

import { Sensor } from "../../../src/sensor.ts";
import { judgeFrom } from "../../sensor-run.ts";
import { batchesOf, timed } from "../../traffic/frames.ts";
import { ATTACKS } from "./attacks.ts";

/** What a frame may cost on average, in microseconds of user time. */
const BOUND_USEC = 50;
const RUNS = 16;
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
  readonly nsecAnOctet: number;
  readonly heapMib: number;
}

const judge = judgeFrom(ENCLAVE);
const wanted = process.argv.slice(2).join(" ");

function costOf(name: string, frames: readonly Buffer[]): Cost {
  let usec = 0;
  let heapMib = 0;
  for (const step of STEPS_NSEC) {
    const batches = batchesOf(timed(frames, 1_790_000_000, step));
    const alive = new Sensor(judge, null);
    for (const batch of batches) alive.consume(batch);
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
    alive.finish([], false);
  }
  const octets = frames.reduce((sum, { length }) => sum + length, 0);
  return { name, frames: frames.length, usec, nsecAnOctet: (1000 * usec * frames.length) / octets, heapMib };
}

const costs = Object.entries(ATTACKS)
  .filter(([name]) => name.toLowerCase().includes(wanted.toLowerCase()))
  .map(([name, make]) => costOf(name, make()))
  .sort((a, b) => b.usec - a.usec);

process.stdout.write("µs a frame  ns an octet   frames  heap MiB\n");
for (const { name, frames, usec, nsecAnOctet, heapMib } of costs) {
  const mark = usec > BOUND_USEC ? "!" : " ";
  const figures = [usec.toFixed(1), nsecAnOctet.toFixed(1), String(frames), heapMib.toFixed(0)];
  const widths = [9, 12, 9, 9];
  process.stdout.write(`${figures.map((text, i) => text.padStart(widths[i])).join(" ")} ${mark} ${name}\n`);
}
process.exitCode = costs.some(({ usec }) => usec > BOUND_USEC) ? 1 : 0;
