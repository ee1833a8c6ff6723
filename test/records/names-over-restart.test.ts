import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AddressNames } from "../../src/flow/address-names.ts";
import { Store } from "../../src/records/store.ts";
import { ownFolder } from "./own-folder.ts";

const root = ownFolder();
const GRACE_SEC = 300;
const ADDRESSES = ["198.51.100.1", "198.51.100.2", "2001:db8::1"];

const answer = fc.record({
  address: fc.constantFrom(...ADDRESSES),
  host: fc.constantFrom("10.20.1.11", "10.20.1.12"),
  name: fc.constantFrom("a.example.org", "b.example.org", "c\\032d.example.org"),
  approved: fc.boolean(),
  ambiguous: fc.boolean(),
  ttlSec: fc.nat({ max: 4000 }),
  afterSec: fc.nat({ max: 500 }),
  distrust: fc.boolean(),
  save: fc.boolean(),
});

describe("what was answered for an address", () => {
  it("counts after a restart as it did before, saved bit by bit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 30 }), async (answers) => {
        const path = join(root.fresh(), "gapwatch.db");
        const store = await Store.open(path, 0, true);
        const names = new AddressNames(GRACE_SEC);
        let nowSec = 1_795_161_600;
        names.noteChanges();
        const save = (): void => {
          store.transaction(() => store.putNames(names.takeChanged(), nowSec));
          expect(names.takeChanged()).toEqual([]);
        };
        for (const each of answers) {
          const { address, host, name, approved, ambiguous, ttlSec } = each;
          nowSec += each.afterSec;
          names.learn(address, host, host, name, approved, ambiguous, ttlSec, nowSec);
          if (each.distrust) names.distrust(address, host, name, nowSec);
          if (each.save) save();
        }
        save();
        store.close();
        const restored = new AddressNames(GRACE_SEC);
        const again = await Store.open(path, 0, false);
        for (const [address, named] of again.names()) restored.restore(address, named);
        again.close();
        for (const address of ADDRESSES) {
          // Doubt is about flows of its own run alone, and what began before the last answer was of that run.
          const before = names.namesOf(address, nowSec).map((named) => ({
            ...named,
            doubtedSec: -1,
            sinceSec: named.answeredSec,
          }));
          const after = [...restored.namesOf(address, nowSec)];
          expect(new Set(after)).toEqual(new Set(before));
        }
      }),
      { numRuns: 30 },
    );
  });
});
