import { Fifo } from "./fifo.ts";

/** A DNS question that was seen on the wire and what came of it. */
export interface AskedQuestion {
  /** What it is found by. */
  readonly key: string;
  /** Who asks whom with which number, whatever the name. */
  readonly ends: string;
  /** Neighbours among those with the same ends and number, older and younger. */
  before: AskedQuestion | null;
  after: AskedQuestion | null;
  readonly host: string;
  readonly qname: string;
  readonly qtype: number;
  /** When it was last asked. */
  askedSec: number;
  /** A response of any kind was seen. */
  answered: boolean;
  /** What the first answer said, so that a second one that differs shows; null before any. */
  answer: string | null;
  /** That answer was the resolver's failure, or was cut: asked once more, it may say something else. */
  failed: boolean;
  /** Addresses and names that the first answer gave, for taking them back. */
  given: readonly { readonly address: string; readonly name: string }[];
  /** Handle of the finding that the question is, or -1. */
  finding: number;
}

/** Stub resolvers give up within 30 s; late answers are forgeries more often than answers. */
export const OPEN_SEC = 60;
const MAX_QUESTIONS = 1 << 16;
const NOTHING_GIVEN: AskedQuestion["given"] = [];

/**
 * Questions asked and not yet forgotten, by host, resolver, port, id and name: what ties an answer to
 * a question, and a retry to its first try.
 */
export class DnsQuestions {
  /** Open questions that were forgotten to make room. */
  evicted = 0;
  private readonly asked = new Map<string, AskedQuestion>();
  /** The last one of these ends and this number. */
  private readonly byEnds = new Map<string, AskedQuestion>();
  /** In the order in which they were added; the keys of some were added again since. */
  private readonly order = new Fifo<AskedQuestion>();

  /** The question if it was asked before and not long ago, else null. */
  find(key: string, atSec: number): AskedQuestion | null {
    const question = this.asked.get(key);
    return question !== undefined && Math.abs(atSec - question.askedSec) <= OPEN_SEC ? question : null;
  }

  /** Questions of these ends and this number that are open, the last first. Each is given once, unless it is asked again. */
  takeByEnds(ends: string, atSec: number): AskedQuestion[] {
    const taken: AskedQuestion[] = [];
    for (let last = this.byEnds.get(ends); last !== undefined; last = this.byEnds.get(ends)) {
      this.unlink(last);
      if (this.find(last.key, atSec) === last) taken.push(last);
    }
    return taken;
  }

  /** A known question is asked again. */
  askedAgain(question: AskedQuestion, atSec: number): void {
    question.askedSec = atSec;
    if (question.after === null && this.byEnds.get(question.ends) !== question) this.link(question);
  }

  add(key: string, ends: string, host: string, qname: string, qtype: number, atSec: number): AskedQuestion {
    this.makeRoom(atSec);
    const question: AskedQuestion = {
      key,
      ends,
      before: null,
      after: null,
      host,
      qname,
      qtype,
      askedSec: atSec,
      answered: false,
      answer: null,
      failed: false,
      given: NOTHING_GIVEN,
      finding: -1,
    };
    this.asked.set(key, question);
    this.link(question);
    this.order.push(question);
    return question;
  }

  /** Forgets what is over, oldest first, and at the cap one that is not. */
  private makeRoom(atSec: number): void {
    for (let oldest = this.order.first(); oldest !== undefined; oldest = this.order.first()) {
      const isOpen = atSec - oldest.askedSec <= OPEN_SEC;
      const isFull = this.order.length >= MAX_QUESTIONS;
      if (isOpen && !isFull) return;
      // An answer that names were learned from may still be contradicted.
      if (isOpen && (!oldest.answered || oldest.given.length > 0)) this.evicted++;
      this.order.shift();
      this.unlink(oldest);
      if (this.asked.get(oldest.key) === oldest) this.asked.delete(oldest.key);
    }
  }

  private link(question: AskedQuestion): void {
    const before = this.byEnds.get(question.ends) ?? null;
    question.before = before;
    if (before !== null) before.after = question;
    this.byEnds.set(question.ends, question);
  }

  private unlink(question: AskedQuestion): void {
    const { before, after, ends } = question;
    if (before !== null) before.after = after;
    if (after !== null) after.before = before;
    else if (this.byEnds.get(ends) === question) {
      if (before === null) this.byEnds.delete(ends);
      else this.byEnds.set(ends, before);
    }
    question.before = null;
    question.after = null;
  }
}
