import { chownSync, statSync } from "node:fs";

/**
 * Gives what root made to the owner of the directory that it is in: a command that somebody runs as root must
 * not lock the service's own account out of its state.
 */
export function adoptOwner(path: string, directory: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(directory);
  chownSync(path, uid, gid);
}
