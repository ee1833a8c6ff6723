import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { canMakeNamespaces, createLab, type Lab, SCRATCH } from "../lab.mjs";
import { ENCLAVE, MAIN, watchMirror } from "./watching.ts";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("fault tests skipped: this user cannot make network namespaces here\n");

/** A file system of its own, in the lab alone. */
const SMALL = `${SCRATCH}/small`;
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const DAY_SEC = 86_400;

describe.skipIf(!possible)("gapwatch watch when things go wrong around it", () => {
  let lab: Lab;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-faults-"));
    lab = await createLab();
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    await lab.run(`
if mountpoint -q ${SMALL}; then umount --lazy ${SMALL}; fi
mkdir -p ${SMALL}; mount -t tmpfs -o size=2m small ${SMALL}`);
  });

  const fill = () => lab.exec("sensor", ["dd", "if=/dev/zero", `of=${SMALL}/filler`, "bs=4k"]);
  const makeRoom = () => lab.exec("sensor", ["rm", `${SMALL}/filler`]);
  const ping = (to: string) => lab.exec("gpu-01", ["ping", "-c", "1", "-W", "1", to]);
  const inside = () =>
    lab.exec("gpu-01", ["curl", "-s", "--connect-timeout", "1", "http://10.20.1.31:8000/"]);
  const gapwatch = (...args: string[]) => lab.exec("sensor", ["node", MAIN, ...args]);

  async function listed(state: string): Promise<string> {
    const { stdout, stderr } = await gapwatch("findings", "--state", state);
    return stdout + stderr;
  }

  async function verified(state: string): Promise<void> {
    const { code, stdout, stderr } = await gapwatch("verify", `${state}/audit`);
    expect(code, stdout + stderr).toBe(0);
  }

  it("goes on when the disk of its state directory is full, and writes when there is room", async () => {
    const state = `${SMALL}/state`;
    const watch = await watchMirror(lab, ["-e", ENCLAVE, "--state", state]);
    await ping("198.51.100.91");
    await watch.until(/new medium egress\.flow .* 198\.51\.100\.91/);
    await fill();
    await ping("198.51.100.92");
    await watch.until(/ALARM (audit|store): cannot write .*(no space left on device|disk is full)/);
    await watch.until(/new medium egress\.flow .* 198\.51\.100\.92/);
    await makeRoom();
    await watch.until(/(audit|store): works again/);
    await watch.signal("SIGTERM");
    expect(await watch.ended()).toBe(1);
    const known = await listed(state);
    expect(known).toContain("198.51.100.91");
    expect(known).toContain("198.51.100.92");
    await verified(state);
  });

  it("starts with a full disk, and keeps what it found meanwhile when there is room", async () => {
    const state = `${SMALL}/state`;
    await fill();
    const watch = await watchMirror(lab, ["-e", ENCLAVE, "--state", state]);
    await watch.until(
      /ALARM store: .*; capture goes on, and what is found is kept as soon as this is mended/,
    );
    await ping("198.51.100.93");
    await watch.until(/new medium egress\.flow .* 198\.51\.100\.93/);
    expect(await listed(state)).not.toContain("198.51.100.93");
    await makeRoom();
    await watch.until(/store: works again/);
    await watch.signal("SIGKILL"); // all of it is on disk when that is said
    await watch.ended();
    expect(await listed(state)).toContain("198.51.100.93");
    await verified(state);
  });

  it("judges each run by itself, while the ledger goes on", async () => {
    const state = join(folder, "ledger");
    const first = await watchMirror(lab, ["-e", ENCLAVE, "--state", state]);
    await inside();
    await ping("198.51.100.94");
    await first.until(/new medium egress\.flow .* 198\.51\.100\.94/);
    await first.signal("SIGTERM");
    expect(await first.ended()).toBe(1);
    const second = await watchMirror(lab, ["-e", ENCLAVE, "--state", state]);
    await inside();
    await pause(600);
    await second.signal("SIGTERM");
    expect(await second.ended()).toBe(0);
    expect(second.out()).toMatch(/^CLEAN/m);
    expect(second.out()).not.toContain("198.51.100.94");
    const third = await watchMirror(lab, ["-e", ENCLAVE, "--state", state]);
    await inside();
    await ping("198.51.100.94");
    await pause(600);
    await third.signal("SIGTERM");
    expect(await third.ended()).toBe(1);
    expect(third.out()).not.toContain("new medium"); // it is known
    expect(third.out()).toMatch(/1 finding: 1 medium[\s\S]*198\.51\.100\.94[\s\S]*1 attempt,/);
    const [finding] = JSON.parse((await gapwatch("findings", "--state", state, "--json")).stdout).findings;
    expect(finding).toMatchObject({ attempts: 2, destination: { ips: ["198.51.100.94"] } });
    await verified(state);
  });

  it("does not share a state directory", async () => {
    const state = join(folder, "shared");
    const watch = await watchMirror(lab, ["-e", ENCLAVE, "--state", state]);
    const other = await gapwatch("watch", "-i", "mirror0", "-e", ENCLAVE, "--state", state, "--ring-mb", "8");
    expect(other).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/in use by another gapwatch; end that/),
    });
    await watch.signal("SIGTERM");
    await watch.ended();
  });

  it("goes on when the disk that its lines go to is full, and when nobody reads them", async () => {
    for (const shell of [`exec "$@" > /dev/full`, `exec "$@" > >(true)`]) {
      const state = join(folder, `lines-${shell.length}`);
      const watch = await watchMirror(lab, ["-e", ENCLAVE, "--state", state], ["bash", "-c", shell, "bash"]);
      await ping("198.51.100.95");
      await watch.until(/lines cannot be written: (no space left on device|broken pipe)/);
      expect(await listed(state)).toContain("198.51.100.95");
      await watch.signal("SIGTERM");
      await watch.until(/\d+ lines were never written/);
      await watch.ended();
    }
  });

  it("says that an interface was away for a moment, also when that is over at the next look", async () => {
    const watch = await watchMirror(lab, ["-e", ENCLAVE]);
    await inside();
    await lab.exec("sensor", ["sh", "-c", "ip link set mirror0 down; ip link set mirror0 up"]);
    await watch.until(/raised sensor\.interface mirror0: /);
    await watch.until(/cleared sensor\.interface mirror0: delivers/);
    await inside();
    await watch.signal("SIGTERM");
    expect(await watch.ended()).toBe(3);
    expect(watch.out()).toMatch(/sensor\.interface\n +mirror0: [^(]* \(from \S+\s+to\s+\S+\)/);
  });

  it("starts tcpdump again when that ends, and keeps that it was blind", async () => {
    const watch = await watchMirror(lab, ["-e", ENCLAVE, "--source", "tcpdump"]);
    await inside();
    await lab.run("kill $(pgrep -x tcpdump)");
    await watch.until(/raised sensor\.interface mirror0: the capture ended/);
    await watch.until(/mirror0: captured from again/);
    await watch.until(/cleared sensor\.interface/);
    await ping("198.51.100.98");
    await watch.until(/new medium egress\.flow .* 198\.51\.100\.98/);
    await watch.signal("SIGTERM");
    expect(await watch.ended()).toBe(1);
    expect(watch.out()).toMatch(/sensor\.interface\n.*the capture ended/);
  });

  // The machine's own clock belongs to everybody: this program's view of it is stepped, and that of its frames.
  it.each([-DAY_SEC, DAY_SEC])(
    "takes a step of the clock by %i s, and nothing times out",
    async (stepSec) => {
      const stepFile = join(folder, "step");
      writeFileSync(stepFile, "0");
      const tcpdump = `#!/bin/sh\nunset NODE_OPTIONS\nexec ${process.execPath} ${here("stepped-tcpdump.mjs")} "$@"\n`;
      writeFileSync(join(folder, "tcpdump"), tcpdump, { mode: 0o755 });
      const env = {
        NODE_OPTIONS: `--import ${here("stepped-clock.mjs")}`,
        CLOCK_STEP_FILE: stepFile,
        PATH: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin`,
      };
      const watch = await watchMirror(lab, ["-e", ENCLAVE, "--source", "tcpdump"], [], env);
      const client = lab.spawn("gpu-01", ["ping", "-q", "-i", "0.2", "198.51.100.96"]);
      await watch.until(/new medium egress\.flow .* 198\.51\.100\.96/);
      writeFileSync(stepFile, `${stepSec}`);
      await watch.until(
        stepSec < 0 ? /clock was stepped back by 86400 s/ : /clock was stepped forward by 86400 s/,
      );
      await ping("198.51.100.97");
      await watch.until(/new medium egress\.flow .* 198\.51\.100\.97/);
      lab.signal(client, "SIGINT");
      await watch.signal("SIGTERM");
      expect(await watch.ended()).toBe(1);
      expect(watch.out()).not.toContain("raised");
      expect(watch.out()).toMatch(/Window .* \(\d{1,2} s\)/);
      expect(watch.out()).toMatch(/198\.51\.100\.96\n.*\n +1 attempt,/); // one flow all the time
    },
  );
});
