import { existsSync, renameSync, rmSync } from "node:fs";
import { systemMessage } from "../capture/system-message.ts";
import type { KeptMemory } from "../findings/detectors/kept-memory.ts";
import type { HostOutflow } from "../findings/detectors/outflow.ts";
import { type CaughtUp, catchUp } from "./apply-record.ts";
import type { Ack } from "./finding-rows.ts";
import { isThere } from "./is-there.ts";
import type { NameEntry } from "./learned-rows.ts";
import { StateError, StateInUse } from "./state.ts";
import { StateLock } from "./state-lock.ts";
import type { StatePaths } from "./state-paths.ts";
import { Store } from "./store.ts";
import { StoreError } from "./store-database.ts";

const BUSY_MS = 5000;
const NOTHING = { names: [], acks: [], outflow: [], memory: [] };

/** What only the store knows. */
interface Kept {
  readonly names: readonly NameEntry[];
  readonly acks: readonly Ack[];
  readonly outflow: readonly HostOutflow[];
  readonly memory: readonly KeptMemory[];
  /** Why the old store could not be read; null where it could, or where there was none. */
  readonly failure: string | null;
}

export interface Rebuilt extends CaughtUp {
  readonly findings: number;
  readonly failure: string | null;
}

/**
 * Makes the store anew from the audit log. Names of addresses, what left each host, what detectors learned, and
 * acknowledgements that the audit log has not taken up yet come from the old store, as far as it can be read.
 * Throws StateError.
 */
export async function rebuildStore(paths: StatePaths): Promise<Rebuilt> {
  if (!holdsAudit(paths)) throw new StateError(`${paths.directory} holds no audit log`);
  const lock = await takeLock(paths);
  try {
    const kept = await keptOf(paths.store);
    const path = `${paths.store}.new`;
    rmSync(path, { force: true });
    removeSidecars(path);
    const store = await Store.open(path, BUSY_MS, true);
    const caughtUp = catchUp(store, paths.audit);
    store.transaction(() => {
      store.putNames(kept.names, 0);
      store.putOutflow(kept.outflow);
      store.putMemory(kept.memory);
      for (const ack of kept.acks) store.putAck(ack, false);
    });
    const findings = store.findings().length;
    store.checkpoint();
    store.close();
    removeSidecars(paths.store); // before the new one has its name: they would be taken for its own
    renameSync(path, paths.store);
    removeSidecars(path);
    return { ...caughtUp, findings, failure: kept.failure };
  } catch (error) {
    throw new StateError(`cannot rebuild the store ${paths.store}: ${systemMessage(error)}`);
  } finally {
    lock.release();
  }
}

function holdsAudit({ audit, directory }: StatePaths): boolean {
  try {
    return isThere(audit);
  } catch (error) {
    throw new StateError(`${directory}: ${systemMessage(error)}`);
  }
}

async function takeLock(paths: StatePaths): Promise<StateLock> {
  let lock: StateLock | null = null;
  try {
    lock = await StateLock.take(paths.lock);
  } catch (error) {
    throw new StateError(`${paths.directory}: ${systemMessage(error)}`);
  }
  if (lock === null) throw new StateInUse(`${paths.directory} is in use by another gapwatch: stop it first`);
  return lock;
}

async function keptOf(path: string): Promise<Kept> {
  if (!existsSync(path)) return { ...NOTHING, failure: null };
  let store: Store | null = null;
  try {
    store = await Store.open(path, BUSY_MS, false);
    return readKept(store);
  } catch (error) {
    return { ...NOTHING, failure: error instanceof StoreError ? error.message : systemMessage(error) };
  } finally {
    store?.close();
  }
}

/** Each by itself: what is damaged takes nothing else along. */
function readKept(store: Store): Kept {
  let failure: string | null = null;
  const part = <T>(read: () => T[]): T[] => {
    try {
      return read();
    } catch (error) {
      failure ??= systemMessage(error);
      return [];
    }
  };
  part(() => {
    failure = store.damageText();
    return [];
  });
  const names = part(() => store.names());
  const acks = part(() => store.unauditedAcks());
  const outflow = part(() => store.outflow());
  return { names, acks, outflow, memory: part(() => store.memory()), failure };
}

function removeSidecars(path: string): void {
  for (const suffix of ["-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
}
