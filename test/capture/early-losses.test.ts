import { describe, expect, it } from "vitest";
import { EarlyLosses } from "../../src/capture/early-losses.ts";

/** A kernel's counters, which the test raises. */
function kernel(hasCard = true) {
  const counts = { missed: 7, fifo: 2, unwanted: 1000, queue0: 0xfe, queue1: 3 };
  const read = (path: string): string | null => {
    if (path.endsWith("/net/dev")) {
      const drop = counts.unwanted + (hasCard ? counts.missed : 0);
      return `Inter-|   Receive                            |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1234567    4321    0   88    0     0          0         0  1234567    4321    0    0    0     0       0          0
mirror0:99999999999 88888   1 ${drop}    5     6          7         8        0       0    9   10   11     0       0          0
mirror0.5:    100       1    0   99    0     0          0         0        0       0    0    0    0     0       0          0
`;
    }
    const line = (lost: number) => `0af26753 ${lost.toString(16).padStart(8, "0")} 00000006 00000000\n`;
    if (path.endsWith("/net/softnet_stat")) return line(counts.queue0) + line(counts.queue1);
    const file = /^\/sys\/class\/net\/mirror0\/statistics\/rx_(missed|fifo)_errors$/.exec(path)?.[1];
    return file === undefined || !hasCard ? null : `${counts[file as "missed" | "fifo"]}\n`;
  };
  return { counts, read };
}

describe("frames that were lost before any socket had them", () => {
  it("are those that the card lost", () => {
    const { counts, read } = kernel();
    const losses = new EarlyLosses("mirror0", read);
    expect(losses.total()).toBe(0);
    counts.missed += 4;
    counts.fifo += 1;
    expect(losses.total()).toBe(5);
  });

  it("and those that the kernel lost in a queue, also where sysfs does not show the card", () => {
    for (const hasCard of [true, false]) {
      const { counts, read } = kernel(hasCard);
      const losses = new EarlyLosses("mirror0", read);
      counts.unwanted += 30;
      counts.queue0 += 12;
      counts.queue1 += 18;
      expect(losses.total()).toBe(30);
    }
  });

  it("but neither frames of protocols that nobody wants, nor what queues lost of other interfaces", () => {
    const { counts, read } = kernel();
    const losses = new EarlyLosses("mirror0", read);
    counts.unwanted += 500;
    expect(losses.total()).toBe(0);
    const others = new EarlyLosses("mirror0", read);
    counts.queue1 += 500;
    expect(others.total()).toBe(0);
  });

  it("are not known where nothing says", () => {
    expect(new EarlyLosses("nowhere0", kernel().read).total()).toBeNull();
    expect(new EarlyLosses("mirror0", () => null).total()).toBeNull();
  });

  it("are known where there is Linux", () => {
    expect(new EarlyLosses("lo").total()).toBe(process.platform === "linux" ? 0 : null);
  });
});
