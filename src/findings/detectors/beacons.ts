import { hasPorts, protocolName } from "../../decode/protocols.ts";
import { ATTEMPTS, JUDGED, JUDGED_ALLOWED, ROW_WORDS } from "../../flow/flow-row.ts";
import type { FlowTable } from "../../flow/flow-table.ts";
import {
  addressOf,
  type End,
  firstMoment,
  initiatorOf,
  lastMoment,
  portOf,
  protoOf,
} from "../../flow/flow-view.ts";
import { flowOutcome } from "../../flow/outcome.ts";
import { formatAddress } from "../../policy/address-text.ts";
import type { Finding, Moment } from "../finding.ts";
import { list } from "../finding.ts";
import type { FindingKind } from "../finding-kinds.ts";
import type { Share } from "../finding-share.ts";
import { crossesBoundary, innerEndOf } from "../flow-ends.ts";
import { type Ledger, NO_FINDING } from "../ledger.ts";
import { CRITICAL, INFO } from "../severity.ts";
import { type KeptMemory, MOST_KEPT } from "./kept-memory.ts";
import type { Rhythm } from "./rhythm.ts";
import {
  ALLOWED_RANK,
  countService,
  emptySeries,
  keptSeries,
  mainService,
  restoredSeries,
  type Series,
  seriesKey,
  type Where,
} from "./series.ts";

/** Pairs of source and destination that are followed at once; the one that was silent for longest goes first. */
const MAX_SERIES = MOST_KEPT.beacon;
/** Destinations of which it is counted how many hosts go there, and hosts that are told apart. */
const MAX_DESTINATIONS = 8192;
/** As many hosts with the same habit have it from the software that they all run: one severity lower. */
const PREVALENT = 5;
/** Seconds of packet time between looks at what went on. */
const LOOK_SEC = 60;
/** Findings whose series are found at once. */
const MAX_RECENT = 8192;
const PORT_NTP = 123;

/** Attempts that leave, the more telling the higher: a flow says more than the question before it. */
const RANK: Partial<Readonly<Record<FindingKind, number>>> = {
  "dns.name": 1,
  "name.proxy": 2,
  "dns.resolver": 3,
  "dns.encrypted": 3,
  "policy.expired": 4,
  "egress.flow": 4,
};

/**
 * `beacon`: regular attempts toward one destination outside. Told by what findings and exceptions count as attempts,
 * so that names count as destinations; toward one that a rule allows it is for information.
 */
export class Beacons {
  /** Series forgotten to make room. */
  evicted = 0;
  private readonly series = new Map<string, Series>();
  /** By the finding that told of it: saves looking it up by its text. */
  private readonly recent = new Map<Where, Series>();
  private readonly touched = new Set<Series>();
  /** Those to be kept for the runs after this one; null where nobody keeps them. */
  private changed: Set<Series> | null = null;
  /** Sources by destination, and the findings about it. */
  private readonly habits = new Map<string, { readonly sources: Set<string>; readonly findings: number[] }>();
  private readonly ledger: Ledger;
  private lookedSec = -Infinity;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  /** Takes back what earlier runs knew by `fromSec`, and notes from here on what changes. */
  restore(kept: Iterable<KeptMemory>, fromSec: number): void {
    this.changed = new Set();
    for (const each of kept) {
      if (each.detector !== "beacon" || this.series.size >= MAX_SERIES) continue;
      const series = restoredSeries(each, fromSec);
      if (series !== null) this.series.set(series.key, series);
    }
  }

  /** Of what changed, and was not taken yet, so many at the most: what changed first comes first. */
  takeChanged(most: number): KeptMemory[] {
    const taken: KeptMemory[] = [];
    for (const series of this.changed ?? []) {
      if (taken.length >= most) break;
      this.changed?.delete(series);
      taken.push(keptSeries(series));
    }
    return taken;
  }

  /** Something was put down to a finding. */
  attempted(finding: Finding, share: Readonly<Share>): void {
    const rank = RANK[finding.kind];
    if (rank !== undefined && finding.source !== null) this.add(finding, rank, share);
  }

  /** The flow is over: one that leaves with a rule's permission has no finding that tells of it. */
  ended(table: FlowTable, row: number): void {
    if (table.words[row * ROW_WORDS + JUDGED] !== JUDGED_ALLOWED) return;
    const source = initiatorOf(table, row);
    if (!crossesBoundary(table, row) || innerEndOf(table, row) !== source) return;
    const to: End = source === 0 ? 1 : 0;
    const proto = protoOf(table, row);
    const where = {
      source: formatAddress(addressOf(table, row, source)),
      destination: formatAddress(addressOf(table, row, to)),
      name: null,
      port: hasPorts(proto) ? portOf(table, row, to) : null,
      proto: protocolName(proto),
    };
    const outcome = flowOutcome(table, row, source === 1);
    const [first, last] = [firstMoment(table, row), lastMoment(table, row)];
    this.add(where, ALLOWED_RANK, {
      attempts: table.words[row * ROW_WORDS + ATTEMPTS],
      outcome,
      first,
      last,
    });
  }

