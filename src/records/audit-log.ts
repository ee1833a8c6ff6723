import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { jsonText } from "../findings/json-text.ts";
import { Alarm, type AlarmSink } from "./alarm.ts";
import { auditFileName, HEAD_FILE, listAuditFiles, readAuditLines, readTail } from "./audit-files.ts";
import { auditLine, GENESIS, MAX_AUDIT_LINE, readAuditLine, sha256 } from "./audit-record.ts";
import { makeFolder } from "./make-folder.ts";
import { adoptOwner, makePrivate } from "./ownership.ts";
import type { SigningKey } from "./signing-key.ts";

const DEFAULT_FILE_BYTES = 16 * 1024 * 1024;
const DEFAULT_HEAD_INTERVAL_MS = 5 * 60_000;
/** What waits while the disk does not take it; what comes beyond is counted and recorded as lost. */
const MAX_QUEUED_CHARS = 16 * 1024 * 1024;
/** Room in a line for the fields that every record has. */
const MAX_BODY_CHARS = MAX_AUDIT_LINE / 4;

export interface AuditLogOptions {
  /** Signs the chain's head; null where there is no key. */
  readonly key: SigningKey | null;
  readonly alarm: AlarmSink;
  /** Is told of each record once it is on disk. Must not throw. */
  readonly committed?: (record: CommittedRecord) => void;
  /** A file that has reached this is followed by the next. */
  readonly maxFileBytes?: number;
  readonly headIntervalMs?: number;
}

/** The last record that is on disk. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** A record that is on disk; the fields of its type as a JSON object in text. */
export interface CommittedRecord {
  readonly seq: number;
  readonly time: string;
  readonly type: string;
  readonly body: string;
}

interface Waiting {
  readonly time: string;
  readonly type: string;
  /** A JSON object as text. */
  readonly body: string;
}

/**
 * The audit log: what was reported, in order, in files that are only ever appended to. Records wait until
 * `flush`, which returns once they are on disk. Nothing here throws once it is open: a disk that takes no
 * more raises an alarm, and every flush tries again.
 */
export class AuditLog {
  private readonly directory: string;
  private readonly key: SigningKey | null;
  private readonly maxFileBytes: number;
  private readonly headIntervalMs: number;
  private readonly alarm: Alarm;
  private readonly committed: ((record: CommittedRecord) => void) | null;

  private queue: Waiting[] = [];
  private queuedChars = 0;
  private lost = 0;

  private fd: number | null = null;
  private number = 1;
  /** Octets of the file that are known to be good. */
  private length = 0;
  private seq = 0;
  private hash = GENESIS;
  private signedSeq = 0;
  private signedAtMs = performance.now();

  /** Opens the chain in a directory, which is made where it is missing. Throws what the disk throws. */
  constructor(directory: string, options: AuditLogOptions) {
    this.directory = directory;
    this.key = options.key;
    this.maxFileBytes = options.maxFileBytes ?? DEFAULT_FILE_BYTES;
    this.headIntervalMs = options.headIntervalMs ?? DEFAULT_HEAD_INTERVAL_MS;
    this.alarm = new Alarm("audit", options.alarm);
    this.committed = options.committed ?? null;
    const made = makeFolder(directory, 0o700);
    if (made !== undefined) adoptOwner(directory);
    this.resume();
  }

  get head(): ChainHead {
    return { seq: this.seq, hash: this.hash };
  }

  /** Adds a record, to be written by the next flush; by this one where no more can wait. */
  append(type: string, body: object): void {
    const text = jsonText(body);
    if (this.queuedChars + text.length > MAX_QUEUED_CHARS && this.lost === 0) this.flush();
    if (text.length > MAX_BODY_CHARS || this.queuedChars + text.length > MAX_QUEUED_CHARS) {
      this.lost++;
      return;
    }
    this.queuedChars += text.length;
    this.queue.push({ time: new Date().toISOString(), type, body: text });
  }

  /** Writes what waits and returns once it is on disk; false when it could not be. */
  flush(): boolean {
    if (this.queue.length === 0 && this.lost === 0) return true;
    return this.write(performance.now() - this.signedAtMs >= this.headIntervalMs);
  }

  /** Writes what waits, signs the head and closes the file. */
  close(): void {
    this.write(true);
    this.closeFile();
  }

  private write(withHead: boolean): boolean {
    try {
      this.commit(withHead);
      if (this.length >= this.maxFileBytes) this.rotate();
      this.alarm.clear();
      return true;
    } catch (error) {
      this.alarm.raise(`cannot write the audit log in ${this.directory}`, error);
      return false;
    }
  }

