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

function eventsOf(path: string): (Event & { in_iface?: string; gapwatch?: { outcome?: string } })[] {
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("LiveEvents", () => {
  it("names the interface that each packet came from, also when interfaces take turns", () => {
    const path = join(folder.path, "interfaces");
    const events = new LiveEvents(path, () => {});
    const judge = judgeFrom(readFileSync(inRepository("allowlists/quickstart.yaml"), "utf8"));
    const sensor = new Sensor(judge, events.log);
    const seen = { first: null, last: null };
    for (const [i, name] of ["mirror0", "mirror1", "mirror0"].entries()) {
      sensor.beginInput(events.input(name, seen));
      const question = dnsQuery(`host-${i}.example.org`);
      const frames = timed([udp(`10.20.1.11:${4000 + i}`, "10.20.0.53:53", question)], START_SEC + i);
      for (const batch of batchesOf(frames)) sensor.consume(batch);
    }
    events.end(sensor.finish([], false));
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

  it("writes an alert when a finding is new or got worse, at once, and not when it is only counted on", () => {
    const path = join(folder.path, "alerts");
    const events = new LiveEvents(path, () => {});
    const finding = sampleFinding("models.example.org", { outcome: 1, severity: 2 });
    events.changed([finding], []);
    expect(eventsOf(path)).toHaveLength(1);
    events.changed([{ ...finding, attempts: 90 }], []);
    expect(eventsOf(path)).toHaveLength(1);
    events.changed([{ ...finding, outcome: 4, outcomeName: "connected" }], []);
    expect(eventsOf(path).map(({ gapwatch }) => gapwatch?.outcome)).toEqual(["attempted", "connected"]);
    events.changed([], [finding.id]);
    events.changed([finding], []);
    expect(eventsOf(path)).toHaveLength(3); // it went to another finding, and came again
  });
});
