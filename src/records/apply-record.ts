import { z } from "zod";
import { listAuditFiles, readAuditLines } from "./audit-files.ts";
import { type AuditRecord, readAuditLine } from "./audit-record.ts";
import type { FindingRecord } from "./finding-record.ts";
import { readFindingRecord } from "./finding-record.ts";
import type { Store } from "./store.ts";

/** What the store needs of a record. */
interface AppliedRecord {
  readonly seq: number;
  readonly time: string;
  readonly type: string;
}

const moved = z.object({ id: z.string(), into: z.string().nullable() });
const sensor = z.object({
  name: z.string(),
  subject: z.string(),
  raised: z.boolean(),
  since: z.string(),
  text: z.string(),
});
const ack = z.object({
  token: z.string(),
  finding: z.string(),
  reason: z.string(),
  by: z.string(),
  at: z.string(),
});

/**
 * Brings the store up to date with one record of the audit log, to be called within a transaction. The same
 * record twice changes nothing. `body`: an object with the fields of its type.
 */
export function applyRecord(store: Store, { seq, time, type }: AppliedRecord, body: unknown): void {
  switch (type) {
    case "finding.new":
    case "finding.worse":
    case "finding.seen":
      applyFinding(store, seq, time, type, body);
      return;
    case "finding.moved": {
      const read = moved.safeParse(body);
      if (read.success) store.moveFinding(read.data.id, read.data.into);
      return;
    }
    case "sensor": {
      const read = sensor.safeParse(body);
      if (read.success) store.putSensorState(read.data);
      return;
    }
    case "ack": {
      const read = ack.safeParse(body);
      if (read.success) store.putAck({ ...read.data, time: read.data.at }, true);
      return;
    }
    default: // start, stop, policy, head and the rest leave no trace in the store
  }
}

function applyFinding(store: Store, seq: number, time: string, type: string, body: unknown): void {
  const record = (body as { finding?: unknown }).finding;
  const finding = readFindingRecord(record);
  if (finding === null) return;
  store.putFinding(record as FindingRecord);
  if (type === "finding.seen") return;
  store.putOutcome(finding.id, seq, {
    time,
    severity: finding.severityName,
    outcome: finding.outcomeName,
  });
}

/** What `catchUp` did: records applied, and lines that could not be read. */
export interface CaughtUp {
  readonly applied: number;
  readonly damaged: number;
}

/**
 * Applies what the audit log has beyond the store, in one transaction. A log that ends before the store's
 * mark is another log: it is applied whole. `whole`: where findings were lost, the ids of those that were not; all
 * others are taken from the whole log. Throws what reading and SQLite throw.
 */
export function catchUp(store: Store, directory: string, whole: ReadonlySet<string> | null = null): CaughtUp {
  let applied = 0;
  let damaged = 0;
  const paths = listAuditFiles(directory).map((file) => file.path);
  const lastSeq = lastAuditSeq(directory);
  const mark = store.auditSeq;
  const known = lastSeq < mark ? 0 : mark;
  const from = whole === null ? known : 0;
  if (lastSeq === from) return { applied, damaged };
  store.transaction(() => {
    for (const path of paths.slice(firstFile(paths, from))) {
      for (const { octets } of readAuditLines(path)) {
        const record = readAuditLine(octets);
        if (typeof record === "string") damaged++;
        else if (record.seq > known || (record.seq > from && !isOf(record, whole))) {
          applyRecord(store, record, record);
          applied++;
        }
      }
    }
    store.auditSeq = lastSeq;
  });
  return { applied, damaged };
}

/** Whether a record is of one of these findings. */
function isOf(record: AuditRecord, findings: ReadonlySet<string> | null): boolean {
  const id = record["id"] ?? (record["finding"] as { id?: unknown } | undefined)?.id;
  return typeof id === "string" && findings?.has(id) === true;
}

/** The last file that begins at or before the record after `seq`. */
function firstFile(paths: readonly string[], seq: number): number {
  for (let i = paths.length - 1; i > 0; i--) {
    const first = firstSeqOf(paths[i]);
    if (first !== null && first <= seq + 1) return i;
  }
  return 0;
}

function firstSeqOf(path: string): number | null {
  for (const { octets } of readAuditLines(path)) {
    const record = readAuditLine(octets);
    return typeof record === "string" ? null : record.seq;
  }
  return null;
}

/** Number of the last record of an audit log that can be read; 0 where there is none. Throws what reading throws. */
export function lastAuditSeq(directory: string): number {
  const paths = listAuditFiles(directory).map((file) => file.path);
  return paths.reduceRight((seq, path) => (seq > 0 ? seq : lastSeqOf(path)), 0);
}

function lastSeqOf(path: string): number {
  let seq = 0;
  for (const { octets } of readAuditLines(path)) {
    const record = readAuditLine(octets);
    if (typeof record !== "string") seq = record.seq;
  }
  return seq;
}
