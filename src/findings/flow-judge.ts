import type { AddressNames } from "../flow/address-names.ts";
import {
  ADDR_A,
  ADDR_B,
  ALLOWED_BY_NAME,
  BUDGETED,
  CONFIDENCE_MASK,
  CONFIDENCE_PROTOCOL,
  CONFIDENCE_UNKNOWN,
  FLAGS,
  GENERATION,
  INITIATOR_B,
  IS_TUNNEL,
  JUDGED,
  JUDGED_ALLOWED,
  JUDGED_FINDING,
  JUDGED_NOTHING,
  JUDGED_PENDING,
  JUDGED_REF,
  KEPT_BESIDE,
  NAMED_IN_FLOW,
  PACKETS_A,
  ROW_WORDS,
} from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { addressOf, type End, initiatorOf, setClasses } from "../flow/flow-view.ts";
import { INSIDE, LOCAL, OUTSIDE } from "../policy/address-class.ts";
import { FlowQuestion, type Judge } from "../policy/judge.ts";
import { asksEncryptedResolver } from "./encrypted-dns.ts";
import { list, type NameEvidence } from "./finding.ts";
import type { FindingKind } from "./finding-kinds.ts";
import type { FlowAccounts } from "./flow-accounts.ts";
import { FlowAnswers } from "./flow-answers.ts";
import type { FlowContents } from "./flow-contents.ts";
import { askAbout, crossesBoundary, innerEndOf } from "./flow-ends.ts";
import { openFlowFinding } from "./flow-finding.ts";
import type { Ledger } from "./ledger.ts";
import { NamedFlows } from "./named-flows.ts";
import { PendingFlows } from "./pending-flows.ts";
import type { TrustedFlows } from "./trusted-flows.ts";

/**
 * Judges flows: by their addresses at the first packet, again when a name or the true initiator is
 * learned. A judgement can get worse, never better (DESIGN section 3).
 */
export class FlowJudge {
  private readonly table: FlowTable;
  private readonly judge: Judge;
  private readonly answers: FlowAnswers;
  private readonly ledger: Ledger;
  private readonly accounts: FlowAccounts;
  private readonly pending = new PendingFlows();
  private readonly question = new FlowQuestion();
  private limitsInside: boolean;
  private readonly trusted: TrustedFlows;
  private readonly contents: FlowContents;
  private readonly named: NamedFlows;
  /** Open flows that a name rule allows by an answer alone. */
  private readonly allowedByAnswer = new Set<number>();
  /** What an answer allowed may have been allowed by one that was contradicted since. */
  isDoubted = false;
  /** The name that allowed open flows of a name rule, where one was read in the flow. */
  private readonly allowedName = new Map<number, string>();
  /** Names that were read in open flows that something allows: another policy may allow them by name alone. */
  private readonly said = new Map<number, string[]>();

  constructor(
    table: FlowTable,
    judge: Judge,
    names: AddressNames,
    ledger: Ledger,
    accounts: FlowAccounts,
    trusted: TrustedFlows,
    contents: FlowContents,
  ) {
    this.trusted = trusted;
    this.contents = contents;
    this.table = table;
    this.judge = judge;
    this.answers = new FlowAnswers(table, judge, names);
    this.ledger = ledger;
    this.accounts = accounts;
    this.named = new NamedFlows(table, judge, ledger, accounts, contents);
    this.limitsInside = judge.policy.hosts.some((host) => host.mayReach !== null);
  }

  /** The judge has another policy: open flows are judged anew, but for those that are findings. */
  adopt(): void {
    this.limitsInside = this.judge.policy.hosts.some((host) => host.mayReach !== null);
    const words = this.table.words;
    for (let row = 0; row < this.table.rowsUsed; row++) {
      const w = row * ROW_WORDS;
      if (!this.table.isLive(row) || words[w + JUDGED] === JUDGED_FINDING) continue;
      words[w + JUDGED] = JUDGED_NOTHING;
      words[w + FLAGS] &= ~(ALLOWED_BY_NAME | BUDGETED);
      this.allowedByAnswer.delete(row);
      this.allowedName.delete(row);
      this.begin(row);
      for (const name of this.said.get(row) ?? []) this.nameLearned(row, name);
    }
  }

  /** A flow's first packet was taken in, or its initiator turned out to be the other end. */
  begin(row: number): void {
    const classA = this.classAt(row, ADDR_A);
    const classB = this.classAt(row, ADDR_B);
    setClasses(this.table, row, classA, classB);
    if (classA !== OUTSIDE && classB !== OUTSIDE) {
      if (this.limitsInside && classA === INSIDE && classB === INSIDE) this.beginInside(row);
    } else if (classA === OUTSIDE && classB === OUTSIDE) {
      openFlowFinding(this.table, this.ledger, row, "transit.flow", null, "none", null);
    } else {
      this.beginAcross(row, classA === OUTSIDE ? 1 : 0, classA === OUTSIDE ? classB : classA);
    }
  }

