import type { Catalogue, Lookup, Match } from "../catalogue/catalogue.ts";
import { type DependencyGroup, groupOf } from "../catalogue/kinds.ts";
import type { Finding } from "./finding.ts";
import type { FindingKind } from "./finding-kinds.ts";

/** Kinds whose destination is no outside party. */
const NO_DESTINATION: ReadonlySet<FindingKind> = new Set([
  "ingress.flow",
  "inside.unapproved",
  "volume.budget",
  "icmp.stray",
]);

/** Kinds whose port is that of a question or of a proxy, not of the party in question. */
const NO_PORT: ReadonlySet<FindingKind> = new Set([
  "dns.name",
  "dns.resolver",
  "tunnel.dns",
  "name.proxy",
  "name.inside",
]);

/** What the ledger calls bare addresses that it has collapsed. */
const MANY_ADDRESSES = "*";

const NOTHING: Lookup = { matches: [], shared: null };

/** Who a finding's destination belongs to: all candidates. One look-up a finding, none a packet. */
export function lookUp(catalogue: Catalogue, finding: Finding): Lookup {
  const { kind, name, ips, port, proto, destination } = finding;
  // Hundreds of addresses on one service are a scan: what listens there is nobody's need.
  if (NO_DESTINATION.has(kind) || destination === MANY_ADDRESSES) return NOTHING;
  return catalogue.lookup({
    name,
    ips: kind === "name.inside" ? [] : ips,
    port: NO_PORT.has(kind) ? null : port,
    proto,
  });
}

/** Destinations of one source at one vendor: all of them, and by group of dependency. */
interface Met {
  all: number;
  readonly byGroup: Map<DependencyGroup, number>;
}

/** What each source did: how many destinations it met of each vendor. */
export class SourceHabits {
  private readonly met = new Map<string, Met>();
  private readonly counted = new Set<string>();

  add({ source, destination }: Finding, { matches }: Lookup): void {
    for (const { entry } of matches) {
      const key = `${source} ${entry.vendor}`;
      const met = this.met.get(key) ?? { all: 0, byGroup: new Map<DependencyGroup, number>() };
      this.met.set(key, met);
      const group = groupOf(entry.kind);
      if (this.isNew(`${key} ${destination}`)) met.all++;
      if (this.isNew(`${key} ${destination} ${group}`))
        met.byGroup.set(group, (met.byGroup.get(group) ?? 0) + 1);
    }
  }

  /**
   * The candidates, the likeliest first. Who owns the host comes before who borrows it; but where the owner is a mere
   * back end for telemetry, a borrower goes first whose vendor the same source met elsewhere too. Among equals counts
   * how many other destinations the source met of the same vendor, those of the same group twice.
   */
  rank({ source }: Finding, { matches }: Lookup): readonly Match[] {
    if (matches.length < 2) return matches;
    const owners = matches.filter(({ entry }) => entry.through.length === 0);
    const isBackEnd = owners.every(({ entry }) => groupOf(entry.kind) === "telemetry");
    const ranked = matches.map((match) => {
      const score = this.score(source, match);
      const isOwner = match.entry.through.length === 0;
      const tier = isOwner ? 1 : isBackEnd && score > 0 ? 0 : 2;
      return { match, score, tier };
    });
    return ranked.sort((a, b) => a.tier - b.tier || b.score - a.score).map(({ match }) => match);
  }

  /** Other destinations that speak for this candidate: its own finding was counted once each way. */
  private score(source: string | null, { entry }: Match): number {
    const met = this.met.get(`${source} ${entry.vendor}`);
    if (entry.vendor === null || met === undefined) return 0;
    return met.all - 1 + ((met.byGroup.get(groupOf(entry.kind)) ?? 1) - 1);
  }

  private isNew(key: string): boolean {
    const before = this.counted.size;
    return this.counted.add(key).size > before;
  }
}
