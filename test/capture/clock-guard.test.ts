import { describe, expect, it } from "vitest";
import { ClockGuard } from "../../src/capture/clock-guard.ts";
import { FrameBatch } from "../../src/capture/frame-batch.ts";

function passed(guard: ClockGuard, seconds: number[], monotonicSec: number): number[] {
  const batch = new FrameBatch(new Uint8Array(0));
  batch.tsSec.set(seconds);
  guard.guard(batch, 0, seconds.length, monotonicSec * 1000);
  return [...batch.tsSec.subarray(0, seconds.length)];
}

describe("ClockGuard", () => {
  it("leaves a steady clock alone, pauses included", () => {
    const guard = new ClockGuard();
    expect(passed(guard, [1000, 1001], 5)).toEqual([1000, 1001]);
    expect(passed(guard, [1601], 605)).toEqual([1601]);
    expect(guard.steps).toBe(0);
  });

  it.each([
    ["forward", 87_401],
    ["back", 400],
  ])("goes on with the old time when the clock is stepped %s, and counts it once", (_way, stepped) => {
    const guard = new ClockGuard();
    passed(guard, [1000], 5);
    expect(passed(guard, [1001, stepped, stepped + 1], 6)).toEqual([1001, 1001, 1002]);
    expect(passed(guard, [stepped + 10], 16)).toEqual([1011]);
    expect(guard.steps).toBe(1);
  });

  it("takes both steps of a clock that comes back", () => {
    const guard = new ClockGuard();
    passed(guard, [1000], 5);
    expect(passed(guard, [90_000], 6)).toEqual([1001]);
    expect(passed(guard, [1002], 7)).toEqual([1002]);
    expect(guard.steps).toBe(2);
  });
});
