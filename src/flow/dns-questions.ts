import { Fifo } from "./fifo.ts";
import {
  type Asked,
  type Asking,
  hashOfEnds,
  isOfEnds,
  isSameQuestion,
  type QuestionKey,
  questionKey,
} from "./question-key.ts";

/** A DNS question that was seen on the wire and what came of it. */
export interface AskedQuestion {
  readonly key: QuestionKey;
  /** The next of the same hash. */
  next: AskedQuestion | null;
  /** Neighbours among those with the same ends and number, older and younger. */
  before: AskedQuestion | null;
  after: AskedQuestion | null;
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
 * Questions asked and not yet forgotten, by host, resolver, ports, id and name: what ties an answer to a question, and
 * a retry to its first try. They are found by numbers: a text of all these would cost more than reading the message.
 */
export class DnsQuestions {
  /** Open questions that were forgotten to make room. */
  evicted = 0;
  /** The first of each hash, which nearly always is the only one. */
  private readonly asked = new Map<number, AskedQuestion>();
  /** By the hash of ends and number, the last one. */
  private readonly byEnds = new Map<number, AskedQuestion>();
  /** In the order in which they were added; some were asked anew since. */
  private readonly order = new Fifo<AskedQuestion>();
  private readonly seed: number;

  /** `seed`: any int32, another one in each run. */
  constructor(seed: number) {
    this.seed = seed | 0;
  }

  keyOf(asking: Asking, asked: Asked): QuestionKey {
    return questionKey(this.seed, asking, asked);
  }

  /** The question if it was asked before and not long ago, else null. */
  find(key: QuestionKey, atSec: number): AskedQuestion | null {
    const question = this.known(key);
    return question !== null && Math.abs(atSec - question.askedSec) <= OPEN_SEC ? question : null;
  }

  /** Questions of these ends and this number that are open, the last first. Each is given once, unless it is asked again. */
  takeByEnds(asking: Asking, id: number, atSec: number): AskedQuestion[] {
    const taken: AskedQuestion[] = [];
    const endsHash = hashOfEnds(this.seed, asking, id);
    for (let last = this.byEnds.get(endsHash); last !== undefined; last = this.byEnds.get(endsHash)) {
      this.unlinkEnds(last);
      if (isOfEnds(last.key, asking, id) && this.find(last.key, atSec) === last) taken.push(last);
    }
    return taken;
  }

  /** A known question is asked again. */
  askedAgain(question: AskedQuestion, atSec: number): void {
    question.askedSec = atSec;
    if (question.after === null && this.byEnds.get(question.key.endsHash) !== question)
      this.linkEnds(question);
  }

  add(key: QuestionKey, atSec: number): AskedQuestion {
    this.makeRoom(atSec);
    const namesake = this.known(key);
    if (namesake !== null) this.unlink(namesake);
    const question: AskedQuestion = {
      key,
      next: this.asked.get(key.hash) ?? null,
      before: null,
      after: null,
      askedSec: atSec,
      answered: false,
      answer: null,
      failed: false,
      given: NOTHING_GIVEN,
      finding: -1,
    };
    this.asked.set(key.hash, question);
    this.linkEnds(question);
    this.order.push(question);
    return question;
  }

  private known(key: QuestionKey): AskedQuestion | null {
    let question = this.asked.get(key.hash) ?? null;
    while (question !== null && !isSameQuestion(question.key, key)) question = question.next;
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
      this.unlinkEnds(oldest);
      this.unlink(oldest);
    }
  }

  /** Takes it out of those of its hash, if no namesake took its place. */
  private unlink(question: AskedQuestion): void {
    const { hash } = question.key;
    const first = this.asked.get(hash);
    if (first === question) {
      if (question.next === null) this.asked.delete(hash);
      else this.asked.set(hash, question.next);
      return;
    }
    for (let each = first ?? null; each !== null; each = each.next)
      if (each.next === question) each.next = question.next;
  }

  private linkEnds(question: AskedQuestion): void {
    const { endsHash } = question.key;
    const before = this.byEnds.get(endsHash) ?? null;
    question.before = before;
    if (before !== null) before.after = question;
    this.byEnds.set(endsHash, question);
  }

  private unlinkEnds(question: AskedQuestion): void {
    const { before, after, key } = question;
    if (before !== null) before.after = after;
    if (after !== null) after.before = before;
    else if (this.byEnds.get(key.endsHash) === question) {
      if (before === null) this.byEnds.delete(key.endsHash);
      else this.byEnds.set(key.endsHash, before);
    }
    question.before = null;
    question.after = null;
  }
}
