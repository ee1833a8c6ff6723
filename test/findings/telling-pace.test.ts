import { describe, expect, it } from "vitest";
import { TellingPace } from "../../src/findings/telling-pace.ts";

/** Looks every millisecond for a second, each look taking so long; when it looked. */
function looks(took: (withLarge: boolean) => number, hasNew: (ms: number) => boolean) {
  const pace = new TellingPace();
  const all: number[] = [];
  const large: number[] = [];
  let busyMs = 0;
  for (let ms = 0; ms < 1000; ms++) {
    if (!pace.isDue(ms, hasNew(ms))) continue;
    const withLarge = pace.isLargeDue(ms);
    pace.looked(ms, took(withLarge), withLarge);
    all.push(ms);
    if (withLarge) large.push(ms);
    busyMs += took(withLarge);
    ms += took(withLarge);
  }
  return { all, large, busyMs };
}

describe("TellingPace", () => {
  it("looks twenty times a second where looking costs little", () => {
    const { all, large } = looks(
      () => 1,
      () => false,
    );
    expect(all).toHaveLength(20);
    expect(large).toEqual(all);
  });

  it("looks almost at once when there is something new", () => {
    const { all } = looks(
      () => 1,
      (ms) => ms === 67,
    );
    expect(all).toContain(67);
    expect(all).toContain(50);
  });

  it("does not let what is new wait for findings of a million flows", () => {
    const { all, large, busyMs } = looks(
      (withLarge) => (withLarge ? 80 : 1),
      (ms) => ms % 100 === 99,
    );
    expect(large).toHaveLength(2);
    for (let ms = 99; ms < 1000; ms += 100) expect(all.some((at) => at >= ms && at - ms <= 90)).toBe(true);
    expect(busyMs).toBeLessThan(250);
  });

  it("takes a quarter of the time for a flood of new findings, not more", () => {
    const { busyMs } = looks(
      () => 20,
      () => true,
    );
    expect(busyMs).toBeGreaterThan(100);
    expect(busyMs).toBeLessThan(400);
  });
});