  /** A flow of which one end is outside. `inner`: the other end, of class `innerClass`. */
  private beginAcross(row: number, inner: End, innerClass: number): void {
    const words = this.table.words;
    const w = row * ROW_WORDS;
    if ((words[w + FLAGS] & CONFIDENCE_MASK) === CONFIDENCE_UNKNOWN) {
      // Unknown direction is judged as outward, the outside port taken as the service.
      words[w + FLAGS] = inner === 1 ? words[w + FLAGS] | INITIATOR_B : words[w + FLAGS] & ~INITIATOR_B;
    }
    if (innerClass === LOCAL && initiatorOf(this.table, row) !== inner) {
      const left = words[w + PACKETS_A + inner] > 0;
      if (!left && words[w + JUDGED] !== JUDGED_FINDING) return;
      // An unasked reply leaves the link as well as a question does.
      words[w + FLAGS] ^= INITIATOR_B;
    }
    const outward = initiatorOf(this.table, row) === inner;
    askAbout(this.table, row, inner, this.question);
    this.judge.judgeFlow(this.question);
    if (this.question.rule >= 0) {
      this.allow(row, this.question.rule, false);
      return;
    }
    const expired = this.question.expiredRule;
    if (!outward) {
      this.findAcross(row, "ingress.flow", expired, null, "none");
      return;
    }
    const ruling = this.answers.ruling(row);
    if (ruling.rule >= 0) {
      this.wait(row, ruling.rule);
      return;
    }
    const best = this.answers.bestName(row);
    this.findAcross(
      row,
      "egress.flow",
      expired >= 0 ? expired : ruling.expiredRule,
      best.name,
      best.evidence,
    );
  }

  private beginInside(row: number): void {
    const from = addressOf(this.table, row, initiatorOf(this.table, row));
    const to = addressOf(this.table, row, initiatorOf(this.table, row) === 0 ? 1 : 0);
    if (!this.judge.mayReach(...from, ...to))
      openFlowFinding(this.table, this.ledger, row, "inside.unapproved", null, "none", null);
  }

  /** A name was read in the flow itself. */
  nameLearned(row: number, name: string): void {
    const w = row * ROW_WORDS;
    const words = this.table.words;
    const judged = words[w + JUDGED];
    if (judged === JUDGED_NOTHING) return;
    if (judged === JUDGED_FINDING) {
      this.named.rename(row, name);
      return;
    }
    const said = this.said.get(row) ?? [];
    this.said.set(row, said);
    list(said, name);
    words[w + FLAGS] |= KEPT_BESIDE;
    const byName = judged === JUDGED_PENDING || (words[w + FLAGS] & ALLOWED_BY_NAME) !== 0;
    if (!byName) return;
    if (this.named.allows(row, name)) {
      this.allow(row, this.answers.ruleOfName(row, name, this.named.question.rule), true);
      this.allowedName.set(row, name);
    } else this.findAcross(row, "egress.flow", this.named.question.expiredRule, name, "in-flow");
    words[w + FLAGS] |= NAMED_IN_FLOW;
    this.allowedByAnswer.delete(row);
  }

  /** The responder sent data, the flow ended or waited long enough: judge without a name from the flow. */
  settle(row: number): void {
    if (this.table.words[row * ROW_WORDS + JUDGED] !== JUDGED_PENDING) return;
    const ruling = this.answers.ruling(row);
    if (ruling.rule >= 0 && !ruling.carriesOthers) {
      this.allow(row, ruling.rule, true);
      this.allowedByAnswer.add(row);
      this.table.words[row * ROW_WORDS + FLAGS] |= KEPT_BESIDE;
    } else {
      // Which of the address's names was meant cannot be told: only the address is certain.
      this.allowedByAnswer.delete(row);
      this.findAcross(row, "egress.flow", -1, null, "ambiguous");
    }
  }

  /** Settles the flows that have waited for a name long enough at `sec`. */
  settleDue(sec: number): void {
    if (this.isDoubted) this.settleDoubted();
    for (let due = this.pending.due(sec); due !== null; due = this.pending.due(sec)) {
      const stillThere = this.table.words[due.row * ROW_WORDS + GENERATION] === due.generation;
      if (stillThere && this.table.isLive(due.row)) this.settle(due.row);
    }
  }

  /** Answers that name rules may have relied on were contradicted: the flows that did are judged again soon. */
  distrusted(): void {
    this.isDoubted = true;
  }

  /** No packet will come. */
  settleLast(): void {
    if (this.isDoubted) this.settleDoubted();
  }

  private settleDoubted(): void {
    this.isDoubted = false;
    for (const row of this.allowedByAnswer) this.settleAgain(row);
    for (const row of this.allowedName.keys()) this.nameDoubted(row);
    this.trusted.settleAgain();
  }

