import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkState } from "../../src/commands/doctor/state-checks.ts";
import { isThere } from "../../src/records/is-there.ts";
import { rebuildStore } from "../../src/records/rebuild-store.ts";
import { loadCheckingKey } from "../../src/records/signing-key.ts";
import { resolveStatePaths } from "../../src/records/state-paths.ts";
import { Store } from "../../src/records/store.ts";

const folder = mkdtempSync(join(tmpdir(), "gapwatch-there-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A link in a circle fails for every user, as a folder without permission does for most. */
const circle = join(folder, "circle");
symlinkSync("circle", circle);

describe("what may not be looked at is not taken for absent", () => {
  it("isThere", () => {
    writeFileSync(join(folder, "file"), "");
    expect([isThere(folder), isThere(join(folder, "file")), isThere(join(folder, "none"))]).toEqual([
      true,
      true,
      false,
    ]);
    expect(() => isThere(circle)).toThrow("ELOOP");
  });

  it("by the store, the audit log, and keys", async () => {
    const paths = resolveStatePaths(circle);
    await expect(Store.open(paths.store, 0, false)).rejects.toThrow(/gapwatch\.db: .*\(ELOOP\)$/);
    await expect(rebuildStore(paths)).rejects.toThrow(/circle: .*\(ELOOP\)$/);
    expect(() => loadCheckingKey(circle)).toThrow(/cannot read the key .*\(ELOOP\)$/);
  });

  it("by doctor, which says where it cannot be made", () => {
    expect(checkState(circle)).toMatchObject({ text: expect.stringContaining(`${circle} is not there`) });
  });
});
