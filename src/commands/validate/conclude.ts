import type { Activity } from "../../findings/activity.ts";
import { INFO } from "../../findings/severity.ts";
import { type Summary, withoutFindings, withReasons } from "../../findings/summary.ts";
import type { CanaryFacts } from "../../report/validation.ts";
import { type CanaryResult, type CanaryWatch, canaryReasons, canaryResults } from "./canary-watch.ts";

/** A run with its canaries taken out of the findings and put into the account of what could be seen. */
export interface Concluded {
  readonly summary: Summary;
  readonly canary: CanaryFacts | null;
}

/** Takes the probes of canaries out of what was found; `null`: no canary was asked for, nothing is exempt. */
export function conclude(summary: Summary, canary: CanaryWatch | null, activity: Activity): Concluded {
  if (canary === null) return { summary, canary: null };
  const probes = canary.probes(summary);
  const results = canaryResults(probes);
  const exempt = probes.filter(({ isExempt }) => isExempt).map(({ finding }) => finding);
  for (const { severity, firstSeen, attempts } of exempt) {
    if (severity > INFO) activity.attempts(firstSeen.sec, -attempts);
  }
  const others = withoutFindings(summary, new Set(exempt.map(({ id }) => id)));
  return {
    summary: withReasons(others, canaryReasons(results)),
    canary: { runs: results.map(runFacts), exempt },
  };
}

function runFacts({ run, paths }: CanaryResult): CanaryFacts["runs"][number] {
  return {
    sec: run.sec,
    number: run.run,
    probes: paths.map(({ path, status, probe }) => ({
      path,
      status,
      after_seconds: probe === null ? null : Math.round(probe.afterSec * 1000) / 1000,
      source: probe?.source ?? null,
      finding: probe?.finding.id ?? null,
      exempt: probe?.isExempt ?? false,
    })),
  };
}
