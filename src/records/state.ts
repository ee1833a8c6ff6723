import { systemMessage } from "../capture/system-message.ts";
import type { KeptMemory } from "../findings/detectors/kept-memory.ts";
import type { HostOutflow } from "../findings/detectors/outflow.ts";
import type { StateChange } from "../findings/sensor-states.ts";
import type { RatedFinding } from "../findings/summary.ts";
import { Alarm, type AlarmSink } from "./alarm.ts";
import { applyRecord, catchUp } from "./apply-record.ts";
import { AuditLog, type ChainHead, type CommittedRecord } from "./audit-log.ts";
import type { FindingChange } from "./finding-changes.ts";
import { findingRecord } from "./finding-record.ts";
import type { Ack } from "./finding-rows.ts";
import type { NameEntry } from "./learned-rows.ts";
import { makeFolder } from "./make-folder.ts";
import { KeyError, loadSigningKey, type SigningKey } from "./signing-key.ts";
import { StateLock } from "./state-lock.ts";
import type { StatePaths } from "./state-paths.ts";
import { damageCounts, type SensorState, Store } from "./store.ts";
import { isBusy, StoreError } from "./store-database.ts";

/** How long writing to the store may wait for another process: the sensor's thread waits with it. */
const BUSY_MS = 250;
const ACK_INTERVAL_MS = 1000;
/** Findings that were only counted on are put into the audit log so often, a share of them with each flush. */
const COUNTS_INTERVAL_MS = 3_600_000;
const COUNTS_PER_FLUSH = 256;

/** The state directory cannot be used. The message is for people. */
export class StateError extends Error {}

/** Another process writes to this directory. */
export class StateInUse extends StateError {}

/**
 * What outlives a run: the audit log, which is the truth, and the store, which follows it. What is told here is
 * kept by the next `flush`; only after that may it be reported. Once this is open nothing throws: what cannot be
 * written raises an alarm and is tried again.
 */
export class State {
  /** Fingerprint of the key that signs the audit log; null where there is none. */
  readonly signer: string | null;
  /** Is told of each acknowledgement that `flush` takes up. */
  acknowledged: (ack: Ack) => void = () => {};

  private readonly paths: StatePaths;
  private readonly lock: StateLock;
  private readonly store: Store;
  private readonly audit: AuditLog;
  private readonly storeAlarm: Alarm;
  /** On disk in the audit log, not in the store yet. */
  private committed: CommittedRecord[] = [];
  /** The store missed records: they are read back from the audit log. */
  private isBehind = false;
  /** Counted on since the last flush, and since their last audit record. */
  private readonly recounted = new Map<string, RatedFinding>();
  private readonly unaudited = new Map<string, RatedFinding>();
  private countsAtMs = performance.now();
  private readonly takenAcks = new Set<string>();
  private acksAtMs = Number.NEGATIVE_INFINITY;

  private constructor(
    paths: StatePaths,
    lock: StateLock,
    store: Store,
    key: SigningKey | null,
    alarm: AlarmSink,
  ) {
    this.paths = paths;
    this.lock = lock;
    this.store = store;
    this.signer = key === null ? null : key.fingerprint;
    this.storeAlarm = new Alarm("store", alarm);
    this.audit = new AuditLog(paths.audit, {
      key,
      alarm,
      committed: (record) => this.committed.push(record),
    });
    this.mend(alarm);
  }

  /**
   * Opens or makes a state directory, and brings the store up to what the audit log says. Throws StateError, also
   * when another process writes to this directory.
   */
  static async open(paths: StatePaths, alarm: AlarmSink): Promise<State> {
    let lock: StateLock | null = null;
    let store: Store | null = null;
    try {
      makeFolder(paths.directory, 0o700);
      const key = loadSigningKey(paths.keys);
      lock = await StateLock.take(paths.lock);
      if (lock === null)
        throw new StateInUse(
          `${paths.directory} is in use by another gapwatch; end that one, or give this one another --state`,
        );
      store = await Store.open(paths.store, BUSY_MS, true);
      const opened = store;
      const held = lock;
      return opened.explaining(() => new State(paths, held, opened, key, alarm));
    } catch (error) {
      store?.close();
      lock?.release();
      if (error instanceof StateError) throw error;
      const isOurs = error instanceof StoreError || error instanceof KeyError;
      const message = isOurs ? error.message : `${paths.directory}: ${systemMessage(error)}`;
      throw new StateError(message);
    }
  }

