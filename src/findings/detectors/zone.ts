import type { Moment } from "../finding.ts";
import { NO_FINDING } from "../ledger.ts";
import type { KeptMemory, ZoneFacts } from "./kept-memory.ts";

/** What is counted of a zone halves after this long, so that a little each day does not become much. */
const HALF_LIFE_SEC = 7 * 86_400;

/** What one source asked below one registrable domain. */
export interface Zone {
  readonly key: string;
  /** Hashes of names; true once their answer was counted. */
  readonly names: Map<number, boolean>;
  first: Moment;
  lastSec: number;
  halvedSec: number;
  asked: number;
  encoded: number;
  chars: number;
  identifiers: number;
  rare: number;
  answers: number;
  answerBytes: number;
  finding: number;
  /** A finding has counted them, of this run or of one before. */
  isTold: boolean;
}

export function emptyZone(key: string, at: Moment): Zone {
  const counts = { asked: 0, encoded: 0, chars: 0, identifiers: 0, rare: 0, answers: 0, answerBytes: 0 };
  const times = { first: { ...at }, lastSec: at.sec, halvedSec: at.sec };
  return { key, names: new Map(), ...times, ...counts, finding: NO_FINDING, isTold: false };
}

/** Lets what is old weigh less, at packet time `sec`. */
export function halve(zone: Zone, sec: number): void {
  if (sec - zone.halvedSec <= HALF_LIFE_SEC) return;
  zone.halvedSec = sec;
  zone.asked /= 2;
  zone.encoded /= 2;
  zone.chars /= 2;
  zone.rare /= 2;
  zone.answers /= 2;
  zone.answerBytes /= 2;
}

/** Most zones carry nothing: there is nothing to keep of them. */
export function tellsAnything({ chars, rare, answers }: Zone): boolean {
  return chars + rare + answers > 0;
}

/** The zone as it outlives the run. A name's number is twice its hash, and one more once its answer was counted. */
export function keptZone({ key, names, lastSec, ...zone }: Zone): KeptMemory {
  const { first, halvedSec, asked, encoded, chars, identifiers, rare, answers, answerBytes, isTold } = zone;
  const numbers = Float64Array.from(names, ([hash, isAnswered]) => 2 * hash + (isAnswered ? 1 : 0));
  const counts = { asked, encoded, chars, identifiers, rare, answers, answerBytes };
  return { detector: "tunnel.dns", key, lastSec, numbers, facts: { first, halvedSec, ...counts, isTold } };
}

export function restoredZone({ key, lastSec, numbers, facts }: KeptZone): Zone {
  const { first, halvedSec, asked, encoded, chars, identifiers, rare, answers, answerBytes, isTold } = facts;
  const counts = { asked, encoded, chars, identifiers, rare, answers, answerBytes };
  const names = new Map(Array.from(numbers, (number) => [Math.floor(number / 2), number % 2 === 1]));
  return { key, names, first: { ...first }, lastSec, halvedSec, ...counts, finding: NO_FINDING, isTold };
}

type KeptZone = KeptMemory & { readonly facts: ZoneFacts };
