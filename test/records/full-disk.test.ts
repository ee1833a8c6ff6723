import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { bundled } from "./bundled.ts";
import { ownFolder } from "./own-folder.ts";

const SIZE = "1m";
/** With capabilities of our own, and without. */
const NAMESPACES = [["--mount"], ["--user", "--map-root-user", "--mount"]];

const folder = ownFolder().fresh();
const MOUNT = `mount -t tmpfs -o size=${SIZE} gapwatch-test "$1"`;
const program = bundled("test/records/full-disk.ts");

/** How a shell gets a mount namespace of its own; null where it gets none. */
function namespace(): readonly string[] | null {
  const works = (flags: readonly string[]): boolean =>
    spawnSync("unshare", [...flags, "sh", "-c", MOUNT, "sh", folder]).status === 0;
  return NAMESPACES.find(works) ?? null;
}

const flags = namespace();
if (flags === null && process.env["CI"] !== "true") {
  process.stderr.write("full-disk.test.ts: skipped, no file system can be mounted here\n");
}

interface Result {
  readonly alarms: readonly string[];
  readonly flushed: readonly boolean[];
  readonly kept: number;
  readonly records: number;
  readonly broken: unknown;
}

describe.skipIf(flags === null && process.env["CI"] !== "true")("a full disk", () => {
  it("is an alarm; what was found meanwhile is written when there is room again", () => {
    const script = `${MOUNT} && exec "$2" "$3" "$1"`;
    const args = [...(flags ?? NAMESPACES[0]), "sh", "-c", script, "sh", folder, process.execPath, program()];
    const { status, stdout, stderr } = spawnSync("unshare", args);
    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: "" });
    const { alarms, flushed, kept, records, broken } = JSON.parse(stdout.toString()) as Result;
    expect({ kept, broken }).toEqual({ kept: 60, broken: null });
    expect(records).toBe(60);
    expect(flushed.slice(0, 20)).not.toContain(false);
    expect(flushed.slice(40)).not.toContain(false);
    expect(flushed.slice(20, 40)).toContain(false);
    expect(alarms.filter((alarm) => alarm.startsWith("audit"))).toEqual([
      expect.stringMatching(/^audit cannot write the audit log in .*: no space left on device \(ENOSPC\)$/),
      "audit works again",
    ]);
  });
});
