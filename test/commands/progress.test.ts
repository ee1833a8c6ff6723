import { describe, expect, it } from "vitest";
import { progressLine } from "../../src/commands/progress.ts";

const HALF = { bytes: 500e6, totalBytes: 1e9, packets: 4_000_000, elapsedMs: 2000 };

describe("progressLine", () => {
  it("shows bar, share, time left, octets and packets a second", () => {
    expect(progressLine(HALF, 80)).toBe(
      "[########--------]   50%  2 s left  500.0 MB of 1.0 GB  2,000,000 packets/s",
    );
  });

  it("fits any width with room in the last column, the time left before the rest", () => {
    expect(progressLine(HALF, 40)).toBe(" 50%  2 s left  500.0 MB of 1.0 GB");
    expect(progressLine(HALF, 20)).toBe(" 50%  2 s left");
    for (let columns = 1; columns < 120; columns++) {
      expect(progressLine(HALF, columns).length).toBeLessThan(Math.max(1, columns));
    }
  });

  it("makes no promises about a pipe, nor before anything was read", () => {
    expect(progressLine({ ...HALF, totalBytes: null }, 80)).toBe("500.0 MB  2,000,000 packets/s");
    expect(progressLine({ ...HALF, bytes: 0, packets: 0 }, 80)).toBe(
      "[----------------]    0%  0 B of 1.0 GB  0 packets/s",
    );
    expect(progressLine({ ...HALF, totalBytes: 0 }, 80)).toContain("[################]  100%");
  });
});
