import { BYTES_A, ROW_DOUBLES } from "../../flow/flow-row.ts";
import type { FlowTable } from "../../flow/flow-table.ts";
import { addressOf, lastMoment } from "../../flow/flow-view.ts";
import { TRANSFERRED } from "../../flow/outcome.ts";
import { formatAddress } from "../../policy/address-text.ts";
import type { Judge } from "../../policy/judge.ts";
import { list, type Moment } from "../finding.ts";
import { crossesBoundary, innerEndOf } from "../flow-ends.ts";
import { type Ledger, NO_FINDING } from "../ledger.ts";

/** Hosts that are counted. */
const MAX_HOSTS = 1 << 16;
/** Seconds of packet time between looks at open flows. */
const LOOK_SEC = 600;
/** What the findings are about: the entry of the enclave file. */
const SUBJECT = "crown_jewels_bytes";

/** What left one inside host, in this run and those before it. */
export interface HostOutflow {
  /** Address as text; of a host with several the first in the inventory. */
  readonly host: string;
  readonly bytes: number;
  /** Packet time of the first and last of it, in whole seconds. */
  readonly sinceSec: number;
  readonly untilSec: number;
}

interface Tally {
  bytes: number;
  readonly sinceSec: number;
  untilSec: number;
  /** Of `bytes`, those that a finding has. */
  told: number;
  finding: number;
}

/**
 * `volume.budget` by host: octets that left each inside host toward anything outside, allowed or not, against the
 * size that the enclave file states for its weights. They only ever add up: a theft may take weeks. All addresses of
 * a host in the inventory count together.
 */
export class Outflow {
  /** Flows of hosts that there was no room for. */
  overflow = 0;
  private readonly tallies = new Map<string, Tally>();
  private readonly changed = new Set<string>();
  /** Octets of open flows that are counted already, by row. */
  private counted = new Float64Array(0);
  private readonly table: FlowTable;
  private readonly judge: Judge;
  private readonly ledger: Ledger;
  private lookedSec = -Infinity;

  constructor(table: FlowTable, judge: Judge, ledger: Ledger) {
    this.table = table;
    this.judge = judge;
    this.ledger = ledger;
  }

  private get limit(): number | null {
    return this.judge.policy.crownJewelsBytes;
  }

  /** Takes back what was counted in earlier runs. */
  restore(entries: Iterable<HostOutflow>): void {
    const limit = this.limit ?? Infinity;
    for (const { host, bytes, sinceSec, untilSec } of entries) {
      const told = bytes > limit ? bytes : 0;
      this.tallies.set(host, { bytes, sinceSec, untilSec, told, finding: NO_FINDING });
    }
  }

  /** What changed since the last call. */
  drain(): HostOutflow[] {
    const entries = [...this.changed].flatMap((host) => {
      const tally = this.tallies.get(host);
      if (tally === undefined) return [];
      const { bytes, sinceSec, untilSec } = tally;
      return [{ host, bytes, sinceSec, untilSec }];
    });
    this.changed.clear();
    return entries;
  }

  /** The flow is over. */
  closed(row: number): void {
    if (this.limit === null) return;
    this.count(row);
    if (row < this.counted.length) this.counted[row] = 0;
  }

  /** Counts open flows now and then, at packet time `sec`. */
  settleDue(sec: number): void {
    if (this.limit === null || sec - this.lookedSec < LOOK_SEC) return;
    this.lookedSec = sec;
    for (let row = 0; row < this.table.rowsUsed; row++) if (this.table.isLive(row)) this.count(row);
  }

  private count(row: number): void {
    if (!crossesBoundary(this.table, row)) return;
    const inner = innerEndOf(this.table, row);
    const bytes = this.table.doubles[row * ROW_DOUBLES + BYTES_A + inner];
    const more = bytes - (row < this.counted.length ? this.counted[row] : 0);
    if (more <= 0) return;
    if (row >= this.counted.length) this.grow(row);
    this.counted[row] = bytes;
    const host = this.judge.mainAddress(...addressOf(this.table, row, inner));
    this.add(formatAddress(host), more, lastMoment(this.table, row));
  }

  private grow(row: number): void {
    const larger = new Float64Array(Math.max(1024, 2 * (row + 1)));
    larger.set(this.counted);
    this.counted = larger;
  }

  private add(host: string, bytes: number, at: Moment): void {
    let tally = this.tallies.get(host);
    if (tally === undefined) {
      if (this.tallies.size >= MAX_HOSTS) {
        this.overflow++;
        return;
      }
      tally = { bytes: 0, sinceSec: at.sec, untilSec: at.sec, told: 0, finding: NO_FINDING };
      this.tallies.set(host, tally);
    }
    tally.bytes += bytes;
    tally.untilSec = Math.max(tally.untilSec, at.sec);
    this.changed.add(host);
    if (tally.bytes > (this.limit ?? Infinity)) this.tell(host, tally, at);
  }

  private tell(host: string, tally: Tally, at: Moment): void {
    const isNew = tally.finding === NO_FINDING;
    if (isNew) tally.finding = this.open(host, tally, at);
    this.ledger.share(tally.finding, {
      attempts: isNew ? 1 : 0,
      bytesOut: tally.bytes - tally.told,
      bytesIn: 0,
      oneWayBytes: 0,
      outcome: TRANSFERRED,
      first: at,
      last: at,
      ip: null,
    });
    tally.told = tally.bytes;
  }

  private open(host: string, { sinceSec }: Tally, at: Moment): number {
    const about = { kind: "volume.budget", source: host, destination: SUBJECT } as const;
    const subject = { ...about, port: null, proto: null, name: null, evidence: "none", rule: null } as const;
    const handle = this.ledger.open(subject, at);
    const since = new Date(1000 * sinceSec).toISOString().slice(0, 10);
    list(
      this.ledger.get(handle).details,
      `more than ${sizeText(this.limit ?? 0)} toward all destinations since ${since}`,
    );
    return handle;
  }
}

function sizeText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}
