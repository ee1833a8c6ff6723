import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { acknowledge } from "../../src/commands/acknowledge.ts";
import { WatchRecords } from "../../src/commands/watch-records.ts";
import type { StateChange } from "../../src/findings/sensor-states.ts";
import { verifyAuditLog } from "../../src/records/audit-verify.ts";
import type { Ack } from "../../src/records/finding-rows.ts";
import type { NameEntry } from "../../src/records/learned-rows.ts";
import { State, StateInUse } from "../../src/records/state.ts";
import { resolveStatePaths } from "../../src/records/state-paths.ts";
import { PATIENCE_MS, until } from "../patience.ts";
import { ownFolder } from "../records/own-folder.ts";
import { sampleFinding } from "../records/sample-findings.ts";

const root = ownFolder();
const a = sampleFinding("a.example.org");
const b = sampleFinding("b.example.org");
const SILENT: StateChange = {
  name: "sensor.silent",
  subject: "",
  raised: true,
  atMs: 1_795_161_600_000,
  text: "",
};
const NAME: NameEntry = [
  "198.51.100.7",
  {
    hostId: "10.20.1.11",
    host: "10.20.1.11",
    name: "a.example.org",
    approved: true,
    ambiguous: false,
    doubtedSec: -1,
    sinceSec: 1000,
    answeredSec: 1000,
    validToSec: 2000,
  },
];

let alarms: (string | null)[] = [];
const open: WatchRecords[] = [];
afterEach(async () => {
  for (const records of open.splice(0)) await records.close("clean", []);
});

async function recordsIn(directory: string, inUseMs = 300): Promise<WatchRecords> {
  alarms = [];
  const records = await WatchRecords.open({
    directory,
    syslog: undefined,
    alarm: (_part, message) => alarms.push(message),
    retryMs: 20,
    inUseMs,
  });
  open.push(records);
  return records;
}

async function worksAgain(): Promise<void> {
  await until(
    () => alarms.at(-1) === null,
    () => alarms.join("; "),
  );
}

/** What the directory holds: findings by destination and attempts, names, and types of audit records. */
async function kept(directory: string): Promise<{ findings: string[]; names: number; types: string[] }> {
  const paths = resolveStatePaths(directory);
  expect(verifyAuditLog(directory, null, null).broken).toBeNull();
  const lines = readFileSync(join(paths.audit, "audit-000001.ndjson"), "utf8").trim().split("\n");
  const state = await State.open(paths, () => {});
  const findings = state.loadFindings().map(({ destination, attempts }) => `${destination} ${attempts}`);
  const names = state.loadNames().length;
  state.close();
  return { findings: findings.sort(), names, types: lines.map((line) => JSON.parse(line).type) };
}

describe("an acknowledgement by another process", () => {
  it("is told to a running watch, once, and put into its audit log", async () => {
    const directory = join(root.fresh(), "state");
    const records = await recordsIn(directory);
    const told: Ack[] = [];
    records.acknowledged = (ack) => told.push(ack);
    records.take([a, b], []);
    await acknowledge(resolveStatePaths(directory), a.id, "change 4711", "ops");
    await until(() => told.length > 0, String);
    await acknowledge(resolveStatePaths(directory), b.id, "known", "ops");
    await until(() => told.length > 1, String);
    expect(told).toMatchObject([
      { finding: a.id, reason: "change 4711", by: "ops" },
      { finding: b.id, reason: "known", by: "ops" },
    ]);
    await records.close("clean", []);
    open.pop();
    expect((await kept(directory)).types.filter((type) => type === "ack")).toHaveLength(2);
    expect(told).toHaveLength(2);
  });
});

describe("a state directory that cannot be used at the start", () => {
  it("is an alarm; what came meanwhile is kept as soon as it can be", async () => {
    const directory = join(root.fresh(), "state");
    writeFileSync(directory, "in the way");
    const records = await recordsIn(directory);
    expect(alarms).toEqual([
      expect.stringMatching(/file already exists.*; capture goes on, and what is found is kept/),
    ]);
    records.started("1", ["mirror0"]);
    records.policyLoaded("lab", "00", []);
    expect(records.take([a], []).map(({ what }) => what)).toEqual(["new"]);
    records.sensor(SILENT);
    records.take([{ ...a, attempts: 9 }, b], []);
    records.saveNames([NAME], 1500);
    await pause(100);
    expect(alarms).toHaveLength(1);
    rmSync(directory);
    await worksAgain();
    expect(records.take([{ ...a, attempts: 10 }], []).map(({ what }) => what)).toEqual(["more"]);
    records.saveNames([], 1500);
    await records.close("reachback", []);
    open.pop();
    expect(await kept(directory)).toEqual({
      findings: ["a.example.org 10", "b.example.org 3"],
      names: 1,
      types: ["start", "policy", "sensor", "finding.new", "finding.new", "finding.seen", "stop"],
    });
  });

  it("adds to what earlier runs found, once", async () => {
    const directory = join(root.fresh(), "state");
    const first = await recordsIn(directory);
    first.take([a], []);
    await first.close("reachback", []);
    open.pop();
    const store = readFileSync(join(directory, "gapwatch.db"));
    rmSync(join(directory, "gapwatch.db"));
    mkdirSync(join(directory, "gapwatch.db"));
    const second = await recordsIn(directory);
    expect(alarms[0]).toMatch(/cannot open the store/);
    const at = { sec: a.lastSeen.sec + 60, nsec: 0 }; // a run sees nothing twice of what the one before saw
    const later = { ...a, firstSeen: at, lastSeen: at };
    second.take([{ ...later, attempts: 2 }], []);
    rmSync(join(directory, "gapwatch.db"), { recursive: true });
    writeFileSync(join(directory, "gapwatch.db"), store);
    await worksAgain();
    second.take([{ ...later, attempts: 4 }], []);
    await second.close("reachback", []);
    open.pop();
    expect((await kept(directory)).findings).toEqual([`a.example.org ${a.attempts + 4}`]);
  });

  it("is tried once more at the end", async () => {
    const directory = join(root.fresh(), "state");
    writeFileSync(directory, "in the way");
    const records = await WatchRecords.open({ directory, syslog: undefined, alarm: () => {}, retryMs: 1e6 });
    records.take([a], []);
    rmSync(directory);
    await records.close("reachback", []);
    expect((await kept(directory)).findings).toEqual(["a.example.org 3"]);
  });
});

describe("a state directory that another process writes to", () => {
  it("is waited for", async () => {
    const directory = root.fresh();
    const other = await State.open(resolveStatePaths(directory), () => {});
    const opening = recordsIn(directory, PATIENCE_MS);
    await pause(50);
    other.close();
    (await opening).take([a], []);
    expect(alarms).toEqual([]);
  });

  it("is not shared", async () => {
    const directory = root.fresh();
    const other = await State.open(resolveStatePaths(directory), () => {});
    await expect(recordsIn(directory)).rejects.toThrow(StateInUse);
    other.close();
  });
});
