import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and those above it that are missing; returns the topmost that was made, undefined when it was
 * there. Throws the system's error. In place of Node's own `recursive`, which never comes back where a parent
 * exists and takes no folder with ENOENT (below /proc; seen with Node 20.20).
 */
export function makeFolder(path: string, mode = 0o777): string | undefined {
  const folder = resolve(path);
  try {
    mkdirSync(folder, mode);
    return folder;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return isThere(folder, error);
    const above = dirname(folder);
    if (code !== "ENOENT" || above === folder) throw error;
    const made = makeFolder(above, mode);
    // The parent is there all the same: it takes no folder.
    if (made === undefined) throw error;
    makeFolder(folder, mode);
    return made;
  }
}

/** What is in the way may be a file. */
function isThere(folder: string, error: unknown): undefined {
  if (!statSync(folder).isDirectory()) throw error;
}
