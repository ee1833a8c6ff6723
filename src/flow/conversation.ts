import type { HttpRequest, HttpResponse } from "../names/http-head.ts";
import { Http1Connection } from "../names/http1.ts";
import { Http2Connection } from "../names/http2.ts";
import { SIMPLE_RESPONSE } from "../names/http09.ts";
import { DnsReader } from "./dns-reader.ts";
import { firstOctets, lateOctets, type Shown } from "./first-octets.ts";
import type { End } from "./flow-view.ts";
import { HttpClientReader, HttpServerReader } from "./http-reader.ts";
import { Http2Reader } from "./http2-reader.ts";
import { SimpleRequestReader, SimpleResponseReader } from "./http09-reader.ts";
import { COST_ANSWER, COST_KNOWN, COST_NEW, COST_QUESTION, type MessageBudget } from "./message-budget.ts";
import type { NameSink, TcpProtocol } from "./name-sink.ts";
import type { ProtocolReader } from "./protocol-reader.ts";
import { ProxyHeaderReader } from "./proxy-header-reader.ts";
import { SocksDoubt } from "./socks-doubt.ts";
import { SocksClientReader, SocksConnection, SocksServerReader } from "./socks-reader.ts";
import { SshConnection, SshReader } from "./ssh-reader.ts";
import { TlsClientReader, TlsServerReader } from "./tls-reader.ts";

/** What a client's first octets are of; answers come when that is known, or are alone. */
const BEGINNINGS: ReadonlyMap<Shown, TcpProtocol> = new Map([
  ["tls", "tls"],
  ["http", "http"],
  ["http09", "http"],
  ["http2", "http2"],
  ["socks", "socks"],
  ["ssh", "ssh"],
  ["dns", "dns"],
]);

/** What first octets show, once the other end's answer was asked where it has to be. */
type Certain = Exclude<Shown, "socks-doubtful">;

/** Protocols tunnelled in one another that are followed on one connection. */
const MAX_TUNNELS = 8;

/** Hosts that requests of one connection name, and that are known again. */
const MAX_HOSTS = 64;

const REQUESTS = 1;
const RESPONSES = 2;

/** The protocols of one TCP connection: what each direction is read as. */
export class Conversation {
  private readonly readers: [ProtocolReader | null, ProtocolReader | null] = [null, null];
  private http: Http1Connection | null = null;
  /** REQUESTS, RESPONSES: what of `http` has a reader. */
  private httpTaken = 0;
  private http2: Http2Connection | null = null;
  private http2Taken = 0;
  /** The server of an HTTP/2 client, until it has a reader. */
  private awaitsHttp2Of: End | null = null;
  private tunnels = 0;
  /** What the connection begins with was told. */
  private isTold = false;
  /** The SOCKS handshake that is going on, or was the last. */
  private socks: SocksConnection | null = null;
  /** Requests of HTTP had a reader; answers had one. */
  private isAsked = false;
  private isAnswered = false;
  private readonly doubt = new SocksDoubt();
  private ssh: SshConnection | null = null;
  /** The request of HTTP/0.9, once it was read. */
  private simple: HttpRequest | null = null;
  private readonly row: number;
  private readonly responderPort: number;
  private readonly sink: NameSink;
  private readonly budget: MessageBudget;
  /** Of requests that were told, which cost less when they are named again. */
  private hosts: Set<string> | null = null;

  /** `responderPort`: on 53 what is nothing else is read as DNS, also when its messages are broken. */
  constructor(row: number, responderPort: number, sink: NameSink, budget: MessageBudget) {
    this.row = row;
    this.responderPort = responderPort;
    this.sink = sink;
    this.budget = budget;
  }

  readerOf(end: End): ProtocolReader | null {
    return this.readers[end];
  }

