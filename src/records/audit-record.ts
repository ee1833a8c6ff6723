import { createHash } from "node:crypto";

/** `prev` of the first record of all. */
export const GENESIS = "0".repeat(64);
/** Longest line, its line feed included: far more than any record of ours has. */
export const MAX_AUDIT_LINE = 1 << 20;

const SUM_FIELD = ',"sum":"';
/** `,"sum":"<64 hex digits>"}` and the line feed. */
const SUM_LEN = SUM_FIELD.length + 64 + 3;
const LINE_FEED = 0x0a;

/** What every record of the audit log has; the fields of its type follow. */
export interface AuditRecord {
  /** From 1, without a gap over all files. */
  readonly seq: number;
  /** Wall time, RFC 3339 UTC with milliseconds. */
  readonly time: string;
  readonly type: string;
  /** SHA-256 in hex of the line before, its line feed included (`tail -n 1 FILE | sha256sum`). */
  readonly prev: string;
  readonly [field: string]: unknown;
}

/**
 * A record as its line. `body` is a JSON object as text. The last field, `sum`, is the SHA-256 in hex of
 * the line's octets before it: it tells which record was damaged, the chain tells that one was.
 */
export function auditLine(seq: number, time: string, type: string, prev: string, body: string): string {
  const fields = body.slice(1, -1);
  const head = `{"seq":${seq},"time":${JSON.stringify(time)},"type":${JSON.stringify(type)},"prev":"${prev}"`;
  const text = fields === "" ? head : `${head},${fields}`;
  return `${text}${SUM_FIELD}${sha256(text)}"}\n`;
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** The record of a line (line feed included), or what is wrong with it. Never throws. */
export function readAuditLine(line: Uint8Array): AuditRecord | string {
  if (line.length > MAX_AUDIT_LINE) return `is longer than ${MAX_AUDIT_LINE} octets`;
  if (line[line.length - 1] !== LINE_FEED) return "does not end with a line feed";
  const octets = Buffer.from(line.buffer, line.byteOffset, line.length);
  const sumAt = octets.length - SUM_LEN;
  const isClosed = sumAt > 0 && octets.toString("latin1", sumAt, sumAt + SUM_FIELD.length) === SUM_FIELD;
  if (!isClosed) return "does not end with its checksum";
  const tail = `${SUM_FIELD}${sha256(octets.subarray(0, sumAt))}"}\n`;
  if (octets.toString("latin1", sumAt) !== tail) return "does not match its own checksum";
  return parseRecord(octets.toString("utf8"));
}

function parseRecord(text: string): AuditRecord | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "is not JSON";
  }
  return isRecord(value) ? value : "lacks seq, time, type or prev";
}

function isRecord(value: unknown): value is AuditRecord {
  if (typeof value !== "object" || value === null) return false;
  const { seq, time, type, prev } = value as Record<string, unknown>;
  return (
    Number.isSafeInteger(seq) &&
    typeof time === "string" &&
    typeof type === "string" &&
    typeof prev === "string"
  );
}
