import type { RatedFinding } from "../findings/summary.ts";

/**
 * `new` and `worse` (severity or outcome rose) are reported; `more` is the same again, counted on; `moved` is
 * gone, because a better name was learned for all of it or because it collapsed into another.
 */
export type ChangeKind = "new" | "worse" | "more" | "moved";

export interface FindingChange {
  readonly what: ChangeKind;
  readonly finding: RatedFinding;
  /** Of `moved`: the finding that took it in, where that is known. */
  readonly into: string | null;
}

/** A finding as it was: its lists may be those of the ledger, which grow, so that their lengths are noted. */
interface Known {
  finding: RatedFinding;
  severity: number;
  outcome: number;
  /** Grows with whatever is added to a finding. */
  extent: number;
}

/** Tells what changed in a ledger from one look to the next. */
export class FindingChanges {
  private known = new Map<string, Known>();

  /** `before`: findings of an earlier run that the ledger goes on with. */
  constructor(before: readonly RatedFinding[]) {
    for (const finding of before) this.known.set(finding.id, knownOf(finding));
  }

  /** Changes since the last call, in the order of `found`, which is the whole ledger. */
  diff(found: readonly RatedFinding[]): FindingChange[] {
    const changes: FindingChange[] = [];
    const now = new Map<string, Known>();
    for (const finding of found) {
      const before = this.known.get(finding.id);
      const known = knownOf(finding);
      const what = before === undefined ? "new" : changeOf(before, known);
      if (what !== null) changes.push({ what, finding, into: null });
      now.set(finding.id, known);
    }
    const gone = [...this.known.values()].filter(({ finding }) => !now.has(finding.id));
    const heirs = gone.length === 0 ? null : heirsOf(found);
    for (const { finding } of gone) {
      changes.push({ what: "moved", finding, into: heirs?.get(finding.id) ?? null });
    }
    this.known = now;
    return changes;
  }
}

function heirsOf(found: readonly RatedFinding[]): Map<string, string> {
  return new Map(found.flatMap((finding) => finding.aliases.map((alias) => [alias, finding.id] as const)));
}

function knownOf(finding: RatedFinding): Known {
  const { severity, outcome, lastSeen, attempts, bytesOut, bytesIn, ips, aliases, asked, via } = finding;
  const listed = ips.length + aliases.length + asked.length + via.length;
  const extent = attempts + bytesOut + bytesIn + listed + lastSeen.sec + lastSeen.nsec / 1e9;
  return { finding, severity, outcome, extent };
}

function changeOf(before: Known, now: Known): ChangeKind | null {
  if (now.severity > before.severity || now.outcome > before.outcome) return "worse";
  return now.extent === before.extent ? null : "more";
}
