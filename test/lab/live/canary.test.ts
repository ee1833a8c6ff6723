import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canMakeNamespaces, createLab, type Lab } from "../lab.mjs";
import { prepareScenario, SCENARIOS } from "../scenarios.mjs";
import { ENCLAVE, inWindow, MAIN, runValidate } from "./watching.ts";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("canary tests skipped: this user cannot make network namespaces here\n");

interface Result {
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly findings: readonly { destination: { name: string | null; ips: string[] } }[];
  readonly validation: {
    canary: { runs: { probes: { path: string; status: string; exempt: boolean }[] }[]; exempt: unknown[] };
  };
}

describe.skipIf(!possible)("gapwatch canary and validate --canary", () => {
  let lab: Lab;
  let folder: string;
  let secret: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-canary-"));
    secret = join(folder, "secret");
    writeFileSync(secret, "0123456789abcdef0123456789abcdef\n");
    lab = await createLab();
    await prepareScenario(lab, SCENARIOS["clean"]);
    // A firewall that drops it: elsewhere in the lab a machine answers pings at such addresses.
    await lab.run(`ip -n gateway route replace blackhole 192.0.2.192/26
ip -n gateway route replace blackhole 203.0.113.128/25
ip -n gateway route replace blackhole 2001:db8::/32`);
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });

  async function validate(happens: () => Promise<unknown>): Promise<{ code: number | null; result: Result }> {
    const args = ["-i", "mirror0", "-e", ENCLAVE, "--canary", secret, "--json"];
    const { code, out } = await inWindow(6, (sec) => runValidate(lab, sec, args, happens));
    return { code, result: JSON.parse(out) };
  }

  const send = (...args: readonly string[]) =>
    lab.exec("gpu-01", [
      process.execPath,
      MAIN,
      "canary",
      "--secret",
      secret,
      "--resolver",
      "10.20.0.53",
      ...args,
    ]);
  const works = () =>
    lab.exec("agent-01", ["curl", "-s", "--max-time", "2", "http://gpu-01.enclave.internal:8000/v1/models"]);

  it("is seen on every path, and is no reachback", async () => {
    const responder = lab.spawn("vector-01", [
      process.execPath,
      MAIN,
      "canary",
      "--respond",
      "10.20.1.31:8443",
    ]);
    await once(responder.stderr, "data");
    const { code, result } = await validate(async () => {
      await works();
      const sent = await send("--responder", "10.20.1.31:8443");
      expect(sent).toMatchObject({ code: 0 });
    });
    await lab.signal(responder, "SIGTERM");
    const [run] = result.validation.canary.runs;
    expect(run.probes.filter(({ status, exempt }) => status !== "seen" || !exempt)).toEqual([]);
    expect(run.probes).toHaveLength(12);
    expect([result.findings, result.reasons, code]).toEqual([[], [], 0]);
  });

  it("leaves what somebody else sent a finding, and says what it did not see", async () => {
    const { code, result } = await validate(async () => {
      await works();
      await send();
      await lab.exec("gpu-01", ["curl", "-s", "--connect-timeout", "1", "http://198.51.100.77/"]);
    });
    const [run] = result.validation.canary.runs;
    expect(run.probes.find(({ path }) => path === "tls-inside")?.status).toBe("not exercised");
    expect(result.findings.map(({ destination }) => destination.ips)).toEqual([["198.51.100.77"]]);
    expect(code).toBe(1);
  });

  it("takes an answer to a probe for what it is: something outside was reached", async () => {
    await lab.run("ip -n gateway route del blackhole 2001:db8::/32");
    const { code, result } = await validate(() => works().then(() => send()));
    const exempt = result.validation.canary.runs[0].probes.filter((probe) => !probe.exempt);
    expect(exempt.map(({ path, status }) => `${path} ${status}`)).toContain("icmp-ipv6 seen");
    expect(code).toBe(1);
  });

  it("proves nothing when none was seen", async () => {
    const { code, result } = await validate(works);
    expect([code, result.verdict, result.reasons]).toEqual([
      3,
      "inconclusive",
      [expect.stringContaining("canary.missed: no probe")],
    ]);
  });
});
