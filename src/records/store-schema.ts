/** Version of the schema below, kept in SQLite's user_version. */
export const SCHEMA_VERSION = 4;

/** What left each host in all, since version 2. */
const OUTFLOW = `
CREATE TABLE outflow (
  host TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL,
  since_sec INTEGER NOT NULL,
  until_sec INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** What detectors learned, since version 3. `numbers` are doubles in base64: libsql 0.5 returns blobs empty, or aborts. */
const MEMORY = `
CREATE TABLE memory (
  detector TEXT NOT NULL,
  key TEXT NOT NULL,
  last_sec REAL NOT NULL,
  numbers TEXT NOT NULL,
  facts TEXT NOT NULL,
  PRIMARY KEY (detector, key)
) STRICT;
CREATE INDEX memory_last ON memory (detector, last_sec);
`;

/** Version from which on every row has a seal, by which a damaged one shows. */
export const FIRST_SEALED = 4;

const SEALS = `
ALTER TABLE findings ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE names ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE outflow ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE memory ADD COLUMN seal TEXT NOT NULL DEFAULT '';
`;

/** What brings a store of an earlier version up to the next, by the earlier version. */
export const MIGRATIONS: ReadonlyMap<number, string> = new Map([
  [1, `${OUTFLOW} PRAGMA user_version = 2;`],
  [2, `${MEMORY} PRAGMA user_version = 3;`],
  [3, `${SEALS} PRAGMA user_version = 4;`],
]);

/**
 * The store. `findings.json` is the finding whole; the columns beside it are there to sort and to search by.
 * Everything but `names`, `outflow` and `memory` follows from the audit log: `meta.audit_seq` says up to which record.
 */
export const SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE findings (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  severity INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  source TEXT,
  source_name TEXT,
  destination TEXT NOT NULL,
  service TEXT NOT NULL,
  first_seen TEXT NOT NULL,
  last_seen TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  bytes_out INTEGER NOT NULL,
  bytes_in INTEGER NOT NULL,
  moved_to TEXT,
  gone INTEGER NOT NULL DEFAULT 0,
  json TEXT NOT NULL
) STRICT;
CREATE TABLE aliases (
  alias TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (alias, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_id ON aliases (id);
CREATE TABLE outcomes (
  id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  time TEXT NOT NULL,
  severity TEXT NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE acks (
  token TEXT PRIMARY KEY,
  finding TEXT NOT NULL,
  reason TEXT NOT NULL,
  who TEXT NOT NULL,
  time TEXT NOT NULL,
  audited INTEGER NOT NULL
) STRICT;
CREATE INDEX acks_finding ON acks (finding);
CREATE TABLE sensor_states (
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  raised INTEGER NOT NULL,
  since TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (name, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE names (
  address TEXT NOT NULL,
  host_id TEXT NOT NULL,
  host TEXT NOT NULL,
  name TEXT NOT NULL,
  approved INTEGER NOT NULL,
  ambiguous INTEGER NOT NULL,
  answered_sec INTEGER NOT NULL,
  valid_to_sec INTEGER NOT NULL,
  PRIMARY KEY (address, host_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX names_valid ON names (valid_to_sec);
${OUTFLOW}
${MEMORY}
${SEALS}
PRAGMA user_version = ${SCHEMA_VERSION};
`;
