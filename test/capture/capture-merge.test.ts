import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { CaptureMerge, MAX_OPEN } from "../../src/capture/capture-merge.ts";
import { type TestFrame, writePcap } from "./write-pcap.ts";

const folder = mkdtempSync(join(tmpdir(), "capture-merge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A capture with a frame at each of the times in microseconds; the frame's first octet names it. */
function capture(name: string, times: readonly number[], mark = 0): string {
  const frames: TestFrame[] = times.map((us) => ({
    data: Uint8Array.of(mark),
    sec: Math.floor(us / 1e6),
    fraction: us % 1e6,
  }));
  const path = join(folder, name);
  writeFileSync(path, writePcap(frames));
  return path;
}

interface Merged {
  readonly times: number[];
  readonly marks: number[];
  readonly events: string[];
  readonly tooDeep: boolean;
}

async function merged(paths: readonly string[], pumps = Infinity): Promise<Merged> {
  const times: number[] = [];
  const marks: number[] = [];
  const events: string[] = [];
  const nameOf = (path: string) => path.slice(folder.length + 1);
  const merge = new CaptureMerge(paths, {
    take: (batch, from, to) => {
      expect(to).toBeGreaterThan(from);
      for (let i = from; i < to; i++) {
        times.push(batch.tsSec[i] * 1e6 + batch.tsNsec[i] / 1000);
        marks.push(batch.bytes[batch.offset[i]]);
      }
    },
    opened: ({ facts }) => events.push(`opened ${nameOf(facts.path)}`),
    ended: ({ facts }) => events.push(`ended ${nameOf(facts.path)} ${facts.packets}`),
    unreadable: (path, message) => events.push(`unreadable ${nameOf(path)} ${message}`),
  });
  for (let n = 0; n < pumps && (await merge.pump()); n++) if (n > 100_000) throw new Error("it does not end");
  merge.close();
  return { times, marks, events, tooDeep: merge.overlapTooDeep };
}

describe("CaptureMerge", () => {
  it("reads captures that follow one another one after another", async () => {
    const paths = [capture("1", [1, 2, 3], 1), capture("2", [4, 5], 2), capture("3", [], 3)];
    const { times, events } = await merged(paths);
    expect(times).toEqual([1, 2, 3, 4, 5]);
    expect(events.filter((event) => event.startsWith("ended")).sort()).toEqual([
      "ended 1 3",
      "ended 2 2",
      "ended 3 0",
    ]);
  });

  it("puts frames of captures that overlap in order, those of one instant in the order of the paths", async () => {
    const paths = [capture("a", [1, 5, 9, 9], 1), capture("b", [2, 5, 6], 2), capture("c", [5, 9], 3)];
    const { times, marks } = await merged(paths);
    expect(times).toEqual([1, 2, 5, 5, 5, 6, 9, 9, 9]);
    expect(marks).toEqual([1, 2, 1, 2, 3, 2, 1, 1, 3]);
  });

  it("keeps the order of each file, and loses no frame, whatever the times", async () => {
    const times = fc.array(fc.nat(3_000_000), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(times, { minLength: 1, maxLength: 5 }), async (files) => {
        const byFirst = files.sort((a, b) => (a[0] ?? Infinity) - (b[0] ?? Infinity) || 0);
        const paths = byFirst.map((file, i) => capture(`p${i}`, file, i));
        const { times, marks } = await merged(paths);
        for (const [i, file] of byFirst.entries())
          expect(times.filter((_, n) => marks[n] === i)).toEqual(file);
        expect(times).toHaveLength(files.flat().length);
        const sorted = byFirst.every((file) => file.every((us, n) => n === 0 || file[n - 1] <= us));
        if (sorted) expect(times).toEqual(files.flat().sort((a, b) => a - b));
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it("merges files that are larger than a batch, and opens one only when it is due", async () => {
    const odd = Array.from({ length: 3000 }, (_, i) => 2 * i + 1);
    const even = odd.map((us) => us + 1);
    const { times, events } = await merged([
      capture("odd", odd),
      capture("even", even),
      capture("late", [9000]),
    ]);
    expect(times).toEqual([...Array.from({ length: 6000 }, (_, i) => i + 1), 9000]);
    expect(events.slice(0, 2)).toEqual(["opened odd", "opened even"]);
    expect(events.slice(-3).sort()).toEqual(["ended even 3000", "ended late 1", "ended odd 3000"]);
  });

  it("goes on with the others when one cannot be opened any more", async () => {
    const { times, events } = await merged([join(folder, "gone"), capture("here", [1])]);
    expect(times).toEqual([1]);
    expect(events[0]).toMatch(/^unreadable gone .*no such file/i);
  });

  it("reads no more than so many at a time, and says that the order suffered", async () => {
    const deep = (count: number) =>
      Array.from({ length: count }, (_, i) => capture(`deep${i}`, [i, 1_000_000 + i]));
    const fits = await merged(deep(MAX_OPEN));
    expect(fits.tooDeep).toBe(false);
    expect(fits.times).toEqual([...fits.times].sort((a, b) => a - b));
    const many = await merged(deep(MAX_OPEN + 3));
    expect(many.tooDeep).toBe(true);
    expect([...many.times].sort((a, b) => a - b)).toEqual([
      ...Array.from({ length: MAX_OPEN + 3 }, (_, i) => i),
      ...Array.from({ length: MAX_OPEN + 3 }, (_, i) => 1_000_000 + i),
    ]);
  });

  it("hands on what was read when it is closed, and counts what was not judged for nothing", async () => {
    const { times, events } = await merged(
      [capture("x", [1, 4]), capture("y", [2, 5]), capture("z", [9])],
      1,
    );
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const counted = events
      .filter((event) => event.startsWith("ended"))
      .map((event) => Number(event.split(" ")[2]));
    expect(counted.reduce((a, b) => a + b, 0)).toBe(times.length);
  });
});
