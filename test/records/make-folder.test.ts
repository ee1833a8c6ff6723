import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder } from "../../src/records/make-folder.ts";
import { ownFolder } from "./own-folder.ts";

const root = ownFolder();

describe("makeFolder", () => {
  it("makes what is missing, and says from where on", () => {
    const top = root.fresh();
    expect(makeFolder(join(top, "a/b/c"), 0o700)).toBe(join(top, "a"));
    expect(statSync(join(top, "a/b/c")).mode & 0o777).toBe(0o700);
    expect(makeFolder(join(top, "a/b/c"))).toBeUndefined();
    expect(makeFolder(join(top, "a/b/d"))).toBe(join(top, "a/b/d"));
  });

  it("does not take a file for a folder", () => {
    const file = join(root.fresh(), "file");
    writeFileSync(file, "");
    expect(() => makeFolder(file)).toThrow("EEXIST");
    expect(() => makeFolder(join(file, "below"))).toThrow("ENOTDIR");
  });

  it.skipIf(!existsSync("/proc/self"))("comes back where a parent takes no folder", () => {
    expect(() => makeFolder("/proc/no-such-process/state")).toThrow("ENOENT");
  });
});
