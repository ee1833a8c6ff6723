import { destinationOf, UNKNOWN } from "./dependency-statement.ts";
import { counted, durationText } from "./text-figures.ts";
import type { Dependency, DependencyGroup, ReportFinding, SummaryDocument } from "./validation-shape.ts";

/** Destinations that a statement names of each kind; the rest is counted. */
const NAMED = 3;

/** The verdict in words for somebody who was not there. */
export function validationStatement(
  summary: SummaryDocument,
  groups: readonly DependencyGroup[],
  others: readonly ReportFinding[],
): string {
  const { verdict, allowed, enclave, reasons } = summary;
  if (verdict === "inconclusive") {
    const why = counted(reasons.length, "reason");
    return `Nothing is proven of ${enclave.name}: no contact to the outside was seen, but it could have been missed (${why}).`;
  }
  if (verdict === "clean") {
    const where = `in ${enclave.name} tried to reach the outside`;
    return allowed.length === 0
      ? `Air-gapped in the window that was watched: nothing ${where} (clean).`
      : `Air-gapped in the window that was watched but for its exception register: nothing else ${where} (clean, ${counted(allowed.length, "exception")} used).`;
  }
  const depends = groups.filter(({ seen }) => seen.some(counts));
  const serious = others.filter(({ severity }) => severity !== "info");
  const beyond = serious.length === 0 ? "" : ` ${countedKinds(serious)}.`;
  if (depends.length === 0) return `The boundary of ${enclave.name} does not hold.${beyond}`;
  const list = depends.map(
    ({ kind, label, seen }) =>
      `${kind === UNKNOWN.kind ? "what the catalogue does not know" : label.toLowerCase()} (${namesOf(seen.filter(counts))})`,
  );
  return `Not air-gapped: ${enclave.name} depends on ${list.join(", ")}.${beyond}`;
}

function counts({ severity }: Dependency): boolean {
  return severity !== "info";
}

function namesOf(seen: readonly Dependency[]): string {
  const names = seen.slice(0, NAMED).map(({ component, destinations }) => component ?? destinations[0]);
  const more = seen.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function countedKinds(findings: readonly ReportFinding[]): string {
  const byKind = new Map<string, number>();
  for (const { kind } of findings) byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
  const parts = [...byKind].map(([kind, count]) => `${counted(count, "finding")} of ${kind}`);
  const where = findings.length === 1 ? ` (${destinationOf(findings[0])})` : "";
  return `Besides: ${parts.join(", ")}${where}`;
}

/** A component that is known to contact its hosts at times. */
export interface KnownInterval {
  readonly component: string;
  readonly everySec: number;
}

/** Components that a line names; the rest is counted. */
const COMPONENTS = 6;

/** What a window of this length could not have shown, by what is known of intervals. */
export function notShown(windowSec: number, known: readonly KnownInterval[]): string[] {
  const longer = known.filter(({ everySec }) => everySec > windowSec);
  const intervals = [...new Set(longer.map(({ everySec }) => everySec))].sort((a, b) => a - b);
  return [
    `Contacts that are made less often than every ${durationText(windowSec)}: a window shows what happens in it.`,
    ...intervals.map((interval) => {
      const components = [
        ...new Set(longer.flatMap((each) => (each.everySec === interval ? [each.component] : []))),
      ];
      const named = components.slice(0, COMPONENTS).join(", ");
      const more = components.length > COMPONENTS ? ` and ${components.length - COMPONENTS} more` : "";
      return `Known of every ${durationText(interval)}: ${named}${more}.`;
    }),
    "Contacts that wait for an event that did not occur in the window: an expired certificate, a restart, a person.",
  ];
}
