import type { AddressNames } from "../flow/address-names.ts";
import { OPEN_SEC } from "../flow/dns-questions.ts";
import { Fifo } from "../flow/fifo.ts";
import { JUDGED, JUDGED_ALLOWED, JUDGED_REF, ROW_WORDS } from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { addressOf } from "../flow/flow-view.ts";
import { formatAddress } from "../policy/address-text.ts";
import { FlowQuestion, type Judge } from "../policy/judge.ts";
import { type Host, hostOf, ruleByNames } from "./answered-names.ts";
import { asksEncryptedResolver } from "./encrypted-dns.ts";
import type { Exceptions } from "./exceptions.ts";
import type { FindingSubject } from "./finding.ts";
import type { Share } from "./finding-share.ts";
import type { FlowAccounts } from "./flow-accounts.ts";
import { askAbout, innerEndOf } from "./flow-ends.ts";
import { flowSubject } from "./flow-finding.ts";
import type { Ledger } from "./ledger.ts";

/** Ended flows that are kept at once. */
const MAX_KEPT = 1 << 16;

/** A flow that a name rule allowed, as it ended. */
interface TrustedFlow {
  readonly question: FlowQuestion;
  readonly host: Host;
  /** The outside address. */
  readonly outer: string;
  readonly ruleId: string;
  /** What it is if the answer was forged, and what it did. */
  readonly subject: FindingSubject;
  readonly share: Share;
  /** Until when one of the answers about its address may be contradicted. */
  readonly untilSec: number;
}

/**
 * Flows that ended while the answer that a name rule allowed them by could still be contradicted: a host that
 * forges its resolver's answer on its own wire is done before the true one comes.
 */
export class TrustedFlows {
  /** Flows that had to go before their answer was beyond doubt. */
  evicted = 0;
  private kept = new Fifo<TrustedFlow>();
  private readonly table: FlowTable;
  private readonly names: AddressNames;
  private readonly judge: Judge;
  private readonly ledger: Ledger;
  private readonly accounts: FlowAccounts;
  private readonly exceptions: Exceptions;

  constructor(
    table: FlowTable,
    names: AddressNames,
    judge: Judge,
    ledger: Ledger,
    accounts: FlowAccounts,
    exceptions: Exceptions,
  ) {
    this.table = table;
    this.names = names;
    this.judge = judge;
    this.ledger = ledger;
    this.accounts = accounts;
    this.exceptions = exceptions;
  }

  /** A flow that a name rule allows ended; `name` was read in it. Kept while its answer may be contradicted. */
  keep(row: number, name: string | null): void {
    const w = row * ROW_WORDS;
    if (this.table.words[w + JUDGED] !== JUDGED_ALLOWED) return;
    const inner = innerEndOf(this.table, row);
    const question = new FlowQuestion();
    askAbout(this.table, row, inner, question);
    const host = hostOf(this.judge, addressOf(this.table, row, inner));
    const outer = formatAddress(addressOf(this.table, row, inner === 0 ? 1 : 0));
    const untilSec = this.doubtfulUntil(outer, question.startSec);
    const share = this.accounts.wholeShare(row, inner);
    if (untilSec < share.last.sec) return;
    const kind = asksEncryptedResolver(this.table, row, name) ? "dns.encrypted" : "egress.flow";
    const subject = flowSubject(this.table, row, kind, name, name === null ? "ambiguous" : "in-flow", null);
    const ruleId = this.judge.policy.rules[this.table.words[w + JUDGED_REF]].id;
    this.makeRoom(share.last.sec);
    this.kept.push({ question, host, outer, ruleId, subject, share, untilSec });
  }

  /** Answers were contradicted: flows that nothing allows any more become findings. */
  settleAgain(): void {
    const stillTrusted = new Fifo<TrustedFlow>();
    for (let flow = this.kept.shift(); flow !== undefined; flow = this.kept.shift()) {
      const known = this.names.namesOf(flow.outer, flow.question.startSec);
      if (ruleByNames(known, this.judge, flow.host, flow.question).rule >= 0) stillTrusted.push(flow);
      else this.found(flow);
    }
    this.kept = stillTrusted;
  }

  private found({ subject, share, ruleId }: TrustedFlow): void {
    this.ledger.share(this.ledger.open(subject, share.last), share);
    this.exceptions.takeBack(ruleId, share.attempts, share.bytesOut, share.bytesIn);
  }

  private doubtfulUntil(outer: string, startSec: number): number {
    let untilSec = -Infinity;
    for (const { answeredSec } of this.names.namesOf(outer, startSec)) {
      untilSec = Math.max(untilSec, answeredSec + OPEN_SEC);
    }
    return untilSec;
  }

  private makeRoom(sec: number): void {
    for (
      let first = this.kept.first();
      first !== undefined && first.untilSec < sec;
      first = this.kept.first()
    ) {
      this.kept.shift();
    }
    if (this.kept.length < MAX_KEPT) return;
    this.kept.shift();
    this.evicted++;
  }
}
