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
  const groups = (Object.keys(DEPENDENCY_GROUPS) as DependencyGroup[]).flatMap((group) => {
    const needs = counted.filter(({ catalogue }) => catalogue?.group === group);
    if (needs.length === 0) return [];
    const components = needs.flatMap(({ catalogue }) => catalogue?.component ?? []);
    const destinations = needs.map(({ destination }) => destination);
    return [{ group, components: [...new Set(components)], destinations: [...new Set(destinations)] }];
  });
  const unknown = counted.flatMap(({ catalogue, destination }) =>
    catalogue === null && isOutside(destination) ? [destination] : [],
  );
  return {
    groups,
    unknown: [...new Set(unknown)],
    notAirGapped: NOT_AIR_GAPPED.filter((group) => groups.some((needs) => needs.group === group)),
  };
}
