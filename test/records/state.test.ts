import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { StateChange } from "../../src/findings/sensor-states.ts";
import type { NamedAddress } from "../../src/flow/address-names.ts";
import { verifyAuditLog } from "../../src/records/audit-verify.ts";
import { FindingChanges } from "../../src/records/finding-changes.ts";
import type { NameEntry } from "../../src/records/learned-rows.ts";
import { rebuildStore } from "../../src/records/rebuild-store.ts";
import { State, StateError, StateInUse } from "../../src/records/state.ts";
import { resolveStatePaths, type StatePaths } from "../../src/records/state-paths.ts";
import { Store } from "../../src/records/store.ts";
import { openDatabase } from "../../src/records/store-database.ts";
import { ownFolder } from "./own-folder.ts";
import { sampleFinding } from "./sample-findings.ts";

const SILENT: StateChange = {
  name: "sensor.silent",
  subject: "mirror0",
  raised: true,
  atMs: Date.parse("2026-11-20T08:00:00Z"),
  text: "no packets on mirror0",
};

const root = ownFolder();
let paths: StatePaths;
let alarms: string[] = [];

beforeEach(() => {
  paths = resolveStatePaths(root.fresh());
  alarms = [];
});

function open(): Promise<State> {
  return State.open(paths, (part, message) => alarms.push(`${part}: ${message}`));
}

const a = sampleFinding("a.example.org");
const b = sampleFinding("b.example.org", {
  severity: 1,
  outcome: 1,
  name: null,
  sourceName: null,
  mac: null,
});
const added = (...findings: (typeof a)[]) =>
  findings.map((finding) => ({ what: "new" as const, finding, into: null }));

/** All that a store holds, for comparison. */
async function contents(path: string): Promise<Record<string, unknown[]>> {
  const db = await openDatabase(path, 1000);
  const tables = ["findings", "aliases", "outcomes", "acks", "sensor_states", "names"];
  const rows = tables.map(
    (table) => [table, db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all()] as const,
  );
  db.close();
  return Object.fromEntries(rows);
}

