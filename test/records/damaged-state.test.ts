import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { withStore } from "../../src/commands/acknowledge.ts";
import type { NamedAddress } from "../../src/flow/address-names.ts";
import type { NameEntry } from "../../src/records/learned-rows.ts";
import { State, StateError } from "../../src/records/state.ts";
import { resolveStatePaths, type StatePaths } from "../../src/records/state-paths.ts";
import { openDatabase } from "../../src/records/store-database.ts";
import { ownFolder } from "./own-folder.ts";
import { sampleFinding } from "./sample-findings.ts";

const root = ownFolder();
const sound = resolveStatePaths(root.fresh());
const findings = ["a.example.org", "b.example.org", "c.example.org"].map((name) => sampleFinding(name));
const NAMED: NamedAddress = {
  hostId: "gpu-01",
  host: "10.20.1.11",
  name: "updates.example.org",
  approved: true,
  ambiguous: false,
  doubtedSec: -1,
  sinceSec: 1000,
  answeredSec: 1000,
  validToSec: 2000,
};
const names: NameEntry[] = [
  ["198.51.100.7", NAMED],
  ["198.51.100.8", NAMED],
];

beforeAll(async () => {
  const state = await State.open(sound, () => {});
  state.findings(findings.map((finding) => ({ what: "new", finding, into: null })));
  state.saveNames(names, 1000);
  state.saveOutflow([{ host: "10.20.1.11", bytes: 5000, sinceSec: 1000, untilSec: 1001 }]);
  state.close();
});

function copy(): StatePaths {
  const paths = resolveStatePaths(root.fresh());
  cpSync(sound.directory, paths.directory, { recursive: true });
  return paths;
}

function flip(path: string, at: number, mask: number): void {
  const octets = readFileSync(path);
  octets[at] ^= mask;
  writeFileSync(path, octets);
}

/** What a new run finds, and what it was told. */
async function found(paths: StatePaths) {
  const told: string[] = [];
  const state = await State.open(paths, (_, message) => told.push(message ?? "works again"));
  const ids = state.loadFindings().map(({ id }) => id);
  const known = state.loadNames();
  state.close();
  return { ids: ids.sort(), known, told };
}

describe("a store with a damaged octet", () => {
  it("gives back every finding and no other names, or says why it cannot be used", async () => {
    const octets = readFileSync(sound.store);
    const used = [...octets.keys()].filter((at) => octets[at] !== 0);
    const ids = findings.map(({ id }) => id).sort();
    let mended = 0;
    for (const [n, at] of used.entries()) {
      if (n % 37 !== 0) continue; // each a copy of the directory
      const paths = copy();
      flip(paths.store, at, n % 2 === 0 ? 0x80 : 0x02); // 0x80: not UTF-8, which libsql does not survive
      const now = await found(paths).catch((error: unknown) => error);
      rmSync(paths.directory, { recursive: true });
      if (now instanceof Error) {
        expect(now).toBeInstanceOf(StateError);
        continue;
      }
      const { ids: left, known, told } = now as Awaited<ReturnType<typeof found>>;
      expect(left, `octet ${at}`).toEqual(ids);
      for (const entry of known) expect(names).toContainEqual(entry);
      if (told.length > 0) mended++;
    }
    expect(mended).toBeGreaterThan(20);
  });

  it("is no list of findings without the damaged one", async () => {
    const paths = copy();
    const at = readFileSync(paths.store).indexOf('"b.example.org"');
    flip(paths.store, at + 1, 0x01);
    const list = withStore(paths, (store) => store.findings());
    await expect(list).rejects.toThrow(/is damaged: 1 finding cannot be read; gapwatch findings --rebuild/);
    const { told } = await found(paths);
    expect(told).toEqual([
      expect.stringMatching(/was damaged: 1 finding cannot be read; findings were taken/),
    ]);
    expect(await withStore(paths, (store) => store.findings().length)).toBe(3);
  });

  it("is no empty list where the store was emptied", async () => {
    const paths = copy();
    writeFileSync(paths.store, "");
    const list = () => withStore(paths, (store) => store.findings().length);
    await expect(list()).rejects.toThrow(
      /holds nothing of what the audit log holds; gapwatch findings --rebuild/,
    );
    expect((await found(paths)).ids).toHaveLength(3);
    expect(await list()).toBe(3);
  });

  it("does not lose counts of the findings that are whole", async () => {
    const paths = copy();
    const state = await State.open(paths, () => {});
    const more = { ...findings[0], attempts: 99 };
    state.findings([{ what: "more", finding: more, into: null }]);
    state.flush();
    const db = await openDatabase(paths.store, 1000); // as when it was killed before its counts were audited
    db.exec(`UPDATE findings SET json = 'x' WHERE id = '${findings[1].id}'; PRAGMA wal_checkpoint(TRUNCATE)`);
    db.close();
    const killed = copy();
    cpSync(paths.store, killed.store);
    state.close();
    const again = await State.open(killed, () => {});
    const attempts = again.loadFindings().map(({ id, attempts }) => [id, attempts]);
    again.close();
    expect(Object.fromEntries(attempts)).toEqual(
      Object.fromEntries([more, ...findings.slice(1)].map((each) => [each.id, each.attempts])),
    );
  });
});

describe("a store of the version before there were seals", () => {
  it("is sealed when it is opened, and nothing of it is lost", async () => {
    const paths = copy();
    const db = await openDatabase(paths.store, 1000);
    const tables = ["findings", "names", "outflow", "memory"];
    for (const table of tables) db.exec(`ALTER TABLE ${table} DROP COLUMN seal`);
    db.exec("PRAGMA user_version = 3");
    db.close();
    const { ids, known, told } = await found(paths);
    expect({ ids: ids.length, known, told }).toEqual({ ids: 3, known: names, told: [] });
    expect(await withStore(paths, (store) => store.findings().length)).toBe(3);
  });
});

describe("an audit log with a damaged record, and no store", () => {
  it("is told when the store is made from it", async () => {
    const paths = copy();
    rmSync(paths.store);
    const file = join(paths.audit, "audit-000001.ndjson");
    flip(file, readFileSync(file).indexOf('"b.example.org"') + 1, 0x01);
    const { ids, told } = await found(paths);
    expect(ids).toHaveLength(2);
    expect(told).toEqual([expect.stringMatching(/^1 record is damaged, and what it told is missing/)]);
  });
});
