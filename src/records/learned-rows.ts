import { type KeptMemory, MOST_KEPT } from "../findings/detectors/kept-memory.ts";
import type { HostOutflow } from "../findings/detectors/outflow.ts";
import type { NamedAddress } from "../flow/address-names.ts";
import {
  asAscii,
  asInteger,
  isSealed,
  type SealCheck,
  type Statements,
  sealOf,
  textOf,
} from "./store-statements.ts";

/** A name by the address that it was answered for. */
export type NameEntry = readonly [address: string, named: NamedAddress];

/** What is in a table, and how many of its rows are damaged: those are left out. */
export interface Learned<T> {
  readonly entries: T[];
  readonly damaged: number;
}

/** Keeps names, and forgets those that were valid only before `nowSec`. */
export function putNames(db: Statements, entries: Iterable<NameEntry>, nowSec: number): void {
  for (const [address, named] of entries) {
    const { hostId, host, name, approved, ambiguous, answeredSec, validToSec } = named;
    const flags = [approved ? 1 : 0, ambiguous ? 1 : 0];
    const values = [address, hostId, host, name, ...flags, Math.floor(answeredSec), Math.floor(validToSec)];
    db.run("INSERT OR REPLACE INTO names VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", ...values, sealOf(...values));
  }
  if (nowSec > 0) db.run("DELETE FROM names WHERE valid_to_sec < ?", Math.floor(nowSec));
}

/** All names, in the order in which they were answered. */
export function readNames(db: Statements, check: SealCheck = isSealed): Learned<NameEntry> {
  const rows = db.rows(NAMES) as NameRow[];
  return readable(rows, (row) => {
    const [address, hostId, host, name] = [row.address, row.host_id, row.host, row.name].map(textOf);
    if (address === null || hostId === null || host === null || name === null) return null;
    const { approved, ambiguous, answered_sec, valid_to_sec, seal } = row;
    if (!check(seal, address, hostId, host, name, approved, ambiguous, answered_sec, valid_to_sec))
      return null;
    const named = {
      hostId,
      host,
      name,
      approved: approved === 1,
      ambiguous: ambiguous === 1,
      doubtedSec: -1,
      sinceSec: answered_sec, // what began before is of another run
      answeredSec: answered_sec,
      validToSec: valid_to_sec,
    };
    return [address, named];
  });
}

/** Keeps what left each host. Totals only ever grow. */
export function putOutflow(db: Statements, entries: Iterable<HostOutflow>): void {
  for (const entry of entries) {
    const [before] = db.rows(`${OUTFLOW} WHERE host = ?`, entry.host) as OutflowRow[];
    const known = before === undefined ? null : outflowOf(before, isSealed);
    const bytes = Math.max(Math.floor(entry.bytes), known?.bytes ?? 0);
    const sinceSec = Math.min(Math.floor(entry.sinceSec), known?.sinceSec ?? Number.POSITIVE_INFINITY);
    const untilSec = Math.max(Math.floor(entry.untilSec), known?.untilSec ?? Number.NEGATIVE_INFINITY);
    const values = [entry.host, bytes, sinceSec, untilSec];
    db.run("INSERT OR REPLACE INTO outflow VALUES (?, ?, ?, ?, ?)", ...values, sealOf(...values));
  }
}

/** What left each host in all. */
export function readOutflow(db: Statements, check: SealCheck = isSealed): Learned<HostOutflow> {
  return readable(db.rows(`${OUTFLOW} ORDER BY host`) as OutflowRow[], (row) => outflowOf(row, check));
}

/** Keeps what detectors learned. What is later replaces what is earlier; of each detector so much is kept. */
export function putMemory(db: Statements, entries: readonly KeptMemory[]): void {
  for (const { detector, key, lastSec, numbers, facts } of entries) {
    const octets = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    const values = [detector, key, lastSec, octets.toString("base64"), JSON.stringify(facts)];
    db.run(PUT_MEMORY, ...values, sealOf(...values));
  }
  for (const [detector, most] of Object.entries(MOST_KEPT)) db.run(TRIM_MEMORY, detector, detector, most);
}

/** What detectors learned, what was silent for longest first. */
export function readMemory(db: Statements, check: SealCheck = isSealed): Learned<KeptMemory> {
  return readable(db.rows(MEMORY) as MemoryRow[], ({ detector, key, last_sec, numbers, facts, seal }) => {
    const [keyText, factsText] = [textOf(key), textOf(facts)];
    if (keyText === null || factsText === null) return null;
    if (!check(seal, detector, keyText, last_sec, numbers, factsText)) return null;
    // A Buffer's octets may begin anywhere: doubles want a place of their own.
    const doubles = new Float64Array(Uint8Array.from(Buffer.from(numbers, "base64")).buffer);
    return {
      detector,
      key: keyText,
      lastSec: last_sec,
      numbers: doubles,
      facts: JSON.parse(factsText),
    } as KeptMemory;
  });
}

const NAMES = `SELECT ${["address", "host_id", "host", "name", "seal"].map(asAscii)},
    ${["approved", "ambiguous", "answered_sec", "valid_to_sec"].map(asInteger)}
  FROM names ORDER BY names.answered_sec, names.address, names.host_id, names.name`;
const OUTFLOW = `SELECT ${["host", "seal"].map(asAscii)}, ${["bytes", "since_sec", "until_sec"].map(asInteger)}
  FROM outflow`;
const MEMORY = `SELECT ${["detector", "key", "numbers", "facts", "seal"].map(asAscii)},
    CAST(last_sec AS REAL) AS last_sec
  FROM memory ORDER BY memory.last_sec, memory.key`;

const PUT_MEMORY = `INSERT INTO memory VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (detector, key) DO UPDATE SET
    last_sec = excluded.last_sec, numbers = excluded.numbers, facts = excluded.facts, seal = excluded.seal
  WHERE excluded.last_sec > memory.last_sec`;

const TRIM_MEMORY = `DELETE FROM memory WHERE detector = ? AND last_sec <=
  (SELECT last_sec FROM memory WHERE detector = ? ORDER BY last_sec DESC LIMIT 1 OFFSET ?)`;

interface NameRow {
  readonly address: string;
  readonly host_id: string;
  readonly host: string;
  readonly name: string;
  readonly approved: number;
  readonly ambiguous: number;
  readonly answered_sec: number;
  readonly valid_to_sec: number;
  readonly seal: string;
}

interface OutflowRow {
  readonly host: string;
  readonly bytes: number;
  readonly since_sec: number;
  readonly until_sec: number;
  readonly seal: string;
}

interface MemoryRow {
  readonly detector: string;
  readonly key: string;
  readonly last_sec: number;
  readonly numbers: string;
  readonly facts: string;
  readonly seal: string;
}

/** The rows that `read` makes something of: null, or an exception of what it parses, is damage. */
function readable<R, T>(rows: readonly R[], read: (row: R) => T | null): Learned<T> {
  const entries: T[] = [];
  for (const row of rows) {
    try {
      const entry = read(row);
      if (entry !== null) entries.push(entry);
    } catch {
      // Counted below: what cannot be parsed is left out as well.
    }
  }
  return { entries, damaged: rows.length - entries.length };
}

function outflowOf(
  { host: ascii, bytes, since_sec, until_sec, seal }: OutflowRow,
  check: SealCheck,
): HostOutflow | null {
  const host = textOf(ascii);
  if (host === null || !check(seal, host, bytes, since_sec, until_sec)) return null;
  return { host, bytes, sinceSec: since_sec, untilSec: until_sec };
}