  /**
   * Chooses a reader for the direction that begins with view[at, end); "maybe" wants more octets. After a
   * `preamble` of another protocol (SOCKS, or STARTTLS of any kind) only TLS and HTTP are looked for.
   */
  recognise(from: End, view: DataView, at: number, end: number, preamble: boolean): "yes" | "no" | "maybe" {
    const shown = preamble ? this.showLate(from, view, at, end) : this.show(from, view, at, end);
    if (shown === "maybe") return "maybe";
    if (shown !== "nothing") {
      this.readers[from] = this.readerFor(shown, from);
      if (!preamble) this.tellBeginning(shown);
      return "yes";
    }
    return "no";
  }

  /** A server answered in HTTP what was read as no request of it. */
  get isAnswerAlone(): boolean {
    return this.isAnswered && !this.isAsked;
  }

  /** The end whose octets have a meaning since the other's are known. */
  get awaitsAnswerOf(): End | null {
    return this.doubt.woken ?? this.socks?.awaitsAnswerOf ?? this.awaitsHttp2Of;
  }

  /** What this direction says may be read by anybody: it is neither TLS nor DNS. */
  isReadable(from: End): boolean {
    const reader = this.readers[from];
    return !(
      reader instanceof TlsClientReader ||
      reader instanceof TlsServerReader ||
      reader instanceof DnsReader
    );
  }

  /** `from` said this, and it was read for names. */
  said(from: End, view: DataView, at: number, end: number): void {
    this.sink.said(this.row, from, view, at, end);
  }

  /** A tunnel begins in this direction: what follows is recognised anew. False when that is too deep. */
  enterTunnel(from: End): boolean {
    // In the tunnel others ask and answer.
    if (this.readers[from] instanceof HttpClientReader) this.isAsked = false;
    this.isAnswered = false;
    this.readers[from] = null;
    return ++this.tunnels <= 2 * MAX_TUNNELS;
  }

  /** No name can come any more: both directions are through, or TLS is. */
  get done(): boolean {
    const [a, b] = this.readers;
    if (isTlsOver(a, b) || isTlsOver(b, a)) return true;
    return a !== null && b !== null && a.done && b.done;
  }

  private show(from: End, view: DataView, at: number, end: number): Certain {
    const other = this.readers[1 - from];
    if (this.socks?.awaitsAnswerOf === from) return "socks-answer";
    if (this.awaitsHttp2Of === from) return "http2-server";
    if (this.simple !== null && other instanceof SimpleRequestReader) return "http09-answer";
    if (other instanceof DnsReader) return "dns";
    if (other instanceof TlsClientReader) return "tls";
    if (this.doubt.hear(from, view, at, end)) return "maybe";
    const shown = firstOctets(view, at, end, this.responderPort, this.doubt.isNone);
    if (shown !== "socks-doubtful") return shown;
    return this.doubt.raise(from) ? "socks" : "maybe";
  }

  private showLate(from: End, view: DataView, at: number, end: number): Certain {
    if (this.readers[1 - from] instanceof TlsClientReader) return "tls";
    return lateOctets(view, at, end);
  }

  private tellBeginning(shown: Certain): void {
    const protocol = BEGINNINGS.get(shown);
    if (this.isTold || protocol === undefined) return;
    this.isTold = true;
    this.sink.begins(this.row, protocol);
  }

