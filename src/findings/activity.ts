/** Bins at the most: when time runs beyond the last one, neighbours are joined and bins get twice as wide. */
const MAX_BINS = 240;

/** One stretch of time. */
export interface ActivityBin {
  packets: number;
  /** What may have hidden something: frames not decoded, messages not read, data missing. */
  blind: number;
  /** Attempts of findings, by when they began. */
  attempts: number;
}

/** What happened when, in bins of equal width, for charts. Memory is fixed whatever the times are. */
export class Activity {
  /** Packet time at which the first bin begins; null before the first packet. */
  startSec: number | null = null;
  binSec = 1;
  readonly bins: ActivityBin[] = [];

  /** Packet time at which the bin of `sec` ends. */
  endOfBin(sec: number): number {
    if (this.startSec === null || sec < this.startSec) return sec + this.binSec;
    return this.startSec + (Math.floor((sec - this.startSec) / this.binSec) + 1) * this.binSec;
  }

  packets(sec: number, packets: number, blind: number): void {
    const bin = this.at(sec);
    bin.packets += packets;
    bin.blind += blind;
  }

  attempts(sec: number, attempts: number): void {
    this.at(sec).attempts += attempts;
  }

  /** Times before the first packet, which come from several captures or from damage, count as the first bin. */
  private at(sec: number): ActivityBin {
    this.startSec ??= sec;
    let index = Math.max(0, Math.floor((sec - this.startSec) / this.binSec));
    while (index >= MAX_BINS) {
      this.join();
      index = Math.floor((sec - this.startSec) / this.binSec);
    }
    while (this.bins.length <= index) this.bins.push({ packets: 0, blind: 0, attempts: 0 });
    return this.bins[index];
  }

  private join(): void {
    this.binSec *= 2;
    for (let to = 0; to < this.bins.length; to++) {
      const [a, b] = [this.bins[2 * to], this.bins[2 * to + 1]];
      if (a === undefined) {
        this.bins.length = to;
        return;
      }
      this.bins[to] = {
        packets: a.packets + (b?.packets ?? 0),
        blind: a.blind + (b?.blind ?? 0),
        attempts: a.attempts + (b?.attempts ?? 0),
      };
    }
  }
}
