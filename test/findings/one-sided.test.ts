import { describe, expect, it } from "vitest";
import { OneSided } from "../../src/findings/one-sided.ts";

/** Looks at running totals second by second; what was said after each second. */
function judge(seconds: number, at: (sec: number) => Readonly<Record<string, number>>): boolean[] {
  const oneSided = new OneSided();
  return Array.from({ length: seconds }, (_, sec) => {
    oneSided.look(sec * 1000, at(sec));
    return oneSided.isOneSided;
  });
}

describe("OneSided", () => {
  it("sees a mirror of one direction as soon as there is enough of it", () => {
    const said = judge(60, (sec) => ({ "inside.tcp_one_way": sec }));
    expect(said.indexOf(true)).toBe(20);
    expect(said.lastIndexOf(false)).toBe(19);
  });

  it("sees it where conversations are rare, too", () => {
    expect(judge(3600, (sec) => ({ "inside.tcp_one_way": Math.floor(sec / 100) })).at(-1)).toBe(true);
  });

  it("says nothing of a few, nor of one in twenty", () => {
    expect(judge(3600, () => ({ "inside.tcp_one_way": 19 }))).not.toContain(true);
    const mixed = (sec: number) => ({ "inside.tcp_one_way": sec, "inside.tcp_both_ways": 19 * sec });
    expect(judge(600, mixed)).not.toContain(true);
  });

  it("does not take a question for unanswered while its answer is on its way", () => {
    // Fifty questions a second, answered a second later.
    const questions = (sec: number) => ({
      "inside.dns_asked": 50 * (sec + 1),
      "inside.dns_answered": 50 * sec,
    });
    expect(judge(300, questions)).not.toContain(true);
    const dead = (sec: number) => ({ "inside.dns_asked": 50 * (sec + 1), "inside.dns_answered": 0 });
    expect(judge(300, dead).at(-1)).toBe(true);
  });

  it("says so when both directions come again", () => {
    const said = judge(400, (sec) => ({
      "inside.tcp_one_way": Math.min(sec, 100),
      "inside.tcp_both_ways": 10 * Math.max(0, sec - 100),
    }));
    expect(said[100]).toBe(true);
    expect(said[300]).toBe(false);
  });
});
