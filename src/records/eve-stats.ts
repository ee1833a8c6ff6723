import type { Summary } from "../findings/summary.ts";

/** The last record of a run, its head aside: what Suricata's counters can honestly say, and all of ours. */
export function statsBody(summary: Summary, windowSec: number): object {
  const { totals, coverage } = summary;
  return {
    stats: {
      uptime: Math.trunc(windowSec),
      capture: { kernel_drops: coverage["capture.dropped"] },
      decoder: { pkts: totals.packets, bytes: totals.bytes },
      flow: { total: totals.flows },
      detect: { alert: summary.findings.length },
    },
    gapwatch: {
      verdict: summary.verdict,
      reasons: summary.reasons,
      totals: {
        packets: totals.packets,
        bytes: totals.bytes,
        flows: totals.flows,
        dns_queries: totals.dnsQueries,
        tls_hellos: totals.tlsHellos,
        quic_initials: totals.quicInitials,
        http_requests: totals.httpRequests,
        undecoded: totals.undecoded,
        duplicates: totals.duplicates,
      },
      coverage,
    },
  };
}
