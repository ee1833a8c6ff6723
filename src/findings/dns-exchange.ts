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
