import type Libsql from "libsql";
import { systemMessage } from "../capture/system-message.ts";
import { type KeptMemory, MOST_KEPT } from "../findings/detectors/kept-memory.ts";
import type { HostOutflow } from "../findings/detectors/outflow.ts";
import type { RatedFinding } from "../findings/summary.ts";
import type { NamedAddress } from "../flow/address-names.ts";
import { type FindingRecord, readFindingRecord } from "./finding-record.ts";
import { isThere } from "./is-there.ts";
import { makePrivate } from "./ownership.ts";
import { isDamaged, openDatabase, prepareSchema, StoreError } from "./store-database.ts";

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

/** A finding that the store holds. */
export interface StoredFinding {
  readonly finding: RatedFinding;
  /** The latest, of this finding or of one that it took in. */
  readonly ack: Ack | null;
}

/** A name by the address that it was answered for. */
export type NameEntry = readonly [address: string, named: NamedAddress];

/**
 * What findings a site has, for look-ups and over restarts. Several processes may read while one writes. Methods
 * throw what SQLite throws.
 */
export class Store {
  private readonly db: Libsql.Database;
  private readonly prepared = new Map<string, Libsql.Statement<unknown[]>>();

  private constructor(db: Libsql.Database) {
    this.db = db;
  }

  /** Opens the store, and makes it where `create` says so. Throws StoreError. */
  static async open(path: string, busyMs: number, create: boolean): Promise<Store> {
    if (!create) mustBeThere(path);
    try {
      if (create) makePrivate(path);
      return new Store(prepareSchema(await openDatabase(path, busyMs), path));
    } catch (error) {
      if (error instanceof StoreError) throw error;
      const remedy = isDamaged(error) ? "; gapwatch findings --rebuild makes it anew from the audit log" : "";
      throw new StoreError(`cannot open the store ${path}: ${systemMessage(error)}${remedy}`);
    }
  }

  /** SQLite lets go of the files once the prepared statements are collected as garbage. */
  close(): void {
    this.prepared.clear();
    this.db.close();
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
    this.run(PUT_FINDING, ...values, ...more, ...counts, JSON.stringify(record));
    for (const alias of finding.aliases) this.run("INSERT OR IGNORE INTO aliases VALUES (?, ?)", alias, id);
  }

  /** The finding is no more: `into` took it in, where that is known. */
  moveFinding(id: string, into: string | null): void {
    this.run("UPDATE findings SET gone = 1, moved_to = ? WHERE id = ?", into, id);
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
    const sql = `SELECT ${ACK_COLUMNS} FROM acks WHERE audited = 0 ORDER BY time, token LIMIT 1000`;
    return this.rows(sql) as Ack[];
  }

  putSensorState({ name, subject, raised, since, text }: SensorState): void {
    const sql = "INSERT OR REPLACE INTO sensor_states VALUES (?, ?, ?, ?, ?)";
    this.run(sql, name, subject, raised ? 1 : 0, since, text);
  }

  sensorStates(): SensorState[] {
    const rows = this.rows(
      "SELECT name, subject, raised, since, text FROM sensor_states ORDER BY name, subject",
    );
    return (rows as (Omit<SensorState, "raised"> & { raised: number })[]).map((row) => {
      const { name, subject, since, text } = row;
      return { name, subject, raised: row.raised === 1, since, text };
    });
  }

  /** The worst first, then the earliest, as in reports. */
  findings(): StoredFinding[] {
    const rows = this.rows("SELECT json FROM findings WHERE gone = 0 ORDER BY severity DESC, first_seen, id");
    return (rows as { json: string }[]).flatMap(({ json }) => this.stored(json));
  }

  /** By its id, or by one that it had before. */
  finding(id: string): StoredFinding | null {
    const sql = `SELECT json FROM findings WHERE gone = 0
      AND (id = ? OR id IN (SELECT id FROM aliases WHERE alias = ?)) ORDER BY id = ? DESC, id LIMIT 1`;
    const row = this.row(sql, id, id, id) as { json: string } | undefined;
    return row === undefined ? null : (this.stored(row.json)[0] ?? null);
  }

  /** How a finding came to its outcome, steps of those that it took in included. */
  outcomes(id: string): OutcomeStep[] {
    const sql = `SELECT time, severity, outcome FROM outcomes
      WHERE id = ? OR id IN (SELECT alias FROM aliases WHERE id = ?) ORDER BY seq`;
    return this.rows(sql, id, id) as OutcomeStep[];
  }

  /** Keeps names, and forgets those that were valid only before `nowSec`. */
  putNames(entries: Iterable<NameEntry>, nowSec: number): void {
    for (const [address, named] of entries) {
      const { hostId, host, name, approved, ambiguous, answeredSec, validToSec } = named;
      const flags = [approved ? 1 : 0, ambiguous ? 1 : 0];
      const times = [Math.floor(answeredSec), Math.floor(validToSec)];
      this.run(PUT_NAME, address, hostId, host, name, ...flags, ...times);
    }
    if (nowSec > 0) this.run("DELETE FROM names WHERE valid_to_sec < ?", Math.floor(nowSec));
  }

  /** All names, in the order in which they were answered. */
  names(): NameEntry[] {
    const rows = this.rows("SELECT * FROM names ORDER BY answered_sec, address, host_id, name");
    return (rows as NameRow[]).map((row) => [row.address, namedOf(row)]);
  }

