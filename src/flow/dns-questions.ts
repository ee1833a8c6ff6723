import { Fifo } from "./fifo.ts";

/** A DNS question that was seen on the wire and what came of it. */
export interface AskedQuestion {
  /** What it is found by. */
  readonly key: string;
  readonly host: string;
  readonly qname: string;
  readonly qtype: number;
  /** When it was last asked. */
  askedSec: number;
  /** A response of any kind was seen. */
  answered: boolean;
  /** What the first answer said, so that a second one that differs shows; null before any. */
  answer: string | null;
  /** That answer was the resolver's failure: asked once more, it may say something else. */
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
  /** In the order in which they were added; the keys of some were added again since. */
  private readonly order = new Fifo<AskedQuestion>();

  /** The question if it was asked before and not long ago, else null. */
  find(key: string, atSec: number): AskedQuestion | null {
    const question = this.asked.get(key);
    return question !== undefined && Math.abs(atSec - question.askedSec) <= OPEN_SEC ? question : null;
  }

  add(key: string, host: string, qname: string, qtype: number, atSec: number): AskedQuestion {
    this.makeRoom(atSec);
    const question: AskedQuestion = {
      key,
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
      if (this.asked.get(oldest.key) === oldest) this.asked.delete(oldest.key);
    }
  }
}
