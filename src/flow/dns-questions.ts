/** A DNS question that was seen on the wire and what came of it. */
export interface AskedQuestion {
  readonly host: string;
  readonly qname: string;
  readonly qtype: number;
  /** When it was last asked. */
  askedSec: number;
  /** A response of any kind was seen. */
  answered: boolean;
  /** What the first answer said, so that a second one that differs shows; null before any. */
  answer: string | null;
  /** Addresses and names that the first answer gave, for taking them back. */
  given: readonly { readonly address: string; readonly name: string }[];
  /** Handle of the finding that the question is, or -1. */
  finding: number;
}

/** Stub resolvers give up within 30 s; late answers are forgeries more often than answers. */
const OPEN_SEC = 60;
const MAX_QUESTIONS = 1 << 16;

/**
 * Questions asked and not yet forgotten, by host, resolver, port, id and name: what ties an answer to
 * a question, and a retry to its first try.
 */
export class DnsQuestions {
  /** Open questions that were forgotten to make room. */
  evicted = 0;
  private readonly asked = new Map<string, AskedQuestion>();

  /** The question if it was asked before and not long ago, else null. */
  find(key: string, atSec: number): AskedQuestion | null {
    const question = this.asked.get(key);
    return question !== undefined && Math.abs(atSec - question.askedSec) <= OPEN_SEC ? question : null;
  }

  add(key: string, host: string, qname: string, qtype: number, atSec: number): AskedQuestion {
    if (this.asked.size >= MAX_QUESTIONS) this.makeRoom(atSec);
    const question: AskedQuestion = {
      host,
      qname,
      qtype,
      askedSec: atSec,
      answered: false,
      answer: null,
      given: [],
      finding: -1,
    };
    this.asked.delete(key); // an old namesake: the new one goes to the end of the queue
    this.asked.set(key, question);
    return question;
  }

  /** Forgets what is over, oldest first, and one that is not when nothing is. */
  private makeRoom(atSec: number): void {
    for (const [key, question] of this.asked) {
      const isOpen = atSec - question.askedSec <= OPEN_SEC;
      if (isOpen && this.asked.size < MAX_QUESTIONS) return;
      if (isOpen && !question.answered) this.evicted++;
      this.asked.delete(key);
      if (isOpen) return;
    }
  }
}
