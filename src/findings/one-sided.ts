/** More than this share of inside conversations in one direction alone is a one-sided mirror. */
const MAX_ONE_WAY_SHARE = 0.05;
/** Fewer conversations say nothing about a share. */
const LEAST_CONVERSATIONS = 20;
/** As long as it takes to see so many, and not shorter than this. */
const LEAST_MS = 60_000;
/** A question without its answer is on its way, for so long. */
const ANSWER_MS = 5000;

/** Running totals at a time. */
interface Totals {
  readonly atMs: number;
  readonly tcpOneWay: number;
  readonly tcpBothWays: number;
  readonly asked: number;
  readonly answered: number;
}

const NOTHING: Totals = {
  atMs: Number.NEGATIVE_INFINITY,
  tcpOneWay: 0,
  tcpBothWays: 0,
  asked: 0,
  answered: 0,
};

/** Judges from running totals, again and again, whether a mirror shows one direction of conversations only. */
export class OneSided {
  isOneSided = false;
  text = "";
  /** Where the conversations that are judged now begin. */
  private begin: Totals | null = null;
  /** Looks of the last seconds, the oldest first. */
  private readonly recent: Totals[] = [];

  /** `nowMs`: a clock that only counts up. `coverage`: counters by name. */
  look(nowMs: number, coverage: Readonly<Record<string, number>>): void {
    const now = this.totals(nowMs, coverage);
    this.begin ??= { ...NOTHING, atMs: nowMs };
    const { begin } = this;
    const oneWay = now.tcpOneWay - begin.tcpOneWay + unanswered(now) - unanswered(begin);
    const all =
      now.tcpOneWay - begin.tcpOneWay + now.tcpBothWays - begin.tcpBothWays + now.asked - begin.asked;
    if (all < LEAST_CONVERSATIONS) return;
    const isOneSided = oneWay > MAX_ONE_WAY_SHARE * all;
    const isLongEnough = nowMs - begin.atMs >= LEAST_MS;
    if (isOneSided || isLongEnough) {
      this.isOneSided = isOneSided;
      this.text = `${oneWay} of ${all} conversations show one direction`;
    }
    if (isLongEnough) this.begin = now;
  }

  /** Questions are those of a moment ago, which are answered by now if ever. */
  private totals(nowMs: number, coverage: Readonly<Record<string, number>>): Totals {
    const of = (name: string): number => coverage[name] ?? 0;
    const { recent } = this;
    const now = {
      atMs: nowMs,
      tcpOneWay: of("inside.tcp_one_way"),
      tcpBothWays: of("inside.tcp_both_ways"),
      asked: of("inside.dns_asked"),
      answered: of("inside.dns_answered"),
    };
    recent.push(now);
    while (recent.length > 1 && nowMs - recent[1].atMs >= ANSWER_MS) recent.shift();
    const asked = nowMs - recent[0].atMs >= ANSWER_MS ? recent[0].asked : 0;
    return { ...now, asked };
  }
}

/** Never less than none: answers to questions of the last seconds are there already. */
function unanswered({ asked, answered }: Totals): number {
  return Math.max(0, asked - answered);
}
