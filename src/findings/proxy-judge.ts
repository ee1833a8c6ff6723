import { PROTO_TCP, PROTO_UDP } from "../decode/protocols.ts";
import type { AddressNames } from "../flow/address-names.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { addressOf, type End, lastMoment } from "../flow/flow-view.ts";
import type { ProxyErrand } from "../names/proxy-errand.ts";
import { OUTSIDE } from "../policy/address-class.ts";
import { formatAddress } from "../policy/address-text.ts";
import { FlowQuestion, type Judge } from "../policy/judge.ts";
import { OUT } from "../policy/policy.ts";
import { type AnsweredName, bestName, hostOf, ruleByNames } from "./answered-names.ts";
import { list, type Moment } from "./finding.ts";
import { type Ledger, NO_FINDING } from "./ledger.ts";
import type { ProxyRequests, ProxyRuling } from "./proxy-requests.ts";

/** Judges what inside proxies are asked to reach: as if their clients went there themselves. */
export class ProxyJudge {
  private readonly table: FlowTable;
  private readonly judge: Judge;
  private readonly ledger: Ledger;
  private readonly proxies: ProxyRequests;
  private readonly answered: AddressNames;
  private readonly question = new FlowQuestion();

  /** `answered`: names that addresses were answered for. */
  constructor(
    table: FlowTable,
    judge: Judge,
    ledger: Ledger,
    proxies: ProxyRequests,
    answered: AddressNames,
  ) {
    this.table = table;
    this.judge = judge;
    this.ledger = ledger;
    this.proxies = proxies;
    this.answered = answered;
  }

  /** The name of a mirror leads out too, but where the proxy is that mirror. */
  leadsOut(row: number, client: End, { host, address }: ProxyErrand): boolean {
    const nameClass = address === null ? this.judge.nameClass(host) : null;
    if (nameClass === "mirrored") {
      return !this.judge.isMirrorOf(host, ...addressOf(this.table, row, client === 0 ? 1 : 0));
    }
    // Whose the addresses of a reverse zone are, may give its names others.
    if (address === null) return nameClass === "outside" || nameClass === "reverse-outside";
    return this.judge.addressClass(address[0], address[1], address[2], address[3]) === OUTSIDE;
  }

  /** The first name in a tunnel to an address is what that address is called. False when that is no finding. */
  isNameOf(row: number, client: End, tunnel: ProxyErrand, name: string): boolean {
    if (tunnel.address === null) return false;
    const named = { ...tunnel, host: name, address: null };
    if (this.ruleFor(row, client, named, lastMoment(this.table, row).sec) >= 0) return false;
    const [w0, w1, w2, w3] = tunnel.address;
    return this.proxies.renamed(row, tunnel, () => {
      const handle = this.findProxied(row, client, named);
      list(this.ledger.get(handle).ips, formatAddress([w0, w1, w2, w3]));
      return handle;
    });
  }

  /** The errand leads out. `inTunnel`: in a tunnel that is open already, a name was used. */
  requested(row: number, client: End, errand: ProxyErrand, inTunnel: boolean): void {
    const ruling = this.rulingOf(row, client, errand, lastMoment(this.table, row).sec);
    if (inTunnel) this.proxies.madeInTunnel(row, errand, client, ruling);
    else this.proxies.made(row, errand, client, ruling);
  }

  /** The policy is another, or answers were contradicted: what was allowed to go through proxies is judged anew. */
  judgeAgain(): void {
    this.proxies.judgeAgain(this.again);
  }

  /** The same for one connection. */
  judgeAgainOf(row: number): void {
    this.proxies.judgeAgainOf(row, this.again);
  }

  private readonly again = (row: number, errand: ProxyErrand, client: End, { sec }: Moment): ProxyRuling => {
    if (!this.leadsOut(row, client, errand)) return { finding: NO_FINDING, rule: null };
    return this.rulingOf(row, client, errand, sec);
  };

  private rulingOf(row: number, client: End, errand: ProxyErrand, sec: number): ProxyRuling {
    const rule = this.ruleFor(row, client, errand, sec);
    if (rule >= 0) return { finding: NO_FINDING, rule: this.judge.policy.rules[rule] };
    return { finding: this.findProxied(row, client, errand), rule: null };
  }

  private findProxied(row: number, client: End, { host, port, address, isUdp }: ProxyErrand): number {
    const proxy: End = client === 0 ? 1 : 0;
    const literal = address === null ? null : formatAddress([address[0], address[1], address[2], address[3]]);
    const expired = this.question.expiredRule;
    const known: AnsweredName =
      literal === null ? { name: host, evidence: "in-flow" } : this.answeredName(row, client, literal);
    const handle = this.ledger.open(
      {
        kind: expired >= 0 ? "policy.expired" : "name.proxy",
        source: formatAddress(addressOf(this.table, row, client)),
        destination: known.name ?? literal ?? host,
        port: port === 0 ? null : port,
        proto: isUdp ? "udp" : "tcp",
        ...known,
        rule: expired >= 0 ? this.judge.policy.rules[expired].id : null,
      },
      lastMoment(this.table, row),
    );
    const finding = this.ledger.get(handle);
    list(finding.via, formatAddress(addressOf(this.table, row, proxy)));
    if (literal !== null) list(finding.ips, literal);
    return handle;
  }

  /** What the client was answered that stands at an address which it asks a proxy for. */
  private answeredName(row: number, client: End, literal: string): AnsweredName {
    const host = hostOf(this.judge, addressOf(this.table, row, client));
    return bestName(this.answered.namesOf(literal, lastMoment(this.table, row).sec), this.judge, host);
  }

  /** The rule that allows the target, as if the client itself went there at that time, or -1. */
  private ruleFor(
    row: number,
    client: End,
    { host, port, address, isUdp }: ProxyErrand,
    startSec: number,
  ): number {
    const q = this.question;
    const [i0, i1, i2, i3] = addressOf(this.table, row, client);
    const proto = isUdp ? PROTO_UDP : PROTO_TCP;
    Object.assign(q, { i0, i1, i2, i3, direction: OUT, proto, responderPort: port, startSec });
    if (address === null) {
      this.judge.judgeName(q, host);
      return q.rule;
    }
    const [o0, o1, o2, o3] = address;
    Object.assign(q, { o0, o1, o2, o3 });
    this.judge.judgeFlow(q);
    if (q.rule >= 0) return q.rule;
    const expired = q.expiredRule;
    const known = this.answered.namesOf(formatAddress([o0, o1, o2, o3]), q.startSec);
    if (known.length === 0) return -1;
    const ruling = ruleByNames(known, this.judge, hostOf(this.judge, [i0, i1, i2, i3]), q);
    q.expiredRule = expired >= 0 ? expired : ruling.expiredRule;
    return ruling.carriesOthers ? -1 : ruling.rule;
  }
}
