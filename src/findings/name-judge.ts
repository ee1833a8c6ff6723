import { protocolName } from "../decode/protocols.ts";
import { BYTES_A, FLAGS, KEPT_BESIDE, ROW_DOUBLES, ROW_WORDS } from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { addressOf, classOf, type End, lastMoment, portOf, protoOf } from "../flow/flow-view.ts";
import { flowOutcome } from "../flow/outcome.ts";
import type { HttpRequest } from "../names/http-head.ts";
import type { HttpHost } from "../names/http-host.ts";
import type { ProxyErrand } from "../names/proxy-errand.ts";
import { OUTSIDE } from "../policy/address-class.ts";
import { formatAddress } from "../policy/address-text.ts";
import type { Judge } from "../policy/judge.ts";
import { hasIcannSuffix } from "../policy/public-suffix.ts";
import type { FlowJudge } from "./flow-judge.ts";
import { type Ledger, NO_FINDING } from "./ledger.ts";
import type { ProxyJudge } from "./proxy-judge.ts";

/** Names of one connection between inside hosts that are recorded once each; those beyond, each time. */
const MAX_INSIDE_NAMES = 1024;

/** What a connection between inside hosts carried so far. */
interface InsideTalk {
  readonly names: Set<string>;
  /** The last target of a tunnel: what comes after it speaks to that, not to the proxy. */
  tunnel: ProxyErrand | null;
  /** A name was used in it. */
  isTunnelNamed: boolean;
  /** Finding of the last outside name, and the octets from the client and to it that are put down already. */
  finding: number;
  client: End;
  bytesOut: number;
  bytesIn: number;
}

/** Judges names that flows carry: SNI, HTTP hosts and what proxies are asked to reach. */
export class NameJudge {
  private readonly table: FlowTable;
  private readonly judge: Judge;
  private readonly ledger: Ledger;
  private readonly flows: FlowJudge;
  private readonly errands: ProxyJudge;
  private readonly talks = new Map<number, InsideTalk>();

  constructor(table: FlowTable, judge: Judge, ledger: Ledger, flows: FlowJudge, errands: ProxyJudge) {
    this.table = table;
    this.judge = judge;
    this.ledger = ledger;
    this.flows = flows;
    this.errands = errands;
  }

  /** A client named the server that it wants: SNI or Host. `client`: the end that did. */
  named(row: number, client: End, name: string): void {
    if (name === "") return;
    if (this.crossesBoundary(row)) this.flows.nameLearned(row, name);
    else this.namedInside(row, client, name);
  }

  /** A client made an HTTP request. */
  requested(row: number, client: End, request: HttpRequest): void {
    const toProxy = this.isForProxy(row, client, request);
    if (!this.crossesBoundary(row) && toProxy) {
      this.sent(row, client, request);
      return;
    }
    if (toProxy) this.sentAcross(row, client, request);
    else this.hosted(row, client, request);
    for (const other of request.otherHosts) this.hosted(row, client, other);
  }

  /** A server was asked for what it holds of a host. Of an outside one, an address that is not its own is another destination. */
  private hosted(row: number, client: End, { host, address }: Pick<HttpHost, "host" | "address">): void {
    if (address === null) this.named(row, client, host);
    else if (this.isOutside(row, client === 0 ? 1 : 0)) this.sentOn(row, client, address);
  }

  /** HTTP/2 has one form for origins and proxies: who the server is decides there. */
  private isForProxy(row: number, client: End, { form, protocol }: HttpRequest): boolean {
    if (form === "absolute" || form === "authority") return true;
    return protocol === "HTTP/2" && this.judge.isRelay(...addressOf(this.table, row, client === 0 ? 1 : 0));
  }

  /** A client sent a proxy on an errand, whatever the protocol. */
  sent(row: number, client: End, errand: ProxyErrand): void {
    if (this.crossesBoundary(row)) {
      this.sentAcross(row, client, errand);
      return;
    }
    if (!this.errands.leadsOut(row, client, errand)) return;
    this.errands.requested(row, client, errand, false);
    // A tunnel to an inside host is a way to that host: a name in it is toward an inside address.
    if (errand.ownsConnection) {
      const talk = this.talkOf(row);
      talk.tunnel = errand;
      talk.isTunnelNamed = false;
      talk.names.add(errand.host);
    }
  }

