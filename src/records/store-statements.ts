import { createHash } from "node:crypto";
import type Libsql from "libsql";

/** Hex digits of a seal. */
const SEAL_LEN = 20;
const HEX = "\u0001";

/**
 * A column of text as ASCII, to be read by `textOf`: libsql 0.5 ends the process on a text that is not UTF-8, which
 * one damaged octet is enough for.
 */
export function asAscii(column: string): string {
  const isPlain = `typeof(${column}) = 'text' AND NOT (${column} GLOB '*[^ -~]*') AND instr(${column}, char(0)) = 0`;
  return `CASE WHEN ${isPlain} THEN ${column} ELSE char(1) || hex(${column}) END AS ${column}`;
}

/** A column of integers, whatever a damaged row holds in its place. */
export function asInteger(column: string): string {
  return `CAST(${column} AS INTEGER) AS ${column}`;
}

/** The text of a column that was read `asAscii`; null where its octets are no text. */
export function textOf(ascii: string): string | null {
  if (!ascii.startsWith(HEX)) return ascii;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(ascii.slice(HEX.length), "hex"));
  } catch {
    return null;
  }
}

/** What is kept beside the values of a row, so that a damaged one shows: SQLite has no checksums. */
export function sealOf(...values: readonly (string | number)[]): string {
  return createHash("sha256").update(JSON.stringify(values)).digest("hex").slice(0, SEAL_LEN);
}

/** Whether a row is as it was written. */
export type SealCheck = (seal: string, ...values: readonly (string | number)[]) => boolean;
export const isSealed: SealCheck = (seal, ...values) => seal === sealOf(...values);
/** For rows of an earlier version, which had no seals. */
export const UNSEALED: SealCheck = () => true;

/** An open database with its statements, each prepared once. Methods throw what SQLite throws. */
export class Statements {
  private readonly db: Libsql.Database;
  private readonly prepared = new Map<string, Libsql.Statement<unknown[]>>();

  constructor(db: Libsql.Database) {
    this.db = db;
  }

  run(sql: string, ...values: unknown[]): void {
    this.statement(sql).run(...values);
  }

  /** libsql adds a field of its own to what get() returns: so all rows, of which there may be one. */
  rows(sql: string, ...values: unknown[]): unknown[] {
    return this.statement(sql).all(...values);
  }

  /** SQLite lets go of the files once the prepared statements are collected as garbage. */
  close(): void {
    this.prepared.clear();
    this.db.close();
  }

  private statement(sql: string): Libsql.Statement<unknown[]> {
    let statement = this.prepared.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      this.prepared.set(sql, statement);
    }
    return statement;
  }
}
