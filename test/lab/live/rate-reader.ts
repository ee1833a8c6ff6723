// Reads a ring until SIGTERM and prints its counts. Usage: node rate-reader.js INTERFACE RING_MB
import { openRing } from "../../../src/capture/ring-source.ts";

const source = await openRing(process.argv[2], { listener: () => {}, ringMb: Number(process.argv[3]) });
process.once("SIGTERM", () => source.stop());
process.stdout.write("ready\n");
/** Something has to be done with a frame, or its memory would never be touched. */
let types = 0;
for (let batch = source.next(); batch !== null; batch = source.next()) {
  const { view, count, offset } = batch;
  for (let i = 0; i < count; i++) types += view.getUint16(offset[i] + 12);
  await new Promise(setImmediate);
}
process.stdout.write(`${JSON.stringify({ ...source.stats(), types })}\n`);
