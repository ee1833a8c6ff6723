import { randomInt } from "node:crypto";
import { AddressNames } from "../flow/address-names.ts";
import { Conversations } from "../flow/conversations.ts";
import { DnsQuestions } from "../flow/dns-questions.ts";
import { DtlsConversations } from "../flow/dtls-conversations.ts";
import { FLAGS, KEPT_BESIDE, ROW_WORDS } from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import type { FlowTracker } from "../flow/flow-tracker.ts";
import { initiatorOf } from "../flow/flow-view.ts";
import { MessageBudget } from "../flow/message-budget.ts";
import { QuicConversations } from "../flow/quic-conversations.ts";
import type { Judge } from "../policy/judge.ts";
import type { EnclavePolicy } from "../policy/policy.ts";
import { registrableDomain } from "../policy/public-suffix.ts";
import { Budgets } from "./budgets.ts";
import { Datagrams } from "./datagrams.ts";
import { Beacons } from "./detectors/beacons.ts";
import { DnsTunnels } from "./detectors/dns-tunnels.ts";
import { IcmpTunnels } from "./detectors/icmp-tunnels.ts";
import { Outflow } from "./detectors/outflow.ts";
import { ProtocolMismatches } from "./detectors/protocol-mismatches.ts";
import { SecretFindings } from "./detectors/secret-findings.ts";
import { Secrets } from "./detectors/secrets.ts";
import { DnsFindings } from "./dns-findings.ts";
import { DnsJudge } from "./dns-judge.ts";
import { DnsTraffic } from "./dns-traffic.ts";
import { Exceptions } from "./exceptions.ts";
import { FlowAccounts } from "./flow-accounts.ts";
import { FlowContents } from "./flow-contents.ts";
import { FlowJudge } from "./flow-judge.ts";
import { HeardNames } from "./heard-names.ts";
import { Ledger } from "./ledger.ts";
import { NameJudge } from "./name-judge.ts";
import type { Observer } from "./observer.ts";
import { ProxyJudge } from "./proxy-judge.ts";
import { ProxyRequests } from "./proxy-requests.ts";
import { SocksRelays } from "./socks-relays.ts";
import type { TroubleCounts } from "./troubles.ts";
import { TrustedFlows } from "./trusted-flows.ts";
import { Witness } from "./witness.ts";
/** Everybody who judges what a sensor sees, or makes something of it, each wired to those that it needs. */
export class Judges {
  readonly ledger = new Ledger(registrableDomain);
  readonly exceptions: Exceptions;
  readonly names: AddressNames;
  readonly flows: FlowJudge;
  readonly contents: FlowContents;
  readonly accounts: FlowAccounts;
  readonly dns: DnsJudge;
  readonly dnsTraffic: DnsTraffic;
  readonly conversations: Conversations;
  readonly datagrams: Datagrams;
  readonly heard: HeardNames;
  readonly witness: Witness;
  readonly beacons: Beacons;
  readonly icmpTunnels: IcmpTunnels;
  readonly outflow: Outflow;
  private readonly messages = new MessageBudget();
  private readonly questions = new DnsQuestions(randomInt(2 ** 32));
  private readonly quic: QuicConversations;
  private readonly dtls: DtlsConversations;
  private readonly secrets: Secrets;
  readonly dnsTunnels: DnsTunnels;
  private readonly trusted: TrustedFlows;
  private readonly nameJudge: NameJudge;
  private readonly proxies: ProxyRequests;
  private readonly errands: ProxyJudge;
  private readonly relays: SocksRelays;
  private readonly mismatches: ProtocolMismatches;
  private readonly table: FlowTable;
  private readonly troubles: TroubleCounts;

