import { PROTO_TCP } from "../decode/protocols.ts";
import {
  ATTEMPTS,
  FLAGS,
  IS_DNS,
  JUDGED,
  JUDGED_ALLOWED,
  JUDGED_FINDING,
  JUDGED_PENDING,
  JUDGED_REF,
  ROW_WORDS,
} from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { type AddressWords, addressOf, classOf, type End, portOf, protoOf } from "../flow/flow-view.ts";
import { COST_LOCAL, COST_QUESTION, type MessageBudget } from "../flow/message-budget.ts";
import { DnsQuestion, readDnsQuestion } from "../names/dns.ts";
import { DnsAnswers, readDnsAnswers } from "../names/dns-answers.ts";
import { readClientSubnet } from "../names/dns-edns.ts";
import { netbiosName } from "../names/netbios.ts";
import type { ProxyErrand } from "../names/proxy-errand.ts";
import { INSIDE, OUTSIDE } from "../policy/address-class.ts";
import { formatAddress } from "../policy/address-text.ts";
import type { Judge } from "../policy/judge.ts";
import type { DnsTunnels } from "./detectors/dns-tunnels.ts";
import type { SecretFindings } from "./detectors/secret-findings.ts";
import type { DnsExchange } from "./dns-exchange.ts";
import type { DnsJudge } from "./dns-judge.ts";
import { list, type Moment } from "./finding.ts";
import type { FlowJudge } from "./flow-judge.ts";
import type { Ledger } from "./ledger.ts";
import type { Observer } from "./observer.ts";
import type { TroubleCounts } from "./troubles.ts";

/** Who is to get a question that was handed to somebody else. */
type CarriedTo = Pick<ProxyErrand, "host" | "address" | "port">;

/** DNS messages as flows carry them: who asks whom, whether the resolver may be asked, what came back. */
export class DnsTraffic {
  /** Questions seen, retries and copies included. */
  queries = 0;
  private readonly question = new DnsQuestion();
  private readonly answers = new DnsAnswers();
  private readonly table: FlowTable;
  private readonly judge: Judge;
  private readonly flows: FlowJudge;
  private readonly dns: DnsJudge;
  private readonly tunnels: DnsTunnels;
  private readonly secrets: SecretFindings;
  private readonly ledger: Ledger;
  private readonly troubles: TroubleCounts;
  private readonly observer: Observer | null;
  private readonly messages: MessageBudget;

  constructor(
    table: FlowTable,
    judge: Judge,
    flows: FlowJudge,
    dns: DnsJudge,
    tunnels: DnsTunnels,
    secrets: SecretFindings,
    ledger: Ledger,
    troubles: TroubleCounts,
    observer: Observer | null,
    messages: MessageBudget,
  ) {
    this.table = table;
    this.judge = judge;
    this.flows = flows;
    this.dns = dns;
    this.tunnels = tunnels;
    this.secrets = secrets;
    this.ledger = ledger;
    this.troubles = troubles;
    this.observer = observer;
    this.messages = messages;
  }

  /** A DNS message in view[at, end) that `from` sent in the flow. */
  message(row: number, from: End, view: DataView, at: number, end: number, moment: Moment): void {
    const question = this.question;
    const status = readDnsQuestion(question, view, at, end);
    if (status !== "ok" && status !== "dns.no_question") {
      this.troubles.add(status);
      // The labels before a break are judged, but what stands behind it could be the name.
      this.troubles.add("dns.question_unreadable");
    }
    if (question.others.length > 0) this.ration(question);
    if (!question.response) this.queries += 1 + question.others.length;
    if (question.arCount > 0) question.clientSubnet = readClientSubnet(question, view, at, end);
    const client: End = question.response === (from === 0) ? 1 : 0;
    this.flows.initiatorIs(row, client);
    const isNetbios = this.isNetbios(portOf(this.table, row, client === 0 ? 1 : 0));
    let answers: DnsAnswers | null = null;
    if (question.response) {
      answers = this.answers;
      const answerStatus = readDnsAnswers(answers, question, view, at, end);
      if (answerStatus !== "ok" && status === "ok") this.troubles.add(answerStatus);
    }
    if (isNetbios) question.qname = netbiosName(question.qname) ?? question.qname;
    this.tell(row, from, moment, answers, view, at, end);
    const exchange = this.exchangeOf(row, client, isNetbios, moment);
    if (exchange === null) return;
    if (answers === null) this.secrets.asked(exchange, question.qname, view, at, end);
    this.judgeMessage(row, exchange, answers);
  }

  /**
   * A question that something else carries in view[at, end): a request of HTTP, or a datagram to a relay, which takes
   * it `to` somebody else. The flow stays what it is. Returns whether it could be read.
   */
  carried(
    row: number,
    client: End,
    to: CarriedTo | null,
    view: DataView,
    at: number,
    end: number,
    moment: Moment,
  ): boolean {
    const { question } = this;
    if (readDnsQuestion(question, view, at, end) !== "ok" || question.response) return false;
    if (question.others.length > 0) this.ration(question);
    this.queries += 1 + question.others.length;
    this.tell(row, client, moment, null, view, at, end);
    const direct = this.exchangeOf(row, client, false, moment);
    if (direct === null) return true;
    // Its answer is not read: nobody may miss it.
    const exchange = {
      ...direct,
      resolverInside: false,
      group: false,
      ...(to !== null && this.resolverOf(to)),
    };
    this.secrets.asked(exchange, question.qname, view, at, end);
    const judged = this.table.words[row * ROW_WORDS + JUDGED];
    const mayBeAsked = exchange.approved || to !== null || judged !== JUDGED_FINDING;
    if (this.dns.asked(exchange, question, mayBeAsked)) this.lookForTunnels(exchange);
    if (!mayBeAsked) this.listAsked(row);
    return true;
  }

