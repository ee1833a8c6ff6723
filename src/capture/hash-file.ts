import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { CaptureError } from "./frame-source.ts";
import { systemMessage } from "./system-message.ts";

const CHUNK_LEN = 1 << 20;

/**
 * SHA-256 of a file as stored, in lower-case hex; null for standard input ("-"), which can be read
 * only once. Throws CaptureError when it cannot be read.
 */
export function hashFile(path: string): string | null {
  if (path === "-") return null;
  const hash = createHash("sha256");
  const chunk = new Uint8Array(CHUNK_LEN);
  let fd = -1;
  try {
    fd = openSync(path, "r");
    for (let got = readSync(fd, chunk); got > 0; got = readSync(fd, chunk))
      hash.update(chunk.subarray(0, got));
  } catch (error) {
    throw new CaptureError(systemMessage(error));
  } finally {
    if (fd >= 0) closeSync(fd);
  }
  return hash.digest("hex");
}
