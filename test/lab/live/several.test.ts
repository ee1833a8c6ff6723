import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../patience.ts";
import { canMakeNamespaces, createLab, type Lab } from "../lab.mjs";
import { SWITCH_PORTS } from "../network.mjs";
import { playScenario, prepareScenario, SCENARIOS } from "../scenarios.mjs";
import { judgement } from "./judgement.ts";
import { ENCLAVE, MAIN, watch, watchMirror } from "./watching.ts";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("tests with several mirrors skipped: no network namespaces here\n");

describe.skipIf(!possible)("gapwatch watch", () => {
  let lab: Lab;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-several-"));
    lab = await createLab();
    await prepareScenario(lab, SCENARIOS["quickstart"]);
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });

  const inside = () =>
    lab.exec("gpu-01", ["curl", "-s", "--connect-timeout", "1", "http://10.20.1.31:8000/"]);

  it("finds the same when questions come on one interface and their answers on another", async () => {
    // What enters the switch goes to the mirror, and to one of two others besides.
    const halves = ["half0", "half1"].map(
      (name) => `ip -n switch link add ${name}-tx type veth peer name ${name} netns sensor
ip -n switch link set ${name}-tx up; ip -n sensor link set ${name} up`,
    );
    const copies = SWITCH_PORTS.map(
      (port) => `tc -n switch filter del dev ${port} ingress
tc -n switch filter add dev ${port} ingress protocol all u32 match u32 0 0 \\
  action mirred egress mirror dev mirror-tx pipe \\
  action mirred egress mirror dev ${port === "gpu-01" || port === "agent-01" ? "half0" : "half1"}-tx`,
    );
    await lab.run([...halves, ...copies].join("\n"));
    const run = await watch(lab, ["-i", "half0", "-i", "half1", "--ring-mb", "16", "-e", ENCLAVE]);
    const file = join(folder, "beside.pcap");
    await lab.record(file, () => playScenario(lab, SCENARIOS["quickstart"]));
    await run.signal("SIGTERM");
    expect(await run.ended()).toBe(1);
    const argv = [MAIN, "replay", file, "-e", ENCLAVE, "--exit-zero"];
    expect(judgement(run.out())).toBe(judgement(execFileSync("node", argv, { encoding: "utf8" })));
    expect(run.out()).toMatch(/half0: live, [1-9][\s\S]*half1: live, [1-9]/);
  });

  it("raises and clears what the enclave file wants to be told of: silence, a gap, hosts that are not seen", async () => {
    const enclave = join(folder, "enclave.yaml");
    const text = readFileSync(ENCLAVE, "utf8")
      .replace("  relays:", "  coverage: { max_silence: 2s, max_gap: 3s }\n  relays:")
      .replace('"fd20:5eed::4:10"]', '"fd20:5eed::4:10"], must_be_seen: true');
    writeFileSync(enclave, text);
    const run = await watchMirror(lab, ["-e", enclave]);
    await run.until(/raised sensor\.silent mirror0: no packet for \d+ s, the enclave file allows 2 s/);
    await run.until(/raised sensor\.gap mirror0: no packet for \d+ s, the enclave file allows 3 s/);
    await run.until(/raised sensor\.host-unseen transfer-01 was not seen yet/);
    await inside();
    await run.until(/cleared sensor\.silent/);
    await run.until(/cleared sensor\.gap/);
    await lab.exec("transfer-01", ["curl", "-s", "--connect-timeout", "1", "http://10.20.1.31:8000/"]);
    await run.until(/cleared sensor\.host-unseen transfer-01/);
    await run.signal("SIGTERM");
    expect(await run.ended()).toBe(3);
    expect(run.out()).toMatch(/sensor\.silent\n +mirror0: no packet for/);
    expect(run.out()).not.toContain("host_unseen");
  });

  it("takes an acknowledgement while it writes, and puts it into the audit log", async () => {
    const state = join(folder, "state");
    const gapwatch = (...args: string[]) => lab.exec("sensor", ["node", MAIN, ...args, "--state", state]);
    const run = await watchMirror(lab, ["-e", ENCLAVE, "--state", state]);
    await lab.exec("gpu-01", ["ping", "-c", "1", "-W", "1", "198.51.100.90"]);
    await run.until(/new medium egress\.flow .* 198\.51\.100\.90/);
    const [{ id }] = JSON.parse((await gapwatch("findings", "--json")).stdout).findings;
    expect(await gapwatch("findings", "ack", id, "--reason", "change 4711", "--by", "ops")).toMatchObject({
      code: 0,
    });
    const log = () => readFileSync(join(state, "audit", "audit-000001.ndjson"), "utf8");
    await until(() => log().includes("change 4711"), log);
    expect((await gapwatch("findings", "show", id)).stdout).toContain("change 4711");
    await run.signal("SIGTERM");
    expect(await run.ended()).toBe(1); // it changes no verdict
  });

  it("captures with tcpdump, and says so, where there is no ring", async () => {
    const preload = join(folder, "no-ring.mjs");
    writeFileSync(preload, 'Object.defineProperty(process, "platform", { value: "otheros" });\n');
    const run = await watchMirror(lab, ["-e", ENCLAVE], [], { NODE_OPTIONS: `--import ${preload}` });
    expect(run.err()).toContain("mirror0: otheros has no packet ring; capturing with tcpdump instead");
    await lab.exec("gpu-01", ["ping", "-c", "1", "-W", "1", "198.51.100.89"]);
    await run.until(/new medium egress\.flow .* 198\.51\.100\.89/);
    await run.signal("SIGTERM");
    expect(await run.ended()).toBe(1);
  });
});
