import { isBefore, type Moment } from "./finding.ts";

/** What a rule allowed: an exception that was used. */
export interface ExceptionUse {
  readonly rule: number;
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
  private readonly uses = new Map<number, ExceptionUse>();

  /** A flow or request that the rule allowed. */
  used(rule: number, attempts: number, bytesOut: number, bytesIn: number, first: Moment, last: Moment): void {
    const use = this.useOf(rule, first);
    use.attempts += attempts;
    use.bytesOut += bytesOut;
    use.bytesIn += bytesIn;
    if (isBefore(first, use.firstSeen)) use.firstSeen = { ...first };
    if (isBefore(use.lastSeen, last)) use.lastSeen = { ...last };
  }

  /** A question for a name that the rule allows. */
  asked(rule: number, at: Moment): void {
    this.used(rule, 0, 0, 0, at, at);
    this.useOf(rule, at).questions++;
  }

  /** In the order of the rules. */
  all(): ExceptionUse[] {
    return [...this.uses.values()].sort((a, b) => a.rule - b.rule);
  }

  private useOf(rule: number, at: Moment): ExceptionUse {
    let use = this.uses.get(rule);
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
      this.uses.set(rule, use);
    }
    return use;
  }
}
