import type { DtlsSink } from "../flow/dtls-conversations.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import type { FlowTracker } from "../flow/flow-tracker.ts";
import type { End } from "../flow/flow-view.ts";
import { initiatorOf, lastMoment } from "../flow/flow-view.ts";
import type { NameSink, TcpProtocol } from "../flow/name-sink.ts";
import type { QuicHello, QuicSink } from "../flow/quic-sink.ts";
import type { SshBanners } from "../flow/ssh-reader.ts";
import { dnsInPath } from "../names/doh.ts";
import type { HttpRequest, HttpResponse } from "../names/http-head.ts";
import type { SocksRequest } from "../names/socks.ts";
import type { SocksAnswer } from "../names/socks-answer.ts";
import type { ClientHello } from "../names/tls-client-hello.ts";
import type { ProtocolMismatches } from "./detectors/protocol-mismatches.ts";
import type { Secrets } from "./detectors/secrets.ts";
import type { DnsTraffic } from "./dns-traffic.ts";
import { helloBeginsDns, requestAsksDns } from "./encrypted-dns.ts";
import type { FlowContents } from "./flow-contents.ts";
import type { FlowJudge } from "./flow-judge.ts";
import type { NameJudge } from "./name-judge.ts";
import type { Observer } from "./observer.ts";
import { httpAnswer, type ProxyRequests } from "./proxy-requests.ts";
import type { SocksRelays } from "./socks-relays.ts";
import type { TroubleCounts } from "./troubles.ts";

/** Who judges what is heard. */
interface Judges {
  readonly flows: FlowJudge;
  readonly contents: FlowContents;
  readonly names: NameJudge;
  readonly proxies: ProxyRequests;
  readonly dns: DnsTraffic;
  readonly relays: SocksRelays;
  readonly secrets: Secrets;
  readonly mismatches: ProtocolMismatches;
}

/** What the readers of flows hear (TLS, QUIC, HTTP, DNS over TCP) goes to the judges, and to the observer. */
export class HeardNames implements NameSink, QuicSink, DtlsSink {
  tlsHellos = 0;
  quicInitials = 0;
  httpRequests = 0;
  private readonly tracker: FlowTracker;
  private readonly table: FlowTable;
  private readonly judges: Judges;
  private readonly troubles: TroubleCounts;
  private readonly observer: Observer | null;

  constructor(tracker: FlowTracker, judges: Judges, troubles: TroubleCounts, observer: Observer | null) {
    this.tracker = tracker;
    this.table = tracker.table;
    this.judges = judges;
    this.troubles = troubles;
    this.observer = observer;
  }

  begins(row: number, protocol: TcpProtocol): void {
    this.judges.mismatches.begins(row, protocol);
  }

  tlsHello(row: number, from: End, hello: ClientHello): void {
    this.tlsHellos++;
    this.judges.flows.initiatorIs(row, from);
    this.observer?.tls({ table: this.table, row, from, at: lastMoment(this.table, row) }, hello);
    for (const name of hello.names) this.named(row, from, name);
    this.judges.mismatches.named(row);
    if (helloBeginsDns(this.table, row, from, hello.alpn)) this.encryptedDns(row);
  }

  dtlsHello(row: number, from: End, hello: ClientHello): void {
    this.judges.mismatches.begins(row, "dtls");
    this.tlsHello(row, from, hello);
  }

  ssh(row: number, banners: SshBanners): void {
    const client = initiatorOf(this.table, row);
    this.observer?.ssh({ table: this.table, row, from: client, at: lastMoment(this.table, row) }, banners);
    this.judges.mismatches.named(row);
    this.judges.contents.sshSeen(row, banners[client], banners[client === 0 ? 1 : 0]);
  }

  private named(row: number, from: End, name: string): void {
    this.judges.names.named(row, from, name);
    this.judges.secrets.named(row, from, name);
  }

  quicInitial(): void {
    if (!this.tracker.isCopy) this.quicInitials++;
  }

  quicHello(row: number, from: End, hello: QuicHello): void {
    this.judges.flows.initiatorIs(row, from);
    this.judges.mismatches.begins(row, "quic");
    this.observer?.quic({ table: this.table, row, from, at: lastMoment(this.table, row) }, hello);
    for (const name of hello.names) this.named(row, from, name);
    this.judges.mismatches.named(row);
    if (helloBeginsDns(this.table, row, from, hello.hello?.alpn ?? [])) this.encryptedDns(row);
  }

  httpRequest(row: number, from: End, request: HttpRequest): void {
    this.httpRequests++;
    this.judges.flows.initiatorIs(row, from);
    this.observer?.http({ table: this.table, row, from, at: lastMoment(this.table, row) }, request);
    this.judges.names.requested(row, from, request);
    this.judges.mismatches.named(row);
    if (request.form === "origin" && requestAsksDns(request)) this.readableDns(row, from, request.path);
    this.judges.secrets.headers(row, from, request.credentials, request.host);
  }

  httpResponse(row: number, from: End, response: HttpResponse, request: HttpRequest | null): void {
    this.judges.flows.initiatorIs(row, from === 0 ? 1 : 0);
    this.observer?.httpAnswer(
      { table: this.table, row, from, at: lastMoment(this.table, row) },
      response,
      request,
    );
    const answer = httpAnswer(response);
    if (request !== null && answer !== null) this.judges.proxies.answered(row, request, answer, from);
  }

  httpPromised(row: number, from: End, request: HttpRequest): void {
    this.judges.flows.initiatorIs(row, from === 0 ? 1 : 0);
    this.observer?.http({ table: this.table, row, from, at: lastMoment(this.table, row) }, request);
    this.judges.names.requested(row, from === 0 ? 1 : 0, request);
  }

  socksRequest(row: number, from: End, request: SocksRequest): void {
    this.judges.flows.initiatorIs(row, from);
    this.judges.names.sent(row, from, request);
    this.judges.mismatches.named(row);
  }

  socksAnswer(row: number, from: End, answer: Readonly<SocksAnswer>, request: SocksRequest): void {
    const { granted } = answer;
    if (granted && request.command === "udp-associate") this.judges.relays.agreed(row, from, answer);
    this.judges.proxies.answered(row, request, { granted, hasContent: false }, from);
  }

  dnsMessage(row: number, from: End, view: DataView, at: number, end: number): void {
    this.judges.dns.message(row, from, view, at, end, lastMoment(this.table, row));
  }

  /** DNS over HTTP without TLS: it is of the kind that hides questions, and yet this one may be there to be read. */
  private readableDns(row: number, from: End, path: string): void {
    if (this.judges.names.isTunnel(row)) return; // the errand is the finding
    const isApproved = this.judges.contents.isEncryptedDns(row);
    const view = dnsInPath(path);
    const at = lastMoment(this.table, row);
    const isRead = view !== null && this.judges.dns.carried(row, from, null, view, 0, view.byteLength, at);
    if (isApproved && !isRead) this.troubles.add("dns.questions_encrypted");
  }

  private encryptedDns(row: number): void {
    if (this.judges.names.isTunnel(row)) return; // the errand is the finding
    if (this.judges.contents.isEncryptedDns(row)) this.troubles.add("dns.questions_encrypted");
  }

  said(row: number, from: End, view: DataView, at: number, end: number): void {
    this.judges.secrets.said(row, from, view, at, end);
  }

  trouble(name: string): void {
    this.troubles.add(name);
  }
}
