import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readEnclave, resolveEnclavePath } from "../../src/commands/enclave-option.ts";
import { addPolicyCommand } from "../../src/commands/policy.ts";

const folder = mkdtempSync(join(tmpdir(), "gapwatch-policy-"));
const GOOD = `gapwatch: 1
enclave: { name: lab, inside: [10.20.0.0/16], resolvers: [10.20.0.53] }
allow:
  - { id: gate, to: [203.0.113.10], ports: [443/tcp], from: [10.20.4.0/24], reason: patches, owner: platform }
`;

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const good = file("good.yaml", GOOD);
const bad = file("bad.yaml", GOOD.replace("inside:", "insid:").replace("443/tcp", "443"));

let out = "";
let err = "";

beforeEach(() => {
  out = "";
  err = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    err += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});

afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]): typeof process.exitCode {
  const program = new Command().exitOverride();
  addPolicyCommand(program);
  program.parse(["policy", ...args], { from: "user" });
  return process.exitCode;
}

describe("policy check", () => {
  it("prints one line for a sound file and warns on stderr", () => {
    expect(run("check", good)).toBe(0);
    expect(out).toBe(`ok: ${good}: enclave lab (production), 1 rule, 2 warnings\n`);
    expect(err).toBe(
      `warning: ${good}:4:5: rule gate has no expires (a date, or never)\n` +
        `warning: ${good}:4:5: rule gate has no byte budget (max_bytes_out, max_bytes_in)\n`,
    );
  });

  it("prints every problem with its place on stderr, and nothing on stdout", () => {
    expect(run("check", bad)).toBe(2);
    expect(out).toBe("");
    expect(err.split("\n").map((line) => line.slice(0, line.indexOf(";")))).toEqual([
      `gapwatch: ${bad}:2:10: enclave.inside is missing`,
      `gapwatch: ${bad}:2:23: unknown key "insid"`,
      `gapwatch: ${bad}:4:45: allow[0].ports[0] is 443`,
      "",
    ]);
  });

  it("does not go on for ever about a file that is none", () => {
    expect(run("check", file("deep.yaml", `a: ${"[".repeat(20_000)}`))).toBe(2);
    expect(err.split("\n").length).toBeLessThan(110);
    expect(err).toMatch(/and \d+ problems more\n$/);
  });

  it.each([
    ["missing.yaml", "there is no such file"],
    [".", "it is a directory"],
  ])("cannot read %s", (name, reason) => {
    expect(run("check", join(folder, name))).toBe(2);
    expect(err).toContain(reason);
    expect(err.split("\n")).toHaveLength(2);
  });

  it("refuses bytes that are no UTF-8", () => {
    expect(
      run("check", file("latin1.yaml", Buffer.from("gapwatch: 1\nenclave: { name: caf\xe9 }", "latin1"))),
    ).toBe(2);
    expect(err).toContain("latin1.yaml:2:21: the enclave file is not UTF-8");
  });

  it("does not read a device to its end", () => {
    expect(run("check", "/dev/zero")).toBe(2);
    expect(err).toContain("cannot read the enclave file /dev/zero: larger than 16 MiB");
  });
});

describe("policy explain", () => {
  it.each([
    [["203.0.113.10", "--from", "10.20.4.9", "--port", "443/tcp"], 0, "allowed by rule gate\n"],
    [["203.0.113.10", "--port", "80/tcp"], 1, "  no   gate: 80/tcp is not among its ports (443/tcp)\n"],
    [["huggingface.co"], 1, "not allowed\n  destination  huggingface.co is an outside name\n"],
    [["10.20.1.1"], 0, "10.20.1.1 is inside"],
    [["203.0.113.10", "--at", "2026-11-20T10:00:00+01:00"], 0, "  at           2026-11-20T09:00:00.000Z\n"],
  ])("%j exits %i", (args, code, text) => {
    expect(run("explain", good, ...args)).toBe(code);
    expect(out).toContain(text);
    expect(err).toBe("");
  });

  it.each([
    [["foo..bar"], "destination is"],
    [["1.2.3"], "destination is"],
    [["203.0.113.10", "--from", "gpu-01"], "--from is"],
    [["203.0.113.10", "--port", "443"], "--port is"],
    [["203.0.113.10", "--port", "1-2/tcp"], "--port is"],
    [["203.0.113.10", "--at", "yesterday"], "--at is"],
    [["203.0.113.10", "--at", "2026-13-20T10:00:00Z"], "--at is"],
  ])("%j is a usage error", (args, text) => {
    expect(run("explain", good, ...args)).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(new RegExp(`^gapwatch: ${text} .*; expected .*\n$`));
  });

  it("cannot explain a file that does not load", () => {
    expect(run("explain", bad, "203.0.113.10")).toBe(2);
    expect(err).toContain("bad.yaml:2:23");
  });
});

describe("the enclave option", () => {
  it("falls back to the environment, then to the system's file", () => {
    vi.stubEnv("GAPWATCH_ENCLAVE", "/from/environment.yaml");
    expect(resolveEnclavePath("/from/option.yaml")).toBe("/from/option.yaml");
    expect(resolveEnclavePath()).toBe("/from/environment.yaml");
    vi.stubEnv("GAPWATCH_ENCLAVE", "");
    expect(resolveEnclavePath()).toBe("/etc/gapwatch/enclave.yaml");
  });

  it("hashes the bytes of the file", () => {
    expect(readEnclave(good)?.sha256).toBe(createHash("sha256").update(GOOD).digest("hex"));
  });
});
