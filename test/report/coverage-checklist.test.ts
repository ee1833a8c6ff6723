import { describe, expect, it } from "vitest";
import { FRAME_REASONS } from "../../src/findings/coverage.ts";
import { TROUBLES } from "../../src/findings/troubles.ts";
import { checkOf, coverageChecklist } from "../../src/report/coverage-checklist.ts";
import { sampleRun } from "./sample-run.ts";

const OTHERS = [
  "capture.empty",
  "capture.interrupted",
  "capture.incomplete",
  "capture.drops",
  "capture.filtered",
  "sensor.no_inside",
  "sensor.tcp_gaps",
  "sensor.one_sided",
  "sensor.gap",
  "sensor.window_short",
  "sensor.host_unseen",
  "service.unused",
  "sensor.interface",
  "sensor.silent",
  "canary.missed",
  "command.failed",
  "something.nobody_thought_of",
];
const REASONS = [
  ...OTHERS,
  ...FRAME_REASONS,
  ...Object.entries(TROUBLES).flatMap(([name, { effect }]) => (effect === "blind" ? [name] : [])),
];

function checklist(...reasons: readonly string[]) {
  const run = sampleRun({ reasons, findings: [], verdict: reasons.length === 0 ? "clean" : "inconclusive" });
  return coverageChecklist({ run, windowSec: 10, isLive: false, commandEnd: null, canary: null });
}

describe("the coverage checklist", () => {
  it.each(REASONS)("has %s below one of its lines, with what to do about it", (name) => {
    const blind = checklist(`${name}: because`).filter(({ status }) => status === "blind");
    expect(blind.map(({ check }) => check)).toEqual([checkOf(name)]);
    expect(blind[0].reasons).toEqual([
      { name, text: "because", advice: expect.stringMatching(/^[a-z].{10,}/) },
    ]);
  });

  it("sorts reasons under the lines of DESIGN's table", () => {
    const lines = Object.fromEntries(REASONS.map((name) => [name, checkOf(name)]));
    expect(lines).toMatchObject({
      "capture.drops": "loss",
      "capture.empty": "input",
      "stream.cut_by_snaplen": "cut",
      "ipv4.header_truncated": "cut",
      "dns.stream_gap": "cut",
      "capture.filtered": "filter",
      "sensor.no_inside": "witness",
      "ethernet.unknown_type": "undecoded",
      "ethernet.macsec": "undecoded",
      "table.flows_full": "caps",
      "stream.memory_full": "caps",
      "sensor.tcp_gaps": "tcp",
      "sensor.one_sided": "directions",
      "relay.open_before_start": "relays",
      "sensor.gap": "gap",
      "http.target_odd": "unread",
    });
  });

  it("has every line also when all is well, and says what nobody asked for", () => {
    const lines = checklist();
    expect(lines.map(({ check }) => check)).toEqual([
      "loss",
      "input",
      "cut",
      "filter",
      "witness",
      "undecoded",
      "unread",
      "caps",
      "tcp",
      "directions",
      "relays",
      "gap",
      "silence",
      "hosts",
      "services",
      "canary",
      "window",
      "command",
    ]);
    const notAsked = lines.filter(({ status }) => status === "not asked for").map(({ check }) => check);
    expect(notAsked).toEqual([
      "relays",
      "gap",
      "silence",
      "hosts",
      "services",
      "canary",
      "window",
      "command",
    ]);
    for (const { figure, status } of lines)
      expect(figure === "not asked for").toBe(status === "not asked for");
  });
});
