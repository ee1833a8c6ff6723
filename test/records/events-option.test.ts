import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ENCLAVE, MAIN, ownFolder, QUICKSTART, replay } from "../commands/run-gapwatch.ts";

const folder = ownFolder();

describe("replay --events", () => {
  it("writes a file and reports as usual", () => {
    const path = join(folder.path, "eve.json");
    const { code, out } = replay(QUICKSTART, "--events", path);
    expect(code).toBe(1);
    expect(out).toBe(replay(QUICKSTART).out);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ event_type: "stats" });
  });

  it("- puts the events, and only them, on stdout", () => {
    const path = join(folder.path, "same.json");
    replay(QUICKSTART, "--events", path);
    expect(replay(QUICKSTART, "--events", "-")).toEqual({
      code: 1,
      out: readFileSync(path, "latin1"),
      err: "",
    });
  });

  it("- and --json do not go together", () => {
    const { code, out, err } = replay(QUICKSTART, "--events", "-", "--json");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^gapwatch: --json and --events - both write to stdout/);
  });

  it("that cannot be written ends the run with 2 and one sentence", () => {
    const { code, out, err } = replay(QUICKSTART, "--events", join(folder.path, "nowhere", "eve.json"));
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^gapwatch: cannot write events to [^\n]*: no such file or directory \(ENOENT\)\n$/);
  });

  it("- ends quietly when nobody reads on", () => {
    // More than a pipe holds, so that writing meets the closed end.
    const inputs = Array<string>(4).fill(QUICKSTART);
    const script = `"$@" | head -n 1 | cut -c1-14`;
    const args = [process.execPath, MAIN, "replay", ...inputs, "-e", ENCLAVE, "--events", "-"];
    const { stdout, stderr } = spawnSync("sh", ["-c", script, "sh", ...args]);
    expect(stdout.toString()).toBe('{"timestamp":"\n');
    expect(stderr.toString()).toBe("");
  });
});
