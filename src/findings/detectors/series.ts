import type { FindingSubject, Moment } from "../finding.ts";
import { NO_FINDING } from "../ledger.ts";
import type { KeptMemory } from "./kept-memory.ts";
import { Moments } from "./rhythm.ts";

/** Services of one destination that are told apart. */
const MAX_SERVICES = 16;

export const ALLOWED_RANK = 0;

export type Where = Pick<FindingSubject, "source" | "destination" | "name" | "port" | "proto">;

/** What is tried, and how often. */
export interface Service {
  readonly where: Where;
  readonly rank: number;
  count: number;
}

/** What one source does toward one destination. */
export interface Series {
  readonly key: string;
  readonly moments: Moments;
  /** By service, until a finding tells of them. */
  readonly services: Map<string, Service>;
  rank: number;
  /** Those that no finding has counted yet. */
  attempts: number;
  outcome: number;
  first: Moment;
  last: Moment;
  finding: number;
}

export function seriesKey({ source, destination }: Where): string {
  return `${source} ${destination}`;
}

export function emptySeries(key: string, at: Moment): Series {
  return {
    key,
    moments: new Moments(),
    services: new Map(),
    rank: ALLOWED_RANK,
    attempts: 0,
    outcome: 0,
    first: { sec: at.sec, nsec: at.nsec },
    last: { sec: at.sec, nsec: at.nsec },
    finding: NO_FINDING,
  };
}

export function countService(services: Map<string, Service>, where: Where, rank: number): void {
  const key = serviceKey(where, rank);
  const known = services.get(key);
  if (known !== undefined) known.count++;
  else if (services.size < MAX_SERVICES) services.set(key, { where: subjectOf(where), rank, count: 1 });
}

function serviceKey({ port, proto }: Where, rank: number): string {
  return `${port}/${proto} ${rank}`;
}

/** The one that is tried most of those that tell most. */
export function mainService(services: ReadonlyMap<string, Service>): Where {
  const [first] = [...services.values()].sort((a, b) => b.rank - a.rank || b.count - a.count);
  return first.where;
}

function subjectOf({ source, destination, name, port, proto }: Where): Where {
  return { source, destination, name, port, proto };
}

/** The series as it outlives the run. */
export function keptSeries(series: Series): KeptMemory {
  const { key, moments, first, last, rank, attempts, outcome, services } = series;
  return {
    detector: "beacon",
    key,
    lastSec: last.sec + last.nsec / 1e9,
    numbers: moments.numbers(),
    facts: {
      earliestSec: moments.earliest,
      first,
      rank,
      attempts,
      outcome,
      services: [...services.values()],
    },
  };
}

/** The series as it stood at `fromSec`, the beginning of this run; null where there was nothing of it. */
export function restoredSeries(
  { key, lastSec, numbers, facts }: KeptMemory & { readonly detector: "beacon" },
  fromSec: number,
): Series | null {
  const before = numbers.filter((sec) => sec <= fromSec);
  if (before.length === 0 || facts.services.length === 0) return null;
  const { earliestSec, first, rank, attempts, outcome } = facts;
  const isWhole = lastSec <= fromSec;
  return {
    key,
    moments: Moments.restored(before, earliestSec),
    services: new Map(facts.services.map((each) => [serviceKey(each.where, each.rank), { ...each }])),
    rank,
    // How many of the attempts came so early is not known: each moment was one at least.
    attempts: isWhole ? attempts : Math.min(attempts, before.length),
    outcome,
    first: { ...first },
    last: momentOf(before[before.length - 1]),
    finding: NO_FINDING,
  };
}

function momentOf(sec: number): Moment {
  return { sec: Math.floor(sec), nsec: Math.floor((sec % 1) * 1e9) };
}
