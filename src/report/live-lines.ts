import { DEPENDENCY_KINDS } from "../catalogue/kinds.ts";
import type { StateChange } from "../findings/sensor-states.ts";
import type { RatedFinding } from "../findings/summary.ts";
import { plain } from "./text-plain.ts";
import { rfc3339 } from "./time-text.ts";

const MICROSECONDS = 6;

/** One line for a log: a finding that is new, or worse than it was. */
export function findingLine(finding: RatedFinding, isNew: boolean): string {
  const { kind, severityName, outcomeName, attempts, port, proto } = finding;
  const source = finding.sourceName === null ? finding.source : `${finding.sourceName} (${finding.source})`;
  const service = port === null ? (proto ?? "") : `${port}/${proto}`;
  const what = `${source ?? "rule"} -> ${finding.destination} ${service}`;
  const counted = `${attempts} ${attempts === 1 ? "attempt" : "attempts"}, ${finding.bytesOut} B out`;
  const time = rfc3339(finding.lastSeen, MICROSECONDS);
  const { catalogue } = finding;
  const who =
    catalogue === null ? "" : ` [${DEPENDENCY_KINDS[catalogue.kind].title}: ${catalogue.component}]`;
  return plain(
    `${time} ${isNew ? "new" : "worse"} ${severityName} ${kind} ${what}${who} ${outcomeName} (${counted}) ${finding.id}`,
  );
}

/** One line for a log: what keeps the sensor from seeing, raised or cleared. */
export function stateLine(change: StateChange): string {
  const time = new Date(change.atMs).toISOString();
  return plain(`${time} ${change.raised ? "raised" : "cleared"} ${change.name} ${change.text}`);
}
