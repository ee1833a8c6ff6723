import { describe, expect, it } from "vitest";
import { earlyLosses, earlyLossesIn } from "../../src/capture/interface-watch.ts";

const TABLE = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1234567    4321    0    0    0     0          0         0  1234567    4321    0    0    0     0       0          0
mirror0:99999999999 88888    1 1234    5     6          7         8        0       0    9   10   11     0       0          0
mirror0.5:    100       1    0    2    0     0          0         0        0       0    0    0    0     0       0          0
`;

describe("frames that were lost before any socket had them", () => {
  it.each([
    ["lo", 0],
    ["mirror0", 1239],
    ["mirror0.5", 2],
    ["mirror", null],
    ["", null],
  ])("of %s", (name, lost) => {
    expect(earlyLossesIn(TABLE, name)).toBe(lost);
  });

  it("are known where there is Linux, of interfaces that there are", () => {
    expect(earlyLosses("lo")).toEqual(process.platform === "linux" ? expect.any(Number) : null);
    expect(earlyLosses("nowhere0")).toBeNull();
  });
});
