import type Libsql from "libsql";
import { makePrivate } from "./ownership.ts";
import { isBusy, openDatabase } from "./store-database.ts";

/**
 * The right to write to a state directory. It is a lock on an empty SQLite file: the kernel drops it with the
 * process, however that ends, and it holds between containers that share a directory.
 */
export class StateLock {
  private readonly db: Libsql.Database;

  private constructor(db: Libsql.Database) {
    this.db = db;
  }

  /** Null when another process has it. Throws what SQLite throws. */
  static async take(path: string): Promise<StateLock | null> {
    makePrivate(path);
    const db = await openDatabase(path, 0);
    try {
      db.exec("PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE");
      return new StateLock(db);
    } catch (error) {
      db.close();
      if (isBusy(error)) return null;
      throw error;
    }
  }

  release(): void {
    this.db.close();
  }
}
