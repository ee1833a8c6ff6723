import type { Judge } from "../policy/judge.ts";
import type { Rule } from "../policy/policy.ts";
import { isBefore, type Moment } from "./finding.ts";

/** No packet was captured before there was tcpdump (1988): such times are those of captures that hold none. */
const FIRST_CAPTURE_SEC = Date.UTC(1988, 0, 1) / 1000;

/** What a rule allowed: an exception that was used. */
export interface ExceptionUse {
  readonly rule: Rule;
  attempts: number;
  /** DNS questions for names of the rule. */
  questions: number;
  bytesOut: number;
  bytesIn: number;
  firstSeen: Moment;
  lastSeen: Moment;
}

/** The register of used exceptions: what is allowed is not invisible. */
export class Exceptions {
  /** Uses of rules that expire or have hours at a time that cannot be: whether they still allowed is unknown. */
  undated = 0;
  /** By rule id: a rule that is still there after a reload is the same exception. */
  private readonly uses = new Map<string, ExceptionUse>();
  private readonly judge: Judge;

  constructor(judge: Judge) {
    this.judge = judge;
  }

  /** A flow or request that the rule allowed. */
  used(rule: Rule, attempts: number, bytesOut: number, bytesIn: number, first: Moment, last: Moment): void {
    const use = this.useOf(rule, first);
    const { expiresSec, hours } = rule;
    if (first.sec < FIRST_CAPTURE_SEC && (expiresSec !== Infinity || hours !== null)) this.undated++;
    use.attempts += attempts;
    use.bytesOut += bytesOut;
    use.bytesIn += bytesIn;
    if (isBefore(first, use.firstSeen)) use.firstSeen = { ...first };
    if (isBefore(use.lastSeen, last)) use.lastSeen = { ...last };
  }

  /** What was put down to a rule turned out to be no use of it. */
  takeBack(ruleId: string, attempts: number, bytesOut: number, bytesIn: number): void {
    const use = this.uses.get(ruleId);
    if (use === undefined) return;
    use.attempts -= attempts;
    use.bytesOut -= bytesOut;
    use.bytesIn -= bytesIn;
  }

  /** A question for a name that the rule allows. */
  asked(rule: Rule, at: Moment): void {
    this.used(rule, 0, 0, 0, at, at);
    this.useOf(rule, at).questions++;
  }

  /** In the order of the rules; those that a reload took away come last. */
  all(): ExceptionUse[] {
    const order = this.judge.policy.rules.map((rule) => rule.id);
    const place = ({ rule }: ExceptionUse): number =>
      order.includes(rule.id) ? order.indexOf(rule.id) : order.length;
    return [...this.uses.values()].sort((a, b) => place(a) - place(b));
  }

  private useOf(rule: Rule, at: Moment): ExceptionUse {
    let use = this.uses.get(rule.id);
    if (use === undefined) {
      use = {
        rule,
        attempts: 0,
        questions: 0,
        bytesOut: 0,
        bytesIn: 0,
        firstSeen: { ...at },
        lastSeen: { ...at },
      };
      this.uses.set(rule.id, use);
    }
    return use;
  }
}
