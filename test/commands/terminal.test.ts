import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inRepository } from "../captured-frames.ts";
import { PATIENCE_MS, until } from "../patience.ts";
import { ENCLAVE, MAIN, ownFolder, QUICKSTART } from "./run-gapwatch.ts";

const folder = ownFolder();
const whole = readFileSync(QUICKSTART);
const hasPython = spawnSync("python3", ["--version"]).status === 0;

interface Shown {
  readonly code: number | null;
  readonly text: string;
}

/** What a person sees who replays a pipe on a terminal. */
function onTerminal(
  name: string,
  input: Uint8Array,
  ending: "end" | "interrupt",
  more: Readonly<Record<string, string>> = {},
): Shown {
  const fifo = join(folder.path, name);
  execFileSync("mkfifo", [fifo]);
  const script = inRepository("test/commands/on-terminal.py");
  const command = [process.execPath, MAIN, "replay", fifo, "-e", ENCLAVE];
  const env = { ...process.env, TERM: "xterm", NO_COLOR: "", ...more };
  const { status, stdout } = spawnSync("python3", [script, fifo, "10", ending, ...command], {
    input,
    env,
    timeout: PATIENCE_MS,
  });
  return { code: status, text: stdout.toString("latin1") };
}

describe.skipIf(!hasPython)("on a terminal", () => {
  it("shows progress after a second, takes it away before a notice, and colours", () => {
    const { code, text } = onTerminal("cut", whole.subarray(0, 60_000), "end");
    expect(code).toBe(1);
    expect(text).toMatch(/^\r\x1b\[2K[\d.]+ kB {2}[\d,]+ packets\/s\r\x1b\[2K/);
    expect(text).toMatch(/packets\/s\r\x1b\[2Kgapwatch: [^\r]*cut: cut short: .*; judged up to there\r\n/);
    expect(text).toContain("\x1b[1;31mREACHBACK\x1b[0m");
  });

  it("reports what was read when Ctrl-C ends a silent pipe, and honours NO_COLOR", () => {
    const { code, text } = onTerminal("silent", whole, "interrupt", { NO_COLOR: "1" });
    expect(code).toBe(1);
    expect(text).toMatch(/\x1b\[2KREACHBACK, 1 exception used\r\n/);
    expect(text).toMatch(/capture\.interrupted\r\n/);
    expect(text).not.toMatch(/\x1b\[[\d;]+m/);
  });

  it("that goes away, it still ends with the verdict's exit code", () => {
    const script = inRepository("test/commands/gone-terminal.py");
    const replay = [MAIN, "replay", QUICKSTART, "-e", ENCLAVE, "--dashboard"];
    const env = { ...process.env, TERM: "xterm-256color" };
    const options = { env, timeout: PATIENCE_MS, encoding: "utf8" } as const;
    const { status, stderr } = spawnSync(
      "python3",
      [script, "huggingface", process.execPath, ...replay],
      options,
    );
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
  });

  it("sends no escape sequence to a dumb one", () => {
    const { code, text } = onTerminal("dumb", whole, "end", { TERM: "dumb" });
    expect(code).toBe(1);
    expect(text).toMatch(/REACHBACK, 1 exception used\r\n/);
    expect(text).not.toContain("\x1b");
  });
});

describe("in a pipe", () => {
  it("shows no progress and ends with the verdict's code on SIGTERM", async () => {
    const child = spawn(process.execPath, [MAIN, "replay", "-", "-e", ENCLAVE], { stdio: "pipe" });
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    child.stdin.write(whole);
    await until(
      () => isWaiting(child.pid),
      () => err,
    );
    child.kill("SIGTERM");
    const [code] = await once(child, "close");
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(out).toMatch(/^REACHBACK/);
    expect(out).toMatch(/capture\.interrupted/);
  });

  it("ends quietly with the verdict's code when the reader goes away", () => {
    const script = `"$0" "$1" replay "$2" -e "$3" --json | head -c 1; exit "\${PIPESTATUS[0]}"`;
    const args = ["-c", script, process.execPath, MAIN, inRepository("captures"), ENCLAVE];
    const { status, stdout, stderr } = spawnSync("bash", args);
    expect({ status, out: stdout.toString() }).toEqual({ status: 1, out: "{" });
    expect(stderr.toString()).not.toMatch(/EPIPE|Error|\n {4}at /);
  });

  it("says that the result could not be written", () => {
    const args = [
      "-c",
      `"$0" "$1" replay "$2" -e "$3" > /dev/full`,
      process.execPath,
      MAIN,
      QUICKSTART,
      ENCLAVE,
    ];
    const { status, stderr } = spawnSync("bash", args);
    expect(status).toBe(2);
    expect(stderr.toString()).toMatch(/^gapwatch: cannot write the result: ENOSPC: .*\n$/);
  });
});

let ticksBefore = 0;
let calmLooks = 0;

/** Whether it has started, and for a while had nothing to do: it has read all that there is (man 5 proc_stat). */
function isWaiting(pid: number | undefined): boolean {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1].split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  calmLooks = fields[0] === "S" && ticks === ticksBefore && ticks > 5 ? calmLooks + 1 : 0;
  ticksBefore = ticks;
  return calmLooks > 50;
}
