import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameBatch } from "../../src/capture/frame-batch.ts";
import type { LiveSource } from "../../src/capture/live-source.ts";
import { TimeMerge } from "../../src/capture/time-merge.ts";

/** A source that hands out its frames, named by their times in milliseconds, batch by batch; [] is a pause. */
function source(name: string, batches: number[][]): LiveSource {
  const left = [...batches];
  return {
    interface: name,
    next: () => {
      const times = left.shift();
      if (times === undefined) return null;
      const batch = new FrameBatch(new Uint8Array(0));
      batch.count = times.length;
      times.forEach((ms, i) => {
        batch.tsSec[i] = Math.floor(ms / 1000);
        batch.tsNsec[i] = (ms % 1000) * 1e6;
      });
      return batch;
    },
  } as unknown as LiveSource;
}

async function merged(sources: LiveSource[], nowMs: number): Promise<number[]> {
  const merge = new TimeMerge(sources);
  const taken: number[] = [];
  for (let turns = 0; !merge.ended; turns++) {
    if (turns > 1000) throw new Error("it does not end");
    await merge.pump(nowMs, (batch, from, to) => {
      for (let i = from; i < to; i++) taken.push(batch.tsSec[i] * 1000 + batch.tsNsec[i] / 1e6);
    });
  }
  return taken;
}

describe("TimeMerge", () => {
  it("hands on a single source as it comes", async () => {
    expect(await merged([source("a", [[5, 3], [], [4]])], 0)).toEqual([5, 3, 4]);
  });

  it("puts frames of several sources in order, whichever is read first", async () => {
    const a = [[1, 4, 9], [10]];
    const b = [
      [2, 3],
      [8, 11],
    ];
    expect(await merged([source("a", a), source("b", b)], 0)).toEqual([1, 2, 3, 4, 8, 9, 10, 11]);
    expect(await merged([source("b", b), source("a", a)], 0)).toEqual([1, 2, 3, 4, 8, 9, 10, 11]);
  });

  it("waits for a source that has nothing yet, but no longer than the window", async () => {
    const taken: number[] = [];
    const merge = new TimeMerge([source("a", [[1000, 1010]]), source("b", [[], [1005]])]);
    const take = (batch: FrameBatch, from: number, to: number) => {
      for (let i = from; i < to; i++) taken.push(batch.tsSec[i] * 1000 + batch.tsNsec[i] / 1e6);
    };
    expect(await merge.pump(1020, take)).toBe(20);
    expect(taken).toEqual([]);
    expect(await merge.pump(1030, take)).toBe(0);
    expect(taken).toEqual([1000, 1005, 1010]);
    const late = new TimeMerge([source("a", [[1000]]), source("b", [[], []])]);
    await late.pump(1051, take);
    expect(taken.at(-1)).toBe(1000);
  });

  it("says whom it waits for, and how long", async () => {
    const [a, b] = [source("a", [[1000], []]), source("b", [[], [], []])];
    const merge = new TimeMerge([a, b]);
    expect(await merge.pump(1001, () => {})).toBe(39);
    expect(merge.waiting).toEqual([b]);
    expect(await merge.pump(1041, () => {})).toBe(0);
    expect(await merge.pump(1042, () => {})).toBe(50);
  });

  it("does not keep a busy source waiting for one without frames", async () => {
    let taken = 0;
    const busy = Array.from({ length: 20 }, (_, batch) =>
      Array.from({ length: 100 }, (_, i) => batch * 100 + i),
    );
    const merge = new TimeMerge([source("busy", busy), source("quiet", Array(100).fill([]))]);
    await merge.pump(2100, (_batch, from, to) => {
      taken += to - from;
    });
    expect(taken).toBe(2000);
  });

  it("waits for nothing when the clock was set back", async () => {
    const merge = new TimeMerge([source("a", [[90_000]]), source("b", [[], []])]);
    expect(await merge.pump(30_000, () => {})).toBe(0);
  });

  it("puts frames of the same time in the order of their sources, wherever batches end", async () => {
    for (const [a, b] of [
      [[[5, 5, 5]], [[5, 5]]],
      [
        [[5], [5], [5]],
        [[5], [5]],
      ],
      [[[5, 5], [5]], [[5, 5]]],
    ]) {
      const order: string[] = [];
      const merge = new TimeMerge([source("a", a), source("b", b)]);
      while (!merge.ended) {
        await merge.pump(0, (_batch, from, to, { interface: name }) => {
          order.push(name.repeat(to - from));
        });
      }
      expect(order.join("")).toBe("aaabb");
    }
  });

  it("takes in another source in the place of one that ended", async () => {
    const merge = new TimeMerge([source("a", [[1000]])]);
    const names: string[] = [];
    const take = (_batch: FrameBatch, _from: number, _to: number, { interface: name }: LiveSource) =>
      names.push(name);
    expect(await merge.pump(2000, take)).toBe(0);
    expect(await merge.pump(2000, take)).toBe(50);
    expect(merge.ended).toBe(true);
    merge.add(source("b", [[1500]]));
    expect(merge.ended).toBe(false);
    expect(await merge.pump(2000, take)).toBe(0);
    expect(names).toEqual(["a", "b"]);
  });

  it("counts what came too late to be put in order", async () => {
    const merge = new TimeMerge([source("a", [[1000, 1010]]), source("b", [[], [1005, 1020], []])]);
    await merge.pump(1100, () => {});
    expect(merge.late).toBe(0);
    await merge.pump(1100, () => {});
    expect(merge.late).toBe(1);
  });

  it("gives each batch away once before any of it, to be put right", async () => {
    const taken: number[] = [];
    const merge = new TimeMerge(
      [source("a", [[9_000], [9_500]]), source("b", [[1_200]])],
      (batch, { interface: name }) => {
        if (name === "a") batch.tsSec[0] -= 8;
      },
    );
    while (!merge.ended) {
      await merge.pump(2000, (batch, from) =>
        taken.push(batch.tsSec[from] * 1000 + batch.tsNsec[from] / 1e6),
      );
    }
    expect(taken).toEqual([1000, 1200, 1500]);
  });

  it("loses and repeats nothing", async () => {
    const times = fc
      .array(fc.integer({ min: 0, max: 50 }), { maxLength: 20 })
      .map((ms) => ms.sort((x, y) => x - y));
    await fc.assert(
      fc.asyncProperty(
        fc.array(times, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 5 }),
        async (lists, per) => {
          const cut = (list: number[]) =>
            Array.from({ length: Math.ceil(list.length / per) }, (_, i) =>
              list.slice(i * per, i * per + per),
            );
          const all = lists.flat().sort((x, y) => x - y);
          expect(
            await merged(
              lists.map((list, i) => source(`${i}`, cut(list))),
              0,
            ),
          ).toEqual(all);
        },
      ),
    );
  });
});
