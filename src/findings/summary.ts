import type { Catalogue, Lookup } from "../catalogue/catalogue.ts";
import { OUTCOMES, type Outcome } from "../flow/outcome.ts";
import { OUTSIDE } from "../policy/address-class.ts";
import { parseAddress } from "../policy/address-text.ts";
import type { Judge } from "../policy/judge.ts";
import { type CatalogueNote, noteOf } from "./catalogue-note.ts";
import { blindReasons, type CoverageFacts, coverageCounters } from "./coverage.ts";
import { type Dependencies, dependenciesOf } from "./dependencies.ts";
import type { ExceptionUse } from "./exceptions.ts";
import { type Finding, isBefore } from "./finding.ts";
import { frameworksOf } from "./frameworks.ts";
import { lookUp, SourceHabits } from "./identify.ts";
import type { WideInside } from "./inside-extent.ts";
import { INFO, SEVERITIES, type Severity, severityOf } from "./severity.ts";

/** What a run over frames says of the enclave. */
export type Verdict = "clean" | "reachback" | "inconclusive";

export const EXIT_OF_VERDICT: Readonly<Record<Verdict, number>> = { clean: 0, reachback: 1, inconclusive: 3 };

export interface Totals {
  readonly packets: number;
  readonly bytes: number;
  readonly flows: number;
  readonly dnsQueries: number;
  readonly tlsHellos: number;
  readonly quicInitials: number;
  readonly httpRequests: number;
  readonly undecoded: number;
  readonly duplicates: number;
}

/** A finding with what follows from it. */
export interface RatedFinding extends Finding {
  /** Index into SEVERITIES, and its name. */
  readonly severity: number;
  readonly severityName: Severity;
  readonly outcomeName: Outcome;
  /** Inventory name of the source. */
  readonly sourceName: string | null;
  /** Who the destination belongs to; null where the catalogue does not know. */
  readonly catalogue: CatalogueNote | null;
  /** The destination's name is shared hosting, which identifies nobody: whose, and of what. */
  readonly sharedHosting: string | null;
  /** Ids of frameworks.ts that the finding is evidence for. */
  readonly frameworks: readonly string[];
}

/** A run in whole: what reports are made from. */
export interface Summary {
  readonly verdict: Verdict;
  /** Why a run that found nothing is not clean; also given beside findings. */
  readonly reasons: readonly string[];
  readonly totals: Totals;
  readonly coverage: Readonly<Record<string, number>>;
  /** Inside prefixes far wider than what was seen: they may hide egress. */
  readonly wideInside: readonly WideInside[];
  readonly exceptions: readonly ExceptionUse[];
  /** By severity, then first seen, then id. */
  readonly findings: readonly RatedFinding[];
  /** What the enclave still needs from outside, by kind of dependency. */
  readonly dependencies: Dependencies;
}

/** Puts together what a run says. Positive evidence stands even when the sensor was partly blind. */
export function summarise(
  judge: Judge,
  catalogue: Catalogue,
  totals: Totals,
  facts: CoverageFacts,
  exceptions: readonly ExceptionUse[],
  found: readonly Finding[],
): Summary {
  const findings = identified(found, judge, catalogue).sort(byWeight);
  const reasons = blindReasons(facts, judge.policy);
  const verdict = verdictOf(findings, reasons);
  return {
    verdict,
    reasons,
    totals,
    coverage: coverageCounters(facts),
    wideInside: facts.witness.extent.wide(),
    exceptions,
    findings,
    dependencies: dependenciesOf(findings, (destination) => {
      const words = parseAddress(destination);
      return words === null || judge.addressClass(...words) === OUTSIDE;
    }),
  };
}

/** Positive evidence stands even when the sensor was partly blind. Info findings are no reachback. */
function verdictOf(findings: readonly RatedFinding[], reasons: readonly string[]): Verdict {
  if (findings.some(({ severity }) => severity > INFO)) return "reachback";
  return reasons.length > 0 ? "inconclusive" : "clean";
}

/** The same, with reasons that lie beyond what the packets say. */
export function withReasons(summary: Summary, more: readonly string[]): Summary {
  const reasons = [...summary.reasons, ...more];
  const verdict = summary.verdict === "clean" ? verdictOf([], reasons) : summary.verdict;
  return { ...summary, verdict, reasons };
}

/** The same without findings that are none: probes of a canary. */
export function withoutFindings(summary: Summary, ids: ReadonlySet<string>): Summary {
  const findings = summary.findings.filter(({ id }) => !ids.has(id));
  const verdict = verdictOf(findings, summary.reasons);
  const outside = new Set(summary.dependencies.unknown);
  const dependencies = dependenciesOf(findings, (destination) => outside.has(destination));
  return { ...summary, verdict, findings, dependencies };
}

/** All findings as reports show them, what shares a host ranked by what else its source did. */
function identified(found: readonly Finding[], judge: Judge, catalogue: Catalogue): RatedFinding[] {
  const habits = new SourceHabits();
  const lookups = found.map((finding) => lookUp(catalogue, finding));
  for (const [i, finding] of found.entries()) habits.add(finding, lookups[i]);
  return found.map((finding, i) => {
    const { shared } = lookups[i];
    return rated(finding, judge, { matches: habits.rank(finding, lookups[i]), shared });
  });
}

/** A finding as reports show it; `lookup` is what the catalogue says of its destination. */
export function rated(finding: Finding, judge: Judge, { matches, shared }: Lookup): RatedFinding {
  const kinds = matches.map(({ entry }) => entry.kind);
  const severity = severityOf(finding, { kinds, byPort: matches.some(({ by }) => by === "port") });
  const catalogue = noteOf(matches);
  const shown: { -readonly [key in keyof RatedFinding]: RatedFinding[key] } = {
    // One by one: a copy by spreading costs more than all that is looked up for it.
    id: finding.id,
    kind: finding.kind,
    source: finding.source,
    destination: finding.destination,
    port: finding.port,
    proto: finding.proto,
    name: finding.name,
    evidence: finding.evidence,
    rule: finding.rule,
    aliases: finding.aliases,
    ips: finding.ips,
    asked: finding.asked,
    via: finding.via,
    details: finding.details,
    mac: finding.mac,
    firstSeen: finding.firstSeen,
    lastSeen: finding.lastSeen,
    attempts: finding.attempts,
    bytesOut: finding.bytesOut,
    bytesIn: finding.bytesIn,
    oneWayBytes: finding.oneWayBytes,
    outcome: finding.outcome,
    severityCap: finding.severityCap,
    severityShift: finding.severityShift,
    severity,
    severityName: SEVERITIES[severity],
    outcomeName: OUTCOMES[finding.outcome],
    sourceName: sourceNameOf(finding, judge),
    catalogue,
    sharedHosting: shared === null ? null : `${shared.operator}: ${shared.what}`,
    frameworks: frameworksOf(finding.kind, finding.outcome, catalogue),
  };
  if (finding.icmp !== undefined) shown.icmp = finding.icmp;
  return shown;
}

function sourceNameOf({ source }: Finding, judge: Judge): string | null {
  const words = source === null ? null : parseAddress(source);
  return words === null ? null : judge.hostName(...words);
}

function byWeight(a: RatedFinding, b: RatedFinding): number {
  if (a.severity !== b.severity) return b.severity - a.severity;
  if (isBefore(a.firstSeen, b.firstSeen)) return -1;
  if (isBefore(b.firstSeen, a.firstSeen)) return 1;
  return a.id < b.id ? -1 : 1;
}
