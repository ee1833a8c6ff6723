import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCapture } from "../../src/capture/open-capture.ts";
import { inRepository } from "../captured-frames.ts";
import { ENCLAVE, gapwatch, type Outcome, ownFolder, QUICKSTART } from "./run-gapwatch.ts";

const folder = ownFolder();
const CLEAN = inRepository("captures/clean.pcapng");
const STATE = join(folder.path, "state");

function validate(...args: readonly string[]): Outcome {
  return gapwatch(["validate", ...args, "-e", ENCLAVE, "--state", STATE]);
}

describe("validate", () => {
  it("passes, fails or decides nothing, with the exit codes 0, 1 and 3", () => {
    expect(validate(CLEAN)).toMatchObject({ code: 0, err: "" });
    expect(validate(CLEAN).out).toMatch(/^PASS: clean, 1 exception used\nAir-gapped in the window /);
    const failed = validate(QUICKSTART);
    expect(failed).toMatchObject({ code: 1, err: "" });
    expect(failed.out).toMatch(
      /^FAIL: reachback, 1 exception used\nNot air-gapped: quickstart-lab depends on /,
    );
    const enclave = folder.file(
      "narrow.yaml",
      readFileSync(ENCLAVE, "utf8").replace("  relays:", "  coverage: { min_window: 1h }\n  relays:"),
    );
    const open = gapwatch(["validate", CLEAN, "-e", enclave]);
    expect(open.code).toBe(3);
    expect(open.out).toMatch(/^INCONCLUSIVE: inconclusive, 1 exception used\nNothing is proven of /);
    expect(open.out).toMatch(
      /blind +length of the window: 3 s \(limit 1 h\)\n +sensor.window_short: .*\n.*\n +What to do: capture for longer/,
    );
  });

  it("could not run without input, with input that is none, and without an enclave file", () => {
    expect(validate().code).toBe(2);
    expect(validate("nowhere.pcap").code).toBe(2);
    expect(validate(ENCLAVE).code).toBe(2);
    expect(gapwatch(["validate", CLEAN, "-e", "nowhere.yaml"]).code).toBe(2);
  });

  it("prints plain ASCII within 80 columns into a pipe", () => {
    for (const path of [CLEAN, QUICKSTART]) {
      const { out } = validate(path);
      expect(out).toMatch(/^[\x20-\x7e\n]+$/);
      expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
    }
  });

  it("prints with --json what replay prints, with hashes and with the validation", () => {
    const { out, code } = validate(QUICKSTART, "--json");
    const sha256 = createHash("sha256").update(readFileSync(QUICKSTART)).digest("hex");
    const { validation, ...summary } = JSON.parse(out);
    const replayed = JSON.parse(gapwatch(["replay", QUICKSTART, "-e", ENCLAVE, "--json", "--hash"]).out);
    expect(code).toBe(1);
    expect(summary).toEqual(replayed);
    expect(summary.inputs[0].sha256).toBe(sha256);
    expect(validation).toMatchObject({ schema: "gapwatch/validation/1", result: "FAIL", mode: "captures" });
    expect(validate(QUICKSTART, "--json").out).toBe(out);
  });

  it("counts in its chart what the findings count", () => {
    const { findings, totals, validation } = JSON.parse(validate(QUICKSTART, "--json").out);
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    const serious = findings.filter(({ severity }: { severity: string }) => severity !== "info");
    expect(sum(validation.activity.packets)).toBe(totals.packets);
    expect(sum(validation.activity.attempts)).toBe(
      sum(serious.map(({ attempts }: { attempts: number }) => attempts)),
    );
  });

  it("shows who used the services that the enclave file names, and asks for those that must be used", () => {
    const services = [
      "  services:",
      '    - { role: identity, address: "fd20:5eed::9:20", port: 443/tcp, must_be_used: true }',
      "    - { role: logging, address: 10.20.9.99, port: 6514/tcp, must_be_used: true }",
      '    - { role: time, address: "fd20:5eed::123", port: 123/udp }',
    ];
    const text = readFileSync(ENCLAVE, "utf8").replace("  relays:", `${services.join("\n")}\n  relays:`);
    const { out, code } = gapwatch(["validate", CLEAN, "-e", folder.file("services.yaml", text), "--json"]);
    const { validation, reasons } = JSON.parse(out);
    expect(code).toBe(3);
    expect(reasons).toEqual(["service.unused: the logging service must be used and was not"]);
    const [identity, logging] = validation.services;
    expect(identity).toMatchObject({
      role: "identity",
      uses: expect.any(Number),
      users: [{ name: "gpu-01" }, { name: "proxy-01" }],
    });
    expect(identity.uses).toBeGreaterThan(0);
    expect(logging).toMatchObject({ uses: 0, last_use: null, users: [] });
    expect(validation.coverage.find(({ check }: { check: string }) => check === "services")).toMatchObject({
      status: "blind",
      figure: "1 of 2 services used",
    });
  });
});

