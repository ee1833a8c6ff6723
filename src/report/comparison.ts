import type { Comparison, Report } from "./validation-shape.ts";

interface Need {
  readonly kind: string;
  readonly what: string;
  readonly hosts: readonly string[];
}

/** What a release of a stack added and took away, by dependency: hosts and addresses may be others by now. */
export function compareReports(
  earlier: Report,
  report: Omit<Report["validation"], "comparison">,
): Comparison {
  const before = needsOf(earlier.validation);
  const now = needsOf(report);
  const without = (needs: readonly Need[], others: readonly Need[]): Comparison["added"] =>
    needs
      .filter(({ what }) => !others.some((other) => other.what === what))
      .map(({ kind, what, hosts }) => ({ kind, what, hosts: [...hosts] }));
  const used = (validation: Pick<Report["validation"], "boundary">): string[] =>
    validation.boundary.gates.filter(({ last_seen }) => last_seen !== null).map(({ rule }) => rule);
  const usedBefore = used(earlier.validation);
  const stillUsed = new Set(report.services.filter(({ uses }) => uses > 0).map(({ role }) => role));
  return {
    earlier_result: earlier.validation.result,
    earlier_window: earlier.validation.window,
    added: without(now, before),
    gone: without(before, now),
    gates_newly_used: used(report).filter((rule) => !usedBefore.includes(rule)),
    services_no_longer_used: earlier.validation.services
      .filter(({ role, uses }) => uses > 0 && !stillUsed.has(role))
      .map(({ role }) => role),
  };
}

function needsOf({ dependencies }: Pick<Report["validation"], "dependencies">): Need[] {
  return dependencies.flatMap(({ label, seen }) =>
    seen.map(({ component, destinations, hosts }) => ({
      kind: label,
      what: component ?? destinations[0],
      hosts,
    })),
  );
}