  /** Looks for rhythms, now and then, at packet time `sec`; Infinity: at the end. */
  settleDue(sec: number): void {
    if (sec - this.lookedSec < LOOK_SEC) return;
    this.lookedSec = sec;
    for (const series of this.touched) this.look(series);
    this.touched.clear();
  }

  private add(
    where: Where,
    rank: number,
    share: Pick<Share, "attempts" | "outcome" | "first" | "last">,
  ): void {
    const series = this.recent.get(where) ?? this.seriesOf(where, share.first);
    series.rank = Math.max(series.rank, rank);
    this.changed?.add(series);
    if (series.finding === NO_FINDING) {
      countService(series.services, where, rank);
      if (series.attempts === 0) series.first = { sec: share.first.sec, nsec: share.first.nsec };
      series.attempts += share.attempts;
    }
    series.outcome = Math.max(series.outcome, share.outcome);
    series.last = { sec: share.last.sec, nsec: share.last.nsec };
    if (series.moments.add(share.first.sec + share.first.nsec / 1e9)) this.touched.add(series);
    if (series.finding !== NO_FINDING) this.share(series, share.attempts, share.first, share.last);
  }

  private seriesOf(where: Where, first: Moment): Series {
    const key = seriesKey(where);
    let series = this.series.get(key);
    if (series === undefined) {
      if (this.series.size >= MAX_SERIES) this.evictOldest();
      series = emptySeries(key, first);
    } else this.series.delete(key);
    this.series.set(key, series); // the last to be looked up stands last
    if (this.recent.size >= MAX_RECENT) this.recent.clear();
    this.recent.set(where, series);
    return series;
  }

  private evictOldest(): void {
    for (const [key, series] of this.series) {
      this.series.delete(key);
      this.touched.delete(series);
      this.changed?.delete(series);
      this.recent.clear();
      this.evicted++;
      return;
    }
  }

  private look(series: Series): void {
    if (series.finding !== NO_FINDING) {
      if (series.rank > ALLOWED_RANK) this.ledger.get(series.finding).severityCap = CRITICAL;
      return;
    }
    const rhythm = series.moments.rhythm();
    if (rhythm === null) return;
    const where = mainService(series.services);
    const evidence = where.name === null ? "none" : "in-flow";
    series.finding = this.ledger.open({ kind: "beacon", ...where, evidence, rule: null }, series.first);
    const finding = this.ledger.get(series.finding);
    finding.severityCap = series.rank === ALLOWED_RANK ? INFO : CRITICAL;
    list(finding.details, rhythmText(rhythm));
    this.share(series, series.attempts, series.first, series.last);
    series.attempts = 0;
    this.changed?.add(series);
    this.weigh(where, series.finding);
  }

  /** What many hosts do, and what clocks do, is less of a surprise. */
  private weigh(where: Where, finding: number): void {
    const key = `${where.destination} ${where.port}/${where.proto}`;
    let habit = this.habits.get(key);
    if (habit === undefined) {
      habit = { sources: new Set(), findings: [] };
      if (this.habits.size < MAX_DESTINATIONS) this.habits.set(key, habit);
    }
    habit.findings.push(finding);
    if (where.source !== null && habit.sources.size < PREVALENT) habit.sources.add(where.source);
    const isClock = where.port === PORT_NTP && where.proto === "udp";
    if (habit.sources.size < PREVALENT && !isClock) return;
    for (const each of habit.findings) this.ledger.get(each).severityShift = 1;
  }

  private share(series: Series, attempts: number, first: Moment, last: Moment): void {
    const { finding, outcome } = series;
    const counts = { attempts, bytesOut: 0, bytesIn: 0, oneWayBytes: 0 };
    this.ledger.share(finding, { ...counts, outcome, first, last, ip: null });
  }
}

function rhythmText({ everySec, deviationSec }: Rhythm): string {
  return `every ${secondsText(everySec)}, half of them within ${secondsText(deviationSec)} of it`;
}

function secondsText(sec: number): string {
  if (sec < 10) return `${sec.toFixed(1)} s`;
  if (sec < 120) return `${Math.round(sec)} s`;
  return sec < 7200 ? `${Math.round(sec / 60)} min` : `${Math.round(sec / 3600)} h`;
}
