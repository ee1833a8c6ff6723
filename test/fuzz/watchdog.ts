import { Worker } from "node:worker_threads";

const PERIOD_MS = 30_000;
// A worker of its own: a loop without end leaves no time for timers of the thread that it runs in.
const SOURCE = `
const { workerData } = require("node:worker_threads");
const progress = new Int32Array(workerData);
let before = -1;
setInterval(() => {
  const now = Atomics.load(progress, 0);
  if (now === before) {
    require("node:fs").writeSync(2, "no progress in ${PERIOD_MS / 1000} s: round " + now + " hangs\\n");
    process.kill(process.pid, "SIGKILL");
  }
  before = now;
}, ${PERIOD_MS});
`;

/** Ends the process when `beat` is not called with another number for a while. */
export function watchdog(): { beat: (round: number) => void; stop: () => void } {
  const memory = new SharedArrayBuffer(4);
  const progress = new Int32Array(memory);
  const worker = new Worker(SOURCE, { eval: true, workerData: memory });
  return {
    beat: (round) => {
      Atomics.store(progress, 0, round | 0);
    },
    stop: () => {
      void worker.terminate();
    },
  };
}