describe("state over restarts", () => {
  it("gives back findings whole, the worst first", async () => {
    const state = await open();
    state.findings(added(b, a));
    expect(state.flush()).toBe(true);
    expect(state.loadFindings()).toEqual([a, b]);
    state.close();
    const again = await open();
    expect(again.loadFindings()).toEqual([a, b]);
    again.close();
    expect(alarms).toEqual([]);
  });

  it("keeps counts that no record was written for, and audits them at the end", async () => {
    const state = await open();
    state.findings(added(a));
    const more = { ...a, attempts: 99, ips: [...a.ips, "198.51.100.8"] };
    state.findings([{ what: "more", finding: more, into: null }]);
    state.flush();
    expect(state.loadFindings()).toEqual([more]);
    const audited = readFileSync(join(paths.audit, "audit-000001.ndjson"), "utf8");
    expect(audited).not.toMatch(/"attempts":99/);
    state.close();
    expect(readFileSync(join(paths.audit, "audit-000001.ndjson"), "utf8")).toMatch(
      /finding\.seen.*"attempts":99/,
    );
  });

  it("records how a finding became worse, and what took in one that is gone", async () => {
    const state = await open();
    const first = sampleFinding("198.51.100.7", { severity: 2, outcome: 1, name: null });
    state.findings(added(first));
    state.flush();
    const worse = {
      ...first,
      severity: 4,
      severityName: "critical" as const,
      outcome: 5,
      outcomeName: "transferred" as const,
    };
    state.findings([{ what: "worse", finding: worse, into: null }]);
    state.flush();
    const named = { ...a, aliases: [first.id] };
    state.findings([...added(named), { what: "moved", finding: worse, into: named.id }]);
    state.flush();
    expect(state.loadFindings()).toEqual([named]);
    state.close();
    const store = await Store.open(paths.store, 0, false);
    expect(store.finding(first.id)?.finding.id).toBe(named.id);
    const steps = store.outcomes(named.id).map(({ severity, outcome }) => `${severity} ${outcome}`);
    expect(steps).toEqual(["medium attempted", "critical transferred", "high connected"]);
    store.close();
  });

  it("keeps sensor states and what was learned of addresses, as long as it counts", async () => {
    const named: NamedAddress = {
      hostId: "gpu-01",
      host: "10.20.1.11",
      name: "a.example.org",
      approved: true,
      ambiguous: false,
      doubtedSec: -1,
      sinceSec: 1000,
      answeredSec: 1000,
      validToSec: 1300,
    };
    const entries: NameEntry[] = [
      ["198.51.100.7", named],
      ["198.51.100.7", { ...named, name: "old.example.org", validToSec: 1001 }],
    ];
    const state = await open();
    expect(state.saveNames(entries, 1000)).toBe(true);
    expect(state.saveNames([["198.51.100.7", { ...named, ambiguous: true }]], 1200)).toBe(true);
    state.sensor({ ...SILENT, raised: false });
    state.sensor(SILENT);
    state.sensor({ ...SILENT, subject: "mirror1", raised: false });
    state.flush();
    state.close();
    const again = await open();
    expect(again.loadNames()).toEqual([["198.51.100.7", { ...named, ambiguous: true }]]);
    const { name, subject, raised, text } = SILENT;
    const stored = { name, subject, raised, since: "2026-11-20T08:00:00.000Z", text };
    expect(again.sensorStates()).toEqual([stored, { ...stored, subject: "mirror1", raised: false }]);
    again.close();
  });

  it("has one writer", async () => {
    const state = await open();
    await expect(open()).rejects.toThrow(StateInUse);
    state.close();
    (await open()).close();
  });

  it("says why a directory cannot be used", async () => {
    writeFileSync(join(paths.directory, "gapwatch.db"), "no database, but long enough".repeat(50));
    await expect(open()).rejects.toThrow(
      /gapwatch\.db: file is not a database; gapwatch findings --rebuild makes/,
    );
    writeFileSync(join(paths.directory, "file"), "");
    paths = resolveStatePaths(join(paths.directory, "file"));
    await expect(open()).rejects.toThrow(StateError);
  });

  it("refuses a store of the future", async () => {
    (await open()).close();
    const db = await openDatabase(paths.store, 0);
    db.exec("PRAGMA user_version = 7");
    db.close();
    await expect(open()).rejects.toThrow(/was written by a newer gapwatch \(schema 7\)/);
  });
});

