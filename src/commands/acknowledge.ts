import { randomBytes } from "node:crypto";
import { userInfo } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { RatedFinding } from "../findings/summary.ts";
import { resolveStatePaths, type StatePaths } from "../records/state-paths.ts";
import type { Store } from "../records/store.ts";
import { say } from "./say.ts";

/** How long a look-up may wait for the writer. */
const BUSY_MS = 5000;
/** A watch that has just begun puts its first records into the store right after they are in the audit log. */
const FIRST_RECORDS_MS = 500;
export const MAX_REASON = 1000;

/** Opens the store of a state directory for one piece of work. Throws StoreError, also where it is damaged. */
export async function withStore<T>(paths: StatePaths, work: (store: Store) => T): Promise<T> {
  const { REMEDY, Store } = await import("../records/store.ts");
  const { StoreError } = await import("../records/store-database.ts");
  const store = await Store.open(paths.store, BUSY_MS, false);
  try {
    const damage = store.explaining(() => store.damageText());
    if (damage !== null) throw new StoreError(`${damage}; ${REMEDY}`);
    if (await isEmptied(store, paths))
      throw new StoreError(`the store ${paths.store} holds nothing of what the audit log holds; ${REMEDY}`);
    return store.explaining(() => work(store));
  } finally {
    store.close();
  }
}

/** Whether the store knows nothing of an audit log that holds records, other than because these are its first. */
async function isEmptied(store: Store, { audit }: StatePaths): Promise<boolean> {
  const { lastAuditSeq } = await import("../records/apply-record.ts");
  const isBehind = (): boolean => store.auditSeq === 0 && lastAuditSeq(audit) > 0;
  try {
    if (!isBehind()) return false;
    await delay(FIRST_RECORDS_MS);
    return isBehind();
  } catch {
    return false; // there is no audit log, or it is not for whoever asks
  }
}

/** Keeps an acknowledgement of a finding, and returns the finding; null where there is none of this id. */
export async function acknowledge(
  paths: StatePaths,
  id: string,
  reason: string,
  by: string,
): Promise<RatedFinding | null> {
  const finding = await withStore(paths, (store) => {
    const stored = store.finding(id);
    if (stored === null) return null;
    const time = new Date().toISOString();
    const token = randomBytes(8).toString("hex");
    store.putAck({ token, finding: stored.finding.id, reason, by, time }, false);
    return stored.finding;
  });
  if (finding !== null) await auditAcks(paths);
  return finding;
}

/** The same as who is logged in, for the dashboard; returns the name. Throws what is to be told. */
export async function acknowledgeHere(
  state: string | undefined,
  id: string,
  reason: string,
): Promise<string> {
  const by = userInfo().username;
  const paths = resolveStatePaths(state);
  const finding = await acknowledge(paths, id, reason.slice(0, MAX_REASON), by);
  if (finding === null) throw new Error(`there is no finding ${id} in ${paths.directory} yet`);
  return by;
}

/** Puts the acknowledgement into the audit log, unless a running watch is about to do so. */
async function auditAcks(paths: StatePaths): Promise<void> {
  const { State, StateError, StateInUse } = await import("../records/state.ts");
  try {
    const alarm = (_: string, message: string | null): void => (message === null ? undefined : say(message));
    (await State.open(paths, alarm)).close();
  } catch (error) {
    if (error instanceof StateInUse) return;
    if (!(error instanceof StateError)) throw error;
    say(`${error.message}; the audit log will have the acknowledgement when watch runs`);
  }
}
