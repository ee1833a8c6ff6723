import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inRepository } from "../../captured-frames.ts";
import { until } from "../../patience.ts";
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

/**
 * Starts `gapwatch validate` on the sensor, lets things happen once it watches, and waits for its report. Its own
 * arguments must end it.
 */
export async function validate(
  lab: Lab,
  args: readonly string[],
  happens: (run: Watching) => Promise<unknown>,
): Promise<Validation> {
  const run = await start(lab, [process.execPath, MAIN, "validate", "--json", "--ring-mb", "8", ...args], {});
  await happens(run);
  const code = await run.ended();
  const report = JSON.parse(run.out());
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
      await whilst();
      if (child.pid !== undefined) process.kill(child.pid, "SIGCONT"); // its nsenter stopped itself, too
      process.kill(pid, "SIGCONT");
    },
    ended: async () => (await exit)[0],
  };
  await watching.until(/: watching \S+/);
  return watching;
}
