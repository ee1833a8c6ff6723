import { noteObject } from "../findings/catalogue-note.ts";
import { FINDING_KINDS, type FindingKind } from "../findings/finding-kinds.ts";
import type { Severity } from "../findings/severity.ts";
import type { RatedFinding } from "../findings/summary.ts";
import { eveProtoOf } from "./eve-proto.ts";
import { eveTime } from "./eve-time.ts";

/** Our own generator, so that no signature id can be one of a site's Suricata or Snort rules. */
const GID = 7310;
const REV = 1;

const REACHBACK = "Reachback";
const BOUNDARY = "Boundary Breach";
const HIDDEN = "Hidden Channel";
const INSIDE = "Inside Policy Violation";

/** Signature id and category of each kind. Ids stay with their kind for good: filters are written with them. */
const SIGNATURES: Readonly<Record<FindingKind, readonly [number, string]>> = {
  "egress.flow": [1, REACHBACK],
  "ingress.flow": [2, BOUNDARY],
  "transit.flow": [3, BOUNDARY],
  "inside.unapproved": [4, INSIDE],
  "dns.name": [5, REACHBACK],
  "dns.resolver": [6, REACHBACK],
  "dns.encrypted": [16, REACHBACK],
  "name.proxy": [7, REACHBACK],
  "name.inside": [8, "Outside Name Inside"],
  "policy.expired": [9, REACHBACK],
  "volume.budget": [10, REACHBACK],
  "icmp.stray": [11, BOUNDARY],
  "tunnel.dns": [12, HIDDEN],
  "tunnel.icmp": [13, HIDDEN],
  beacon: [14, HIDDEN],
  "secret.cleartext": [15, "Credential Exposure"],
  "protocol.mismatch": [18, HIDDEN],
  "tunnel.encapsulated": [17, REACHBACK],
};

/** Suricata's priorities: 1 is the worst. */
const PRIORITIES: Readonly<Record<Severity, number>> = { critical: 1, high: 1, medium: 2, low: 3, info: 4 };

/** The record of one finding, its head aside: many flows may have led to it, so it has no flow id. */
export function alertBody(finding: RatedFinding, digits: number): object {
  const [signatureId, category] = SIGNATURES[finding.kind];
  return {
    src_ip: finding.source ?? undefined,
    dest_ip: finding.ips[0],
    dest_port: finding.port ?? undefined,
    proto: finding.proto === null ? undefined : eveProtoOf(finding.proto),
    icmp_type: finding.icmp?.type,
    icmp_code: finding.icmp?.code,
    alert: {
      action: "allowed", // seen, not stopped
      gid: GID,
      signature_id: signatureId,
      rev: REV,
      signature: `gapwatch ${finding.kind}: ${FINDING_KINDS[finding.kind]}`,
      category,
      severity: PRIORITIES[finding.severityName],
    },
    gapwatch: alertDetail(finding, digits),
  };
}

/** The finding as the JSON report has it. */
function alertDetail(finding: RatedFinding, digits: number): object {
  return {
    finding: finding.id,
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
    first_seen: eveTime(finding.firstSeen, digits),
    last_seen: eveTime(finding.lastSeen, digits),
    attempts: finding.attempts,
    bytes_out: finding.bytesOut,
    bytes_in: finding.bytesIn,
    rule: finding.rule ?? undefined,
    details: finding.details.length === 0 ? undefined : finding.details,
    catalogue: finding.catalogue === null ? null : noteObject(finding.catalogue),
    frameworks: finding.frameworks,
  };
}
