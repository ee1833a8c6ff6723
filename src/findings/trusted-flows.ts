import type { AddressNames } from "../flow/address-names.ts";
import { OPEN_SEC } from "../flow/dns-questions.ts";
import { Fifo } from "../flow/fifo.ts";
import { FlowQuestion, type Judge } from "../policy/judge.ts";
import { type Host, ruleByNames } from "./answered-names.ts";
import type { Exceptions } from "./exceptions.ts";
import type { FindingSubject } from "./finding.ts";
import type { Ledger, Share } from "./ledger.ts";

/** Ended flows that are kept at once. */
const MAX_KEPT = 1 << 16;

/** A flow that a name rule allowed, as it ended. */
export interface TrustedFlow {
  readonly question: FlowQuestion;
  readonly host: Host;
  /** The outside address. */
  readonly outer: string;
  readonly ruleId: string;
  /** What it is if the answer was forged, and what it did. */
  readonly subject: FindingSubject;
  readonly share: Share;
}

interface Kept extends TrustedFlow {
  readonly untilSec: number;
}

/**
 * Flows that ended while the answer that a name rule allowed them by could still be contradicted: a host that
 * forges its resolver's answer on its own wire is done before the true one comes.
 */
export class TrustedFlows {
  /** Flows that had to go before their answer was beyond doubt. */
  evicted = 0;
  private kept = new Fifo<Kept>();
  private readonly names: AddressNames;
  private readonly judge: Judge;
  private readonly ledger: Ledger;
  private readonly exceptions: Exceptions;

  constructor(names: AddressNames, judge: Judge, ledger: Ledger, exceptions: Exceptions) {
    this.names = names;
    this.judge = judge;
    this.ledger = ledger;
    this.exceptions = exceptions;
  }

  /** A flow ended. Kept while one of the answers about its address may be contradicted. */
  keep(flow: TrustedFlow): void {
    const endSec = flow.share.last.sec;
    let untilSec = -Infinity;
    for (const { hostId, answeredSec } of this.names.namesOf(flow.outer, flow.question.startSec)) {
      if (hostId === flow.host.id) untilSec = Math.max(untilSec, answeredSec + OPEN_SEC);
    }
    if (untilSec < endSec) return;
    this.forgetOver(endSec);
    if (this.kept.length >= MAX_KEPT) {
      this.kept.shift();
      this.evicted++;
    }
    this.kept.push({ ...flow, question: Object.assign(new FlowQuestion(), flow.question), untilSec });
  }

  /** Answers were contradicted: flows that nothing allows any more become findings. */
  settleAgain(): void {
    const stillTrusted = new Fifo<Kept>();
    for (let flow = this.kept.shift(); flow !== undefined; flow = this.kept.shift()) {
      const known = this.names.namesOf(flow.outer, flow.question.startSec);
      if (ruleByNames(known, this.judge, flow.host, flow.question).rule >= 0) stillTrusted.push(flow);
      else this.found(flow);
    }
    this.kept = stillTrusted;
  }

  private found({ subject, share, ruleId }: Kept): void {
    this.ledger.share(this.ledger.open(subject, share.last), share);
    this.exceptions.takeBack(ruleId, share.attempts, share.bytesOut, share.bytesIn);
  }

  private forgetOver(sec: number): void {
    for (
      let first = this.kept.first();
      first !== undefined && first.untilSec < sec;
      first = this.kept.first()
    ) {
      this.kept.shift();
    }
  }
}
