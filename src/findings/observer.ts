import type { Packet } from "../decode/packet.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import type { End } from "../flow/flow-view.ts";
import type { QuicHello } from "../flow/quic-sink.ts";
import type { SshBanners } from "../flow/ssh-reader.ts";
import type { DnsQuestion } from "../names/dns.ts";
import type { DnsAnswers } from "../names/dns-answers.ts";
import type { HttpRequest, HttpResponse } from "../names/http-head.ts";
import type { ClientHello } from "../names/tls-client-hello.ts";
import type { Moment } from "./finding.ts";

/** The packet in which something was seen: its flow, the end that sent it, its time. */
export interface Sighting {
  readonly table: FlowTable;
  readonly row: number;
  readonly from: End;
  readonly at: Moment;
}

/** An ICMP error, and what it quotes: see icmp-errors.ts. */
export interface IcmpErrorSighting {
  /** The message; its addresses, type and code are valid. */
  readonly pkt: Packet;
  /** The headers that it quotes; null where they are not those of what its receiver sent. */
  readonly quoted: Packet | null;
  /** The flow that it was bound to at once, or NO_ROW. */
  readonly row: number;
  readonly table: FlowTable;
  readonly at: Moment;
}

/** What an input says of itself; kept up to date while it is read. */
export interface InputFacts {
  readonly path: string;
  /** Finest precision of its times, in decimals of a second. */
  readonly tsDigits: number;
  readonly first: Readonly<Moment> | null;
  readonly last: Readonly<Moment> | null;
}

/**
 * Is told what the sensor sees, as it sees it: for the event log. Arguments are reused by the sensor
 * and must not be kept.
 */
export interface Observer {
  /** The packets from now on come from this input. These facts may be kept. */
  input(facts: InputFacts): void;
  /** The flow's first packet was seen; its row holds the key and the first time. */
  flowBegan(row: number): void;
  /** `answers` are null where the message has no records; a question may have some. */
  dns(seen: Sighting, question: DnsQuestion, answers: DnsAnswers | null): void;
  tls(seen: Sighting, hello: ClientHello): void;
  quic(seen: Sighting, hello: QuicHello): void;
  http(seen: Sighting, request: HttpRequest): void;
  httpAnswer(seen: Sighting, response: HttpResponse, request: HttpRequest | null): void;
  /** `seen.from` is the client. */
  ssh(seen: Sighting, banners: SshBanners): void;
  /** A flow of ICMP or ICMPv6 began, with a message that is no error. */
  icmp(seen: Sighting): void;
  icmpError(seen: IcmpErrorSighting): void;
  /** The flow is over; its row is complete. */
  flow(seen: Sighting): void;
}
