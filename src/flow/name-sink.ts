import type { HttpRequest, HttpResponse } from "../names/http-head.ts";
import type { SocksRequest } from "../names/socks.ts";
import type { SocksAnswer } from "../names/socks-answer.ts";
import type { ClientHello } from "../names/tls-client-hello.ts";
import type { End } from "./flow-view.ts";
import type { SshBanners } from "./ssh-reader.ts";

/** Protocols of TCP connections, by what they begin with. */
export type TcpProtocol = "tls" | "http" | "http2" | "ssh" | "dns" | "socks";

/** Takes what the name readers find in a flow. `from`: the end that sent it. */
export interface NameSink {
  /** The connection's first words are of this protocol; what follows in a tunnel, or after STARTTLS, is not told. */
  begins(row: number, protocol: TcpProtocol): void;
  tlsHello(row: number, from: End, hello: ClientHello): void;
  httpRequest(row: number, from: End, request: HttpRequest): void;
  /** `request` is what it answers, null when that was not seen. */
  httpResponse(row: number, from: End, response: HttpResponse, request: HttpRequest | null): void;
  /** `from`, a server, announced a request that its client did not make. */
  httpPromised(row: number, from: End, request: HttpRequest): void;
  socksRequest(row: number, from: End, request: SocksRequest): void;
  /** `request` is what it answers; told after it, whatever order they were seen in. */
  socksAnswer(row: number, from: End, answer: Readonly<SocksAnswer>, request: SocksRequest): void;
  /** Told once a connection. */
  ssh(row: number, banners: SshBanners): void;
  /** A whole message of a DNS stream in view[at, end), valid during the call. */
  dnsMessage(row: number, from: End, view: DataView, at: number, end: number): void;
  /** What `from` said in view[at, end), in order, in a protocol that is not encrypted; valid during the call. */
  said(row: number, from: End, view: DataView, at: number, end: number): void;
  /** Something could not be read as it should; a name in the coverage table. */
  trouble(name: string): void;
}