  constructor(tracker: FlowTracker, judge: Judge, troubles: TroubleCounts, observer: Observer | null) {
    const { table } = tracker;
    this.table = table;
    this.troubles = troubles;
    this.names = new AddressNames(judge.policy.dnsGraceSec);
    this.exceptions = new Exceptions(judge);
    const budgets = new Budgets(this.ledger);
    this.accounts = new FlowAccounts(table, judge, this.ledger, this.exceptions, budgets);
    this.trusted = new TrustedFlows(table, this.names, judge, this.ledger, this.accounts, this.exceptions);
    this.contents = new FlowContents(table, judge, this.ledger);
    this.flows = new FlowJudge(
      table,
      judge,
      this.names,
      this.ledger,
      this.accounts,
      this.trusted,
      this.contents,
    );
    const dnsFindings = new DnsFindings(judge, this.ledger, this.exceptions);
    this.dns = new DnsJudge(judge, this.names, this.questions, dnsFindings, this.ledger);
    this.beacons = new Beacons(this.ledger);
    this.ledger.onShare.push((finding, share) => this.beacons.attempted(finding, share));
    this.icmpTunnels = new IcmpTunnels(judge, this.ledger);
    this.outflow = new Outflow(table, judge, this.ledger);
    const secretFindings = new SecretFindings(table, judge, this.ledger);
    this.secrets = new Secrets(table, secretFindings);
    this.dnsTunnels = new DnsTunnels(judge, this.ledger);
    this.dnsTraffic = new DnsTraffic(
      table,
      judge,
      this.flows,
      this.dns,
      this.dnsTunnels,
      secretFindings,
      this.ledger,
      troubles,
      observer,
      this.messages,
    );
    this.proxies = new ProxyRequests(table, this.ledger, this.exceptions, budgets);
    this.errands = new ProxyJudge(table, judge, this.ledger, this.proxies, this.names);
    this.nameJudge = new NameJudge(table, judge, this.ledger, this.flows, this.errands);
    this.mismatches = new ProtocolMismatches(table, this.ledger);
    this.relays = new SocksRelays(table, this.nameJudge, this.proxies, this.dnsTraffic, troubles);
    const judges = {
      flows: this.flows,
      contents: this.contents,
      names: this.nameJudge,
      proxies: this.proxies,
      dns: this.dnsTraffic,
      relays: this.relays,
      secrets: this.secrets,
      mismatches: this.mismatches,
    };
    this.heard = new HeardNames(tracker, judges, troubles, observer);
    this.conversations = new Conversations(table, this.heard, this.messages);
    this.quic = new QuicConversations(table, this.heard);
    this.dtls = new DtlsConversations(table, this.heard);
    this.datagrams = new Datagrams(
      this.quic,
      this.dtls,
      this.dnsTraffic,
      this.relays,
      this.mismatches,
      this.heard,
      troubles,
      this.messages,
    );
    this.witness = new Witness(table, judge, troubles);
  }

  /** The judge goes by this policy from now on. */
  adopt(policy: EnclavePolicy): void {
    this.names.graceSec = policy.dnsGraceSec;
    this.witness.adopt();
    this.flows.adopt();
    this.errands.judgeAgain();
  }

  /** The flow's row is about to be given back: what is kept beside it goes. */
  flowEnded(row: number): void {
    const isKept = (this.table.words[row * ROW_WORDS + FLAGS] & KEPT_BESIDE) !== 0;
    if (isKept) this.conversations.close(row);
    if (isKept) this.quic.close(row);
    if (isKept) this.dtls.close(row);
    const client = initiatorOf(this.table, row);
    if (isKept && this.flows.isDoubted) this.errands.judgeAgainOf(row);
    if (isKept) this.proxies.close(row, client);
    if (isKept) this.nameJudge.close(row);
    if (isKept) this.secrets.close(row);
    if (isKept) this.relays.close(row);
    if (isKept) this.mismatches.close(row);
    this.outflow.closed(row);
    this.flows.close(row);
    this.beacons.ended(this.table, row);
    this.witness.ended(row);
  }

  /** Packet time has come to `sec`. */
  settleDue(sec: number): void {
    if (this.flows.isDoubted) this.errands.judgeAgain();
    this.flows.settleDue(sec);
    this.dns.settleDue(sec);
    this.secrets.settleDue(sec);
    this.beacons.settleDue(sec);
    this.outflow.settleDue(sec);
  }

  /** All flows have ended, and no packet will come. */
  settleLast(): void {
    this.flows.settleLast();
    this.dns.settleDue(Infinity);
    this.beacons.settleDue(Infinity);
  }

  /** Counts what their tables had no room for. */
  countCaps(): void {
    this.troubles.set("table.names_evicted", this.names.evicted);
    this.troubles.set("table.questions_evicted", this.questions.evicted);
    this.troubles.set("rule.time_unknown", this.exceptions.undated);
    this.troubles.set("table.trusted_evicted", this.trusted.evicted);
    this.troubles.set("table.beacons_evicted", this.beacons.evicted);
    this.troubles.set("table.pings_evicted", this.icmpTunnels.evicted);
    this.troubles.set("table.outflow_full", this.outflow.overflow);
    this.troubles.set("table.secrets_full", this.secrets.overflow);
    this.troubles.set("table.dns_zones_evicted", this.dnsTunnels.evicted);
    this.troubles.set("table.findings_full", this.ledger.overflow);
    this.troubles.set("stream.overrun", this.conversations.budget.overruns);
    this.troubles.set("stream.not_kept", this.conversations.budget.recent.refused);
  }
}
