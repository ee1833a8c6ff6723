import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { inRepository } from "../../captured-frames.ts";
import type { Lab } from "../lab.mjs";

export const MAIN = inRepository("dist/main.js");
export const ENCLAVE = inRepository("allowlists/quickstart.yaml");

const PATIENCE_MS = 20_000;

/** A running `gapwatch watch` on the mirror. */
export interface Watching {
  readonly out: () => string;
  readonly err: () => string;
  /** As this test's own processes see it. */
  readonly pid: number;
  until(what: RegExp): Promise<void>;
  signal(name: NodeJS.Signals): Promise<void>;
  /** Keeps all of its threads from running for so long. */
  freeze(ms: number): Promise<void>;
  ended(): Promise<number | null>;
}

/** Starts it on the sensor, behind a command that becomes it where one is given, and waits until it watches. */
export function watchMirror(
  lab: Lab,
  args: readonly string[],
  before: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Watching> {
  return watch(lab, ["-i", "mirror0", "--ring-mb", "16", ...args], before, env);
}

/** As `watchMirror`, with all arguments, interfaces included. */
export async function watch(
  lab: Lab,
  args: readonly string[],
  before: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Watching> {
  if (!existsSync(MAIN)) throw new Error("dist/main.js is missing: npm run build");
  const argv = [...before, process.execPath, MAIN, "watch", ...args];
  // A state of its own, unless --state names one: what other runs found is not new.
  const stateHome = mkdtempSync(join(tmpdir(), "gapwatch-state-"));
  const child = lab.spawn("sensor", argv, { env: { XDG_STATE_HOME: stateHome, ...env } });
  let out = "";
  let err = "";
  child.stdout.on("data", (data) => {
    out += data;
  });
  child.stderr.on("data", (data) => {
    err += data;
  });
  const exit = once(child, "close");
  child.once("close", () => rmSync(stateHome, { recursive: true, force: true }));
  const watching: Watching = {
    out: () => out,
    err: () => err,
    get pid() {
      return Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8"));
    },
    async until(what) {
      for (let waitedMs = 0; !what.test(out + err); waitedMs += 20) {
        if (waitedMs > PATIENCE_MS || child.exitCode !== null)
          throw new Error(`${what} never came:\n${out}\n${err}`);
        await pause(20);
      }
    },
    signal: async (name) => lab.signal(child, name),
    async freeze(ms) {
      const { pid } = this;
      process.kill(pid, "SIGSTOP");
      await pause(ms);
      if (child.pid !== undefined) process.kill(child.pid, "SIGCONT"); // its nsenter stopped itself, too
      process.kill(pid, "SIGCONT");
    },
    ended: async () => (await exit)[0],
  };
  await watching.until(/: watching \S+/);
  return watching;
}
