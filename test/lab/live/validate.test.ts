import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canMakeNamespaces, createLab, type Lab } from "../lab.mjs";
import { playScenario, prepareScenario, SCENARIOS } from "../scenarios.mjs";
import { ENCLAVE, type Ended, inWindow, MAIN, runValidate } from "./watching.ts";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible)
  process.stderr.write("validate tests skipped: this user cannot make network namespaces here\n");

describe.skipIf(!possible)("gapwatch validate on a mirror", () => {
  let lab: Lab;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-validate-"));
    lab = await createLab();
    await prepareScenario(lab, SCENARIOS["clean"]);
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });

  const works = () => playScenario(lab, SCENARIOS["clean"]);
  /** A little traffic inside, so that the sensor has something to witness. */
  const talks = () =>
    lab.exec("agent-01", ["curl", "-s", "--max-time", "2", "http://gpu-01.enclave.internal:8000/v1/models"]);

  it("passes a stack that stays inside, with a report that verifies", async () => {
    let report = "";
    let asked = 0;
    const { code, out, err } = await inWindow(15, (sec) => {
      asked = sec;
      report = join(folder, `clean-${sec}`);
      return runValidate(lab, sec, ["-i", "mirror0", "-e", ENCLAVE, "--report", report], works);
    });
    expect(err).not.toContain("egress");
    expect(out).toMatch(/^PASS: clean, 1 exception used\n/);
    expect(code).toBe(0);
    const { validation } = JSON.parse(readFileSync(join(report, "report.json"), "utf8"));
    expect(validation).toMatchObject({ result: "PASS", mode: "live", window: { asked_seconds: asked } });
    expect(await lab.exec("sensor", [process.execPath, MAIN, "verify", report])).toMatchObject({ code: 0 });
  });

  it("fails for one question for an outside name that nobody answers, and names it as it comes", async () => {
    const asks = async () => {
      await talks();
      await lab.exec("gpu-01", ["dig", "+tries=1", "+time=1", "@198.51.100.99", "telemetry.vendor.example"]);
    };
    const args = ["-i", "mirror0", "-e", ENCLAVE];
    const { code, out, err } = await inWindow(5, (sec) => runValidate(lab, sec, args, asks));
    expect(err).toMatch(/ new medium dns\.resolver gpu-01 /);
    expect(out).toMatch(/^FAIL: reachback\n/);
    expect(out).toContain("telemetry.vendor.example");
    expect(code).toBe(1);
  });

  it("watches a command and what it starts, in which a failing one proves nothing", async () => {
    const run = (...command: string[]): Promise<Ended> =>
      runValidate(lab, null, ["-i", "mirror0", "-e", ENCLAVE, "--json", "--", ...command], talks);
    // One after another: of a conversation that began before it watched, one would see half.
    const well = await run("sh", "-c", "echo installed; grep CapEff /proc/self/status");
    const badly = await run("sh", "-c", "exit 7");
    const none = await run("/no/such/installer");
    expect(well.code).toBe(0);
    expect(well.err).toContain("installed"); // not on stdout, which carries the report
    expect(BigInt(`0x${/CapEff:\s*([0-9a-f]+)/.exec(well.err)?.[1]}`) & (1n << 13n)).toBe(0n); // CAP_NET_RAW
    expect(JSON.parse(well.out).validation.command).toMatchObject({
      exit_code: 0,
      words: ["sh", "-c", expect.any(String)],
    });
    for (const { code, out } of [badly, none]) {
      expect(code).toBe(3);
      const { verdict, reasons } = JSON.parse(out);
      expect([verdict, reasons]).toEqual(["inconclusive", [expect.stringMatching(/^command\.failed: /)]]);
    }
  });

  it("says what it lacks", async () => {
    const run = (...args: string[]) =>
      lab.exec("sensor", [process.execPath, MAIN, "validate", "-e", ENCLAVE, ...args]);
    expect(await run("-i", "mirror0")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--for DURATION"),
    });
    expect(await run("-i", "mirror0", "--for", "5s", "day.pcap")).toMatchObject({ code: 2 });
    expect(await run("-i", "nowhere0", "--for", "1s")).toMatchObject({ code: 2, stdout: "" });
  });
});
