import type Libsql from "libsql";
import { FIRST_SEALED, MIGRATIONS, SCHEMA, SCHEMA_VERSION } from "./store-schema.ts";

/** The store cannot be used. The message is for people. */
export class StoreError extends Error {}

/** Another process holds the database. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "SQLITE_BUSY";
}

/** Opens a database with SQLite (libsql, loaded here and not before). Throws what SQLite throws. */
export async function openDatabase(path: string, busyMs: number): Promise<Libsql.Database> {
  // libsql asks Node for a diagnostic report to learn which libc it runs on. That report would also list
  // network interfaces and resolve the peers of open sockets: this program asks the network nothing.
  if (process.report !== undefined) Object.assign(process.report, { excludeNetwork: true });
  const { default: Database } = await import("libsql");
  return new Database(path, { timeout: busyMs });
}

/**
 * Brings the schema of an open store up to date; `seal` is called for one whose rows have no seals yet. Throws
 * StoreError for one of the future, and what SQLite throws.
 */
export function prepareSchema(db: Libsql.Database, path: string, seal: () => void): void {
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  const version = versionOf(db);
  if (version > SCHEMA_VERSION) {
    throw new StoreError(`the store ${path} was written by a newer gapwatch (schema ${version})`);
  }
  if (version === 0) {
    db.exec("BEGIN IMMEDIATE"); // another process may have come first
    if (versionOf(db) === 0) db.exec(SCHEMA);
    db.exec("COMMIT");
  } else if (version < SCHEMA_VERSION) migrate(db, seal);
}

function migrate(db: Libsql.Database, seal: () => void): void {
  db.exec("BEGIN IMMEDIATE"); // another process may have come first
  const before = versionOf(db);
  for (let version = before; version < SCHEMA_VERSION; version++) db.exec(MIGRATIONS.get(version) ?? "");
  if (before < FIRST_SEALED) seal();
  db.exec("COMMIT");
}

function versionOf(db: Libsql.Database): number {
  const rows = db.prepare("PRAGMA user_version").all() as { user_version: number }[];
  return rows[0].user_version;
}

/** The file is no database, or a broken one. */
export function isDamaged(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return error.code === "SQLITE_NOTADB" || error.code === "SQLITE_CORRUPT";
}
