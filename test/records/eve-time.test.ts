import { describe, expect, it } from "vitest";
import { eveTime } from "../../src/records/eve-time.ts";

describe("eveTime", () => {
  it.each([
    [0, 0, 6, "1970-01-01T00:00:00.000000+0000"],
    [1_800_000_000, 123_456_789, 6, "2027-01-15T08:00:00.123456+0000"],
    [1_800_000_000, 123_456_789, 9, "2027-01-15T08:00:00.123456789+0000"],
    [1_800_000_000, 99, 7, "2027-01-15T08:00:00.0000000+0000"],
    [1_800_000_256, 1, 9, "2027-01-15T08:04:16.000000001+0000"], // the same place in the cache
    [-1, 999_999_999, 6, "1969-12-31T23:59:59.999999+0000"],
    [2 ** 53, 0, 6, "9999-12-31T23:59:59.000000+0000"],
    [-(2 ** 53), 0, 6, "0001-01-01T00:00:00.000000+0000"],
  ])("%d s, %d ns, %d digits", (sec, nsec, digits, expected) => {
    expect(eveTime({ sec, nsec }, digits)).toBe(expected);
    expect(eveTime({ sec, nsec }, digits)).toBe(expected);
  });
});
