import { dependencyOf } from "../findings/dependency-kinds.ts";
import { SEVERITIES } from "../findings/severity.ts";
import { classifyAddress, INSIDE } from "../policy/address-class.ts";
import { parseAddress } from "../policy/address-text.ts";
import type { PrefixTable } from "../policy/prefix-table.ts";
import type { Dependency, DependencyGroup, ReportFinding } from "./validation-shape.ts";

/** The kinds that an accreditor asks about, and which kinds of the catalogue belong to each. */
const GROUPS: readonly {
  readonly kind: string;
  readonly label: string;
  readonly holds: readonly string[];
}[] = [
  { kind: "identity", label: "Identity", holds: ["identity"] },
  {
    kind: "secrets-and-metadata",
    label: "Secrets and metadata",
    holds: ["secrets", "cloud-metadata", "cloud-control-plane"],
  },
  {
    kind: "update-and-packages",
    label: "Updates and packages",
    holds: [
      "update",
      "package-registry",
      "container-registry",
      "os-vendor",
      "security-feed",
      "code-hosting",
      "asset-download",
      "cdn",
    ],
  },
  { kind: "telemetry", label: "Telemetry", holds: ["telemetry", "observability", "crash-reporting"] },
  {
    kind: "models-and-hubs",
    label: "Models and hubs",
    holds: ["model-api", "model-hub", "agent-registry", "vector-db-cloud"],
  },
  { kind: "licence", label: "Licence", holds: ["licence"] },
  { kind: "time", label: "Time", holds: ["time"] },
  { kind: "certificates", label: "Certificates", holds: ["certificate-revocation"] },
  { kind: "remote-access", label: "Remote access", holds: ["tunnel-remote-access"] },
  {
    kind: "names-and-connectivity",
    label: "Name services and connectivity checks",
    holds: ["doh-resolver", "connectivity-check", "ip-discovery"],
  },
];
/** Destinations that the catalogue does not know. */
export const UNKNOWN = { kind: "unknown", label: "Not in the catalogue" };

/** Kinds of finding that are no dependency of the enclave on the outside. */
const NO_DEPENDENCY: ReadonlySet<string> = new Set([
  "ingress.flow",
  "transit.flow",
  "inside.unapproved",
  "name.inside",
  "icmp.stray",
  "volume.budget",
]);

/** Whether a finding shows that something inside wanted something outside. `inside`: the enclave's prefixes. */
export function isDependency({ kind, source, destination }: ReportFinding, inside: PrefixTable): boolean {
  if (NO_DEPENDENCY.has(kind) || source.ip === null) return false;
  if (destination.name !== null) return true;
  const words = parseAddress(destination.ips[0] ?? "");
  return words === null || classifyAddress(inside, ...words) !== INSIDE;
}

/** Who depends on what outside, by kind. Every kind is there, also when none was seen. */
export function dependencyStatement(dependencies: readonly ReportFinding[]): DependencyGroup[] {
  // A question for a name belongs to what then is asked of its address.
  const known = new Map<string, string>();
  for (const finding of dependencies) {
    const kind = kindOf(finding);
    if (kind !== null) known.set(destinationOf(finding), kind);
  }
  const groupOf = (finding: ReportFinding): string =>
    kindOf(finding) ?? known.get(destinationOf(finding)) ?? UNKNOWN.kind;
  return [...GROUPS, UNKNOWN].map(({ kind, label }) => ({
    kind,
    label,
    seen: dependenciesOf(dependencies.filter((finding) => groupOf(finding) === kind)),
  }));
}

function kindOf({ catalogue, destination }: ReportFinding): string | null {
  const kind = catalogue?.kind ?? dependencyOf(destination.ips, destination.port, destination.proto);
  return GROUPS.find(({ holds }) => kind !== null && holds.includes(kind))?.kind ?? null;
}

/** One entry a component, or a destination where there is none in the catalogue. */
function dependenciesOf(findings: readonly ReportFinding[]): Dependency[] {
  const byKey = new Map<string, ReportFinding[]>();
  for (const finding of findings) {
    const key = finding.catalogue?.component ?? destinationOf(finding);
    byKey.set(key, [...(byKey.get(key) ?? []), finding]);
  }
  return [...byKey.values()].map(dependencyFrom);
}

function dependencyFrom(findings: readonly ReportFinding[]): Dependency {
  const worst = findings.reduce((a, b) => (rank(b) > rank(a) ? b : a));
  return {
    component: findings[0].catalogue?.component ?? null,
    setting: findings[0].catalogue?.opt_out ?? null,
    destinations: unique(findings.map(destinationOf)),
    hosts: unique(findings.flatMap(({ source }) => (source.ip === null ? [] : [source.name ?? source.ip]))),
    attempts: findings.reduce((sum, { attempts }) => sum + attempts, 0),
    outcome: worst.outcome,
    severity: worst.severity,
    findings: findings.map(({ id }) => id),
  };
}

function rank({ severity }: ReportFinding): number {
  return SEVERITIES.indexOf(severity);
}

/** Its name, else its address; several addresses without a name are a flood that was counted as one. */
export function destinationOf({ destination }: ReportFinding): string {
  const { name, ips } = destination;
  return name ?? (ips.length === 1 ? ips[0] : "many addresses");
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
