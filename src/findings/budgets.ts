import { TRANSFERRED } from "../flow/outcome.ts";
import type { Rule } from "../policy/policy.ts";
import type { Moment } from "./finding.ts";
import type { Ledger } from "./ledger.ts";

const DAY_SEC = 86_400;

/**
 * How octets of a rule went out. They are counted apart: where both legs of a proxy are seen, each octet is seen on
 * both, and the sum would say twice what left.
 */
type Route = "direct" | "proxy";

/** One rule on one UTC day, by one route. */
interface DayTotal {
  bytesOut: number;
  bytesIn: number;
  exceeded: boolean;
}

type DayTotals = Map<number, DayTotal>;

/** Byte budgets of rules: counted by packet time, inside to outside whoever initiated. */
export class Budgets {
  private readonly ledger: Ledger;
  /** By rule id, and by number of the day. */
  private readonly days = { direct: new Map<string, DayTotals>(), proxy: new Map<string, DayTotals>() };
  /** Octets of each open budgeted flow that were counted already. */
  private readonly counted = new Map<number, { bytesOut: number; bytesIn: number }>();

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  hasBudget({ maxBytesOut, maxBytesIn }: Rule): boolean {
    return maxBytesOut !== null || maxBytesIn !== null;
  }

  /** A flow of the rule has come to these totals at `at`. */
  count(row: number, rule: Rule, bytesOut: number, bytesIn: number, at: Moment): void {
    let before = this.counted.get(row);
    if (before === undefined) {
      before = { bytesOut: 0, bytesIn: 0 };
      this.counted.set(row, before);
    }
    const moreOut = bytesOut - before.bytesOut;
    const moreIn = bytesIn - before.bytesIn;
    if (moreOut === 0 && moreIn === 0) return;
    before.bytesOut = bytesOut;
    before.bytesIn = bytesIn;
    this.addTo(rule, "direct", moreOut, moreIn, at);
  }

  /** A tunnel through an inside proxy, which the rule allows, is over. */
  proxied(rule: Rule, bytesOut: number, bytesIn: number, at: Moment): void {
    if (this.hasBudget(rule)) this.addTo(rule, "proxy", bytesOut, bytesIn, at);
  }

  forget(row: number): void {
    this.counted.delete(row);
  }

  private dayOf(id: string, route: Route, dayNumber: number): DayTotal {
    let days = this.days[route].get(id);
    if (days === undefined) {
      days = new Map();
      this.days[route].set(id, days);
    }
    let day = days.get(dayNumber);
    if (day === undefined) {
      day = { bytesOut: 0, bytesIn: 0, exceeded: false };
      days.set(dayNumber, day);
    }
    return day;
  }

  private addTo(rule: Rule, route: Route, moreOut: number, moreIn: number, at: Moment): void {
    const { id, maxBytesOut, maxBytesIn } = rule;
    const dayNumber = Math.floor(at.sec / DAY_SEC);
    const day = this.dayOf(id, route, dayNumber);
    day.bytesOut += moreOut;
    day.bytesIn += moreIn;
    const wasExceeded = day.exceeded;
    day.exceeded ||= day.bytesOut > (maxBytesOut ?? Infinity) || day.bytesIn > (maxBytesIn ?? Infinity);
    const other = this.dayOf(id, route === "direct" ? "proxy" : "direct", dayNumber);
    if (!day.exceeded || (other.exceeded && !wasExceeded)) return;
    const handle = this.ledger.open(
      {
        kind: "volume.budget",
        source: null,
        destination: id,
        port: null,
        proto: null,
        name: null,
        evidence: "none",
        rule: id,
      },
      at,
    );
    this.ledger.share(handle, {
      attempts: wasExceeded ? 0 : 1,
      bytesOut: wasExceeded ? moreOut : day.bytesOut,
      bytesIn: wasExceeded ? moreIn : day.bytesIn,
      oneWayBytes: 0,
      outcome: TRANSFERRED,
      first: at,
      last: at,
      ip: null,
    });
  }
}