  private commit(withHead: boolean): void {
    if (this.fd !== null && fstatSync(this.fd).nlink === 0) this.leaveRemoved();
    if (this.lost > 0) {
      this.queue.push({
        time: new Date().toISOString(),
        type: "lost",
        body: JSON.stringify({ records: this.lost }),
      });
      this.lost = 0;
    }
    let { seq, hash } = this;
    const lines: string[] = [];
    const first = seq + 1;
    const add = ({ time, type, body }: Waiting): void => {
      const line = auditLine(seq + 1, time, type, hash, body);
      lines.push(line);
      hash = sha256(line);
      seq++;
    };
    for (const waiting of this.queue) add(waiting);
    const signed = withHead && this.key !== null && seq > this.signedSeq;
    if (signed) add(this.signHead(seq + 1, hash, this.key));
    if (lines.length === 0) return;
    this.writeDurably(lines.join(""));
    this.seq = seq;
    this.hash = hash;
    const written = this.queue;
    this.queue = [];
    this.queuedChars = 0;
    for (const [i, waiting] of written.entries()) this.committed?.({ seq: first + i, ...waiting });
    if (!signed) return;
    this.signedSeq = seq;
    this.signedAtMs = performance.now();
    this.replaceHead(lines[lines.length - 1]);
  }

  /** Written at the place where the good part ends: what a failed attempt left there is overwritten. */
  private writeDurably(text: string): void {
    const octets = Buffer.from(text);
    const fd = this.openFile();
    for (let at = 0; at < octets.length; ) {
      at += writeSync(fd, octets, at, octets.length - at, this.length + at);
    }
    ftruncateSync(fd, this.length + octets.length);
    fsyncSync(fd);
    this.length += octets.length;
  }

  private openFile(): number {
    if (this.fd !== null) return this.fd;
    const path = join(this.directory, auditFileName(this.number));
    makePrivate(path);
    this.fd = openSync(path, "r+"); // not for appending: there writes ignore their position
    syncDirectory(this.directory);
    return this.fd;
  }

  /** Somebody deleted the file: what is written to it would be gone with it. `verify` will miss its records. */
  private leaveRemoved(): void {
    this.append("repair", { file: auditFileName(this.number), removed: true });
    this.closeFile();
    this.number++;
  }

  private closeFile(): void {
    if (this.fd !== null) closeSync(this.fd);
    this.fd = null;
    this.length = 0;
  }

  private signHead(seq: number, prev: string, key: SigningKey): Waiting {
    const time = new Date().toISOString();
    const signature = key.sign({ seq, time, prev });
    return { time, type: "head", body: JSON.stringify({ key: key.fingerprint, signature }) };
  }

  /** The copy beside the chain, by which a cut tail shows. */
  private replaceHead(line: string): void {
    const path = join(this.directory, HEAD_FILE);
    writeFileSync(`${path}.new`, line, { mode: 0o600, flush: true });
    adoptOwner(`${path}.new`);
    renameSync(`${path}.new`, path);
    syncDirectory(this.directory);
  }

  private rotate(): void {
    if (this.seq > this.signedSeq) this.commit(true);
    this.closeFile();
    this.number++;
  }

  /** Finds the end of the chain. A line that a crash left unfinished was never reported: it is cut off. */
  private resume(): void {
    const files = listAuditFiles(this.directory);
    for (const file of files.reverse()) {
      this.number = Math.max(this.number, file.number);
      const fd = openSync(file.path, "r+");
      try {
        const tail = readTail(fd);
        if (tail.tornLen > 0) {
          ftruncateSync(fd, tail.wholeLen);
          fsyncSync(fd);
          this.append("repair", { file: auditFileName(file.number), torn_bytes: tail.tornLen });
        }
        if (tail.lastLine === null) continue; // made, but never written to: the chain ends before it
        if (file.number === this.number) this.length = tail.wholeLen;
        this.chainTo(file.path, tail.lastLine);
        return;
      } finally {
        closeSync(fd);
      }
    }
  }

  private chainTo(path: string, lastLine: Buffer): void {
    const record = readAuditLine(lastLine);
    this.hash = sha256(lastLine);
    if (typeof record !== "string") {
      this.seq = record.seq;
      if (record.type === "head") this.signedSeq = record.seq;
      return;
    }
    // Somebody or something changed it: `verify` will name it, the log goes on behind it.
    for (const { octets } of readAuditLines(path)) {
      const each = readAuditLine(octets);
      this.seq = typeof each === "string" ? this.seq + 1 : each.seq;
    }
    this.append("repair", { file: auditFileName(this.number), damaged_seq: this.seq, damage: record });
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
