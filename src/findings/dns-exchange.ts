import { CLASS_CH } from "../names/dns-types.ts";
import type { Asker } from "./dns-findings.ts";
import type { Moment } from "./finding.ts";

/** Who asks whom, in one DNS message. */
export interface DnsExchange extends Asker {
  readonly hostPort: number;
  /** What the host is told apart by (answered-names.ts). */
  readonly hostId: string;
  /** The resolver is on the enclave's list: its answers are believed. */
  readonly approved: boolean;
  /** The question went to a multicast group: nobody's resolver. */
  readonly group: boolean;
  readonly resolverInside: boolean;
  readonly at: Moment;
}

/** What a message says it asks, or answers. */
export interface QuestionKey {
  readonly id: number;
  readonly qname: string;
  readonly qtype: number;
  readonly qclass: number;
}

/**
 * What a question is told apart by. One of CHAOS, which is not judged, or one to the ports of the link must not pass
 * for the first try of one that is.
 */
export function keyOf(exchange: DnsExchange, { id, qname, qtype, qclass }: QuestionKey): string {
  const chaos = qclass === CLASS_CH ? " ch" : "";
  return `${endsOf(exchange, id)} ${qtype}${chaos} ${qname}`;
}

/** Who asks whom with which number. */
export function endsOf({ hostText, hostPort, resolverText, resolverPort }: DnsExchange, id: number): string {
  return `${hostText} ${hostPort} ${resolverText} ${resolverPort} ${id}`;
}
