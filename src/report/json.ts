import { noteObject } from "../findings/catalogue-note.ts";
import { jsonText } from "../findings/json-text.ts";
import type { RatedFinding } from "../findings/summary.ts";
import type { Run, RunInput } from "./run.ts";
import { rfc3339 } from "./time-text.ts";

/** The document that `--json` prints (`gapwatch/summary/1`, DESIGN section 5). */
export function jsonReport(run: Run): string {
  return `${jsonText(summaryDocument(run), 2)}\n`;
}

/** The same as values. */
export function summaryDocument(run: Run) {
  const { policy, summary, tsDigits } = run;
  return {
    schema: "gapwatch/summary/1",
    verdict: summary.verdict,
    reasons: summary.reasons,
    enclave: { name: policy.name, stage: policy.stage, sha256: run.policySha256 },
    inputs: run.inputs.map((input) => inputOf(input, tsDigits)),
    totals: {
      packets: summary.totals.packets,
      bytes: summary.totals.bytes,
      flows: summary.totals.flows,
      dns_queries: summary.totals.dnsQueries,
      tls_hellos: summary.totals.tlsHellos,
      quic_initials: summary.totals.quicInitials,
      http_requests: summary.totals.httpRequests,
      undecoded: summary.totals.undecoded,
      duplicates: summary.totals.duplicates,
    },
    coverage: summary.coverage,
    wide_inside: summary.wideInside,
    allowed: summary.exceptions.map((use) => ({
      rule: use.rule.id,
      attempts: use.attempts,
      questions: use.questions,
      bytes_out: use.bytesOut,
      bytes_in: use.bytesIn,
      first_seen: rfc3339(use.firstSeen, tsDigits),
      last_seen: rfc3339(use.lastSeen, tsDigits),
    })),
    dependencies: {
      groups: summary.dependencies.groups,
      unknown: summary.dependencies.unknown,
      not_air_gapped: summary.dependencies.notAirGapped,
    },
    findings: summary.findings.map((finding) => findingDocument(finding, run)),
  };
}

function inputOf(input: RunInput, tsDigits: number): object {
  return {
    path: input.path,
    sha256: input.sha256,
    format: input.format,
    link_types: input.linkTypes,
    packets: input.packets,
    bytes: input.bytes,
    first: input.first === null ? null : rfc3339(input.first, tsDigits),
    last: input.last === null ? null : rfc3339(input.last, tsDigits),
    complete: input.damage === null,
  };
}

/** One finding of the document. */
export function findingDocument(finding: RatedFinding, run: Run): object {
  return {
    id: finding.id,
    aliases: finding.aliases,
    kind: finding.kind,
    severity: finding.severityName,
    outcome: finding.outcomeName,
    source: { ip: finding.source, name: finding.sourceName, mac: finding.mac },
    destination: {
      name: finding.name,
      name_evidence: finding.evidence,
      ips: finding.ips,
      port: finding.port,
      proto: finding.proto,
    },
    first_seen: rfc3339(finding.firstSeen, run.tsDigits),
    last_seen: rfc3339(finding.lastSeen, run.tsDigits),
    attempts: finding.attempts,
    bytes_out: finding.bytesOut,
    bytes_in: finding.bytesIn,
    ...(finding.rule === null ? {} : { rule: finding.rule }),
    ...(finding.via.length === 0 ? {} : { via: finding.via }),
    ...(finding.asked.length === 0 ? {} : { asked: finding.asked }),
    ...(finding.details.length === 0 ? {} : { details: finding.details }),
    catalogue: finding.catalogue === null ? null : noteObject(finding.catalogue),
    ...(finding.sharedHosting === null ? {} : { shared_hosting: finding.sharedHosting }),
    frameworks: finding.frameworks,
  };
}
