import { rmSync } from "node:fs";

const PAUSE_MS = 20;

/**
 * Removes a folder that a program which is ending may still write into: rmSync's own retries do not look at what has
 * been written since.
 * @param {string} folder
 */
export function removeFolder(folder, tries = 100) {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (tries === 0) throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    removeFolder(folder, tries - 1);
  }
}
