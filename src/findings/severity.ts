import type { DependencyKind } from "../catalogue/kinds.ts";
import { ANSWERED, TRANSFERRED } from "../flow/outcome.ts";
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
  "protocol.mismatch": HIGH,
  "tunnel.icmp": HIGH,
  beacon: MEDIUM,
  "secret.cleartext": CRITICAL,
  "tunnel.encapsulated": HIGH,
  "name.inside": INFO,
};

/** How a kind of dependency (catalogue/kinds.ts) moves a severity that comes from the outcome. Others do not. */
export const SHIFT_OF_DEPENDENCY: Readonly<Partial<Record<DependencyKind, number>>> = {
  "connectivity-check": -1,
  time: -1,
  "model-api": 1,
  "tunnel-remote-access": 1,
  "cloud-metadata": 1,
  "secret-store": 1,
};

/** More than this sent one way in datagrams or pings is data leaving, whether or not anybody answered. */
export const ONE_WAY_HIGH_BYTES = 64 * 1024;

/** Named, attempted, refused: medium; answered, connected: high; transferred: critical. */
export function severityOfOutcome(outcome: number): number {
  if (outcome === TRANSFERRED) return CRITICAL;
  return outcome >= ANSWERED ? HIGH : MEDIUM;
}

/** NTP (RFC 5905) and the key establishment of NTS (RFC 8915). */
const TIME_SERVICES: ReadonlySet<string> = new Set(["123/udp", "4460/tcp"]);
/** More than this sent in one attempt is no check of a connection, whatever the name claims. */
const CHECK_BYTES = 64 * 1024;

/** What a destination may be; `byPort`: nothing but the port says so. */
export interface MeantKinds {
  readonly kinds: readonly DependencyKind[];
  readonly byPort: boolean;
}

/**
 * The severity of a finding as it stands, as an index into SEVERITIES. Of several components that share a host the
 * worst counts. A port alone makes nothing worse: anybody may listen on it.
 */
export function severityOf(finding: Finding, meant: MeantKinds): number {
  const fixed = SEVERITY_OF_KIND[finding.kind];
  let severity = fixed === "outcome" ? severityOfOutcome(finding.outcome) + shiftOf(finding, meant) : fixed;
  severity = Math.min(finding.severityCap, CRITICAL, Math.max(INFO, severity - finding.severityShift));
  const leaves = fixed === "outcome" || finding.kind === "icmp.stray";
  return leaves && finding.oneWayBytes > ONE_WAY_HIGH_BYTES ? Math.max(HIGH, severity) : severity;
}

function shiftOf(finding: Finding, { kinds, byPort }: MeantKinds): number {
  if (kinds.length === 0) return 0;
  const worst = Math.max(...kinds.map((kind) => SHIFT_OF_DEPENDENCY[kind] ?? 0));
  const shift = byPort ? Math.min(0, worst) : worst;
  return shift < 0 && isMoreThanItsName(finding, kinds) ? 0 : shift;
}

/** A name is a claim: whoever calls himself a clock or a check has to behave like one to be taken for less. */
function isMoreThanItsName(finding: Finding, kinds: readonly DependencyKind[]): boolean {
  const { kind, port, proto, bytesOut, attempts } = finding;
  if (kinds.includes("connectivity-check")) return bytesOut > CHECK_BYTES * attempts;
  const isAsked = kind === "dns.name" || kind === "dns.resolver";
  return !isAsked && !TIME_SERVICES.has(`${port}/${proto}`);
}
