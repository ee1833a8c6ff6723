import { readFileSync } from "node:fs";

/** Of the network that this thread is in; of all processors. */
const DEVICES = "/proc/thread-self/net/dev";
const QUEUES = "/proc/thread-self/net/softnet_stat";

/** What the kernel's counters show, and how they are read; null where there is no such thing. */
export type ReadCounters = (path: string) => string | null;

/**
 * Frames of an interface that were lost before any socket had them, since this was made: in the network card, or in
 * the kernel, whose queue to another processor was full (receive packet steering).
 *
 * A card says so by itself. What queues lost is counted for each processor, whatever the interface; for each
 * interface (rx_dropped) it is counted together with frames of protocols that nobody wants, which are delivered to
 * who captures them. A loss in a queue is in both counts: it is no more than the lesser.
 */
export class EarlyLosses {
  private readonly name: string;
  private readonly read: ReadCounters;
  private readonly card: number | null;
  private readonly unwanted: number | null;
  private readonly queues: number | null;

  constructor(name: string, read: ReadCounters = readText) {
    this.name = name;
    this.read = read;
    this.card = this.lostByCard();
    this.unwanted = this.dropped();
    this.queues = this.lostInQueues();
  }

  /** So many; null where neither is known. */
  total(): number | null {
    const card = grown(this.card, this.lostByCard());
    const unwanted = grown(this.unwanted, this.dropped());
    const queues = grown(this.queues, this.lostInQueues());
    const queued = unwanted === null || queues === null ? null : Math.min(unwanted, queues);
    return card === null && queued === null ? null : (card ?? 0) + (queued ?? 0);
  }

  /** Null where sysfs does not show the interface (another network namespace's). */
  private lostByCard(): number | null {
    const missed = this.statistic("rx_missed_errors");
    const overrun = this.statistic("rx_fifo_errors");
    return missed === null || overrun === null ? null : missed + overrun;
  }

  private statistic(file: string): number | null {
    const text = this.read(`/sys/class/net/${this.name}/statistics/${file}`);
    return text === null ? null : Number(text);
  }

  /** The column `drop` of /proc/net/dev, which has rx_missed_errors in it as well (net/core/net-procfs.c). */
  private dropped(): number | null {
    const lines = this.read(DEVICES)?.split("\n") ?? [];
    const line = lines.find((each) => each.trimStart().startsWith(`${this.name}:`));
    if (line === undefined) return null;
    const dropped = Number(
      line
        .slice(line.indexOf(":") + 1)
        .trim()
        .split(/ +/)[3],
    );
    return dropped - (this.statistic("rx_missed_errors") ?? 0);
  }

  /** A line for each processor, in hexadecimal; the second column is what its queue lost (net/core/net-procfs.c). */
  private lostInQueues(): number | null {
    const lines = this.read(QUEUES)?.trim().split("\n");
    return lines?.reduce((sum, line) => sum + Number.parseInt(line.split(" ")[1], 16), 0) ?? null;
  }
}

function grown(before: number | null, now: number | null): number | null {
  return before === null || now === null ? null : Math.max(0, now - before);
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}
