import { isSameQuestion, type QuestionKey } from "../flow/question-key.ts";
import type { DnsRecord } from "../names/dns-answers.ts";
import type { DnsExchange } from "./dns-exchange.ts";

/** What of a response matters for judging it. */
export interface DnsAnswer {
  readonly id: number;
  readonly qname: string;
  readonly qtype: number;
  readonly qclass: number;
  readonly rcode: number;
  readonly truncated: boolean;
  readonly records: readonly DnsRecord[];
  /** Of the sections after the answers. */
  readonly further: readonly DnsRecord[];
  /** The question's name and all names that CNAME and DNAME records lead to from it. */
  readonly chain: readonly string[];
}

export interface EarlyAnswer {
  readonly exchange: DnsExchange;
  readonly answer: DnsAnswer;
}

const NONE: readonly EarlyAnswer[] = [];

/** Seconds of packet time by which a mirror may deliver an answer before its question. */
const OVERTAKE_SEC = 1;
const MAX_KEPT = 256;

/**
 * Answers whose question was not seen yet. A mirror merges two directions, and the end state must not
 * depend on which of them came first. Those whose question never comes are handed back: it was asked all the same.
 */
export class EarlyAnswers {
  private kept: { readonly key: QuestionKey; readonly early: EarlyAnswer }[] = [];

  /** Keeps an answer. Returns the one that had to make room for it. */
  add(key: QuestionKey, exchange: DnsExchange, answer: DnsAnswer): EarlyAnswer | null {
    const pushedOut = this.kept.length === MAX_KEPT ? this.kept.shift() : undefined;
    // The moment is the sensor's own, and goes on.
    this.kept.push({ key, early: { exchange: { ...exchange, at: { ...exchange.at } }, answer } });
    return pushedOut?.early ?? null;
  }

  /** The first answer whose question had its time by `sec`, or null. */
  due(sec: number): EarlyAnswer | null {
    const first = this.kept[0]?.early;
    if (first === undefined || first.exchange.at.sec + OVERTAKE_SEC >= sec) return null;
    this.kept.shift();
    return first;
  }

  /** The answers to the question `key`, in the order in which they came. */
  take(key: QuestionKey, sec: number): readonly EarlyAnswer[] {
    if (this.kept.length === 0) return NONE;
    const taken: EarlyAnswer[] = [];
    this.kept = this.kept.filter(({ key: of, early }) => {
      const isTaken = isSameQuestion(of, key) && Math.abs(sec - early.exchange.at.sec) <= OVERTAKE_SEC;
      if (isTaken) taken.push(early);
      return !isTaken;
    });
    return taken;
  }
}