  /** Better evidence says that `end` initiated the flow. */
  initiatorIs(row: number, end: End): void {
    const words = this.table.words;
    const w = row * ROW_WORDS;
    if ((words[w + FLAGS] & CONFIDENCE_MASK) >= CONFIDENCE_PROTOCOL) return;
    const before = initiatorOf(this.table, row);
    const bits = words[w + FLAGS] & ~(CONFIDENCE_MASK | INITIATOR_B);
    words[w + FLAGS] = bits | CONFIDENCE_PROTOCOL | (end === 1 ? INITIATOR_B : 0);
    if (before !== end) this.begin(row);
  }

  private settleAgain(row: number): void {
    this.table.words[row * ROW_WORDS + JUDGED] = JUDGED_PENDING;
    this.settle(row);
  }

  /** A name in the flow is the client's claim: without an answer that confirms it, it allows nothing. */
  private nameDoubted(row: number): void {
    if (this.table.words[row * ROW_WORDS + JUDGED] !== JUDGED_ALLOWED) return;
    if (this.answers.ruling(row).rule >= 0) return;
    this.findAcross(row, "egress.flow", -1, this.allowedName.get(row) ?? null, "in-flow");
  }

  /** The flow is over. */
  close(row: number): void {
    this.settle(row);
    const w = row * ROW_WORDS;
    // Of all that crosses the boundary only what comes to a local address is nothing, until it is replied to.
    if (this.table.words[w + JUDGED] === JUDGED_NOTHING && crossesBoundary(this.table, row)) this.begin(row);
    const isKept = (this.table.words[w + FLAGS] & KEPT_BESIDE) !== 0;
    if (!isKept && this.table.words[w + JUDGED] === JUDGED_NOTHING) return;
    const byAnswer = this.allowedByAnswer.has(row);
    if (this.isDoubted && byAnswer) this.settleAgain(row);
    else if (this.isDoubted && this.allowedName.has(row)) this.nameDoubted(row);
    // The answer that allowed the flow may be contradicted only after its end.
    if (byAnswer || this.allowedName.has(row)) this.trusted.keep(row, this.allowedName.get(row) ?? null);
    this.allowedByAnswer.delete(row);
    this.allowedName.delete(row);
    this.said.delete(row);
    this.contents.close(row);
    this.accounts.close(row, innerEndOf(this.table, row));
  }

  /** A packet of a flow that a rule with a byte budget allows. */
  countBudget(row: number): void {
    this.accounts.countBudget(row, innerEndOf(this.table, row));
  }

  /** The flow speaks DNS to a resolver that is not approved. */
  isForeignDns(row: number): void {
    this.settle(row); // no name will come in it
    this.contents.isForeignDns(row);
  }

  private classAt(row: number, at: number): number {
    const words = this.table.words;
    const w = row * ROW_WORDS + at;
    return this.judge.addressClass(words[w], words[w + 1], words[w + 2], words[w + 3]);
  }

  private allow(row: number, rule: number, byName: boolean): void {
    const words = this.table.words;
    const w = row * ROW_WORDS;
    // Better evidence about direction or name does not undo what was found.
    if (words[w + JUDGED] === JUDGED_FINDING) return;
    words[w + JUDGED] = JUDGED_ALLOWED;
    words[w + JUDGED_REF] = rule;
    if (byName) words[w + FLAGS] |= ALLOWED_BY_NAME;
    if (this.accounts.hasBudget(rule)) words[w + FLAGS] |= BUDGETED;
  }

  private wait(row: number, rule: number): void {
    const words = this.table.words;
    const w = row * ROW_WORDS;
    if (words[w + JUDGED] === JUDGED_FINDING) return;
    words[w + JUDGED] = JUDGED_PENDING;
    words[w + JUDGED_REF] = rule;
    words[w + FLAGS] |= ALLOWED_BY_NAME;
    if (this.pending.isFull) this.settle(row);
    else this.pending.add(row, words[w + GENERATION], this.question.startSec);
  }

  private findAcross(
    row: number,
    kind: FindingKind,
    expiredRule: number,
    name: string | null,
    evidence: NameEvidence,
  ): void {
    const isDns = kind === "egress.flow" && asksEncryptedResolver(this.table, row, name);
    const meant = isDns ? "dns.encrypted" : kind;
    const isTunnel = (this.table.words[row * ROW_WORDS + FLAGS] & IS_TUNNEL) !== 0;
    if (expiredRule < 0 && isTunnel) this.contents.findTunnel(row, name, evidence);
    else if (expiredRule < 0) openFlowFinding(this.table, this.ledger, row, meant, name, evidence, null);
    else
      openFlowFinding(
        this.table,
        this.ledger,
        row,
        "policy.expired",
        name,
        evidence,
        this.judge.policy.rules[expiredRule].id,
      );
  }
}