describe("the store and the audit log", () => {
  it("differ only until the next start, whatever the store missed", async () => {
    const state = await open();
    state.findings(added(a));
    state.flush();
    state.close();
    const old = readFileSync(paths.store);
    const more = await open();
    more.findings(added(b));
    more.sensor(SILENT);
    more.close();
    replaceStore(old);
    const again = await open();
    expect(again.loadFindings()).toEqual([a, b]);
    expect(again.sensorStates()).toHaveLength(1);
    again.close();
  });

  it("come together again while both run, after another process held the store", async () => {
    const state = await open();
    const other = await openDatabase(paths.store, 0);
    other.exec("BEGIN IMMEDIATE");
    state.findings(added(a));
    expect(state.flush()).toBe(true); // the audit log has it
    expect(state.loadFindings()).toEqual([]);
    other.exec("ROLLBACK");
    other.close();
    state.findings(added(b));
    state.flush();
    expect(state.loadFindings()).toEqual([a, b]);
    state.close();
    expect(alarms).toEqual([]);
  });

  it("hold the same: a store that is rebuilt equals the one that was written", async () => {
    const state = await open();
    state.started({ version: "1", inputs: ["mirror0"] });
    const moving = sampleFinding("198.51.100.99", { name: null });
    state.findings(added(a, b, moving));
    state.sensor(SILENT);
    state.flush();
    state.saveNames([["198.51.100.7", sampleName]], 0);
    const worse = { ...b, aliases: [moving.id], severity: 3, severityName: "high" as const, attempts: 9 };
    state.findings([
      { what: "worse", finding: worse, into: null },
      { what: "moved", finding: moving, into: b.id },
      {
        what: "more",
        finding: { ...a, attempts: 1000, lastSeen: { sec: 1_795_162_000, nsec: 1 } },
        into: null,
      },
    ]);
    state.flush();
    const other = await Store.open(paths.store, 1000, false);
    other.putAck(
      { token: "t1", finding: b.id, reason: "known", by: "anna", time: "2026-11-20T09:00:00Z" },
      false,
    );
    state.stopped({ verdict: "reachback", reasons: [] });
    state.close();
    other.putAck(
      { token: "t2", finding: a.id, reason: "later", by: "ben", time: "2026-11-20T09:01:00Z" },
      false,
    );
    other.close();
    const before = await contents(paths.store);
    const { findings, damaged, failure } = await rebuildStore(paths);
    expect({ findings, damaged, failure }).toEqual({ findings: 2, damaged: 0, failure: null });
    expect(await contents(paths.store)).toEqual(before);
    expect(before["acks"]).toMatchObject([
      { token: "t1", audited: 1 },
      { token: "t2", audited: 0 },
    ]);
    expect(before["findings"]).toHaveLength(3);
    expect(verifyAuditLog(paths.directory, null, null).broken).toBeNull();
  });

  it("can be rebuilt where the store is damaged or gone, but not while somebody writes", async () => {
    const state = await open();
    state.findings(added(a));
    await expect(rebuildStore(paths)).rejects.toThrow(StateInUse);
    state.close();
    replaceStore("nonsense ".repeat(1000));
    expect((await rebuildStore(paths)).failure).toMatch(/file is not a database/);
    const again = await open();
    expect(again.loadFindings()).toEqual([a]);
    again.close();
  });
});

function replaceStore(octets: Buffer | string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${paths.store}${suffix}`, { force: true });
  writeFileSync(paths.store, octets);
}

const sampleName: NamedAddress = {
  hostId: "gpu-01",
  host: "10.20.1.11",
  name: "a.example.org",
  approved: true,
  ambiguous: false,
  doubtedSec: -1,
  sinceSec: 1000,
  answeredSec: 1000,
  validToSec: 1300,
};

describe("changes of a ledger", () => {
  const what = (changes: FindingChanges, ...found: (typeof a)[]) =>
    changes.take(found, []).map((change) => [change.what, change.finding.destination, change.into]);

  it("are new once, worse when severity or outcome rises, more when counts do", () => {
    const changes = new FindingChanges([b]);
    expect(what(changes, b)).toEqual([]);
    expect(what(changes, a, b)).toEqual([["new", "a.example.org", null]]);
    expect(what(changes, { ...a, attempts: 4 }, b)).toEqual([["more", "a.example.org", null]]);
    expect(what(changes, { ...a, attempts: 4, outcome: 5 }, { ...b, severity: 2 })).toEqual([
      ["worse", "a.example.org", null],
      ["worse", "b.example.org", null],
    ]);
    expect(what(changes, { ...a, attempts: 4, outcome: 5 }, { ...b, severity: 2 })).toEqual([]);
  });

  it("say where a finding went", () => {
    const changes = new FindingChanges([a, b]);
    const heir = { ...a, aliases: [b.id] };
    const moved = { what: "moved", finding: b, into: a.id };
    expect(changes.take([heir], [b.id])).toEqual([{ what: "more", finding: heir, into: null }, moved]);
    expect(changes.take([], [a.id, b.id])).toEqual([{ what: "moved", finding: heir, into: null }]);
    expect(what(changes, b)).toEqual([["new", "b.example.org", null]]);
  });
});
