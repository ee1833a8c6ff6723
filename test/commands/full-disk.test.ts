import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { smallDisk } from "../small-disk.ts";
import { ENCLAVE, MAIN, ownFolder, QUICKSTART } from "./run-gapwatch.ts";

const folder = join(ownFolder().path, "disk");
mkdirSync(folder);
const disk = smallDisk(folder, "64k");
const gapwatch = [process.execPath, MAIN];

describe.skipIf(disk.isSkipped)("a disk that is full", () => {
  it("does not take what validate found with it: it is shown, and there is no report", () => {
    const report = join(folder, "proof");
    const { code, out, err } = disk.run([
      ...gapwatch,
      "validate",
      QUICKSTART,
      "-e",
      ENCLAVE,
      "--report",
      report,
    ]);
    expect(err).toMatch(/^gapwatch: there is no report: .*: no space left on device \(ENOSPC\)\n$/);
    expect(out).toMatch(/^FAIL: reachback, 1 exception used\n/);
    expect(code).toBe(2);
  });

  it("keeps no half of a key", () => {
    const state = join(folder, "state");
    const script = 'head -c 65536 /dev/zero > "$1/ballast"; "$2" "$3" keygen --state "$4"; ls "$4/keys"';
    const { out, err } = disk.run(["sh", "-c", script, "sh", folder, ...gapwatch, state]);
    expect(err).toContain("gapwatch: cannot write the key: no space left on device");
    expect(out).toBe("");
  });
});
