import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { MAX_AUDIT_LINE } from "./audit-record.ts";

const NAME = /^audit-(\d{6,9})\.ndjson$/;
const CHUNK_LEN = 1 << 18;
const LINE_FEED = 0x0a;

/** Copy of the latest signed head's line, beside the files of the chain. */
export const HEAD_FILE = "head";

export interface AuditFile {
  readonly path: string;
  readonly number: number;
}

export interface AuditLine {
  /** Its octets, line feed included where there is one; cut beyond MAX_AUDIT_LINE. */
  readonly octets: Buffer;
  /** From 1. */
  readonly line: number;
}

/** The files of a chain in order. Throws where the directory cannot be read. */
export function listAuditFiles(directory: string): AuditFile[] {
  const files: AuditFile[] = [];
  for (const name of readdirSync(directory)) {
    const match = NAME.exec(name);
    if (match !== null) files.push({ path: join(directory, name), number: Number(match[1]) });
  }
  return files.sort((a, b) => a.number - b.number);
}

export function auditFileName(number: number): string {
  return `audit-${String(number).padStart(6, "0")}.ndjson`;
}

/**
 * The lines of a file, the last one also when it has no line feed. Each is valid until the next is asked
 * for. Throws what reading throws.
 */
export function* readAuditLines(path: string): Generator<AuditLine> {
  const fd = openSync(path, "r");
  try {
    let held = Buffer.alloc(0);
    let line = 0;
    const chunk = Buffer.allocUnsafe(CHUNK_LEN);
    for (;;) {
      const count = readSync(fd, chunk, 0, CHUNK_LEN, null);
      if (count === 0) break;
      let at = 0;
      for (let lf = chunk.indexOf(LINE_FEED); lf >= 0 && lf < count; lf = chunk.indexOf(LINE_FEED, at)) {
        const part = chunk.subarray(at, lf + 1);
        yield { octets: held.length === 0 ? part : Buffer.concat([held, part]), line: ++line };
        held = Buffer.alloc(0);
        at = lf + 1;
      }
      const room = Math.max(0, MAX_AUDIT_LINE + 1 - held.length);
      const rest = chunk.subarray(at, count);
      if (rest.length > 0 && room > 0) held = Buffer.concat([held, rest.subarray(0, room)]);
    }
    if (held.length > 0) yield { octets: held, line: line + 1 };
  } finally {
    closeSync(fd);
  }
}

/** How a file ends: where its last whole line begins and ends. */
export interface FileTail {
  readonly lastLine: Buffer | null;
  /** Octets up to the last line feed, and of the unfinished line after it. */
  readonly wholeLen: number;
  readonly tornLen: number;
}

/** Reads a file, which is not large, to find its end. */
export function readTail(fd: number): FileTail {
  const octets = readFileSync(fd);
  const wholeLen = octets.lastIndexOf(LINE_FEED) + 1;
  const begin = wholeLen > 1 ? octets.lastIndexOf(LINE_FEED, wholeLen - 2) + 1 : 0;
  const lastLine = wholeLen > 0 ? octets.subarray(begin, wholeLen) : null;
  return { lastLine, wholeLen, tornLen: octets.length - wholeLen };
}
