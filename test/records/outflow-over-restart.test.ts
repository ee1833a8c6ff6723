import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rebuildStore } from "../../src/records/rebuild-store.ts";
import { State } from "../../src/records/state.ts";
import { resolveStatePaths, type StatePaths } from "../../src/records/state-paths.ts";
import { Store } from "../../src/records/store.ts";
import { openDatabase } from "../../src/records/store-database.ts";
import { gapwatch } from "../commands/run-gapwatch.ts";
import { at, enclave, GPU, OUTSIDE, START } from "../findings/scene.ts";
import { pcapOf } from "../traffic/frames.ts";
import { udp } from "../traffic/packets.ts";
import { ownFolder } from "./own-folder.ts";

const root = ownFolder();
const WITHOUT_SEALS = "ALTER TABLE findings DROP COLUMN seal; ALTER TABLE names DROP COLUMN seal;";
const quiet = (): void => undefined;
const first = { host: GPU, bytes: 6000, sinceSec: START, untilSec: START + 5 };
const other = { host: "fd20:5eed::7", bytes: 2 ** 50, sinceSec: START, untilSec: START };

async function kept(paths: StatePaths) {
  const state = await State.open(paths, quiet);
  const entries = state.loadOutflow();
  state.close();
  return entries;
}

describe("what left each host", () => {
  it("is there after a restart, and only ever grows", async () => {
    const paths = resolveStatePaths(root.fresh());
    const state = await State.open(paths, quiet);
    expect(state.saveOutflow([first, other])).toBe(true);
    state.saveOutflow([{ ...first, bytes: 10, sinceSec: START + 9, untilSec: START + 9 }]);
    state.close();
    expect(await kept(paths)).toEqual([{ ...first, untilSec: START + 9 }, other]);
  });

  it("outlives a store that is made anew from the audit log", async () => {
    const paths = resolveStatePaths(root.fresh());
    const state = await State.open(paths, quiet);
    state.started({ version: "0", inputs: [] });
    state.saveOutflow([first]);
    state.close();
    await rebuildStore(paths);
    expect(await kept(paths)).toEqual([first]);
  });

  it("is added to a store of the version before", async () => {
    const path = join(root.fresh(), "gapwatch.db");
    (await Store.open(path, 0, true)).close();
    const db = await openDatabase(path, 0);
    db.exec(`${WITHOUT_SEALS} DROP TABLE outflow; DROP TABLE memory; PRAGMA user_version = 1`);
    db.close();
    const store = await Store.open(path, 0, false);
    store.putOutflow([first]);
    expect(store.outflow()).toEqual([first]);
    store.close();
  });

  it("adds up over captures of one day after another, each counted once", () => {
    const folder = root.fresh();
    const file = join(folder, "enclave.yaml");
    writeFileSync(file, enclave([`id: gate, to: [${OUTSIDE}]`], ["crown_jewels_bytes: 10kB"]));
    const day = (n: number): string => {
      const path = join(folder, `${n}.pcap`);
      const frames = Array.from({ length: 6 }, (_, i) => ({
        data: udp(at(GPU, 1024 + i), at(OUTSIDE, 9), "x".repeat(1000)),
        sec: START + n * 86_400 + i,
        nsec: 0,
      }));
      writeFileSync(path, pcapOf(frames));
      return path;
    };
    const kinds = (path: string): string[] => {
      const args = ["replay", path, "-e", file, "--state", join(folder, "state"), "--json"];
      const { out } = gapwatch(args);
      return (JSON.parse(out) as { findings: { kind: string }[] }).findings.map(({ kind }) => kind);
    };
    expect(kinds(day(0))).toEqual([]);
    expect(kinds(day(0))).toEqual([]);
    expect(kinds(day(1))).toEqual(["volume.budget"]);
  });
});
