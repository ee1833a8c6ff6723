import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { HEAD_FILE, listAuditFiles, readAuditLines } from "./audit-files.ts";
import { type AuditRecord, GENESIS, readAuditLine, sha256 } from "./audit-record.ts";
import type { CheckingKey } from "./signing-key.ts";

const LINE_FEED = 0x0a;
const WHOLE_BUT_LINE_FEED = /,"sum":"[0-9a-f]{64}"\}./s;

/** Where a chain breaks first. */
export interface Break {
  readonly path: string;
  /** From 1; null where no line is to blame. */
  readonly line: number | null;
  readonly seq: number | null;
  /** What is wrong, to follow the record's place. */
  readonly why: string;
}

/** What the files of a chain say. */
export interface AuditCheck {
  readonly files: number;
  readonly records: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Hash of the last record. */
  readonly hash: string;
  /** Signed heads, those that were signed with the key given, and the last record that one of these covers. */
  readonly heads: number;
  readonly verifiedHeads: number;
  readonly verifiedSeq: number;
  /** Octets of a last line that was never finished: the writer was killed, or is writing. */
  readonly tornLen: number;
  readonly broken: Break | null;
}

/** A head that was kept elsewhere, such as by a SIEM. */
export interface KnownHead {
  readonly seq: number;
  readonly hash: string;
}

/** A head that the log has to hold: given by the user, or kept in a file beside the log. */
interface ExpectedHead extends KnownHead {
  readonly path: string | null;
}

/** There is nothing at this path that could be checked. The message is for people. */
export class NoAuditLog extends Error {}

/**
 * Checks one file of an audit log, its directory, or the state directory above it. Throws NoAuditLog, and
 * what reading throws.
 */
export function verifyAuditLog(path: string, key: CheckingKey | null, known: KnownHead | null): AuditCheck {
  const isFile = statSync(path).isFile();
  const directory = isFile ? dirname(path) : auditDirectory(path);
  const files = isFile ? [path] : listAuditFiles(directory).map((file) => file.path);
  if (files.length === 0) throw new NoAuditLog("holds no audit log (audit-000001.ndjson and so on)");
  const check = new ChainCheck(key);
  if (known !== null) check.expect({ ...known, path: null });
  if (!isFile) check.expectKept(join(directory, HEAD_FILE));
  for (const [i, file] of files.entries()) {
    if (!check.file(file, i === files.length - 1)) return check.result(i + 1);
  }
  check.end(files[files.length - 1]);
  return check.result(files.length);
}

function auditDirectory(path: string): string {
  const below = join(path, "audit");
  return statSync(below, { throwIfNoEntry: false })?.isDirectory() === true ? below : path;
}

/** Walks a chain. Each step returns whether it is whole so far. */
class ChainCheck {
  private readonly key: CheckingKey | null;
  private readonly expected: ExpectedHead[] = [];
  private records = 0;
  private firstSeq = 0;
  private lastSeq = 0;
  private hash = GENESIS;
  private heads = 0;
  private verifiedHeads = 0;
  private verifiedSeq = 0;
  private lastHead: { path: string; line: number; record: AuditRecord; hash: string } | null = null;
  private tornLen = 0;
  private broken: Break | null = null;

  constructor(key: CheckingKey | null) {
    this.key = key;
  }

  expect(head: ExpectedHead): void {
    this.expected.push(head);
  }

  /** Expects the head that was signed last, where there is one. It may be older than the log's last. */
  expectKept(path: string): void {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return;
    const octets = readFileSync(path);
    const record = readAuditLine(octets);
    if (typeof record === "string") this.stop(path, 1, null, record);
    else this.expect({ seq: record.seq, hash: sha256(octets), path });
  }

