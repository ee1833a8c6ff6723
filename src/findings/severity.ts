import { ANSWERED, TRANSFERRED } from "../flow/outcome.ts";
import { type DependencyKind, dependencyOf } from "./dependency-kinds.ts";
import type { Finding } from "./finding.ts";
import type { FindingKind } from "./finding-kinds.ts";

/** Ascending. */
export const SEVERITIES = ["info", "low", "medium", "high", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

export const INFO = 0;
export const LOW = 1;
export const MEDIUM = 2;
export const HIGH = 3;
export const CRITICAL = 4;

/** Where a kind's severity comes from: its outcome, or a fixed value. */
export const SEVERITY_OF_KIND: Readonly<Record<FindingKind, "outcome" | number>> = {
  "egress.flow": "outcome",
  "ingress.flow": "outcome",
  "transit.flow": "outcome",
  "dns.name": "outcome",
  "dns.resolver": "outcome",
  "dns.encrypted": "outcome",
  "name.proxy": "outcome",
  "policy.expired": "outcome",
  "inside.unapproved": MEDIUM,
  "icmp.stray": MEDIUM,
  "volume.budget": HIGH,
  "tunnel.dns": HIGH,
  "tunnel.icmp": HIGH,
  beacon: MEDIUM,
  "secret.cleartext": CRITICAL,
  "tunnel.encapsulated": HIGH,
  "name.inside": INFO,
};

/** How a kind of dependency moves a severity that comes from the outcome. */
export const SHIFT_OF_DEPENDENCY: Readonly<Record<DependencyKind, number>> = {
  "connectivity-check": -1,
  time: -1,
  "model-api": 1,
  "tunnel-remote-access": 1,
  "cloud-metadata": 1,
};

/** More than this sent one way in datagrams or pings is data leaving, whether or not anybody answered. */
export const ONE_WAY_HIGH_BYTES = 64 * 1024;

/** Named, attempted, refused: medium; answered, connected: high; transferred: critical. */
export function severityOfOutcome(outcome: number): number {
  if (outcome === TRANSFERRED) return CRITICAL;
  return outcome >= ANSWERED ? HIGH : MEDIUM;
}

/** The severity of a finding as it stands, as an index into SEVERITIES. */
export function severityOf(finding: Finding): number {
  const fixed = SEVERITY_OF_KIND[finding.kind];
  const dependency = dependencyOf(finding.ips, finding.port, finding.proto);
  let severity = fixed === "outcome" ? severityOfOutcome(finding.outcome) : fixed;
  if (fixed === "outcome" && dependency !== null) severity += SHIFT_OF_DEPENDENCY[dependency];
  severity = Math.min(finding.severityCap, Math.max(INFO, severity - finding.severityShift));
  const leaves = fixed === "outcome" || finding.kind === "icmp.stray";
  return leaves && finding.oneWayBytes > ONE_WAY_HIGH_BYTES ? Math.max(HIGH, severity) : severity;
}