  private sentAcross(row: number, client: End, { host, address }: ProxyErrand): void {
    if (address === null) this.named(row, client, host);
    else this.sentOn(row, client, address);
  }

  /** A server outside was asked to reach an address: unless that is its own, it is another destination. */
  private sentOn(row: number, client: End, [w0, w1, w2, w3]: Int32Array): void {
    const target = formatAddress([w0, w1, w2, w3]);
    const server = formatAddress(addressOf(this.table, row, client === 0 ? 1 : 0));
    if (target !== server) this.flows.nameLearned(row, target);
  }

  /** What is said in the flow now goes to somebody behind a proxy. */
  isTunnel(row: number): boolean {
    return (this.talks.get(row)?.tunnel ?? null) !== null;
  }

  /** The flow is over. */
  close(row: number): void {
    const talk = this.talks.get(row);
    if (talk === undefined) return;
    this.settle(row, talk);
    this.talks.delete(row);
  }

  private crossesBoundary(row: number): boolean {
    return this.isOutside(row, 0) || this.isOutside(row, 1);
  }

  private isOutside(row: number, end: End): boolean {
    return classOf(this.table, row, end) === OUTSIDE;
  }

  private namedInside(row: number, client: End, name: string): void {
    if (this.judge.nameClass(name) !== "outside") return;
    const talk = this.talkOf(row);
    const { names, tunnel } = talk;
    if (tunnel === null && !hasIcannSuffix(name)) return;
    if (names.has(name)) return;
    if (names.size < MAX_INSIDE_NAMES) names.add(name);
    if (tunnel !== null) {
      const isFirst = tunnel.address !== null && !talk.isTunnelNamed;
      talk.isTunnelNamed = true;
      if (isFirst && this.errands.isNameOf(row, client, tunnel, name)) return;
      // A name inside the tunnel that is not the tunnel's target is another destination behind the proxy.
      this.errands.requested(row, client, { ...tunnel, host: name, address: null }, true);
      return;
    }
    if (talk.finding !== NO_FINDING) this.settle(row, talk);
    talk.client = client;
    talk.finding = this.findInside(row, client, name);
  }

  private findInside(row: number, client: End, name: string): number {
    const server: End = client === 0 ? 1 : 0;
    const at = lastMoment(this.table, row);
    const handle = this.ledger.open(
      {
        kind: "name.inside",
        source: formatAddress(addressOf(this.table, row, client)),
        destination: name,
        port: portOf(this.table, row, server),
        proto: protocolName(protoOf(this.table, row)),
        name,
        evidence: "in-flow",
        rule: null,
      },
      at,
    );
    const ip = formatAddress(addressOf(this.table, row, server));
    const outcome = flowOutcome(this.table, row, client === 1);
    const share = { attempts: 1, bytesOut: 0, bytesIn: 0, oneWayBytes: 0, outcome, first: at, last: at, ip };
    this.ledger.share(handle, share);
    return handle;
  }

  /** Puts the octets since the last name down to it. */
  private settle(row: number, talk: InsideTalk): void {
    const d = row * ROW_DOUBLES + BYTES_A;
    const out = this.table.doubles[d + talk.client];
    const back = this.table.doubles[d + 1 - talk.client];
    const last = lastMoment(this.table, row);
    this.ledger.share(talk.finding, {
      attempts: 0,
      bytesOut: out - talk.bytesOut,
      bytesIn: back - talk.bytesIn,
      oneWayBytes: 0,
      outcome: flowOutcome(this.table, row, talk.client === 1),
      first: last,
      last,
      ip: null,
    });
    talk.bytesOut = out;
    talk.bytesIn = back;
  }

  private talkOf(row: number): InsideTalk {
    let talk = this.talks.get(row);
    if (talk === undefined) {
      talk = {
        names: new Set(),
        tunnel: null,
        isTunnelNamed: false,
        finding: NO_FINDING,
        client: 0,
        bytesOut: 0,
        bytesIn: 0,
      };
      this.talks.set(row, talk);
      this.table.words[row * ROW_WORDS + FLAGS] |= KEPT_BESIDE;
    }
    return talk;
  }
}
