import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { listAuditFiles } from "../../src/records/audit-files.ts";
import { breakText, verifyAuditLog } from "../../src/records/audit-verify.ts";
import { createKeyPair } from "../../src/records/signing-key.ts";
import { State } from "../../src/records/state.ts";
import { resolveStatePaths, type StatePaths } from "../../src/records/state-paths.ts";
import { Store } from "../../src/records/store.ts";
import { bundled } from "./bundled.ts";
import { ownFolder } from "./own-folder.ts";

const KILLS = 30;
/** More than a run gets to before it is killed. */
const MANY = 1_000_000;

const root = ownFolder();
const writer = bundled("test/records/killed-writer.ts");

interface Run {
  readonly loaded: readonly string[];
  readonly reported: readonly string[];
  readonly alarms: readonly string[];
}

/** Runs a writer; kills it `afterMs` after it has begun to write, null lets it end. */
function run(paths: StatePaths, hosts: number, afterMs: number | null): Promise<Run> {
  const child = spawn(process.execPath, [writer(), paths.directory, String(hosts)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  let isDoomed = afterMs === null;
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString("latin1");
    if (isDoomed || !out.includes("loaded")) return;
    isDoomed = true;
    setTimeout(() => child.kill("SIGKILL"), afterMs ?? 0);
  });
  return new Promise((resolve) => {
    child.on("close", () => {
      const rows = out.split("\n").slice(0, -1); // what follows the last line feed was not said
      const idsOf = (word: string) =>
        rows
          .filter((row) => row.startsWith(`${word} `))
          .flatMap((row) => row.split(" ").slice(1).filter(Boolean));
      resolve({ loaded: idsOf("loaded"), reported: idsOf("reported"), alarms: idsOf("alarm") });
    });
  });
}

function recorded(paths: StatePaths): Set<string> {
  const text = listAuditFiles(paths.audit).map(({ path }) => readFileSync(path, "latin1"));
  return new Set(text.join("").match(/(?<="finding":\{"id":")[0-9a-f]{12}(?=".*"sum":"[0-9a-f]{64}"\}$)/gm));
}

describe("kill -9", () => {
  it(`at any instant loses nothing that was reported (${KILLS} times)`, async () => {
    const paths = resolveStatePaths(root.fresh());
    createKeyPair(paths.keys);
    const reported = new Set<string>();
    // A busy machine reports little in so short a life: it takes more of them.
    for (let i = 0; i < KILLS || reported.size <= KILLS; i++) {
      const { loaded, reported: now, alarms } = await run(paths, MANY, Math.random() * 30);
      expect(alarms).toEqual([]);
      const known = new Set(loaded);
      expect([...reported].filter((id) => !known.has(id))).toEqual([]);
      for (const id of now) reported.add(id);
      // Killed before its first record: nothing was reported, and there is nothing to verify.
      if (reported.size === 0 && listAuditFiles(paths.audit).length === 0) continue;
      const { broken } = verifyAuditLog(paths.directory, null, null);
      expect(broken === null ? "" : breakText(broken)).toBe("");
      const kept = recorded(paths);
      expect([...reported].filter((id) => !kept.has(id))).toEqual([]);
    }
    const last = await State.open(paths, () => {});
    const found = new Set(last.loadFindings().map(({ id }) => id));
    last.close();
    expect([...reported].filter((id) => !found.has(id))).toEqual([]);
    expect(verifyAuditLog(paths.directory, null, null)).toMatchObject({ tornLen: 0, broken: null });
  });

  it("or not, others read while one writes", async () => {
    // A busy machine lets nobody look in between: it takes more to be written.
    let seen = 0;
    for (let hosts = 200; seen <= 2; hosts *= 2) seen = await lookedAtWhileWritten(hosts);
  });

  /** How many different numbers of findings others saw. */
  async function lookedAtWhileWritten(hosts: number): Promise<number> {
    const paths = resolveStatePaths(root.fresh());
    const writing = run(paths, hosts, null);
    const seen = new Set<number>();
    let isDone = false;
    void writing.then(() => {
      isDone = true;
    });
    while (!isDone) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const store = await Store.open(paths.store, 2000, false).catch(() => null);
      if (store === null) continue; // not made yet
      const found = store.findings();
      seen.add(found.length);
      expect(found.length % 2).toBe(0); // both of a batch or neither
      if (found.length > 0) expect(store.finding(found[0].finding.id)?.finding).toEqual(found[0].finding);
      store.close();
    }
    expect((await writing).reported).toHaveLength(2 * hosts);
    return seen.size;
  }
});
