import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canMakeNamespaces, type Lab } from "../lab.mjs";
import { inWindow, type Validation, validate, type Watching } from "./watching.ts";
import { createWire, sendFrames } from "./wire.mjs";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible)
  process.stderr.write("tests of a full ring skipped: this user cannot make network namespaces here\n");

const ENCLAVE_FILE = `
gapwatch: 1
enclave:
  name: drops-lab
  inside: [10.9.0.0/24]
`;
/** Longer than all that happens while it watches takes on most machines. */
const SECONDS = 5;

describe.skipIf(!possible)("gapwatch validate with a ring that drops", () => {
  let lab: Lab;
  let folder: string;
  let enclave: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-drops-"));
    enclave = join(folder, "enclave.yaml");
    writeFileSync(enclave, ENCLAVE_FILE);
    lab = await createWire();
    // The sender is a host whose way out nobody answers on.
    await lab.run(`
ip -n sender addr add 10.9.0.1/24 dev tx0
ip -n sender neigh add 10.9.0.2 lladdr 02:00:00:00:00:0b dev tx0
ip -n sender route add default via 10.9.0.2
`);
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });

  const validated = (happens: (run: Watching) => Promise<unknown>, ringMb = 8) =>
    inWindow(SECONDS, (sec) =>
      validate(lab, sec, ["-i", "rx0", "-e", enclave, "--ring-mb", `${ringMb}`], happens),
    );
  /** Traffic inside, of several times what a ring of 8 MB holds, in two seconds. */
  const load = () => sendFrames(lab, { frames: 30_000, octets: 1400, rate: 15_000 });

  /** One SYN that nobody answers; told again when the first goes unheard, as any host does. */
  const reachesOut = () =>
    lab.exec("sender", ["curl", "-s", "--connect-timeout", "1", "http://203.0.113.9/"]);

  const lostOf = ({ told }: Validation): number =>
    Number(/^capture\.drops: rx0: the capturing side lost (\d+) packets$/m.exec(told)?.[1]);

  it("PASSes when the ring held all of it: the load alone is no reason", async () => {
    const report = await validated(load, 64); // a busy machine may read none of it while it comes
    expect([report.validation.result, report.reasons, report.code]).toEqual(["PASS", [], 0]);
    expect(report.totals.packets).toBe(30_000);
  });

  it("proves nothing when it stood still, and says what to do about it", async () => {
    const report = await validated((run) => run.freeze(load));
    const { result, coverage } = report.validation;
    expect([result, report.reasons, report.code]).toEqual(["INCONCLUSIVE", ["capture.drops"], 3]);
    expect(lostOf(report)).toBeGreaterThan(0);
    expect(report.totals.packets + lostOf(report)).toBe(30_000);
    expect(coverage.flatMap(({ reasons }) => reasons)).toMatchObject([
      { name: "capture.drops", advice: expect.stringContaining("--ring-mb") },
    ]);
  });

  it("FAILs for what it saw before it stood still", async () => {
    const report = await validated(async (run) => {
      await reachesOut();
      await run.freeze(load);
    });
    expect([report.validation.result, report.reasons, report.code]).toEqual(["FAIL", ["capture.drops"], 1]);
    expect(report.findings.map(({ destination }) => destination.ips)).toEqual([["203.0.113.9"]]);
  });

  it("proves nothing when what reaches out is among what was lost", async () => {
    const report = await validated((run) =>
      run.freeze(async () => {
        await load(); // the ring is full now
        await lab.exec("sender", ["ping", "-c", "1", "-W", "1", "203.0.113.9"]);
      }),
    );
    const { result } = report.validation;
    expect([result, report.findings, report.reasons]).toEqual(["INCONCLUSIVE", [], ["capture.drops"]]);
    expect(report.totals.packets + lostOf(report)).toBe(30_001);
  });
});
