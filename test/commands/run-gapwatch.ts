import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { inRepository } from "../captured-frames.ts";
import { PATIENCE_MS } from "../patience.ts";

export const MAIN = inRepository("dist/main.js");
export const QUICKSTART = inRepository("captures/quickstart.pcapng");
export const ENCLAVE = inRepository("allowlists/quickstart.yaml");

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built program as a user does, with no enclave file from the environment. */
export function gapwatch(args: readonly string[], input: Uint8Array = new Uint8Array()): Outcome {
  if (!existsSync(MAIN)) throw new Error("dist/main.js is missing: npm run build");
  const env = { ...process.env, GAPWATCH_ENCLAVE: "", NO_COLOR: "" };
  const options = { cwd: inRepository("."), input, env, timeout: PATIENCE_MS, maxBuffer: 1 << 26 };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], options);
  return { code: status, out: stdout.toString("latin1"), err: stderr.toString("latin1") };
}

export function replay(...args: readonly string[]): Outcome {
  return gapwatch(["replay", ...args, "-e", ENCLAVE]);
}

/** A folder of this test file, gone when its tests are done. */
export function ownFolder(): { path: string; file(name: string, content: Uint8Array | string): string } {
  const path = mkdtempSync(join(tmpdir(), "gapwatch-commands-"));
  afterAll(() => rmSync(path, { recursive: true }));
  return {
    path,
    file: (name, content) => {
      writeFileSync(join(path, name), content);
      return join(path, name);
    },
  };
}