describe("validate --report", () => {
  it("writes the same bytes for the same capture, policy and key, also over an earlier report", () => {
    gapwatch(["keygen", "--state", STATE]);
    const [one, two] = ["one", "two"].map((name) => join(folder.path, name));
    expect(validate(QUICKSTART, "--report", one)).toMatchObject({ code: 1, err: "" });
    expect(validate(CLEAN, "--report", two).code).toBe(0);
    expect(validate(QUICKSTART, "--report", two)).toMatchObject({ code: 1, err: "" });
    execFileSync("diff", ["-r", one, two]);
    expect(readdirSync(one).sort()).toEqual([
      "SHA256SUMS",
      "SHA256SUMS.sig",
      "enclave.yaml",
      "evidence",
      "oscal-assessment-results.json",
      "report.html",
      "report.json",
      "report.junit.xml",
      "signer.pub",
    ]);
    execFileSync("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd: one });
    const signed = ["-rawin", "-in", "SHA256SUMS", "-sigfile", "SHA256SUMS.sig"];
    execFileSync("openssl", ["pkeyutl", "-verify", "-pubin", "-inkey", "signer.pub", ...signed], {
      cwd: one,
    });
  });

  it("keeps the first packets of every finding, as they were captured", async () => {
    const { findings, validation } = JSON.parse(readFileSync(join(folder.path, "one/report.json"), "utf8"));
    const ids = findings.map(({ id }: { id: string }) => id);
    expect(validation.evidence.map(({ finding }: { finding: string }) => finding)).toEqual(ids);
    const captured = new Set<string>();
    for (const frame of await framesOf(QUICKSTART)) captured.add(frame);
    for (const { file } of validation.evidence) {
      const frames = await framesOf(join(folder.path, "one", file));
      expect(frames.length).toBeGreaterThan(0);
      for (const frame of frames) expect(captured).toContain(frame);
    }
  });

  it("leaves alone what is no report of its own, and a report that was changed", () => {
    const other = join(folder.path, "other");
    mkdirSync(other);
    writeFileSync(join(other, "thesis.txt"), "five years");
    const refused = validate(CLEAN, "--report", other);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain("name a new directory");
    expect(readdirSync(other)).toEqual(["thesis.txt"]);
    const changed = join(folder.path, "changed");
    validate(CLEAN, "--report", changed);
    writeFileSync(join(changed, "report.html"), "PASS");
    expect(validate(CLEAN, "--report", changed).code).toBe(2);
    expect(readFileSync(join(changed, "report.html"), "utf8")).toBe("PASS");
  });

  it("holds what the enclave file needs to be loaded, so that the verdict can be derived again", () => {
    const entry = "{ component: Our hub, kind: model-hub, names: [huggingface.co], setting: ask us }";
    folder.file("ours.yaml", `gapwatch_catalogue: 1\nentries:\n  - ${entry}\n`);
    const text = readFileSync(ENCLAVE, "utf8").replace("  relays:", "  catalogue: [ours.yaml]\n  relays:");
    const enclave = folder.file("own.yaml", text);
    const report = join(folder.path, "own");
    const made = gapwatch(["validate", QUICKSTART, "-e", enclave, "--report", report, "--state", STATE]);
    expect(made.code).toBe(1);
    expect(readdirSync(report)).toContain("ours.yaml");
    expect(gapwatch(["verify", report]).out).toContain("judged again: reachback, the same findings");
  });

  it("leaves nothing unfinished behind when it could not run", () => {
    const none = join(folder.path, "none");
    expect(validate("nowhere.pcap", "--report", none).code).toBe(2);
    expect(existsSync(none) ? readdirSync(none) : []).toEqual([]);
    expect(validate(CLEAN, "--report", join(CLEAN, "below")).code).toBe(2);
  });
});

async function framesOf(path: string): Promise<string[]> {
  const source = await openCapture(path);
  const frames: string[] = [];
  for (let batch = await source.next(); batch !== null; batch = await source.next()) {
    for (let i = 0; i < batch.count; i++) {
      const at = batch.offset[i];
      // Headers alone: what may be a credential further on is masked in evidence.
      const octets = `${batch.caplen[i]} ${Buffer.from(batch.bytes.subarray(at, at + 54)).toString("hex")}`;
      frames.push(`${batch.tsSec[i]}.${batch.tsNsec[i]} ${octets}`);
    }
  }
  source.close();
  return frames;
}
