import type { RatedFinding } from "../findings/summary.ts";
import { readFindingRecord } from "./finding-record.ts";
import { asAscii, asInteger, isSealed, textOf } from "./store-statements.ts";

/** An acknowledgement: somebody has seen a finding and says why it may stand. It changes no verdict. */
export interface Ack {
  /** Of this acknowledgement, so that it is recorded once. */
  readonly token: string;
  /** Id of the finding. */
  readonly finding: string;
  readonly reason: string;
  readonly by: string;
  /** Wall time, RFC 3339. */
  readonly time: string;
}

/** One step of a finding's history. */
export interface OutcomeStep {
  readonly time: string;
  readonly severity: string;
  readonly outcome: string;
}

/** A finding that the store holds. */
export interface StoredFinding {
  readonly finding: RatedFinding;
  /** The latest, of this finding or of one that it took in. */
  readonly ack: Ack | null;
}

export const ACK_COLUMNS = ["token", "finding", "reason", "who", "time"].map(asAscii);

export const FINDINGS = `SELECT rowid AS row, ${["id", "json", "seal"].map(asAscii)}, ${asInteger("gone")} FROM findings`;

export const PUT_FINDING = `INSERT INTO findings (id, kind, severity, outcome, source, source_name, destination, service,
    first_seen, last_seen, attempts, bytes_out, bytes_in, json, seal)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, outcome = excluded.outcome,
    source_name = excluded.source_name, first_seen = excluded.first_seen, last_seen = excluded.last_seen,
    attempts = excluded.attempts, bytes_out = excluded.bytes_out, bytes_in = excluded.bytes_in,
    moved_to = NULL, gone = 0, json = excluded.json, seal = excluded.seal`;

export interface FindingRow {
  readonly row: number;
  readonly id: string;
  readonly gone: number;
  readonly json: string;
  readonly seal: string;
}

export interface AckRow extends Omit<Ack, "by"> {
  readonly who: string;
}

/** Whether a row is as it was written. One that is gone keeps no finding. */
export function isWhole(row: FindingRow): boolean {
  return row.gone === 0 ? findingOf(row) !== null : row.json === "" && isSealed(row.seal, row.id, "");
}

/** The finding of a row; null where the row is damaged. */
export function findingOf({ id, json, seal }: FindingRow): RatedFinding | null {
  const text = textOf(json);
  if (text === null || !isSealed(seal, id, text)) return null;
  try {
    return readFindingRecord(JSON.parse(text));
  } catch {
    return null;
  }
}

export function ackOf(row: AckRow): Ack {
  const { token, finding, reason, who, time } = row;
  return { token, finding: shown(finding), reason: shown(reason), by: shown(who), time: shown(time) };
}

/** Text that is only shown. */
export function shown(ascii: string): string {
  return textOf(ascii) ?? "(damaged)";
}
