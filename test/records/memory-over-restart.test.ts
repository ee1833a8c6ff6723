import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type KeptMemory, MOST_KEPT } from "../../src/findings/detectors/kept-memory.ts";
import { rebuildStore } from "../../src/records/rebuild-store.ts";
import { State } from "../../src/records/state.ts";
import { resolveStatePaths, type StatePaths } from "../../src/records/state-paths.ts";
import { Store } from "../../src/records/store.ts";
import { openDatabase } from "../../src/records/store-database.ts";
import { tries } from "../bench/detect/beacon-traffic.ts";
import { gapwatch } from "../commands/run-gapwatch.ts";
import { enclave, GPU, OUTSIDE, Scene, START } from "../findings/scene.ts";
import { pcapOf } from "../traffic/frames.ts";
import { ownFolder } from "./own-folder.ts";

const root = ownFolder();
const quiet = (): void => undefined;

function rhythm(key: string, lastSec: number, count = 3): KeptMemory {
  const where = { source: GPU, destination: OUTSIDE, name: null, port: 443, proto: "tcp" };
  const numbers = Float64Array.from({ length: count }, (_, n) => lastSec - count + 1.25 + n);
  const first = { sec: START, nsec: 7 };
  const services = [{ where, rank: 4, count: 3 }];
  const facts = { earliestSec: START, first, rank: 4, attempts: 3, outcome: 1, services };
  return { detector: "beacon", key, lastSec, numbers, facts };
}

async function kept(paths: StatePaths) {
  const state = await State.open(paths, quiet);
  const memory = state.loadMemory();
  state.close();
  return memory;
}

describe("what detectors learned", () => {
  it("is there after a restart, and what is earlier does not replace what is later", async () => {
    const paths = resolveStatePaths(root.fresh());
    const state = await State.open(paths, quiet);
    const [late, early] = [rhythm("a", START + 9, 256), rhythm("b", START + 3.5)];
    expect(state.saveMemory([late, early])).toBe(true);
    state.saveMemory([rhythm("a", START + 8, 1)]);
    state.close();
    expect(await kept(paths)).toEqual([early, late]);
  });

  it("outlives a store that is made anew from the audit log", async () => {
    const paths = resolveStatePaths(root.fresh());
    const state = await State.open(paths, quiet);
    state.started({ version: "0", inputs: [] });
    state.saveMemory([rhythm("a", START)]);
    state.close();
    await rebuildStore(paths);
    expect(await kept(paths)).toEqual([rhythm("a", START)]);
  });

  it("is added to a store of the versions before", async () => {
    const withoutSeals = "ALTER TABLE findings DROP COLUMN seal; ALTER TABLE names DROP COLUMN seal;";
    const withOutflow = "ALTER TABLE outflow DROP COLUMN seal; DROP TABLE memory;";
    for (const [version, older] of [
      [2, withOutflow],
      [1, "DROP TABLE memory; DROP TABLE outflow;"],
    ] as const) {
      const path = join(root.fresh(), "gapwatch.db");
      (await Store.open(path, 0, true)).close();
      const db = await openDatabase(path, 0);
      db.exec(`${withoutSeals} ${older} PRAGMA user_version = ${version}`);
      db.close();
      const store = await Store.open(path, 0, false);
      store.putMemory([rhythm("a", START)]);
      expect(store.memory()).toEqual([rhythm("a", START)]);
      store.close();
    }
  });

  it("has a bound: what was silent for longest goes", async () => {
    const store = await Store.open(join(root.fresh(), "gapwatch.db"), 0, true);
    const all = Array.from({ length: MOST_KEPT.beacon + 5 }, (_, n) => rhythm(`k${n}`, START + n, 1));
    store.quickTransaction(() => store.putMemory(all));
    const left = store.memory();
    expect([left.length, left[0].key]).toEqual([MOST_KEPT.beacon, "k5"]);
    store.close();
  });

  it("finds a rhythm over captures of one hour after another", () => {
    const folder = root.fresh();
    const file = join(folder, "enclave.yaml");
    writeFileSync(file, enclave());
    const hour = (n: number): string => {
      const scene = new Scene();
      tries(
        scene,
        [0, 600, 1200, 1800, 2400, 3000].map((sec) => n * 3600 + sec),
      );
      const path = join(folder, `${n}.pcap`);
      writeFileSync(path, pcapOf(scene.frames));
      return path;
    };
    const kinds = (path: string): string[] => {
      const args = ["replay", path, "-e", file, "--state", join(folder, "state"), "--json"];
      const { out } = gapwatch(args);
      return (JSON.parse(out) as { findings: { kind: string }[] }).findings.map(({ kind }) => kind);
    };
    const captures = [0, 1, 2].map(hour);
    expect(kinds(captures[0])).toEqual(["egress.flow"]);
    expect(kinds(captures[0])).toEqual(["egress.flow"]);
    expect(kinds(captures[1])).toEqual(["egress.flow"]);
    expect(kinds(captures[2]).sort()).toEqual(["beacon", "egress.flow"]);
  });
});
