import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inRepository } from "../../captured-frames.ts";
import { PATIENCE_MS, until } from "../../patience.ts";
import type { Lab } from "../lab.mjs";

export const MAIN = inRepository("dist/main.js");
export const ENCLAVE = inRepository("allowlists/quickstart.yaml");

/** A running `gapwatch watch` or `gapwatch validate`. */
export interface Watching {
  readonly out: () => string;
  readonly err: () => string;
  /** As this test's own processes see it. */
  readonly pid: number;
  until(what: RegExp): Promise<void>;
  signal(name: NodeJS.Signals): Promise<void>;
  /** Keeps all of its threads from running until this is done. */
  freeze(whilst: () => Promise<unknown>): Promise<void>;
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
export function watch(
  lab: Lab,
  args: readonly string[],
  before: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Watching> {
  return start(lab, [...before, process.execPath, MAIN, "watch", ...args], env);
}

/** A report of `gapwatch validate`, as far as tests look at it. */
export interface Validation {
  readonly code: number | null;
  readonly verdict: string;
  /** Their names, and all of their words. */
  readonly reasons: readonly string[];
  readonly told: string;
  readonly totals: { readonly packets: number };
  readonly findings: readonly { readonly destination: { readonly name: string; readonly ips: string[] } }[];
  readonly validation: {
    readonly result: string;
    readonly coverage: readonly { readonly reasons: readonly { name: string; advice: string }[] }[];
  };
}

/** What a run of `gapwatch validate` said. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Longest that is tried before it is no more the machine's fault. */
const LONGEST_WINDOW_SEC = PATIENCE_MS / 1000;

/** The window was over before all had happened in it: that says nothing of the program. */
class WindowWasOver extends Error {}

/**
 * Tries a window of so many seconds, and one of twice the length when it was over too soon: how long things take to
 * happen is the machine's.
 */
export async function inWindow<T>(sec: number, attempt: (sec: number) => Promise<T>): Promise<T> {
  try {
    return await attempt(sec);
  } catch (error) {
    if (!(error instanceof WindowWasOver) || sec > LONGEST_WINDOW_SEC) throw error;
    process.stderr.write(`not all happened within ${sec} s: again, with twice that\n`);
    return await inWindow(2 * sec, attempt);
  }
}

/**
 * Starts `gapwatch validate` on the sensor, lets things happen once it watches, and waits for its end. Null: its own
 * arguments end it. Throws what `inWindow` waits for.
 */
export async function runValidate(
  lab: Lab,
  forSec: number | null,
  args: readonly string[],
  happens: (run: Watching) => Promise<unknown>,
): Promise<Ended> {
  const window = forSec === null ? [] : ["--for", `${forSec}s`];
  const startedMs = performance.now();
  // The window ends so long after it began, and it began later than this.
  const isOver = () => forSec !== null && performance.now() - startedMs > forSec * 1000;
  const argv = [process.execPath, MAIN, "validate", "--ring-mb", "8", ...window, ...args];
  const run = await start(lab, argv, {});
  let cause: unknown;
  try {
    await happens(run);
  } catch (error) {
    if (!isOver()) throw error;
    cause = error;
  }
  const wasOver = isOver();
  const code = await run.ended();
  if (wasOver) throw new WindowWasOver(`all has to happen within ${forSec} s`, { cause });
  return { code, out: run.out(), err: run.err() };
}

/** As `runValidate`, for the report. */
export async function validate(
  lab: Lab,
  forSec: number | null,
  args: readonly string[],
  happens: (run: Watching) => Promise<unknown>,
): Promise<Validation> {
  const { code, out } = await runValidate(lab, forSec, ["--json", ...args], happens);
  const report = JSON.parse(out);
  const reasons = report.reasons.map((reason: string) => reason.split(":")[0]);
  return { ...report, code, reasons, told: report.reasons.join("\n") };
}

async function start(
  lab: Lab,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Watching> {
  if (!existsSync(MAIN)) throw new Error("dist/main.js is missing: npm run build");
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
      const all = () => `${what}:\n${out}\n${err}`;
      await until(() => what.test(out + err) || child.exitCode !== null, all);
      if (!what.test(out + err)) throw new Error(`it ended before ${all()}`);
    },
    signal: async (name) => lab.signal(child, name),
    async freeze(whilst) {
      const { pid } = this;
      process.kill(pid, "SIGSTOP");
      try {
        await whilst();
      } finally {
        if (child.pid !== undefined) process.kill(child.pid, "SIGCONT"); // its nsenter stopped itself, too
        process.kill(pid, "SIGCONT");
      }
    },
    ended: async () => (await exit)[0],
  };
  await watching.until(/: watching \S+/);
  return watching;
}
