import { describe, expect, it } from "vitest";
import { parseHours } from "../../src/policy/hours.ts";

function open(text: string, time: string): boolean {
  const hours = parseHours(text);
  if (typeof hours === "string") throw new Error(hours);
  return hours.include(Date.parse(time) / 1000);
}

describe("hours", () => {
  // 2026-11-20 is a Friday; Berlin is at +01:00 then, and at +02:00 from 2027-03-28 to 2027-10-31.
  it.each([
    ["Mon-Fri 09:00-17:00 UTC", "2026-11-20T08:59:59Z", false],
    ["Mon-Fri 09:00-17:00 UTC", "2026-11-20T09:00:00Z", true],
    ["Mon-Fri 09:00-17:00 UTC", "2026-11-20T16:59:59.999Z", true],
    ["Mon-Fri 09:00-17:00 UTC", "2026-11-20T17:00:00Z", false],
    ["Mon-Fri 09:00-17:00 UTC", "2026-11-21T12:00:00Z", false],
    ["Mon,Wed-Fri 09:00-17:00 UTC", "2026-11-17T12:00:00Z", false],
    ["Mon,Wed-Fri 09:00-17:00 UTC", "2026-11-18T12:00:00Z", true],
    ["Fri-Mon 09:00-17:00 UTC", "2026-11-22T12:00:00Z", true],
    ["Fri-Mon 09:00-17:00 UTC", "2026-11-24T12:00:00Z", false],
    ["Fri 00:00-24:00 UTC", "2026-11-20T23:59:59Z", true],
    ["Fri 00:00-24:00 UTC", "2026-11-21T00:00:00Z", false],
    ["Fri 09:00-17:00 Europe/Berlin", "2026-11-20T08:00:00Z", true],
    ["Fri 09:00-17:00 Europe/Berlin", "2026-11-20T16:00:00Z", false],
    ["Fri 09:00-17:00 Asia/Kathmandu", "2026-11-20T03:14:59Z", false], // +05:45
    ["Fri 09:00-17:00 Asia/Kathmandu", "2026-11-20T03:15:00Z", true],
    ["Fri 09:00-17:00 Etc/GMT+5", "2026-11-20T14:00:00Z", true],
  ])("%s at %s: %s", (text, time, expected) => {
    expect(open(text, time)).toBe(expected);
  });

  it.each([
    ["2026-11-20T22:00:00Z", true],
    ["2026-11-21T05:59:59Z", true], // Saturday morning belongs to Friday's span
    ["2026-11-21T06:00:00Z", false],
    ["2026-11-21T22:00:00Z", false],
    ["2026-11-20T05:00:00Z", false], // Friday morning would belong to Thursday's
  ])("a span past midnight belongs to the day it starts on: %s %s", (time, expected) => {
    expect(open("Fri 22:00-06:00 UTC", time)).toBe(expected);
  });

  // Clocks in Berlin go from 02:00 to 03:00 at 2027-03-28T01:00Z, and from 03:00 to 02:00 at 2027-10-31T01:00Z.
  it.each([
    ["Sun 01:00-02:30 Europe/Berlin", "2027-03-28T00:59:59Z", true],
    ["Sun 01:00-02:30 Europe/Berlin", "2027-03-28T01:00:00Z", false], // it is 03:00 now
    ["Sun 03:00-04:00 Europe/Berlin", "2027-03-28T01:00:00Z", true],
    ["Sun 02:00-02:30 Europe/Berlin", "2027-10-31T00:15:00Z", true],
    ["Sun 02:00-02:30 Europe/Berlin", "2027-10-31T00:45:00Z", false],
    ["Sun 02:00-02:30 Europe/Berlin", "2027-10-31T01:15:00Z", true], // 02:15 for the second time
    ["Sat 22:00-03:00 Europe/Berlin", "2027-10-31T01:59:59Z", true],
    ["Sat 22:00-03:00 Europe/Berlin", "2027-10-31T02:00:00Z", false],
  ])("follows the wall clock over a change: %s at %s: %s", (text, time, expected) => {
    expect(open(text, time)).toBe(expected);
  });

  it("does not depend on what was asked before", () => {
    const hours = parseHours("Fri 09:00-17:00 Europe/Berlin");
    if (typeof hours === "string") throw new Error(hours);
    const at = (time: string) => hours.include(Date.parse(time) / 1000);
    expect([at("2026-11-20T10:00:00Z"), at("2026-11-21T10:00:00Z"), at("2026-11-20T10:00:00Z")]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it("is closed at times that no calendar has, and open before 1970", () => {
    const hours = parseHours("Mon-Sun 00:00-24:00 UTC");
    if (typeof hours === "string") throw new Error(hours);
    expect(
      [Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e300, 8.64e12].map((t) => hours.include(t)),
    ).toEqual([false, false, false, false, false]);
    expect(hours.include(-1)).toBe(true);
  });

  it.each([
    ["Mon 09:00-09:00 UTC", "never occurs"],
    ["Mon 09:00-17:00 Europe/Atlantis", "no time zone"],
    ["Mon 09:00-17:00 +01:00", "no weekly span"],
    ["Mon 9:00-17:00 UTC", "no weekly span"],
    ["Mon 09:00-17:00", "no weekly span"],
    ["Mon 09:60-17:00 UTC", "outside 00:00 to 24:00"],
    ["Mon 09:00-24:01 UTC", "outside 00:00 to 24:00"],
    ["Mon 24:00-06:00 UTC", "outside 00:00 to 24:00"],
    ["Mo-Fr 09:00-17:00 UTC", "no day"],
    ["Mon- 09:00-17:00 UTC", "no day"],
    ["Mon-Tue-Wed 09:00-17:00 UTC", "no day"],
    ["Mon,,Tue 09:00-17:00 UTC", "no day"],
  ])("refuses %s: %s", (text, reason) => {
    expect(parseHours(text)).toContain(reason);
  });
});
