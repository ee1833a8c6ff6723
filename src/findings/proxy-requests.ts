import { BYTES_A, FLAGS, KEPT_BESIDE, ROW_DOUBLES, ROW_WORDS, RST_A } from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { type End, lastMoment } from "../flow/flow-view.ts";
import { ATTEMPTED, CONNECTED, REFUSED, TRANSFERRED } from "../flow/outcome.ts";
import type { HttpResponse } from "../names/http-head.ts";
import type { ProxyErrand } from "../names/proxy-errand.ts";
import type { Rule } from "../policy/policy.ts";
import type { Budgets } from "./budgets.ts";
import type { Exceptions } from "./exceptions.ts";
import type { Moment } from "./finding.ts";
import { type Ledger, NO_FINDING } from "./ledger.ts";

/** What a request was judged as. */
export interface ProxyRuling {
  /** Handle of the finding, or NO_FINDING where a rule allows it. */
  finding: number;
  /** The rule that allows it. */
  rule: Rule | null;
}

/** A request that a proxy was asked to carry outside. */
interface ProxyRequest extends ProxyRuling {
  readonly client: End;
  readonly at: Moment;
  /** The end that agreed, and the octets of both directions at that moment; null while none has. */
  agreed: { readonly proxy: End; readonly clientBytes: number; readonly proxyBytes: number } | null;
}

type JudgeAgain = (row: number, errand: ProxyErrand, client: End, at: Moment) => ProxyRuling;

/** What the requests of one connection that opened no tunnel were judged as. */
interface PlainRequests {
  readonly findings: Set<number>;
  readonly rules: Set<Rule>;
}

/** What a proxy's answer says. */
interface ProxyAnswer {
  readonly granted: boolean;
  /** The answer carries content of the target. */
  readonly hasContent: boolean;
}

/** A final answer of HTTP; null for an interim one. */
export function httpAnswer({ status, framing, contentLength }: HttpResponse): ProxyAnswer | null {
  if (status < 200 && status !== 101) return null; // 101: what was asked for begins
  const hasContent = framing === "chunked" || framing === "close" || contentLength > 0;
  return { granted: status < 400, hasContent };
}

/** Requests whose outcome one connection may owe; what comes on top of them keeps the outcome `attempted`. */
const MAX_OPEN = 1024;

/** Follows requests to inside proxies from the attempt to its outcome. */
export class ProxyRequests {
  private readonly open = new Map<number, Map<ProxyErrand, ProxyRequest>>();
  private readonly plain = new Map<number, PlainRequests>();
  private readonly table: FlowTable;
  private readonly ledger: Ledger;
  private readonly exceptions: Exceptions;
  private readonly budgets: Budgets;

  constructor(table: FlowTable, ledger: Ledger, exceptions: Exceptions, budgets: Budgets) {
    this.table = table;
    this.ledger = ledger;
    this.exceptions = exceptions;
    this.budgets = budgets;
  }

  /** A name was used inside a tunnel that is open already. */
  madeInTunnel(row: number, errand: ProxyErrand, client: End, ruling: ProxyRuling): void {
    this.made(row, errand, client, ruling);
    const { finding } = ruling;
    const at = lastMoment(this.table, row);
    // The name itself went through.
    if (finding !== NO_FINDING) this.share(finding, 0, 0, 0, TRANSFERRED, at, at);
    const made = this.open.get(row)?.get(errand);
    if (made !== undefined) this.markAgreed(row, made, client === 0 ? 1 : 0);
  }

  /** A name in the tunnel says what the address stands for that it was asked for. False when that is no finding. */
  renamed(row: number, errand: ProxyErrand, open: () => number): boolean {
    const made = this.open.get(row)?.get(errand);
    if (made === undefined || made.finding === NO_FINDING) return false;
    const named = open();
    const now = lastMoment(this.table, row);
    this.ledger.takeBack(made.finding, 1);
    this.ledger.moved(made.finding, named);
    // The name itself went through, or was sent before it was granted.
    this.share(named, 1, 0, 0, made.agreed === null ? ATTEMPTED : TRANSFERRED, made.at, now);
    made.finding = named;
    return true;
  }

  /** A request was made by the end `client`. */
  made(row: number, errand: ProxyErrand, client: End, { finding, rule }: ProxyRuling): void {
    const at = lastMoment(this.table, row);
    if (finding !== NO_FINDING) this.share(finding, 1, 0, 0, ATTEMPTED, at, at);
    if (!errand.opensTunnel) this.madePlain(row, finding, rule);
    let requests = this.open.get(row);
    if (requests === undefined) {
      requests = new Map();
      this.open.set(row, requests);
      this.table.words[row * ROW_WORDS + FLAGS] |= KEPT_BESIDE;
    }
    if (requests.size >= MAX_OPEN) {
      if (rule !== null) this.exceptions.used(rule, 1, 0, 0, at, at);
      return;
    }
    requests.set(errand, { finding, rule, client, at, agreed: null });
  }