  /** Brings the store up to what the audit log says, also where rows of it are damaged. */
  private mend(alarm: AlarmSink): void {
    const { store, paths } = this;
    const damage = store.takeOutDamaged();
    const whole = new Set(store.findings().map(({ finding }) => finding.id));
    const { damaged } = catchUp(store, paths.audit, damage.findings > 0 ? whole : null);
    if (damage.findings + damage.learned > 0) {
      const kept = damage.findings > 0 ? "; findings were taken from the audit log again" : "";
      this.storeAlarm.raise(
        `the store ${paths.store} was damaged`,
        new Error(`${damageCounts(damage)}${kept}`),
      );
    }
    if (damaged > 0) {
      const what = damaged === 1 ? "1 record is" : `${damaged} records are`;
      const where = `gapwatch verify ${paths.directory} says more`;
      alarm("audit", `${what} damaged, and what it told is missing in the store: ${where}`);
    }
  }

  /** The findings of earlier runs, with their counts. */
  loadFindings(): RatedFinding[] {
    return this.store.findings().map(({ finding }) => finding);
  }

  /** What earlier runs learned of addresses, in the order in which it was answered. */
  loadNames(): NameEntry[] {
    return this.store.names();
  }

  /** What left each host in earlier runs. */
  loadOutflow(): HostOutflow[] {
    return this.store.outflow();
  }

  /** What detectors learned in earlier runs, what was silent for longest first. */
  loadMemory(): KeptMemory[] {
    return this.store.memory();
  }

  /** As an earlier run left them. */
  sensorStates(): SensorState[] {
    return this.store.sensorStates();
  }

  /** Number and hash of the last record on disk: what syslog sends along, and `verify --head` takes. */
  get head(): ChainHead {
    return this.audit.head;
  }

  started(facts: { readonly version: string; readonly inputs: readonly string[] }): void {
    this.audit.append("start", { ...facts, signer: this.signer });
  }

  stopped(facts: { readonly verdict: string; readonly reasons: readonly string[] }): void {
    this.auditAllCounts();
    this.audit.append("stop", facts);
  }

  /** `diff`: what is different from the policy before, a line each; empty at the start. */
  policyLoaded(policy: {
    readonly name: string;
    readonly sha256: string;
    readonly diff: readonly string[];
  }): void {
    this.audit.append("policy", policy);
  }

  /** New, worse and moved findings go into the audit log; those that were only counted on into the store. */
  findings(changes: readonly FindingChange[]): void {
    for (const { what, finding, into } of changes) {
      if (what === "more") {
        this.recounted.set(finding.id, finding);
        this.unaudited.set(finding.id, finding);
        continue;
      }
      this.recounted.delete(finding.id);
      this.unaudited.delete(finding.id);
      const body = what === "moved" ? { id: finding.id, into } : { finding: findingRecord(finding) };
      this.audit.append(`finding.${what}`, body);
    }
  }

  sensor({ name, subject, raised, atMs, text }: StateChange): void {
    this.audit.append("sensor", { name, subject, raised, since: new Date(atMs).toISOString(), text });
  }

  /** So many records found no place while there was no state directory. */
  lost(records: number): void {
    this.audit.append("lost", { records });
  }

  /** Old evidence made room for new. */
  evidenceDeleted(deleted: { readonly finding: string; readonly bytes: number }): void {
    this.audit.append("evidence.deleted", deleted);
  }

  /**
   * Keeps what was learned of addresses; what was valid only before `nowSec` is forgotten. False when it could not
   * be kept: then the next call has to bring these entries again.
   */
  saveNames(entries: Iterable<NameEntry>, nowSec: number): boolean {
    return this.writeStore((store) => store.quickTransaction(() => store.putNames(entries, nowSec)));
  }

