import { describe, expect, it } from "vitest";
import { smallDisk } from "../small-disk.ts";
import { bundled } from "./bundled.ts";
import { ownFolder } from "./own-folder.ts";

const folder = ownFolder().fresh();
const program = bundled("test/records/full-disk.ts");
const disk = smallDisk(folder, "1m");

interface Result {
  readonly alarms: readonly string[];
  readonly flushed: readonly boolean[];
  readonly kept: number;
  readonly records: number;
  readonly broken: unknown;
}

describe.skipIf(disk.isSkipped)("a full disk", () => {
  it("is an alarm; what was found meanwhile is written when there is room again", () => {
    const { code, out, err } = disk.run([process.execPath, program(), folder]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const { alarms, flushed, kept, records, broken } = JSON.parse(out) as Result;
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
