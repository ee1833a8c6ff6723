import { describe, expect, it } from "vitest";
import { AttemptHistory } from "../../src/dashboard/attempt-history.ts";
import { Timeline } from "../../src/dashboard/timeline.ts";
import { finding, moment } from "../report/sample-run.ts";
import { FIGURES, sampleModel, withIds } from "./sample-screen.ts";

describe("ScreenModel", () => {
  it("holds the table while it is paused, but never the lamp", () => {
    const model = sampleModel("live", []);
    model.look({ ...FIGURES, reasons: [] });
    model.pause(true);
    const [one] = withIds([finding("high", "connected", {})]);
    expect(model.found([one], [])).toBe(1);
    model.look({ ...FIGURES, reasons: [] });
    expect(model.snapshot().lamp.word).toBe("REACHBACK");
    expect(model.rows.size).toBe(0);
    model.found([], [one.id]);
    model.found([{ ...one, id: "moved" }], []);
    model.pause(false);
    expect(model.rows.shown().map(({ id }) => id)).toEqual(["moved"]);
  });

  it("keeps since when each reason is given, and lets go of those that are not any more", () => {
    let nowMs = 1000;
    const model = sampleModel("live", [], () => nowMs);
    const drops = (count: number) => `capture.drops: mirror1: the capturing side lost ${count} packets`;
    model.look({ ...FIGURES, reasons: [drops(1), "capture.empty: no packet was seen"] });
    nowMs = 5000;
    model.look({ ...FIGURES, reasons: [drops(9)] });
    expect(model.snapshot().reasons).toEqual([{ text: drops(9), firstMs: 1000, lastMs: 5000 }]);
  });

  it("is bounded in its log and in its names", () => {
    const model = sampleModel("live", []);
    for (let i = 0; i < 3000; i++) model.say("info", `line ${i}`);
    const names = Array.from({ length: 3000 }, (_, i) => ({
      name: `n${i}.example`,
      what: "A",
      host: "10.20.1.11",
      hostName: null,
      verdict: "outside" as const,
      rule: null,
      answer: "",
      count: 1,
      last: moment(i),
    }));
    model.traffic({ names, hosts: [] }, null);
    expect(model.snapshot().log).toHaveLength(2000);
    expect(model.snapshot().names.size).toBe(2000);
    expect([...model.snapshot().names.values()].at(-1)?.name).toBe("n2999.example");
  });

  it("finds acknowledgements again for findings that come later", () => {
    const model = sampleModel("live", []);
    model.acknowledged("000000000000", { by: "ops", reason: "known", time: "" });
    model.found(withIds([finding("high", "connected", {})]), []);
    expect(model.rows.get("000000000000")?.ack?.by).toBe("ops");
  });
});

describe("AttemptHistory", () => {
  const at = (sec: number, attempts: number, id: string, aliases: string[] = []) =>
    finding("high", "connected", { id, aliases, attempts, firstSeen: moment(0), lastSeen: moment(sec) });

  function total(history: AttemptHistory): number {
    const columns = history.columns(moment(0).sec, 10_000, 10);
    return columns.reduce((sum, bin) => sum + bin.reduce((a, b) => a + b, 0), 0);
  }

  it("counts each attempt once, also when it moves to a finding with a better name", () => {
    const history = new AttemptHistory();
    history.take(at(0, 2, "a"));
    history.take(at(5, 3, "a"));
    history.take(at(5, 3, "a"));
    expect(total(history)).toBe(3);
    history.gone("a");
    history.take(at(6, 4, "b", ["a"]));
    expect(total(history)).toBe(4);
  });

  it("becomes coarser rather than larger, and loses nothing", () => {
    const history = new AttemptHistory();
    for (let i = 1; i <= 8000; i++) history.take(at(i, i, "a"));
    expect(total(history)).toBe(8000);
    expect(history.scaleFor(100, moment(8000).sec, Infinity)).toBe(300);
    expect(history.scaleFor(100, moment(8000).sec, 60)).toBe(60);
  });
});

describe("Timeline", () => {
  it("keeps all attempts in few steps", () => {
    const timeline = new Timeline();
    for (let sec = 0; sec < 1000; sec++) timeline.add(sec, 2);
    expect(timeline.columns(0, 1000, 7).reduce((a, b) => a + b, 0)).toBe(2000);
  });
});
