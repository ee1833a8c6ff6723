import type Libsql from "libsql";
import { systemMessage } from "../capture/system-message.ts";
import type { KeptMemory } from "../findings/detectors/kept-memory.ts";
import type { HostOutflow } from "../findings/detectors/outflow.ts";
import { jsonText } from "../findings/json-text.ts";
import { type FindingRecord, readFindingRecord } from "./finding-record.ts";
import {
  ACK_COLUMNS,
  type Ack,
  type AckRow,
  ackOf,
  FINDINGS,
  type FindingRow,
  findingOf,
  isWhole,
  type OutcomeStep,
  PUT_FINDING,
  type StoredFinding,
  shown,
} from "./finding-rows.ts";
import { isThere } from "./is-there.ts";
import {
  type NameEntry,
  putMemory,
  putNames,
  putOutflow,
  readMemory,
  readNames,
  readOutflow,
} from "./learned-rows.ts";
import { makePrivate } from "./ownership.ts";
import { isDamaged, openDatabase, prepareSchema, StoreError } from "./store-database.ts";
import { asAscii, asInteger, Statements, sealOf, textOf, UNSEALED } from "./store-statements.ts";

/** A state of the sensor as it was told last. */
export interface SensorState {
  /** Such as `sensor.silent`, and what it is about: an interface, a host, "" for the sensor as a whole. */
  readonly name: string;
  readonly subject: string;
  readonly raised: boolean;
  /** When it came to be so, RFC 3339. */
  readonly since: string;
  readonly text: string;
}

/** Rows that cannot be read any more, by what they held. */
export interface StoreDamage {
  readonly findings: number;
  /** Names of addresses, what left hosts, what detectors learned: kept nowhere else. */
  readonly learned: number;
}

/**
 * What findings a site has, for look-ups and over restarts. Several processes may read while one writes. Methods
 * throw what SQLite throws.
 */
export class Store {
  private readonly db: Libsql.Database;
  private readonly statements: Statements;
  private readonly path: string;

  private constructor(db: Libsql.Database, path: string) {
    this.db = db;
    this.statements = new Statements(db);
    this.path = path;
  }

  /** Opens the store, and makes it where `create` says so. Throws StoreError. */
  static async open(path: string, busyMs: number, create: boolean): Promise<Store> {
    if (!create) mustBeThere(path);
    try {
      if (create) makePrivate(path);
      const db = await openDatabase(path, busyMs);
      const store = new Store(db, path);
      prepareSchema(db, path, () => store.sealAll());
      return store;
    } catch (error) {
      if (error instanceof StoreError) throw error;
      const remedy = isDamaged(error) ? `; ${REMEDY}` : "";
      throw new StoreError(`cannot open the store ${path}: ${systemMessage(error)}${remedy}`);
    }
  }

  close(): void {
    this.statements.close();
  }

  /** Puts the rows of an earlier version in again, with their seals. */
  private sealAll(): void {
    const { statements } = this;
    const [names, outflow] = [
      readNames(statements, UNSEALED).entries,
      readOutflow(statements, UNSEALED).entries,
    ];
    const memory = readMemory(statements, UNSEALED).entries;
    for (const table of ["names", "outflow", "memory"]) this.run(`DELETE FROM ${table}`);
    this.putNames(names, 0);
    this.putOutflow(outflow);
    this.putMemory(memory);
    for (const { row, id, gone, json } of this.rowsOfFindings()) {
      const text = gone === 0 ? (textOf(json) ?? "") : ""; // what is gone keeps no finding
      this.run("UPDATE findings SET json = ?, seal = ? WHERE rowid = ?", text, sealOf(id, text), row);
    }
  }

