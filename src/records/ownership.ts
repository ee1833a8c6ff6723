import { chownSync, closeSync, existsSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Gives what root made to the owner of the directory that it is in: a command that somebody runs as root must
 * not lock the service's own account out of its state.
 */
export function adoptOwner(path: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(path));
  chownSync(path, uid, gid);
}

/** Makes an empty file that only its owner can read, where there is none. */
export function makePrivate(path: string): void {
  if (existsSync(path)) return;
  closeSync(openSync(path, "a", 0o600));
  adoptOwner(path);
}
