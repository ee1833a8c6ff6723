// Reads a file as gapwatch does, and does nothing with it: the floor for any program in Node.
import { openSync, readSync } from "node:fs";

const buffer = new Uint8Array(2 << 20);
const fd = openSync(process.argv[2], "r");
while (readSync(fd, buffer, 0, buffer.length, null) > 0);