  /** What a rule allowed, and is not over, is judged anew, in all connections. */
  judgeAgain(judge: JudgeAgain): void {
    for (const row of this.open.keys()) this.judgeAgainOf(row, judge);
  }

  /** The same in one connection. What is found so went as far as it did. */
  judgeAgainOf(row: number, judge: JudgeAgain): void {
    for (const [errand, made] of this.open.get(row) ?? []) {
      if (made.rule === null) continue;
      Object.assign(made, judge(row, errand, made.client, made.at));
      const outcome = made.agreed === null ? ATTEMPTED : CONNECTED;
      this.share(made.finding, 1, 0, 0, outcome, made.at, made.at);
    }
  }

  /** The proxy answered. `proxy`: the end that did. */
  answered(row: number, errand: ProxyErrand, { granted, hasContent }: ProxyAnswer, proxy: End): void {
    const made = this.open.get(row)?.get(errand);
    if (made === undefined) return;
    const now = lastMoment(this.table, row);
    // The proxy carried the request; content in either direction is what went through.
    const content = errand.hasContent || (hasContent && !errand.opensTunnel);
    const outcome = granted ? (content ? TRANSFERRED : CONNECTED) : REFUSED;
    if (made.finding !== NO_FINDING) this.share(made.finding, 0, 0, 0, outcome, made.at, now);
    this.markAgreed(row, made, proxy);
    if (!errand.opensTunnel || !granted) this.finish(row, errand, made, now);
  }

  private madePlain(row: number, finding: number, rule: Rule | null): void {
    let plain = this.plain.get(row);
    if (plain === undefined) {
      plain = { findings: new Set(), rules: new Set() };
      this.plain.set(row, plain);
    }
    if (plain.findings.size + plain.rules.size >= MAX_OPEN) return;
    if (finding !== NO_FINDING) plain.findings.add(finding);
    else if (rule !== null) plain.rules.add(rule);
  }

  /**
   * Puts a connection's octets down to its one destination. Where there are several, whose they are depends on what
   * overtook what: then they are nobody's, but count for the budget of every rule that allowed one.
   */
  private closePlain(row: number, client: End): void {
    const plain = this.plain.get(row);
    if (plain === undefined) return;
    this.plain.delete(row);
    const { findings, rules } = plain;
    const now = lastMoment(this.table, row);
    const d = row * ROW_DOUBLES + BYTES_A;
    const out = this.table.doubles[d + client];
    const back = this.table.doubles[d + 1 - client];
    for (const rule of rules) this.budgets.proxied(rule, out, back, now);
    if (findings.size + rules.size !== 1) return;
    for (const finding of findings) this.share(finding, 0, out, back, ATTEMPTED, now, now);
    for (const rule of rules) this.exceptions.used(rule, 0, out, back, now, now);
  }

  /** The connection is over: what went through it is known. */
  close(row: number, client: End): void {
    this.closePlain(row, client);
    const requests = this.open.get(row);
    if (requests === undefined) return;
    this.open.delete(row);
    const now = lastMoment(this.table, row);
    const d = row * ROW_DOUBLES + BYTES_A;
    const reset = (this.table.words[row * ROW_WORDS + FLAGS] & (RST_A << (1 - client))) !== 0;
    for (const made of requests.values()) {
      const { agreed } = made;
      const out = agreed === null ? 0 : this.table.doubles[d + 1 - agreed.proxy] - agreed.clientBytes;
      const back = agreed === null ? 0 : this.table.doubles[d + agreed.proxy] - agreed.proxyBytes;
      const open = out > 0 ? TRANSFERRED : CONNECTED;
      const outcome = agreed !== null ? open : reset ? REFUSED : ATTEMPTED;
      if (made.finding !== NO_FINDING) this.share(made.finding, 0, out, back, outcome, made.at, now);
      else if (made.rule !== null) {
        this.exceptions.used(made.rule, 1, out, back, made.at, now);
        this.budgets.proxied(made.rule, out, back, now);
      }
    }
  }

  private markAgreed(row: number, made: ProxyRequest, proxy: End): void {
    const d = row * ROW_DOUBLES + BYTES_A;
    const { doubles } = this.table;
    made.agreed = { proxy, clientBytes: doubles[d + 1 - proxy], proxyBytes: doubles[d + proxy] };
  }

  private finish(row: number, errand: ProxyErrand, made: ProxyRequest, now: Moment): void {
    this.open.get(row)?.delete(errand);
    if (made.rule !== null) this.exceptions.used(made.rule, 1, 0, 0, made.at, now);
  }

  private share(
    finding: number,
    attempts: number,
    bytesOut: number,
    bytesIn: number,
    outcome: number,
    first: Moment,
    last: Moment,
  ): void {
    this.ledger.share(finding, {
      attempts,
      bytesOut,
      bytesIn,
      oneWayBytes: 0,
      outcome,
      first,
      last,
      ip: null,
    });
  }
}
