import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AskedQuestion, DnsQuestions } from "../../src/flow/dns-questions.ts";
import type { Asked, Asking, QuestionKey } from "../../src/flow/question-key.ts";

const SEED = 4711;
const ASKING: Asking = {
  hostText: "10.20.1.11",
  hostPort: 40000,
  resolverText: "10.20.0.53",
  resolverPort: 53,
};
const ASKED: Asked = { id: 7, qname: "a.example", qtype: 1, qclass: 1 };

function keyOf(questions: DnsQuestions, change: Partial<Asking & Asked> = {}): QuestionKey {
  return questions.keyOf({ ...ASKING, ...change }, { ...ASKED, ...change });
}

function named(questions: DnsQuestions, qname: string): QuestionKey {
  return keyOf(questions, { qname });
}

describe("DnsQuestions", () => {
  it("finds a question for a minute after it was last asked", () => {
    const questions = new DnsQuestions(SEED);
    const key = keyOf(questions);
    const asked = questions.add(key, 100);
    expect(asked).toMatchObject({ answered: false, answer: null, finding: -1, given: [] });
    expect(questions.find(keyOf(questions), 160)).toBe(asked);
    expect(questions.find(key, 161)).toBe(null);
    asked.askedSec = 150;
    expect(questions.find(key, 210)).toBe(asked);
  });

  it.each<[string, Partial<Asking & Asked>]>([
    ["another host", { hostText: "10.20.1.12" }],
    ["another port", { hostPort: 40001 }],
    ["another resolver", { resolverText: "10.20.0.54" }],
    ["another port of the resolver", { resolverPort: 5353 }],
    ["another id", { id: 8 }],
    ["another name", { qname: "b.example" }],
    ["another type", { qtype: 28 }],
    ["the class CHAOS", { qclass: 3 }],
  ])("tells questions apart by %s", (_what, change) => {
    const questions = new DnsQuestions(SEED);
    const asked = questions.add(keyOf(questions), 100);
    expect(questions.find(keyOf(questions, change), 100)).toBe(null);
    const other = questions.add(keyOf(questions, change), 100);
    expect(questions.find(keyOf(questions, change), 100)).toBe(other);
    expect(questions.find(keyOf(questions), 100)).toBe(asked);
  });

  it("gives those of the same ends and number once each, and again when they are asked again", () => {
    const questions = new DnsQuestions(SEED);
    const take = (sec: number, change: Partial<Asking> = {}) =>
      questions.takeByEnds({ ...ASKING, ...change }, ASKED.id, sec);
    const [a, b, c] = ["a", "b", "c"].map((qname) => questions.add(named(questions, qname), 100));
    questions.add(keyOf(questions, { id: 8 }), 100);
    expect(take(100, { hostPort: 1 })).toEqual([]);
    expect(take(100)).toEqual([c, b, a]);
    expect(take(100)).toEqual([]);
    questions.askedAgain(a, 101);
    questions.askedAgain(a, 102);
    expect(take(102)).toEqual([a]);
    questions.askedAgain(b, 103);
    const d = questions.add(named(questions, "d"), 170); // those of 100 to 102 are forgotten then
    expect(take(170)).toEqual([d]);
    expect([a.before, a.after, b.before, b.after, d.before]).toEqual([null, null, null, null, null]);
  });

  it("does not find one far in the future of a clock that ran backwards", () => {
    const questions = new DnsQuestions(SEED);
    const key = keyOf(questions);
    questions.add(key, 1000);
    expect([questions.find(key, 940) === null, questions.find(key, 939) === null]).toEqual([false, true]);
  });

  it("lets a new namesake take an old one's place, and survive it", () => {
    const questions = new DnsQuestions(SEED);
    const key = keyOf(questions);
    questions.add(key, 100);
    const again = questions.add(key, 150);
    questions.add(named(questions, "other.example"), 165);
    expect(questions.find(key, 165)).toBe(again);
    expect(questions.evicted).toBe(0);
  });

  it("has a cap, and counts only what was open and unanswered, or answered with what can still be contradicted", () => {
    const questions = new DnsQuestions(SEED);
    const find = (qname: string) => questions.find(named(questions, qname), 100);
    for (let n = 0; n < 1 << 16; n++) questions.add(named(questions, `${n}`), 100).answered = n === 0;
    questions.add(named(questions, "a"), 100);
    expect([find("0"), questions.evicted]).toEqual([null, 0]);
    questions.add(named(questions, "b"), 100);
    expect([find("1"), questions.evicted]).toEqual([null, 1]);
    const learned = find("2");
    if (learned !== null) Object.assign(learned, { answered: true, given: [{ address: "a", name: "n" }] });
    questions.add(named(questions, "b2"), 100);
    expect([find("2"), questions.evicted]).toEqual([null, 2]);
    questions.add(named(questions, "c"), 1000); // all others are over
    expect([find("3"), questions.evicted]).toEqual([null, 2]);
  });

  it("keeps apart what has one hash, however it comes and goes", () => {
    const step = fc.record({ n: fc.nat(12), later: fc.nat(25) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const questions = new DnsQuestions(SEED);
        const model = new Map<number, AskedQuestion>();
        const key = (n: number) => ({ ...keyOf(questions, { id: n }), hash: n % 3, endsHash: n % 2 });
        let sec = 0;
        for (const { n, later } of steps) {
          sec += later;
          const known = model.get(n);
          const isOpen = known !== undefined && sec - known.askedSec <= 60;
          expect(questions.find(key(n), sec)).toBe(isOpen ? known : null);
          model.set(n, questions.add(key(n), sec));
        }
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});
