import type { FlowTable } from "../flow/flow-table.ts";
import type { End } from "../flow/flow-view.ts";
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

/**
 * Is told what the sensor sees, as it sees it: for the event log. Arguments are reused by the sensor
 * and must not be kept.
 */
export interface Observer {
  dns(seen: Sighting, question: DnsQuestion, answers: DnsAnswers | null): void;
  tls(seen: Sighting, hello: ClientHello): void;
  http(seen: Sighting, request: HttpRequest): void;
  httpAnswer(seen: Sighting, response: HttpResponse, request: HttpRequest | null): void;
  /** The flow is over; its row is complete. */
  flow(seen: Sighting): void;
}
