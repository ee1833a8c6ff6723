import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canMakeNamespaces, type Lab } from "../lab.mjs";
import { watch } from "./watching.ts";
import { createWire, prepareFlood, sendFrames } from "./wire.mjs";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("latency tests skipped: this user cannot make network namespaces here\n");

/** The other end of the wire is outside. */
const ENCLAVE_FILE = `
gapwatch: 1
enclave:
  name: latency-lab
  inside: [10.9.0.1/32]
`;
const PINGS = 10;

describe.skipIf(!possible)("from the packet that settles a finding to its record on disk", () => {
  let lab: Lab;
  let folder: string;
  let enclave: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-latency-"));
    enclave = join(folder, "enclave.yaml");
    writeFileSync(enclave, ENCLAVE_FILE);
    lab = await createWire();
    await prepareFlood(lab);
    await lab.run("ip -n sender route add default via 10.9.0.2");
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });

  /** Milliseconds for each of ten pings to addresses that nobody has, least first. */
  async function latencies(name: string, meanwhile: () => Promise<unknown>): Promise<number[]> {
    const state = join(folder, name);
    const run = await watch(lab, ["-i", "rx0", "-e", enclave, "--ring-mb", "64", "--state", state]);
    const load = meanwhile();
    await pause(2000); // its code is compiled, and the load has come to what it is
    const pings: Promise<unknown>[] = [];
    for (let host = 0; host < PINGS; host++) {
      pings.push(lab.exec("sender", ["ping", "-c", "1", "-W", "1", `203.0.113.${host}`]));
      await pause(170);
    }
    await Promise.all([load, ...pings]);
    for (let host = 0; host < PINGS; host++) await run.until(new RegExp(`new .* 203\\.0\\.113\\.${host} `));
    await run.signal("SIGTERM");
    expect(await run.ended()).toBe(1);
    const log = readFileSync(join(state, "audit", "audit-000001.ndjson"), "utf8");
    const tookMs = log
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ type, finding }) => type === "finding.new" && /203\.0\.113/.test(JSON.stringify(finding)))
      .map(({ time, finding }) => Date.parse(time) - Date.parse(finding.first_seen))
      .sort((a, b) => a - b);
    expect(tookMs).toHaveLength(PINGS);
    process.stderr.write(`from packet to record, ${name}: ${tookMs.join(", ")} ms\n`);
    return tookMs;
  }

  // Not all of them: this machine may have other things to do.
  it("it takes less than a tenth of a second on a quiet wire", async () => {
    expect((await latencies("quiet", () => pause(0)))[2]).toBeLessThan(100);
  });

  it("and no more while another finding has twelve thousand open flows", async () => {
    const scan = { frames: 120_000, octets: 64, rate: 20_000, flows: 12_000 };
    expect((await latencies("scan", () => sendFrames(lab, scan)))[2]).toBeLessThan(100);
  });
});
