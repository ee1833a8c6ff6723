import { closeSync, openSync, readSync } from "node:fs";

const MIB = 1024 * 1024;
const CHUNK = 64 * 1024;

/**
 * Reads a whole file that is meant to be small, a pipe as well (`-e <(…)`). Throws the system's error, or one that
 * says so when there is more than `maxMib`: a device or a wrong path may never end.
 */
export function readBounded(path: string, maxMib: number): Buffer {
  const fd = openSync(path, "r");
  try {
    const chunks: Buffer[] = [];
    for (let total = 0; ; ) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const lenBytes = readSync(fd, chunk, 0, CHUNK, null);
      if (lenBytes === 0) return Buffer.concat(chunks, total);
      total += lenBytes;
      if (total > maxMib * MIB) throw new Error(`larger than ${maxMib} MiB`);
      chunks.push(chunk.subarray(0, lenBytes));
    }
  } finally {
    closeSync(fd);
  }
}
