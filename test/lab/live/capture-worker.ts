// Opens a ring in a worker thread, says what came of it, and ends.
// Usage: node capture-worker.js INTERFACE exit|terminate|stop
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { CapturePermission } from "../../../src/capture/live-source.ts";
import { openRing } from "../../../src/capture/open-rings.ts";

if (isMainThread) main(process.argv[2], process.argv[3]);
else await capture(workerData as string);

function main(name: string, ending: string): void {
  const worker = new Worker(new URL(import.meta.url), { workerData: name });
  worker.on("message", (said: string) => {
    process.stdout.write(`${said}\n`);
    if (ending === "exit") process.exit(0);
    else if (ending === "terminate") void worker.terminate();
    else worker.postMessage("stop");
  });
}

async function capture(name: string): Promise<void> {
  try {
    const source = await openRing(name, { listener: () => {}, ringMb: 4 });
    parentPort?.postMessage("capturing");
    parentPort?.once("message", () => source.stop());
    while (source.next() !== null) await new Promise(setImmediate);
  } catch (error) {
    if (!(error instanceof CapturePermission)) throw error;
    parentPort?.postMessage(error.message);
  }
}
