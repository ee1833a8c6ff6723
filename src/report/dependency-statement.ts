import {
  DEPENDENCY_KINDS,
  type DependencyKind,
  groupOf,
  type DependencyGroup as KindGroup,
} from "../catalogue/kinds.ts";
import { DEPENDS } from "../findings/dependencies.ts";
import { SEVERITIES } from "../findings/severity.ts";
import { classifyAddress, INSIDE } from "../policy/address-class.ts";
import { parseAddress } from "../policy/address-text.ts";
import type { PrefixTable } from "../policy/prefix-table.ts";
import type { Dependency, DependencyGroup, ReportFinding } from "./validation-shape.ts";

/** The kinds that an accreditor asks about, and which kinds of the catalogue belong to each: the first that holds one. */
const GROUPS: readonly {
  readonly kind: string;
  readonly label: string;
  readonly holds: readonly string[];
}[] = [
  { kind: "identity", label: "Identity", holds: kindsOf("identity") },
  { kind: "secrets-and-metadata", label: "Secrets and metadata", holds: kindsOf("secrets") },
  { kind: "update-and-packages", label: "Updates and packages", holds: kindsOf("update") },
  { kind: "telemetry", label: "Telemetry", holds: kindsOf("telemetry") },
  { kind: "models-and-hubs", label: "Models and hubs", holds: kindsOf("model") },
  { kind: "licence", label: "Licence", holds: kindsOf("licence") },
  { kind: "time", label: "Time", holds: kindsOf("time") },
  { kind: "certificates", label: "Certificates", holds: kindsOf("certificates") },
  { kind: "remote-access", label: "Remote access", holds: kindsOf("remote-access") },
  {
    kind: "names-and-connectivity",
    label: "Name services and connectivity checks",
    holds: ["doh-resolver", "connectivity-check", "ip-discovery"],
  },
  { kind: "other", label: "Other outside services", holds: kindsOf("other") },
];

function kindsOf(group: KindGroup): DependencyKind[] {
  const kinds = Object.keys(DEPENDENCY_KINDS) as DependencyKind[];
  return kinds.filter((kind) => groupOf(kind) === group);
}

/** Destinations that the catalogue does not know. */
export const UNKNOWN = { kind: "unknown", label: "Not in the catalogue" };

/** Whether a finding shows that something inside wanted something outside. `inside`: the enclave's prefixes. */
export function isDependency({ kind, source, destination }: ReportFinding, inside: PrefixTable): boolean {
  // Of a source that nobody declared nobody knows whether it is inside.
  if (!DEPENDS.has(kind) || kind === "transit.flow" || source.ip === null) return false;
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
  const kindOrUnknown = (finding: ReportFinding): string =>
    kindOf(finding) ?? known.get(destinationOf(finding)) ?? UNKNOWN.kind;
  return [...GROUPS, UNKNOWN].map(({ kind, label }) => ({
    kind,
    label,
    seen: dependenciesOf(dependencies.filter((finding) => kindOrUnknown(finding) === kind)),
  }));
}

function kindOf({ catalogue }: ReportFinding): string | null {
  return GROUPS.find(({ holds }) => catalogue !== null && holds.includes(catalogue.kind))?.kind ?? null;
}

/** One entry a component, or a destination where there is none in the catalogue. */
function dependenciesOf(findings: readonly ReportFinding[]): Dependency[] {
  const byKey = new Map<string, ReportFinding[]>();
  for (const finding of findings) {
    const key = finding.catalogue?.component ?? destinationOf(finding);
    const group = byKey.get(key);
    if (group === undefined) byKey.set(key, [finding]);
    else group.push(finding);
  }
  return [...byKey.values()].map(dependencyFrom);
}

function dependencyFrom(findings: readonly ReportFinding[]): Dependency {
  const worst = findings.reduce((a, b) => (rank(b) > rank(a) ? b : a));
  return {
    component: findings[0].catalogue?.component ?? null,
    setting: settingOf(findings[0].catalogue),
    destinations: unique(findings.map(destinationOf)),
    hosts: unique(findings.flatMap(({ source }) => (source.ip === null ? [] : [source.name ?? source.ip]))),
    attempts: findings.reduce((sum, { attempts }) => sum + attempts, 0),
    outcome: worst.outcome,
    severity: worst.severity,
    findings: findings.map(({ id }) => id),
  };
}

/** What switches it off, and how well that is known; else what helps. */
function settingOf(catalogue: ReportFinding["catalogue"]): string | null {
  if (catalogue === null) return null;
  const { opt_out, opt_out_checked, remedy } = catalogue;
  if (opt_out === null) return typeof remedy === "string" ? remedy : null;
  return opt_out_checked === false ? `${opt_out} (reported)` : opt_out;
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
