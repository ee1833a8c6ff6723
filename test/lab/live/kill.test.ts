import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seeded } from "../../names/octets.ts";
import { PATIENCE_MS } from "../../patience.ts";
import { canMakeNamespaces, createLab, type Lab } from "../lab.mjs";
import { ENCLAVE, MAIN } from "./watching.ts";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("kill tests skipped: this user cannot make network namespaces here\n");

const KILLS = 50;
const SHORTEST_MS = 200;
const LONGEST_MS = 1000;
/** A run with the same seed is killed after the same times, though not at the same instructions. */
const SEED = Number(process.env["KILL_SEED"] ?? Date.now() % 0x7fffffff);

/** A datagram to another address of a network that is dropped, for as long as it runs. */
const CLIENT = `
import itertools, socket, time
udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for n in itertools.count(1):
    udp.sendto(b"beacon", ("2001:db8:0:2::%x:%x" % (n >> 16, n & 0xffff), 4711))
    time.sleep(0.01)`;

describe.skipIf(!possible)(`gapwatch watch, killed ${KILLS} times`, () => {
  let lab: Lab;
  let folder: string;
  let state: string;
  let events: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-kill-"));
    state = join(folder, "state");
    events = join(folder, "eve.json");
    lab = await createLab();
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });

  /** What it told by the time that it was killed: so long after its start, or after it began to watch. */
  async function runAndKill(forMs: number, isFromStart: boolean): Promise<string> {
    const kept = ["--state", state, "--events", events, "--ring-mb", "16"];
    const argv = [process.execPath, MAIN, "watch", "-i", "mirror0", "-e", ENCLAVE, ...kept];
    const child = lab.spawn("sensor", argv);
    const closed = once(child, "close");
    let out = "";
    let err = "";
    child.stdout.on("data", (data) => {
      out += data;
    });
    const watching = new Promise<void>((resolve) => {
      child.stderr.on("data", (data) => {
        err += data;
        if (err.includes("watching mirror0")) resolve();
      });
    });
    if (!isFromStart) await Promise.race([watching, closed]);
    await pause(forMs);
    expect(child.exitCode, err).toBeNull(); // it came up on what the kill before left
    lab.signal(child, "SIGKILL");
    await closed;
    return out;
  }

  async function listed(): Promise<Set<string>> {
    const argv = [process.execPath, MAIN, "findings", "--state", state, "--json"];
    const { code, stdout, stderr } = await lab.exec("sensor", argv);
    expect(code, stderr).toBe(0);
    return new Set((JSON.parse(stdout) as { findings: { id: string }[] }).findings.map(({ id }) => id));
  }

  /** All that was reported so far must be known, and the log of it whole. */
  async function check(lines: ReadonlySet<string>, note: string): Promise<void> {
    const verify = lab.exec("sensor", [process.execPath, MAIN, "verify", state]);
    const known = await listed();
    const lost = (ids: Iterable<string>): string[] => [...ids].filter((id) => !known.has(id));
    expect(lost(lines), `told on stdout and lost; ${note}`).toEqual([]);
    expect(lost(alertsIn(events)), `told in the event file and lost; ${note}`).toEqual([]);
    const { code, stdout } = await verify;
    expect(code, `${note}\n${stdout}`).toBe(0);
  }

  const patience = { timeout: KILLS * PATIENCE_MS };
  it("loses no finding that it told, and its log verifies each time", patience, async ({ onTestFailed }) => {
    onTestFailed(() => void process.stderr.write(`to kill after the same times: KILL_SEED=${SEED}\n`));
    const random = seeded(SEED);
    const lines = new Set<string>();
    const client = lab.spawn("gpu-01", ["python3", "-c", CLIENT]);
    for (let kill = 1; kill <= KILLS; kill++) {
      const forMs = Math.round(SHORTEST_MS + random() * (LONGEST_MS - SHORTEST_MS));
      const isFromStart = kill % 2 === 0; // half of them while it still opens its state, or soon after
      const out = await runAndKill(forMs, isFromStart);
      for (const id of findingsIn(out)) lines.add(id);
      const since = isFromStart ? "its start" : "it watched";
      await check(lines, `kill ${kill}, ${forMs} ms after ${since}, KILL_SEED=${SEED}`);
    }
    lab.signal(client, "SIGKILL");
    expect(lines.size).toBeGreaterThan(KILLS);
    expect(alertsIn(events).size).toBeGreaterThan(KILLS);
  });
});

/** Ids in the lines that tell of a finding; one that was cut off by the kill was not told. */
function findingsIn(out: string): string[] {
  return [...out.matchAll(/ (?:new|worse) \w+ [a-z.]+ .* ([0-9a-f]{12})\n/g)].map(([, id]) => id);
}

/** Ids in the alerts of an event file, a line aside that was cut off by the kill. */
function alertsIn(path: string): Set<string> {
  const ids = new Set<string>();
  if (!existsSync(path)) return ids;
  const text = readFileSync(path, "utf8");
  for (const line of text.slice(0, text.lastIndexOf("\n") + 1).split("\n")) {
    if (!line.includes('"event_type":"alert"')) continue;
    ids.add((JSON.parse(line) as { gapwatch: { finding: string } }).gapwatch.finding);
  }
  return ids;
}
