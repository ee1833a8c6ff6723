import { jsonText } from "../findings/json-text.ts";
import { type FindingRecord, findingRecord } from "../records/finding-record.ts";
import type { OutcomeStep, StoredFinding } from "../records/finding-rows.ts";

/** What `show` adds. */
export interface FindingDetail {
  readonly history: readonly OutcomeStep[];
  /** Files with the finding's first packets. */
  readonly evidence: readonly string[];
}

/** The document that `findings --json` prints (`gapwatch/findings/1`). */
export function findingsJson(found: readonly StoredFinding[]): string {
  const document = { schema: "gapwatch/findings/1", findings: found.map((each) => findingJson(each)) };
  return `${jsonText(document, 2)}\n`;
}

/** One finding as `--json` of a replay has it, with its acknowledgement. */
export function findingJson({ finding, ack }: StoredFinding, detail?: FindingDetail): object {
  const { one_way_bytes: _, severity_cap: __, severity_shift: ___, ...record } = findingRecord(finding);
  return {
    ...record,
    destination: destinationOf(record.destination),
    frameworks: finding.frameworks,
    acknowledged: ack === null ? null : { by: ack.by, reason: ack.reason, time: ack.time },
    ...detail,
  };
}

function destinationOf({ identity: _, ...destination }: FindingRecord["destination"]): object {
  return destination;
}
