import { DEPENDENCY_GROUPS, type DependencyGroup, NOT_AIR_GAPPED } from "../catalogue/kinds.ts";
import type { FindingKind } from "./finding-kinds.ts";
import { INFO } from "./severity.ts";
import type { RatedFinding } from "./summary.ts";

/** What an enclave needs of one kind. */
export interface GroupNeeds {
  readonly group: DependencyGroup;
  /** Each once, the one behind the worst finding first. */
  readonly components: readonly string[];
  readonly destinations: readonly string[];
}

/** What the enclave still needs from outside. */
export interface Dependencies {
  /** In the order of DEPENDENCY_GROUPS; groups without findings are left out. */
  readonly groups: readonly GroupNeeds[];
  /** Destinations that the catalogue does not know. */
  readonly unknown: readonly string[];
  /** Groups by which it is not air-gapped. */
  readonly notAirGapped: readonly DependencyGroup[];
}

/** Kinds of finding that are a dependency of the enclave on an outside party. */
export const DEPENDS: ReadonlySet<string> = new Set<FindingKind>([
  "egress.flow",
  "transit.flow",
  "dns.name",
  "dns.resolver",
  "dns.encrypted",
  "name.proxy",
  "policy.expired",
  "protocol.mismatch",
  "tunnel.encapsulated",
  "tunnel.dns",
  "tunnel.icmp",
  "beacon",
  "secret.cleartext",
]);

/** By kind of dependency, over all findings that count. An unapproved resolver may be inside: it is no need. */
export function dependenciesOf(
  findings: readonly RatedFinding[],
  isOutside: (destination: string) => boolean,
): Dependencies {
  const counted = findings.filter(({ kind, severity }) => severity > INFO && DEPENDS.has(kind));
  const unknown = new Set<string>();
  const needs = new Map<DependencyGroup, { components: Set<string>; destinations: Set<string> }>();
  for (const { catalogue, destination } of counted) {
    if (catalogue === null) unknown.add(destination);
    else {
      const need = needs.get(catalogue.group) ?? { components: new Set(), destinations: new Set() };
      needs.set(catalogue.group, need);
      need.components.add(catalogue.component);
      need.destinations.add(destination);
    }
  }
  const groups = (Object.keys(DEPENDENCY_GROUPS) as DependencyGroup[]).flatMap((group) => {
    const need = needs.get(group);
    if (need === undefined) return [];
    return [{ group, components: [...need.components], destinations: [...need.destinations] }];
  });
  return {
    groups,
    unknown: [...unknown].filter(isOutside),
    notAirGapped: NOT_AIR_GAPPED.filter((group) => groups.some((needs) => needs.group === group)),
  };
}