  /** Keeps what left each host; false when it could not be kept: then the next call has to bring these again. */
  saveOutflow(entries: Iterable<HostOutflow>): boolean {
    return this.writeStore(() => this.store.putOutflow(entries));
  }

  /** Keeps what detectors learned; false when it could not be kept: then the next call has to bring these again. */
  saveMemory(entries: readonly KeptMemory[]): boolean {
    return this.writeStore((store) => store.quickTransaction(() => store.putMemory(entries)));
  }

  /**
   * Puts everything on disk; true when it is there, in the audit log at least. To be called before anything is
   * reported, and once a second: acknowledgements that other processes left are taken up by it.
   */
  flush(): boolean {
    this.takeAcks();
    if (performance.now() - this.countsAtMs >= COUNTS_INTERVAL_MS) this.auditCounts();
    const isDurable = this.audit.flush();
    this.updateStore();
    return isDurable;
  }

  /** Puts everything on disk, counts included, signs the audit log, and lets go of the directory. */
  close(): void {
    this.auditAllCounts();
    this.acksAtMs = Number.NEGATIVE_INFINITY;
    this.takeAcks();
    this.audit.close();
    this.updateStore();
    this.tidyStore();
    this.store.close();
    this.lock.release();
  }

  private auditAllCounts(): void {
    while (this.unaudited.size > 0) {
      this.auditCounts();
      if (!this.audit.flush()) return;
    }
  }

  private tidyStore(): void {
    try {
      this.store.checkpoint();
    } catch {
      // The next to open it does so.
    }
  }

  private auditCounts(): void {
    let count = 0;
    for (const [id, finding] of this.unaudited) {
      if (count++ === COUNTS_PER_FLUSH) return;
      this.audit.append("finding.seen", { finding: findingRecord(finding) });
      this.unaudited.delete(id);
      this.recounted.delete(id);
    }
    this.countsAtMs = performance.now();
  }

  private takeAcks(): void {
    if (performance.now() - this.acksAtMs < ACK_INTERVAL_MS) return;
    this.acksAtMs = performance.now();
    try {
      for (const ack of this.store.unauditedAcks()) {
        if (this.takenAcks.has(ack.token)) continue;
        this.takenAcks.add(ack.token);
        const { token, finding, reason, by, time } = ack;
        this.audit.append("ack", { token, finding, reason, by, at: time });
        this.acknowledged(ack);
      }
    } catch (error) {
      if (!isBusy(error)) this.storeAlarm.raise(`cannot read the store ${this.paths.store}`, error);
    }
  }

  private updateStore(): void {
    const { committed } = this;
    this.committed = [];
    if (committed.length === 0 && this.recounted.size === 0 && !this.isBehind) return;
    const isDone = this.writeStore((store) =>
      store.transaction(() => {
        for (const record of committed) applyRecord(store, record, JSON.parse(record.body));
        for (const finding of this.recounted.values()) store.putFinding(findingRecord(finding));
        if (!this.isBehind && committed.length > 0) store.auditSeq = committed[committed.length - 1].seq;
      }),
    );
    if (!isDone) {
      this.isBehind ||= committed.length > 0;
      return;
    }
    this.recounted.clear();
    for (const { type, body } of committed) if (type === "ack") this.takenAcks.delete(tokenOf(body));
  }

  /** Does `work`, after what was missed before. */
  private writeStore(work: (store: Store) => void): boolean {
    try {
      if (this.isBehind) {
        catchUp(this.store, this.paths.audit);
        this.isBehind = false;
      }
      work(this.store);
      this.storeAlarm.clear();
      return true;
    } catch (error) {
      if (!isBusy(error)) this.storeAlarm.raise(`cannot write the store ${this.paths.store}`, error);
      return false;
    }
  }
}

function tokenOf(body: string): string {
  return (JSON.parse(body) as { token: string }).token;
}