  private resolverOf({ host, address, port }: CarriedTo): Partial<DnsExchange> {
    const words: AddressWords | null =
      address === null ? null : [address[0], address[1], address[2], address[3]];
    return {
      resolverText: words === null ? host : formatAddress(words),
      resolverPort: port,
      proto: "udp",
      approved: words !== null && this.judge.isResolver(...words),
    };
  }

  /** Only mDNS asks several at once (RFC 9619 §3, RFC 6762 §5.3): a flood of them is no reason to stop. */
  private ration({ others }: DnsQuestion): void {
    for (let n = 0; n < others.length; n++) {
      const { qname } = others[n];
      const isLocal = qname.endsWith(".local") || qname.endsWith(".arpa");
      if (this.messages.take(isLocal ? COST_LOCAL : COST_QUESTION)) continue;
      others.length = n;
      this.troubles.add("stream.flood");
    }
  }

  /** Questions of mDNS carry records too: those that are known, or that their host would like (RFC 6762 §7.1, §8.2). */
  private tell(
    row: number,
    from: End,
    moment: Moment,
    answers: DnsAnswers | null,
    view: DataView,
    at: number,
    end: number,
  ): void {
    if (this.observer === null) return;
    const { question } = this;
    let records = answers;
    if (records === null && question.anCount + question.nsCount > 0) {
      readDnsAnswers(this.answers, question, view, at, end);
      records = this.answers;
    }
    this.observer.dns({ table: this.table, row, from, at: moment }, question, records);
  }

  private judgeMessage(row: number, exchange: DnsExchange, answers: DnsAnswers | null): void {
    const foreign = !exchange.approved && !exchange.group;
    if (foreign) this.flows.isForeignDns(row);
    if (answers !== null) {
      this.tunnels.answered(exchange, this.question, answers);
      if (this.dns.answered(exchange, this.question, answers)) this.flows.distrusted();
      return;
    }
    const judged = this.table.words[row * ROW_WORDS + JUDGED];
    const mayBeAsked = !foreign || judged === JUDGED_ALLOWED || judged === JUDGED_PENDING;
    const isNew = this.dns.asked(exchange, this.question, mayBeAsked);
    this.countAttempt(row, isNew);
    if (isNew) this.lookForTunnels(exchange);
    if (foreign && judged === JUDGED_FINDING) this.listAsked(row);
  }

  private lookForTunnels(exchange: DnsExchange): void {
    this.tunnels.asked(exchange, this.question.qname, this.question.qtype);
    for (const { qname, qtype } of this.question.others) this.tunnels.asked(exchange, qname, qtype);
  }

  /** In a flow that carries DNS, attempts are questions. */
  private countAttempt(row: number, isNew: boolean): void {
    const words = this.table.words;
    const w = row * ROW_WORDS;
    if ((words[w + FLAGS] & IS_DNS) === 0) words[w + FLAGS] |= IS_DNS;
    else if (isNew) words[w + ATTEMPTS]++;
  }

  private listAsked(row: number): void {
    const finding = this.ledger.get(this.table.words[row * ROW_WORDS + JUDGED_REF]);
    if (finding.kind !== "dns.resolver" && finding.kind !== "dns.encrypted") return;
    list(finding.asked, this.question.qname);
    for (const other of this.question.others) list(finding.asked, other.qname);
  }

  /** NetBIOS names are asked of the subnet's broadcast address, which looks like any other (RFC 1002 §4.2). */
  private isNetbios(resolverPort: number): boolean {
    const { qtype, qname } = this.question;
    if (resolverPort !== PORT_NETBIOS_NS || (qtype !== TYPE_NB && qtype !== TYPE_NBSTAT)) return false;
    return netbiosName(qname) !== null;
  }

  /** Null where the asking end is outside or a group: then there is nobody inside whose names these are. */
  private exchangeOf(row: number, client: End, isNetbios: boolean, at: Moment): DnsExchange | null {
    const resolver: End = client === 0 ? 1 : 0;
    const host = addressOf(this.table, row, client);
    if (classOf(this.table, row, client) === OUTSIDE || isGroup(host)) return null;
    const resolverWords = addressOf(this.table, row, resolver);
    const group = isGroup(resolverWords) || isNetbios;
    const hostText = formatAddress(host);
    return {
      host,
      hostText,
      hostId: this.judge.hostName(...host) ?? hostText,
      hostPort: portOf(this.table, row, client),
      resolverText: formatAddress(resolverWords),
      resolverPort: portOf(this.table, row, resolver),
      proto: protoOf(this.table, row) === PROTO_TCP ? "tcp" : "udp",
      approved: this.judge.isResolver(...resolverWords),
      group,
      // Nobody has to answer a question to all.
      resolverInside: !group && classOf(this.table, row, resolver) === INSIDE,
      at,
    };
  }
}

const PORT_NETBIOS_NS = 137;
const TYPE_NB = 32;
const TYPE_NBSTAT = 33;

/** Multicast or the limited broadcast address. */
function isGroup([w0, w1, w2, w3]: AddressWords): boolean {
  if (w0 === 0 && w1 === 0 && w2 === 0xffff) return w3 >>> 28 === 0xe || w3 === -1;
  return w0 >>> 24 === 0xff;
}
