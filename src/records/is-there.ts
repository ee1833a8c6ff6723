import { statSync } from "node:fs";

/**
 * Whether the path leads to something. Unlike `existsSync` it does not take what may not be looked at for absent:
 * throws the system's error then.
 */
export function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
