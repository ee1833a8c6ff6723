import { PROTO_TCP } from "../decode/protocols.ts";
import {
  ATTEMPTS,
  BYTES_A,
  FLAGS,
  JUDGED,
  JUDGED_ALLOWED,
  JUDGED_FINDING,
  JUDGED_REF,
  KEPT_BESIDE,
  PACKETS_A,
  ROW_DOUBLES,
  ROW_WORDS,
} from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { addressOf, type End, firstMoment, initiatorOf, lastMoment, protoOf } from "../flow/flow-view.ts";
import { flowOutcome } from "../flow/outcome.ts";
import { formatAddress } from "../policy/address-text.ts";
import type { Judge } from "../policy/judge.ts";
import type { Budgets } from "./budgets.ts";
import type { Exceptions } from "./exceptions.ts";
import type { Share } from "./finding-share.ts";
import { type Ledger, NO_FINDING } from "./ledger.ts";
import { SplitFlows } from "./split-flows.ts";

/** Puts what flows did down to findings and exceptions. */
export class FlowAccounts {
  private readonly table: FlowTable;
  private readonly judge: Judge;
  private readonly ledger: Ledger;
  private readonly exceptions: Exceptions;
  private readonly budgets: Budgets;
  private readonly split = new SplitFlows();

  constructor(table: FlowTable, judge: Judge, ledger: Ledger, exceptions: Exceptions, budgets: Budgets) {
    this.table = table;
    this.judge = judge;
    this.ledger = ledger;
    this.exceptions = exceptions;
    this.budgets = budgets;
  }

  hasBudget(rule: number): boolean {
    return this.budgets.hasBudget(this.judge.policy.rules[rule]);
  }

  /** A packet of a flow that a rule with a budget allows. */
  countBudget(row: number, inner: End): void {
    this.table.words[row * ROW_WORDS + FLAGS] |= KEPT_BESIDE;
    const { out, back } = this.bytes(row, inner);
    const rule = this.judge.policy.rules[this.table.words[row * ROW_WORDS + JUDGED_REF]];
    this.budgets.count(row, rule, out, back, lastMoment(this.table, row));
  }

  /** The flow goes on under another name: its octets so far belong to the finding `handle`. */
  settleName(row: number, handle: number): void {
    this.table.words[row * ROW_WORDS + FLAGS] |= KEPT_BESIDE;
    const inner = initiatorOf(this.table, row);
    const total = this.bytes(row, inner);
    const part = this.split.unsettled(row, total.out, total.back);
    const isFirst =
      handle !== NO_FINDING && this.split.settle(row, this.ledger.get(handle).id, total.out, total.back);
    this.share(row, inner, handle, isFirst ? 1 : 0, part.bytesOut, part.bytesIn);
  }

  /** The flow is over. `inner`: its inside end (the initiator where there is none or both are). */
  close(row: number, inner: End): void {
    const w = row * ROW_WORDS;
    const judged = this.table.words[w + JUDGED];
    const attempts = this.table.words[w + ATTEMPTS];
    if (judged === JUDGED_ALLOWED) {
      const { out, back } = this.bytes(row, inner);
      const rule = this.judge.policy.rules[this.table.words[w + JUDGED_REF]];
      if (this.budgets.hasBudget(rule)) this.countBudget(row, inner);
      this.exceptions.used(
        rule,
        attempts,
        out,
        back,
        firstMoment(this.table, row),
        lastMoment(this.table, row),
      );
    } else if (judged === JUDGED_FINDING) {
      const handle = this.table.words[w + JUDGED_REF];
      if (this.split.isSplit(row)) {
        this.settleName(row, handle);
        this.split.forget(row);
      } else {
        const { out, back } = this.bytes(row, inner);
        this.share(row, inner, handle, attempts, out, back);
      }
    }
    this.budgets.forget(row);
  }

  /** What an open flow would add to its finding if it ended now. */
  openShare(row: number, handle: number, inner: End): Share {
    const total = this.bytes(row, inner);
    const part = this.split.unsettled(row, total.out, total.back);
    const turn = this.split.hadTurn(row, this.ledger.get(handle).id) ? 0 : 1;
    const attempts = this.split.isSplit(row) ? turn : this.table.words[row * ROW_WORDS + ATTEMPTS];
    return this.shareOf(row, inner, attempts, part.bytesOut, part.bytesIn);
  }

  /** What the flow did in all. */
  wholeShare(row: number, inner: End): Share {
    const { out, back } = this.bytes(row, inner);
    return this.shareOf(row, inner, this.table.words[row * ROW_WORDS + ATTEMPTS], out, back);
  }

  private share(row: number, inner: End, handle: number, attempts: number, out: number, back: number): void {
    this.ledger.share(handle, this.shareOf(row, inner, attempts, out, back));
  }

  private shareOf(row: number, inner: End, attempts: number, out: number, back: number): Share {
    const initiator = initiatorOf(this.table, row);
    const responder: End = initiator === 0 ? 1 : 0;
    const answers = this.table.words[row * ROW_WORDS + PACKETS_A + responder];
    const oneWay = answers === 0 && protoOf(this.table, row) !== PROTO_TCP;
    return {
      attempts,
      bytesOut: out,
      bytesIn: back,
      oneWayBytes: oneWay ? out : 0,
      outcome: flowOutcome(this.table, row, inner === 1),
      first: firstMoment(this.table, row),
      last: lastMoment(this.table, row),
      ip: formatAddress(addressOf(this.table, row, responder)),
    };
  }

  private bytes(row: number, inner: End): { out: number; back: number } {
    const d = row * ROW_DOUBLES + BYTES_A;
    return { out: this.table.doubles[d + inner], back: this.table.doubles[d + 1 - inner] };
  }
}
