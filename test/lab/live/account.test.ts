import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../patience.ts";
import { canMakeNamespaces, type Lab } from "../lab.mjs";
import { type Watching, watch } from "./watching.ts";
import { createWire, prepareFlood, sendFlood, sendFrames, steer } from "./wire.mjs";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("account tests skipped: this user cannot make network namespaces here\n");

/** What is sent is all inside. */
const ENCLAVE_FILE = `
gapwatch: 1
enclave:
  name: account-lab
  inside: [10.9.0.0/24]
`;
const METRICS = "127.0.0.1:9478";

describe.skipIf(!possible)("what gapwatch watch says it saw and lost", () => {
  let lab: Lab;
  let folder: string;
  let enclave: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-account-"));
    enclave = join(folder, "enclave.yaml");
    writeFileSync(enclave, ENCLAVE_FILE);
    lab = await createWire();
    // A second interface, on which nothing ever comes.
    await lab.run(`
ip -n sensor link add rx1 type veth peer name far1
ip -n sensor link set rx1 up; ip -n sensor link set far1 up
ip -n sensor link set lo up
`);
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });

  /** Received (losses included), lost, and lost before that, as the figures for Prometheus have it. */
  async function figures(): Promise<{ received: number; dropped: number; missed: number }> {
    const { stdout } = await lab.exec("sensor", ["curl", "-s", `http://${METRICS}/metrics`]);
    const of = (name: string) =>
      Number(new RegExp(`^gapwatch_${name}\\{interface="rx0"\\} (\\d+)$`, "m").exec(stdout)?.[1]);
    return {
      received: of("interface_received_total"),
      dropped: of("interface_dropped_total"),
      missed: of("interface_missed_total"),
    };
  }

  const watching = (...args: string[]): Promise<Watching> =>
    watch(lab, ["-i", "rx0", "-e", enclave, "--metrics", METRICS, ...args]);

  /** Packets judged and packets lost, as the report at the end has it. */
  async function ended(run: Watching): Promise<{ seen: number; lost: number; code: number | null }> {
    await run.signal("SIGTERM");
    const code = await run.ended();
    const [, seen] = /([\d,]+) packets in [\d,]+ flows?/.exec(run.out()) ?? [];
    const [, lost] = /([\d,]+) reported lost/.exec(run.out()) ?? [];
    const number = (text = "") => Number(text.replaceAll(",", ""));
    return { seen: number(seen), lost: number(lost), code };
  }

  it.each([1, 3])(
    "adds up to what was sent when it stood still under load, with %i rings",
    async (workers) => {
      const run = await watching("--ring-mb", "8", "--workers", `${workers}`);
      const sending = sendFrames(lab, { frames: 400_000, octets: 64, rate: 100_000, flows: 50 });
      await until(async () => (await figures()).received > 0, run.err);
      await run.freeze(() => sending);
      const { sent } = await sending;
      await run.until(/raised sensor\.drops rx0: \d+ packets lost/);
      await until(async () => (await figures()).received === sent, run.err);
      const { received, dropped } = await figures();
      const { seen, lost, code } = await ended(run);
      expect(seen + lost).toBe(sent);
      expect([received, dropped]).toEqual([sent, lost]);
      expect(lost).toBeGreaterThan(0);
      expect(code).toBe(3);
      expect(run.out()).toMatch(/capture\.drops/);
    },
  );

  it.skipIf(availableParallelism() < 2)(
    "adds up where frames are lost before the ring, in the kernel's queue for another processor",
    async () => {
      await prepareFlood(lab);
      await steer(lab, 1);
      const run = await watching("--ring-mb", "64");
      const { sent } = await sendFlood(lab, { frames: 1_500_000, octets: 64, rate: 0, flows: 100, cpu: 0 });
      await until(async () => (await figures()).missed + (await figures()).received === sent, run.err);
      const { seen, lost } = await ended(run);
      await steer(lab, null);
      expect(seen + lost).toBe(sent);
    },
  );

  it("loses nothing of a busy interface for waiting on a quiet one", async () => {
    // Of a size that a busy machine does not fill, but a reader that waits 50 ms after each batch does.
    const run = await watching("-i", "rx1", "--ring-mb", "64");
    const { sent } = await sendFrames(lab, { frames: 400_000, octets: 64, rate: 100_000 });
    await until(async () => (await figures()).received === sent, run.err);
    const { received, dropped } = await figures();
    const { seen } = await ended(run);
    expect({ received, dropped, seen }).toEqual({ received: sent, dropped: 0, seen: sent });
  });
});