  private readerFor(
    shown: Exclude<Shown, "nothing" | "maybe" | "socks-doubtful">,
    from: End,
  ): ProtocolReader {
    const { row, sink } = this;
    const trouble = (name: string) => sink.trouble(name);
    this.isAsked ||= shown === "http" || shown === "http2" || shown === "http09";
    this.isAnswered ||= shown === "http-response";
    switch (shown) {
      case "tls":
        if (this.readers[1 - from] instanceof TlsClientReader) return new TlsServerReader();
        return new TlsClientReader(
          (hello) => sink.tlsHello(row, from, hello),
          trouble,
          () => this.affords(COST_NEW),
          () => isAccepting(this.readers[1 - from]),
        );
      case "http":
        return new HttpClientReader(
          this.httpFor(REQUESTS),
          (request) => this.requested(from, request),
          trouble,
          this.budget,
        );
      case "http-response":
        return new HttpServerReader(
          this.httpFor(RESPONSES),
          (response, request) => this.responded(from, response, request),
          this.budget,
        );
      case "http2":
        return new Http2Reader(this.http2For(REQUESTS, from).client);
      case "http2-server":
        return new Http2Reader(this.http2For(RESPONSES, from === 0 ? 1 : 0).server);
      case "socks":
        this.socks = new SocksConnection(row, from, sink);
        return new SocksClientReader(this.socks, trouble);
      case "socks-answer":
        return new SocksServerReader(this.socks ?? new SocksConnection(row, from === 0 ? 1 : 0, sink));
      case "proxy-header":
        return new ProxyHeaderReader();
      case "http09":
        return new SimpleRequestReader((request) => {
          this.simple = request;
          sink.httpRequest(row, from, request);
        });
      case "http09-answer":
        return new SimpleResponseReader(() => sink.httpResponse(row, from, SIMPLE_RESPONSE, this.simple));
      case "ssh":
        this.ssh ??= new SshConnection((banners) => sink.ssh(row, banners));
        return new SshReader(this.ssh, from);
      case "dns":
        return new DnsReader((view, at, end) => {
          const isAnswer = end - at > 2 && view.getInt8(at + 2) < 0; // QR
          if (this.affords(isAnswer ? COST_KNOWN : COST_QUESTION)) sink.dnsMessage(row, from, view, at, end);
        }, trouble);
    }
  }

  private requested(from: End, request: HttpRequest): void {
    const { host, otherHosts } = request;
    const isKnown = otherHosts.length === 0 && this.hosts?.has(host) === true;
    if (!this.affords(isKnown ? COST_KNOWN : COST_NEW * (1 + otherHosts.length))) return;
    this.hosts ??= new Set();
    if (this.hosts.size === MAX_HOSTS) this.hosts.clear();
    this.hosts.add(host);
    this.sink.httpRequest(this.row, from, request);
  }

  private responded(from: End, response: HttpResponse, request: HttpRequest | null): void {
    if (this.affords(COST_ANSWER)) this.sink.httpResponse(this.row, from, response, request);
  }

  private affords(cost: number): boolean {
    if (this.budget.take(cost)) return true;
    this.sink.trouble("stream.flood");
    return false;
  }

  /** Requests and responses share one HTTP connection; a second stream of either begins a new one, in a tunnel. */
  private httpFor(part: number): Http1Connection {
    if (this.http === null || (this.httpTaken & part) !== 0) {
      this.http = new Http1Connection();
      this.httpTaken = 0;
    }
    this.httpTaken |= part;
    return this.http;
  }

  private http2For(part: number, client: End): Http2Connection {
    const { row, sink, budget } = this;
    const server: End = client === 0 ? 1 : 0;
    if (this.http2 === null || (this.http2Taken & part) !== 0) {
      this.http2 = new Http2Connection({
        isLeftOut: () => {
          if (budget.isSpent) sink.trouble("stream.flood");
          return budget.isSpent;
        },
        request: (request) => this.requested(client, request),
        response: (response, request) => this.responded(server, response, request),
        promised: (request) => {
          if (this.affords(COST_NEW)) sink.httpPromised(row, server, request);
        },
        trouble: (name) => sink.trouble(name),
      });
      this.http2Taken = 0;
    }
    this.http2Taken |= part;
    this.awaitsHttp2Of = this.http2Taken === REQUESTS ? server : null;
    return this.http2;
  }
}

/**
 * The server accepted, or nothing more can be made of the client: only clients have names to tell. What was accepted may
 * be seen later: two taps do not keep the order.
 */
function isTlsOver(reader: ProtocolReader | null, other: ProtocolReader | null): boolean {
  if (reader instanceof TlsClientReader) return reader.done;
  return isAccepting(reader) && !(other instanceof TlsClientReader && other.isReading);
}

function isAccepting(reader: ProtocolReader | null): boolean {
  return reader instanceof TlsServerReader && reader.accepted;
}