  /** Does `work`; a database that turns out to be damaged is a StoreError then. */
  explaining<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!isDamaged(error)) throw error;
      throw new StoreError(`the store ${this.path} is damaged: ${systemMessage(error)}; ${REMEDY}`);
    }
  }

  /** What of the store cannot be read, in words; null where all can. */
  damageText(): string | null {
    const damage = this.damage();
    if (damage.findings + damage.learned === 0) return null;
    return `the store ${this.path} is damaged: ${damageCounts(damage)}`;
  }

  private damage(): StoreDamage {
    return {
      findings: this.rowsOfFindings().filter((row) => !isWhole(row)).length,
      learned: [readNames, readOutflow, readMemory].reduce(
        (sum, read) => sum + read(this.statements).damaged,
        0,
      ),
    };
  }

  /** Takes out the rows that cannot be read, and says how many these were. */
  takeOutDamaged(): StoreDamage {
    const damage = this.damage();
    if (damage.findings + damage.learned === 0) return damage;
    this.transaction(() => {
      for (const row of this.rowsOfFindings()) {
        if (!isWhole(row)) this.run("DELETE FROM findings WHERE rowid = ?", row.row);
      }
      const [names, outflow, memory] = [this.names(), this.outflow(), this.memory()];
      for (const table of ["names", "outflow", "memory"]) this.run(`DELETE FROM ${table}`);
      this.putNames(names, 0);
      this.putOutflow(outflow);
      this.putMemory(memory);
    });
    return damage;
  }

  /** Moves what the write-ahead log holds into the file itself, as far as no reader is in the way. */
  checkpoint(): void {
    this.rows("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /**
   * Does `work` so that it survives a kill of this process, but not of the machine: it costs no wait for the
   * disk. Or, when it throws, nothing.
   */
  quickTransaction(work: () => void): void {
    this.db.exec("PRAGMA synchronous = NORMAL");
    try {
      this.transaction(work);
    } finally {
      this.db.exec("PRAGMA synchronous = FULL");
    }
  }

  /** Does all of `work` or, when it throws, nothing. */
  transaction(work: () => void): void {
    this.db.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.db.exec("COMMIT");
    } catch (error) {
      if (this.db.inTransaction) this.db.exec("ROLLBACK");
      throw error;
    }
  }

  /** Number of the last audit record that went into the store. */
  get auditSeq(): number {
    const row = this.row("SELECT value FROM meta WHERE key = 'audit_seq'") as { value: number } | undefined;
    return row?.value ?? 0;
  }

  set auditSeq(seq: number) {
    const sql =
      "INSERT INTO meta VALUES ('audit_seq', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    this.run(sql, seq);
  }

  /** Adds a finding or brings it up to date. */
  putFinding(record: FindingRecord): void {
    const finding = readFindingRecord(record);
    if (finding === null) return;
    const { id, port, proto } = finding;
    const service = port === null ? (proto ?? "") : `${port}/${proto}`;
    const values = [
      id,
      finding.kind,
      finding.severity,
      finding.outcomeName,
      finding.source,
      finding.sourceName,
    ];
    const more = [finding.destination, service, record.first_seen, record.last_seen];
    const counts = [finding.attempts, finding.bytesOut, finding.bytesIn];
    const json = jsonText(record);
    this.run(PUT_FINDING, ...values, ...more, ...counts, json, sealOf(id, json));
    for (const alias of finding.aliases) this.run("INSERT OR IGNORE INTO aliases VALUES (?, ?)", alias, id);
  }

  /** The finding is no more: `into` took it in, where that is known. */
  moveFinding(id: string, into: string | null): void {
    const sql = "UPDATE findings SET gone = 1, moved_to = ?, json = '', seal = ? WHERE id = ?";
    this.run(sql, into, sealOf(id, ""), id);
    if (into !== null) this.run("INSERT OR IGNORE INTO aliases VALUES (?, ?)", id, into);
  }

  putOutcome(id: string, seq: number, step: OutcomeStep): void {
    const { time, severity, outcome } = step;
    this.run("INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?, ?)", id, seq, time, severity, outcome);
  }

  putAck(ack: Ack, audited: boolean): void {
    const { token, finding, reason, by, time } = ack;
    const sql = `INSERT INTO acks VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (token) DO UPDATE SET audited = max(audited, excluded.audited)`;
    this.run(sql, token, finding, reason, by, time, audited ? 1 : 0);
  }

  /** Acknowledgements that are not in the audit log yet. */
  unauditedAcks(): Ack[] {
    const sql = `SELECT ${ACK_COLUMNS} FROM acks WHERE audited = 0 ORDER BY acks.time, acks.token LIMIT 1000`;
    return (this.rows(sql) as AckRow[]).map(ackOf);
  }

  putSensorState({ name, subject, raised, since, text }: SensorState): void {
    const sql = "INSERT OR REPLACE INTO sensor_states VALUES (?, ?, ?, ?, ?)";
    this.run(sql, name, subject, raised ? 1 : 0, since, text);
  }

  sensorStates(): SensorState[] {
    const sql = `SELECT ${["name", "subject", "since", "text"].map(asAscii)}, ${asInteger("raised")}
      FROM sensor_states ORDER BY sensor_states.name, sensor_states.subject`;
    return (this.rows(sql) as (Omit<SensorState, "raised"> & { raised: number })[]).map((row) => {
      const [name, subject, since, text] = [row.name, row.subject, row.since, row.text].map(shown);
      return { name, subject, raised: row.raised === 1, since, text };
    });
  }

  /** The worst first, then the earliest, as in reports; those that are damaged are left out. */
  findings(): StoredFinding[] {
    return this.rowsOfFindings().flatMap((row) => this.stored(row));
  }

  /** By its id, or by one that it had before. */
  finding(id: string): StoredFinding | null {
    const sql = `${FINDINGS} WHERE gone = 0
      AND (findings.id = ? OR findings.id IN (SELECT id FROM aliases WHERE alias = ?))
      ORDER BY findings.id = ? DESC, findings.id LIMIT 1`;
    return (this.rows(sql, id, id, id) as FindingRow[]).flatMap((row) => this.stored(row))[0] ?? null;
  }

  /** How a finding came to its outcome, steps of those that it took in included. */
  outcomes(id: string): OutcomeStep[] {
    const sql = `SELECT ${["time", "severity", "outcome"].map(asAscii)} FROM outcomes
      WHERE id = ? OR id IN (SELECT alias FROM aliases WHERE id = ?) ORDER BY seq`;
    return (this.rows(sql, id, id) as OutcomeStep[]).map((row) => {
      const [time, severity, outcome] = [row.time, row.severity, row.outcome].map(shown);
      return { time, severity, outcome };
    });
  }

  /** Keeps names, and forgets those that were valid only before `nowSec`. */
  putNames(entries: Iterable<NameEntry>, nowSec: number): void {
    putNames(this.statements, entries, nowSec);
  }

  /** All names, in the order in which they were answered. */
  names(): NameEntry[] {
    return readNames(this.statements).entries;
  }

  /** Keeps what left each host. Totals only ever grow. */
  putOutflow(entries: Iterable<HostOutflow>): void {
    putOutflow(this.statements, entries);
  }

  /** What left each host in all. */
  outflow(): HostOutflow[] {
    return readOutflow(this.statements).entries;
  }

  /** Keeps what detectors learned. What is later replaces what is earlier; of each detector so much is kept. */
  putMemory(entries: readonly KeptMemory[]): void {
    putMemory(this.statements, entries);
  }

  /** What detectors learned, what was silent for longest first. */
  memory(): KeptMemory[] {
    return readMemory(this.statements).entries;
  }

  private rowsOfFindings(): FindingRow[] {
    return this.rows(`${FINDINGS} ORDER BY severity DESC, first_seen, findings.id`) as FindingRow[];
  }

  private stored(row: FindingRow): StoredFinding[] {
    const finding = row.gone === 0 ? findingOf(row) : null;
    return finding === null ? [] : [{ finding, ack: this.latestAck(finding.id) }];
  }

  private latestAck(id: string): Ack | null {
    const sql = `SELECT ${ACK_COLUMNS} FROM acks
      WHERE finding = ? OR finding IN (SELECT alias FROM aliases WHERE id = ?)
      ORDER BY acks.time DESC, acks.token LIMIT 1`;
    const [row] = this.rows(sql, id, id) as AckRow[];
    return row === undefined ? null : ackOf(row);
  }

  private run(sql: string, ...values: unknown[]): void {
    this.statements.run(sql, ...values);
  }

  private row(sql: string, ...values: unknown[]): unknown {
    return this.rows(sql, ...values)[0];
  }

  private rows(sql: string, ...values: unknown[]): unknown[] {
    return this.statements.rows(sql, ...values);
  }
}

/** What helps where a store is damaged. */
export const REMEDY = "gapwatch findings --rebuild makes it anew from the audit log";

/** "3 findings and 1 other row cannot be read". */
export function damageCounts({ findings, learned }: StoreDamage): string {
  const counts = [
    ...(findings === 0 ? [] : [findings === 1 ? "1 finding" : `${findings} findings`]),
    ...(learned === 0 ? [] : [`${learned} of what was learned of addresses and hosts`]),
  ];
  return `${counts.join(" and ")} cannot be read`;
}

function mustBeThere(path: string): void {
  let there = false;
  try {
    there = isThere(path);
  } catch (error) {
    throw new StoreError(`${path}: ${systemMessage(error)}`);
  }
  if (!there) throw new StoreError(`${path}: there is no store yet`);
}
