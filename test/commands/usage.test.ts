import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inRepository } from "../captured-frames.ts";
import { ENCLAVE, gapwatch, MAIN, ownFolder, QUICKSTART, replay } from "./run-gapwatch.ts";

const folder = ownFolder();

describe("usage errors: exit code 2, words on stderr, nothing on stdout", () => {
  const cases: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [[], /^Usage: gapwatch <command>/],
    [["repaly"], /^gapwatch: unknown command 'repaly' \(Did you mean replay\?\)\n/],
    [["--versoin"], /^gapwatch: unknown option '--versoin' \(Did you mean --version\?\)\n/],
    [["replay"], /^gapwatch: missing required argument 'capture'\n/],
    [["replay", QUICKSTART, "--jsn"], /^gapwatch: unknown option '--jsn' \(Did you mean --json\?\)\n/],
    [["replay", QUICKSTART, "-e"], /^gapwatch: option '-e, --enclave <file>' argument missing\n/],
    [["policy"], /^Usage: gapwatch policy/],
    [["policy", "chekc"], /^gapwatch: unknown command 'chekc' \(Did you mean check\?\)\n/],
    [
      ["replay", QUICKSTART, "-e", "no.yaml"],
      /^gapwatch: cannot read the enclave file no\.yaml: there is no/,
    ],
    [
      ["replay", QUICKSTART],
      /\/etc\/gapwatch\/enclave\.yaml: there is no such file; name one with -e FILE or in/,
    ],
  ];
  for (const [args, says] of cases) {
    it(`gapwatch ${args.join(" ").replace(QUICKSTART, "CAPTURE")}`, () => {
      const { code, out, err } = gapwatch(args);
      expect(err).toMatch(says);
      expect({ code, out }).toEqual({ code: 2, out: "" });
    });
  }

  it("names line and column of what is wrong in the enclave file", () => {
    const path = folder.file("bad.yaml", "gapwatch: 1\nenclave:\n  name: x\n  insid: [10.0.0.0/16]\n");
    const { code, out, err } = gapwatch(["replay", QUICKSTART, "-e", path]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^gapwatch: .*bad\.yaml:4:3: /m);
  });
});

describe("help and version: exit code 0, on stdout", () => {
  it("prints help with examples and exit codes", () => {
    const { code, out, err } = gapwatch(["--help"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/Examples:\n {2}gapwatch replay /);
    expect(out).toMatch(/Exit codes: 0 clean, 1 reachback, 2 could not run, 3 inconclusive\./);
    expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(gapwatch(["help"])).toEqual({ code, out, err });
  });

  it.each([
    "replay",
    "watch",
    "validate",
    "canary",
    "policy",
    "policy check",
    "policy explain",
    "policy suggest",
    "policy diff",
    "explain",
    "findings",
    "findings ack",
    "findings show",
    "findings export",
    "doctor",
    "verify",
    "keygen",
  ])("%s --help fits into 80 columns", (command) => {
    const { code, out, err } = gapwatch([...command.split(" "), "--help"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(out).not.toMatch(/undefined|\[\]\)/);
  });

  it("prints help for a command", () => {
    const asked = gapwatch(["replay", "--help"]);
    expect(asked).toMatchObject({ code: 0, err: "" });
    expect(asked.out).toMatch(/^Usage: gapwatch replay \[options\] <capture\.\.\.>/);
    expect(gapwatch(["help", "replay"])).toEqual(asked);
  });

  it("prints the version of package.json", () => {
    const { version } = JSON.parse(readFileSync(inRepository("package.json"), "utf8")) as { version: string };
    expect(gapwatch(["--version"])).toEqual({ code: 0, out: `${version}\n`, err: "" });
  });
});

describe("what nobody expected", () => {
  it("is one line that says what to report, and exit code 2", () => {
    const fault = "data:text/javascript,Date.now = () => { throw new TypeError('out of time') }";
    const args = ["--import", fault, MAIN, "replay", QUICKSTART, "-e", ENCLAVE];
    const { status, stdout, stderr } = spawnSync(process.execPath, args);
    expect({ status, out: stdout.toString() }).toEqual({ status: 2, out: "" });
    expect(stderr.toString()).toMatch(
      /^gapwatch: internal error: TypeError: out of time at [\w-]+\.js:\d+:\d+; please report .*\n$/,
    );
  });
});

describe("README.md", () => {
  it("shows what one gets to see", () => {
    const readme = readFileSync(inRepository("README.md"), "utf8");
    const shown = readme.split("```").find((block) => block.startsWith("\nREACHBACK")) ?? "";
    const parts = shown.split(/\n *\[\d+ destinations left out here\]\n/);
    const { out } = replay("captures/quickstart.pcapng");
    expect(parts).toHaveLength(2);
    expect(out.startsWith(parts[0].trim())).toBe(true);
    expect(out.endsWith(parts[1])).toBe(true);
  });
});
