import { Fifo } from "../flow/fifo.ts";
import type { Asker } from "./dns-findings.ts";
import type { Moment } from "./finding.ts";

/** Questions of one host within this time that share a stem belong together (DESIGN section 3). */
const WALK_SEC = 10;
const MAX_WALKS = 1 << 16;

/** A stub resolver trying its search suffixes on one name. */
export interface SearchWalk {
  readonly asker: Asker;
  readonly stem: string;
  readonly first: Moment;
  last: Moment;
  /** A candidate was answered with data: the name lives inside. */
  inside: boolean;
  /** Two answers to a candidate differ: which of them is the resolver's cannot be told. */
  doubted: boolean;
  /** The stem is what the longest suffix leaves of some question: it is to be judged. */
  judged: boolean;
}

/** The search walks that are open, in the order in which they began. */
export class SearchWalks {
  private readonly walks = new Map<string, SearchWalk>();
  private readonly order = new Fifo<{ readonly key: string; readonly walk: SearchWalk }>();

  /** Takes a question into the walk of its stem. Returns a walk that had to be ended to make room, or null. */
  add(asker: Asker, stem: string, longest: boolean, at: Moment): SearchWalk | null {
    const key = `${asker.hostText} ${stem}`;
    const known = this.walks.get(key);
    if (known !== undefined) {
      known.last = { ...at };
      known.judged ||= longest;
      return null;
    }
    const pushedOut = this.walks.size >= MAX_WALKS ? this.takeFirst() : null;
    const walk = {
      asker,
      stem,
      first: { ...at },
      last: { ...at },
      inside: false,
      doubted: false,
      judged: longest,
    };
    this.walks.set(key, walk);
    this.order.push({ key, walk });
    return pushedOut;
  }

  /** A question of this stem was answered with data. */
  answered(hostText: string, stem: string): void {
    const walk = this.walks.get(`${hostText} ${stem}`);
    if (walk !== undefined) walk.inside = true;
  }

  /** Answers to a question of this stem contradict each other. */
  contradicted(hostText: string, stem: string): void {
    const walk = this.walks.get(`${hostText} ${stem}`);
    if (walk !== undefined) walk.doubted = true;
  }

  /** The next walk whose time is over at `sec`, or null. */
  due(sec: number): SearchWalk | null {
    const first = this.order.first();
    return first !== undefined && sec - first.walk.first.sec > WALK_SEC ? this.takeFirst() : null;
  }

  private takeFirst(): SearchWalk | null {
    const first = this.order.shift();
    if (first === undefined) return null;
    this.walks.delete(first.key);
    return first.walk;
  }
}
