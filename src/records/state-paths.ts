import { homedir } from "node:os";
import { join } from "node:path";

/** Where what outlives a run is kept. */
export interface StatePaths {
  readonly directory: string;
  /** The audit log: files of chained records. */
  readonly audit: string;
  /** The store (SQLite), which can be rebuilt from the audit log. */
  readonly store: string;
  /** First packets of findings, one pcapng file each. */
  readonly evidence: string;
  /** The key pair that signs the audit log. */
  readonly keys: string;
  /** Held while somebody writes to the audit log. */
  readonly lock: string;
}

/**
 * The state directory: the option, else $XDG_STATE_HOME/gapwatch, else /var/lib/gapwatch for root, else
 * ~/.local/state/gapwatch (the default of the XDG Base Directory Specification).
 */
export function resolveStatePaths(option: string | undefined): StatePaths {
  const directory = option ?? defaultDirectory();
  return {
    directory,
    audit: join(directory, "audit"),
    store: join(directory, "gapwatch.db"),
    evidence: join(directory, "evidence"),
    keys: join(directory, "keys"),
    lock: join(directory, "lock"),
  };
}

function defaultDirectory(): string {
  const home = process.env["XDG_STATE_HOME"];
  if (home) return join(home, "gapwatch");
  return process.getuid?.() === 0 ? "/var/lib/gapwatch" : join(homedir(), ".local", "state", "gapwatch");
}