  file(path: string, isLast: boolean): boolean {
    for (const { octets, line } of readAuditLines(path)) {
      const isTorn = octets[octets.length - 1] !== LINE_FEED;
      if (isTorn && isLast && !WHOLE_BUT_LINE_FEED.test(octets.toString("latin1"))) {
        this.tornLen = octets.length;
        return true;
      }
      const record = readAuditLine(octets);
      if (typeof record === "string") {
        return this.stop(path, line, this.records > 0 ? this.lastSeq + 1 : null, record);
      }
      if (!this.take(path, line, record, sha256(octets))) return false;
    }
    return true;
  }

  /** What can be said only when all is read. */
  end(path: string): void {
    const { key, lastHead } = this;
    for (const head of this.expected) this.compareEnd(head, path);
    if (key !== null && lastHead === null) {
      this.stop(path, null, null, "there is no signed head: nothing here was signed with the key given");
    } else if (key !== null && lastHead !== null && lastHead.record["key"] !== key.fingerprint) {
      const why = `the latest signed head is signed with another key (${lastHead.record["key"]})`;
      this.stop(lastHead.path, lastHead.line, lastHead.record.seq, why);
    }
  }

  result(files: number): AuditCheck {
    const { records, firstSeq, lastSeq, hash, heads, verifiedHeads, verifiedSeq, tornLen, broken } = this;
    return { files, records, firstSeq, lastSeq, hash, heads, verifiedHeads, verifiedSeq, tornLen, broken };
  }

  private compareEnd(head: ExpectedHead, path: string): void {
    if (head.seq > this.lastSeq) {
      const says = head.path === null ? "the head given" : "the signed head kept beside it";
      const why = `the log ends with record ${this.lastSeq}, ${says} is of record ${head.seq}: its tail was cut`;
      this.stop(path, null, null, why);
    } else if (head.seq < this.firstSeq && head.path === null) {
      this.stop(path, null, null, `the head given is of record ${head.seq}, which is not here`);
    }
  }

  private take(path: string, line: number, record: AuditRecord, hash: string): boolean {
    const { seq } = record;
    if (this.records === 0) {
      this.firstSeq = seq;
      if (seq === 1 && record.prev !== GENESIS) {
        return this.stop(path, line, seq, "is the first, but refers to one before it");
      }
    } else if (seq !== this.lastSeq + 1) {
      return this.stop(
        path,
        line,
        seq,
        `follows record ${this.lastSeq}: records are missing or out of order`,
      );
    } else if (record.prev !== this.hash) {
      const why = `does not refer to record ${this.lastSeq} as it stands: that one was changed, or this one`;
      return this.stop(path, line, seq, why);
    }
    const other = this.expected.find((head) => head.seq === seq && head.hash !== hash);
    if (other !== undefined) {
      const says = other.path === null ? "the head given" : "the signed head kept beside the log";
      return this.stop(path, line, seq, `is not what ${says} says: the log was rewritten`);
    }
    if (record.type === "head" && !this.takeHead(path, line, record, hash)) return false;
    this.records++;
    this.lastSeq = seq;
    this.hash = hash;
    return true;
  }

  private takeHead(path: string, line: number, record: AuditRecord, hash: string): boolean {
    this.heads++;
    this.lastHead = { path, line, record, hash };
    if (this.key === null || record["key"] !== this.key.fingerprint) return true;
    const signature = record["signature"];
    if (typeof signature !== "string" || !this.key.verify(record, signature)) {
      return this.stop(path, line, record.seq, "has a signature that is not of the key given");
    }
    this.verifiedHeads++;
    this.verifiedSeq = record.seq;
    return true;
  }

  private stop(path: string, line: number | null, seq: number | null, why: string): false {
    this.broken ??= { path, line, seq, why };
    return false;
  }
}

/** `audit-000001.ndjson:17: record 17 does not match its own checksum`. */
export function breakText({ path, line, seq, why }: Break): string {
  const place = line === null ? basename(path) : `${basename(path)}:${line}`;
  if (line === null) return `${place}: ${why}`;
  return `${place}: ${seq === null ? "the record" : `record ${seq}`}: ${why}`;
}
