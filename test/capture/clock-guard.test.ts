import { describe, expect, it } from "vitest";
import { ClockGuard } from "../../src/capture/clock-guard.ts";
import { FrameBatch } from "../../src/capture/frame-batch.ts";

/** Frames of these times, read when the wall clock and the counting clock say so. */
function read(guard: ClockGuard, seconds: number[], wallSec: number, countingSec: number): number[] {
  const batch = new FrameBatch(new Uint8Array(0));
  batch.tsSec.set(seconds);
  batch.count = seconds.length;
  guard.guard(batch, wallSec * 1000, countingSec * 1000);
  return [...batch.tsSec.subarray(0, seconds.length)];
}

describe("ClockGuard", () => {
  it("leaves a steady clock alone, pauses and stalls of the reader included", () => {
    const guard = new ClockGuard();
    expect(read(guard, [1000, 1001], 1001, 6)).toEqual([1000, 1001]);
    expect(read(guard, [1002, 1601], 1601, 606)).toEqual([1002, 1601]);
    expect(guard.steps).toBe(0);
  });

  it("leaves a clock alone that is slewed", () => {
    const guard = new ClockGuard();
    read(guard, [1000], 1000, 5);
    expect(read(guard, [1020], 1020, 15)).toEqual([1020]);
    expect(guard.steps).toBe(0);
  });

  it.each([
    ["forward", 87_401],
    ["back", 400],
  ])("goes on with the old time when the clock is stepped %s, and counts it once", (_way, stepped) => {
    const guard = new ClockGuard();
    read(guard, [1000], 1000, 5);
    expect(read(guard, [1001, stepped, stepped + 1], stepped + 1, 8)).toEqual([1001, 1002, 1003]);
    expect(read(guard, [stepped + 10], stepped + 10, 17)).toEqual([1012]);
    expect(guard.steps).toBe(1);
    expect(guard.lastStepSec).toBe(stepped - 1002);
    expect(guard.nowMs((stepped + 11) * 1000, 18_000)).toBe(1_013_000);
  });

  it("takes both steps of a clock that comes back", () => {
    const guard = new ClockGuard();
    read(guard, [1000], 1000, 5);
    expect(read(guard, [90_000], 90_000, 6)).toEqual([1001]);
    expect(read(guard, [1002], 1002, 7)).toEqual([1002]);
    expect(guard.steps).toBe(2);
  });
});
