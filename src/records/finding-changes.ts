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

/** Tells what is new about findings that are looked at again and again. */
export class FindingChanges {
  private readonly known = new Map<string, Known>();
  /** By id that a finding had: the one that has it as an alias. */
  private readonly heirs = new Map<string, string>();

  /** `before`: findings of an earlier run that the ledger goes on with. */
  constructor(before: readonly RatedFinding[]) {
    for (const finding of before) this.note(finding);
  }

  /**
   * Changes since a finding was last given, in the order of `found`: those that may have changed, or all. `gone`:
   * ids of those that the ledger no longer has.
   */
  take(found: readonly RatedFinding[], gone: readonly string[]): FindingChange[] {
    const changes: FindingChange[] = [];
    for (const finding of found) {
      const before = this.known.get(finding.id);
      const known = this.note(finding);
      const what = before === undefined ? "new" : changeOf(before, known);
      if (what !== null) changes.push({ what, finding, into: null });
    }
    for (const id of gone) {
      const known = this.known.get(id);
      if (known === undefined) continue;
      this.known.delete(id);
      changes.push({ what: "moved", finding: known.finding, into: this.heirs.get(id) ?? null });
      this.heirs.delete(id);
    }
    return changes;
  }

  private note(finding: RatedFinding): Known {
    const known = knownOf(finding);
    this.known.set(finding.id, known);
    for (const alias of finding.aliases) if (this.known.has(alias)) this.heirs.set(alias, finding.id);
    return known;
  }
}

function knownOf(finding: RatedFinding): Known {
  const { severity, outcome, lastSeen, attempts, bytesOut, bytesIn, ips, aliases, asked, via, details } =
    finding;
  const listed = ips.length + aliases.length + asked.length + via.length + details.length;
  const extent = attempts + bytesOut + bytesIn + listed + lastSeen.sec + lastSeen.nsec / 1e9;
  return { finding, severity, outcome, extent };
}

function changeOf(before: Known, now: Known): ChangeKind | null {
  if (now.severity > before.severity || now.outcome > before.outcome) return "worse";
  return now.extent === before.extent ? null : "more";
}