  /** Keeps what left each host. Totals only ever grow. */
  putOutflow(entries: Iterable<HostOutflow>): void {
    for (const { host, bytes, sinceSec, untilSec } of entries) {
      this.run(PUT_OUTFLOW, host, Math.floor(bytes), Math.floor(sinceSec), Math.floor(untilSec));
    }
  }

  /** What left each host in all. */
  outflow(): HostOutflow[] {
    const rows = this.rows("SELECT host, bytes, since_sec, until_sec FROM outflow ORDER BY host");
    type Row = { host: string; bytes: number; since_sec: number; until_sec: number };
    return (rows as Row[]).map((row) => {
      return { host: row.host, bytes: row.bytes, sinceSec: row.since_sec, untilSec: row.until_sec };
    });
  }

  /** Keeps what detectors learned. What is later replaces what is earlier; of each detector so much is kept. */
  putMemory(entries: readonly KeptMemory[]): void {
    for (const { detector, key, lastSec, numbers, facts } of entries) {
      const octets = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
      this.run(PUT_MEMORY, detector, key, lastSec, octets.toString("base64"), JSON.stringify(facts));
    }
    for (const [detector, most] of Object.entries(MOST_KEPT)) this.run(TRIM_MEMORY, detector, detector, most);
  }

  /** What detectors learned, what was silent for longest first. */
  memory(): KeptMemory[] {
    const rows = this.rows(
      "SELECT detector, key, last_sec, numbers, facts FROM memory ORDER BY last_sec, key",
    );
    return (rows as MemoryRow[]).map(({ detector, key, last_sec, numbers, facts }) => {
      // A Buffer's octets may begin anywhere: doubles want a place of their own.
      const doubles = new Float64Array(Uint8Array.from(Buffer.from(numbers, "base64")).buffer);
      return { detector, key, lastSec: last_sec, numbers: doubles, facts: JSON.parse(facts) } as KeptMemory;
    });
  }

  private stored(json: string): StoredFinding[] {
    const finding = readFindingRecord(JSON.parse(json));
    return finding === null ? [] : [{ finding, ack: this.ackOf(finding.id) }];
  }

  private ackOf(id: string): Ack | null {
    const sql = `SELECT ${ACK_COLUMNS} FROM acks
      WHERE finding = ? OR finding IN (SELECT alias FROM aliases WHERE id = ?) ORDER BY time DESC, token LIMIT 1`;
    return (this.row(sql, id, id) as Ack | undefined) ?? null;
  }

  private run(sql: string, ...values: unknown[]): void {
    this.statement(sql).run(...values);
  }

  private row(sql: string, ...values: unknown[]): unknown {
    return this.rows(sql, ...values)[0]; // libsql adds a field of its own to what get() returns
  }

  private rows(sql: string, ...values: unknown[]): unknown[] {
    return this.statement(sql).all(...values);
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

const ACK_COLUMNS = 'token, finding, reason, who AS "by", time';

const PUT_FINDING = `INSERT INTO findings (id, kind, severity, outcome, source, source_name, destination, service,
    first_seen, last_seen, attempts, bytes_out, bytes_in, json)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, outcome = excluded.outcome,
    source_name = excluded.source_name, first_seen = excluded.first_seen, last_seen = excluded.last_seen,
    attempts = excluded.attempts, bytes_out = excluded.bytes_out, bytes_in = excluded.bytes_in,
    moved_to = NULL, gone = 0, json = excluded.json`;

const PUT_OUTFLOW = `INSERT INTO outflow VALUES (?, ?, ?, ?) ON CONFLICT (host) DO UPDATE SET
    bytes = max(bytes, excluded.bytes), since_sec = min(since_sec, excluded.since_sec),
    until_sec = max(until_sec, excluded.until_sec)`;

const PUT_MEMORY = `INSERT INTO memory VALUES (?, ?, ?, ?, ?) ON CONFLICT (detector, key) DO UPDATE SET
    last_sec = excluded.last_sec, numbers = excluded.numbers, facts = excluded.facts
  WHERE excluded.last_sec > memory.last_sec`;

const TRIM_MEMORY = `DELETE FROM memory WHERE detector = ? AND last_sec <=
  (SELECT last_sec FROM memory WHERE detector = ? ORDER BY last_sec DESC LIMIT 1 OFFSET ?)`;

const PUT_NAME = `INSERT OR REPLACE INTO names VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

interface MemoryRow {
  readonly detector: string;
  readonly key: string;
  readonly last_sec: number;
  readonly numbers: string;
  readonly facts: string;
}

interface NameRow {
  readonly address: string;
  readonly host_id: string;
  readonly host: string;
  readonly name: string;
  readonly approved: number;
  readonly ambiguous: number;
  readonly answered_sec: number;
  readonly valid_to_sec: number;
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

function namedOf(row: NameRow): NamedAddress {
  return {
    hostId: row.host_id,
    host: row.host,
    name: row.name,
    approved: row.approved === 1,
    ambiguous: row.ambiguous === 1,
    doubtedSec: -1,
    sinceSec: row.answered_sec, // what began before is of another run
    answeredSec: row.answered_sec,
    validToSec: row.valid_to_sec,
  };
}
