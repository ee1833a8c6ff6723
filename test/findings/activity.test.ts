import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Activity, type ActivityBin } from "../../src/findings/activity.ts";

const total = (bins: readonly ActivityBin[], of: keyof ActivityBin): number =>
  bins.reduce((sum, bin) => sum + bin[of], 0);

describe("activity in bins of time", () => {
  it("joins neighbours when time runs on", () => {
    const activity = new Activity();
    for (let sec = 100; sec < 580; sec++) activity.packets(sec, 1, sec === 101 ? 2 : 0);
    expect([activity.startSec, activity.binSec, activity.bins.length]).toEqual([100, 2, 240]);
    expect(activity.bins[0]).toEqual({ packets: 2, blind: 2, attempts: 0 });
    expect(activity.endOfBin(103)).toBe(104);
  });

  it("loses nothing and grows no further, whatever the times are", () => {
    const times = fc.array(
      fc.oneof(fc.integer({ min: -10, max: 5000 }), fc.integer({ min: -(2 ** 40), max: 2 ** 40 })),
    );
    fc.assert(
      fc.property(times, (secs) => {
        const activity = new Activity();
        for (const sec of secs) {
          activity.packets(sec, 3, 1);
          activity.attempts(sec, 2);
          expect(activity.endOfBin(sec)).toBeGreaterThan(sec);
        }
        expect(activity.bins.length).toBeLessThanOrEqual(240);
        expect(total(activity.bins, "packets")).toBe(3 * secs.length);
        expect(total(activity.bins, "attempts")).toBe(2 * secs.length);
      }),
    );
  });
});
