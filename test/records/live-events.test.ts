import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LiveEvents } from "../../src/records/live-events.ts";
import { Sensor } from "../../src/sensor.ts";
import { inRepository } from "../captured-frames.ts";
import { judgeFrom } from "../sensor-run.ts";
import { batchesOf, timed } from "../traffic/frames.ts";
import { dnsQuery } from "../traffic/messages.ts";
import { udp } from "../traffic/packets.ts";
import { ownFolder } from "./own-folder.ts";
import type { Event } from "./record-events.ts";
import { sampleFinding } from "./sample-findings.ts";

const folder = ownFolder();
const START_SEC = 1_800_000_000;

function eventsOf(
  path: string,
): (Event & { in_iface?: string; gapwatch?: { finding?: string; outcome?: string } })[] {
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const quickstart = () => judgeFrom(readFileSync(inRepository("allowlists/quickstart.yaml"), "utf8"));

describe("LiveEvents", () => {
  it("names the interface that each packet came from, also when interfaces take turns", async () => {
    const path = join(folder.path, "interfaces");
    const events = new LiveEvents(path, () => {});
    const judge = quickstart();
    const sensor = new Sensor(judge, events.log);
    const seen = { first: null, last: null };
    for (const [i, name] of ["mirror0", "mirror1", "mirror0"].entries()) {
      sensor.beginInput(events.input(name, seen));
      const question = dnsQuery(`host-${i}.example.org`);
      const frames = timed([udp(`10.20.1.11:${4000 + i}`, "10.20.0.53:53", question)], START_SEC + i);
      for (const batch of batchesOf(frames)) sensor.consume(batch);
    }
    await events.end(sensor.finish([], false));
    const questions = eventsOf(path).filter(({ event_type }) => event_type === "dns");
    expect(questions.map(({ in_iface }) => in_iface)).toEqual(["mirror0", "mirror1", "mirror0"]);
    const flows = eventsOf(path).filter(({ event_type }) => event_type === "flow");
    expect(flows.map(({ in_iface, src_port }) => `${in_iface} ${src_port}`)).toEqual([
      "mirror0 4000",
      "mirror1 4001",
      "mirror0 4002",
    ]);
    expect(flows[0]).not.toHaveProperty("pcap_filename");
    expect(eventsOf(path).at(-1)?.event_type).toBe("stats");
  });

  it("writes an alert when a finding is new or got worse, and not when it is only counted on", () => {
    const path = join(folder.path, "alerts");
    const events = new LiveEvents(path, () => {});
    const changed = (...change: Parameters<LiveEvents["hold"]>): void => {
      events.hold(...change);
      events.kept();
    };
    const finding = sampleFinding("models.example.org", { outcome: 1, severity: 2 });
    changed([finding], []);
    expect(eventsOf(path)).toHaveLength(1);
    changed([{ ...finding, attempts: 90 }], []);
    expect(eventsOf(path)).toHaveLength(1);
    changed([{ ...finding, outcome: 4, outcomeName: "connected" }], []);
    expect(eventsOf(path).map(({ gapwatch }) => gapwatch?.outcome)).toEqual(["attempted", "connected"]);
    changed([], [finding.id]);
    changed([finding], []);
    expect(eventsOf(path)).toHaveLength(3); // it went to another finding, and came again
  });

  it("writes no alert of a finding that is not on disk yet, whatever else is written", async () => {
    const path = join(folder.path, "held");
    const events = new LiveEvents(path, () => {});
    const [first, second] = ["a.example.org", "b.example.org"].map((name) => sampleFinding(name));
    events.hold([first], []);
    events.hold([second], []);
    events.flush();
    expect(readFileSync(path, "utf8")).toBe("");
    events.kept();
    expect(eventsOf(path).map(({ gapwatch }) => gapwatch?.finding)).toEqual([first.id]);
    // The end waits for the rest: statistics come last.
    const ended = events.end(new Sensor(quickstart(), null).finish([], false));
    expect(eventsOf(path)).toHaveLength(1);
    events.kept();
    await ended;
    const [, alert, stats] = eventsOf(path);
    expect(alert).toMatchObject({ gapwatch: { finding: second.id } });
    expect(stats.event_type).toBe("stats");
  });
});
