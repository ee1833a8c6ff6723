import { OUTCOMES, type Outcome } from "../flow/outcome.ts";
import { parseAddress } from "../policy/address-text.ts";
import type { Judge } from "../policy/judge.ts";
import { blindReasons, type CoverageFacts, coverageCounters } from "./coverage.ts";
import type { ExceptionUse } from "./exceptions.ts";
import { type Finding, isBefore } from "./finding.ts";
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
}

/** Puts together what a run says. Positive evidence stands even when the sensor was partly blind. */
export function summarise(
  judge: Judge,
  totals: Totals,
  facts: CoverageFacts,
  exceptions: readonly ExceptionUse[],
  found: readonly Finding[],
): Summary {
  const findings = found.map((finding) => rated(finding, judge)).sort(byWeight);
  const reasons = blindReasons(facts, judge.policy);
  const reachback = findings.some((finding) => finding.severity > INFO);
  const verdict = reachback ? "reachback" : reasons.length > 0 ? "inconclusive" : "clean";
  return {
    verdict,
    reasons,
    totals,
    coverage: coverageCounters(facts),
    wideInside: facts.witness.extent.wide(),
    exceptions,
    findings,
  };
}

/** A finding as reports show it. */
export function rated(finding: Finding, judge: Judge): RatedFinding {
  const words = finding.source === null ? null : parseAddress(finding.source);
  const sourceName = words === null ? null : judge.hostName(...words);
  const severity = severityOf(finding);
  return {
    ...finding,
    severity,
    severityName: SEVERITIES[severity],
    outcomeName: OUTCOMES[finding.outcome],
    sourceName,
  };
}

function byWeight(a: RatedFinding, b: RatedFinding): number {
  if (a.severity !== b.severity) return b.severity - a.severity;
  if (isBefore(a.firstSeen, b.firstSeen)) return -1;
  if (isBefore(b.firstSeen, a.firstSeen)) return 1;
  return a.id < b.id ? -1 : 1;
}
