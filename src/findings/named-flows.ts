import { ALLOWED_BY_NAME, FLAGS, JUDGED_REF, NAMED_IN_FLOW, ROW_WORDS } from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { lastMoment } from "../flow/flow-view.ts";
import { FlowQuestion, type Judge } from "../policy/judge.ts";
import { OUT } from "../policy/policy.ts";
import { asksEncryptedResolver } from "./encrypted-dns.ts";
import type { Finding } from "./finding.ts";
import type { FlowAccounts } from "./flow-accounts.ts";
import type { FlowContents } from "./flow-contents.ts";
import { askAbout, innerEndOf } from "./flow-ends.ts";
import { flowSubject } from "./flow-finding.ts";
import type { Ledger } from "./ledger.ts";

/** Flows that name their destination themselves: whether a rule allows the name, and what a finding becomes by it. */
export class NamedFlows {
  /** What the rules said when they were asked last. */
  readonly question = new FlowQuestion();
  private readonly table: FlowTable;
  private readonly judge: Judge;
  private readonly ledger: Ledger;
  private readonly accounts: FlowAccounts;
  private readonly contents: FlowContents;

  constructor(
    table: FlowTable,
    judge: Judge,
    ledger: Ledger,
    accounts: FlowAccounts,
    contents: FlowContents,
  ) {
    this.table = table;
    this.judge = judge;
    this.ledger = ledger;
    this.accounts = accounts;
    this.contents = contents;
  }

  /** Whether a rule allows the name: it is in `question`. */
  allows(row: number, name: string): boolean {
    askAbout(this.table, row, innerEndOf(this.table, row), this.question);
    this.judge.judgeName(this.question, name);
    return this.question.rule >= 0;
  }

  /** A finding's flow named its destination. */
  rename(row: number, name: string): void {
    const words = this.table.words;
    const w = row * ROW_WORDS;
    const finding = this.ledger.get(words[w + JUDGED_REF]);
    if (finding.kind === "dns.resolver" || finding.kind === "inside.unapproved") return;
    // What a rule allowed for this connection is no destination of its own after another was asked for.
    if ((words[w + FLAGS] & ALLOWED_BY_NAME) !== 0 && this.allows(row, name)) return;
    const before = words[w + JUDGED_REF];
    const isFirst = (words[w + FLAGS] & NAMED_IN_FLOW) === 0;
    words[w + FLAGS] |= NAMED_IN_FLOW;
    if (finding.name === name) {
      finding.evidence = "in-flow";
      return;
    }
    // A second name on one connection is a second destination: what went before stays with the first.
    if (!isFirst) this.accounts.settleName(row, before);
    const { kind, rule } = this.kindOf(row, finding, name);
    // Of the flow, not of its finding: that may be one of many ports.
    const subject = flowSubject(this.table, row, kind, name, "in-flow", rule);
    const handle = this.ledger.open(subject, lastMoment(this.table, row));
    if (isFirst) this.ledger.moved(before, handle);
    words[w + JUDGED_REF] = handle;
    if (finding.kind === "tunnel.encapsulated") this.contents.listTunnel(row);
  }

  /** Who is asked says whether it is DNS. An expired rule explains a flow only while it would cover the name that the flow uses. */
  private kindOf(row: number, { kind, rule }: Finding, name: string): Pick<Finding, "kind" | "rule"> {
    if (kind === "egress.flow" || kind === "dns.encrypted") {
      return { kind: asksEncryptedResolver(this.table, row, name) ? "dns.encrypted" : "egress.flow", rule };
    }
    if (kind !== "policy.expired") return { kind, rule };
    askAbout(this.table, row, innerEndOf(this.table, row), this.question);
    this.judge.judgeFlow(this.question);
    if (this.question.expiredRule < 0) this.judge.judgeName(this.question, name);
    const expired = this.question.expiredRule;
    if (expired >= 0) return { kind, rule: this.judge.policy.rules[expired].id };
    return { kind: this.question.direction === OUT ? "egress.flow" : "ingress.flow", rule: null };
  }
}
