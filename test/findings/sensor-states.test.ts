import { describe, expect, it } from "vitest";
import { type InterfaceLook, type SensorLook, SensorStates } from "../../src/findings/sensor-states.ts";

const START_MS = 1_000_000;
const WALL_MS = 1_795_161_600_000;

function look(secAfterStart: number, changed: Partial<SensorLook> = {}): SensorLook {
  return {
    atMs: WALL_MS + secAfterStart * 1000,
    countingMs: START_MS + secAfterStart * 1000,
    interfaces: [mirror({ packets: 1000 + secAfterStart })],
    coverage: {},
    hostsSeen: new Set(),
    ...changed,
  };
}

function states(limits = {}): SensorStates {
  return new SensorStates({ maxSilenceSec: null, maxGapSec: null, mustBeSeen: [], ...limits }, START_MS);
}

/** An interface on which packets come. */
function mirror(changed: Partial<InterfaceLook>): InterfaceLook {
  return { name: "mirror0", fault: null, packets: 1, dropped: 0, outages: 0, ...changed };
}

/** A look at an interface that has had so many packets. */
function having(sec: number, packets: number): SensorLook {
  return look(sec, { interfaces: [mirror({ packets })] });
}

const named = (changes: { name: string; raised: boolean }[]) =>
  changes.map((c) => `${c.raised ? "+" : "-"}${c.name}`);

describe("SensorStates", () => {
  it("says nothing while all is well", () => {
    const watched = states();
    for (let sec = 1; sec < 600; sec++) expect(watched.look(look(sec))).toEqual([]);
    expect(watched.raised()).toEqual([]);
  });

  it("raises drops at once and clears them after a minute without", () => {
    const watched = states();
    watched.look(look(1));
    const dropping = [mirror({ fault: null, dropped: 7, outages: 0 })];
    expect(named(watched.look(look(2, { interfaces: dropping })))).toEqual(["+sensor.drops"]);
    expect(watched.raised()[0].text).toBe("mirror0: 7 packets lost in the last minute");
    for (let sec = 3; sec < 62; sec++) expect(watched.look(look(sec, { interfaces: dropping }))).toEqual([]);
    expect(named(watched.look(look(62, { interfaces: dropping })))).toEqual(["-sensor.drops"]);
    expect(watched.raised()).toEqual([]);
  });

  it("shows the figures of now while a state lasts", () => {
    const watched = states();
    const lost = (sec: number, dropped: number) => look(sec, { interfaces: [mirror({ dropped })] });
    watched.look(look(1));
    watched.look(lost(2, 266));
    expect(watched.look(lost(3, 5432))).toEqual([]);
    expect(watched.raised()[0]).toMatchObject({
      text: "mirror0: 5432 packets lost in the last minute",
      atMs: WALL_MS + 2000,
    });
  });

  it("counts what was lost before the first look", () => {
    const dropping = [mirror({ fault: null, dropped: 3, outages: 0 })];
    expect(named(states().look(look(1, { interfaces: dropping })))).toEqual(["+sensor.drops"]);
  });

  it("tells an interface that went away and came back", () => {
    const watched = states();
    const gone = [mirror({ fault: "the interface is down", dropped: 0, outages: 0 })];
    expect(named(watched.look(look(1, { interfaces: gone })))).toEqual(["+sensor.interface"]);
    expect(watched.raised()[0]).toMatchObject({ subject: "mirror0", text: "mirror0: the interface is down" });
    expect(named(watched.look(look(2)))).toEqual(["-sensor.interface"]);
  });

  it("tells an interface that was away between two looks", () => {
    const watched = states();
    const back = [mirror({ fault: null, dropped: 0, outages: 1 })];
    expect(named(watched.look(look(1, { interfaces: back })))).toEqual([
      "+sensor.interface",
      "-sensor.interface",
    ]);
    expect(watched.look(look(2, { interfaces: back }))).toEqual([]);
    const gone = [mirror({ fault: "the interface is down", dropped: 0, outages: 2 })];
    expect(named(watched.look(look(3, { interfaces: gone })))).toEqual(["+sensor.interface"]);
    const again = [mirror({ fault: null, dropped: 0, outages: 3 })];
    expect(named(watched.look(look(4, { interfaces: again })))).toEqual(["-sensor.interface"]);
  });

  it("is silent about silence unless the enclave file states a limit", () => {
    const packets = 5;
    const unlimited = states();
    const limited = states({ maxSilenceSec: 30 });
    for (let sec = 1; sec <= 31; sec++) {
      expect(unlimited.look(having(sec, packets))).toEqual([]);
      expect(limited.look(having(sec, packets))).toEqual([]);
    }
    expect(named(limited.look(having(32, packets)))).toEqual(["+sensor.silent"]);
    expect(named(limited.look(having(33, 6)))).toEqual(["-sensor.silent"]);
  });

  it("tells a gap by its own limit, and both where both are stated", () => {
    const watched = states({ maxSilenceSec: 30, maxGapSec: 60 });
    const packets = 5;
    watched.look(having(1, packets));
    expect(named(watched.look(having(32, packets)))).toEqual(["+sensor.silent"]);
    expect(named(watched.look(having(62, packets)))).toEqual(["+sensor.gap"]);
    expect(watched.raised()[1].text).toBe("mirror0: no packet for 61 s, the enclave file allows 60 s");
    expect(named(watched.look(having(63, 6)))).toEqual(["-sensor.silent", "-sensor.gap"]);
  });

  it("is told of one interface while another is busy, and of one on which nothing ever came", () => {
    const watched = states({ maxSilenceSec: 30 });
    const both = (sec: number): SensorLook =>
      look(sec, { interfaces: [mirror({ packets: sec }), mirror({ name: "mirror1", packets: 0 })] });
    expect(watched.look(both(30))).toEqual([]);
    expect(watched.look(both(31))).toMatchObject([
      { name: "sensor.silent", subject: "mirror1", raised: true },
    ]);
  });

  it("goes by a clock that nobody sets", () => {
    const packets = 5;
    const watched = states({ maxSilenceSec: 30 });
    watched.look(having(1, packets));
    expect(watched.look({ ...having(2, packets), atMs: WALL_MS + 86_400_000 })).toEqual([]);
    expect(watched.look({ ...having(3, packets), atMs: WALL_MS - 86_400_000 })).toEqual([]);
    const raised = watched.look({ ...having(40, packets), atMs: WALL_MS - 86_400_000 });
    expect(raised).toMatchObject([{ name: "sensor.silent", atMs: WALL_MS - 86_400_000 }]);
  });

  it("judges TCP data that was never seen over the last minute", () => {
    const watched = states();
    watched.look(look(1, { coverage: { "tcp.bytes": 1_000_000 } }));
    const bad = { coverage: { "tcp.bytes": 1_100_000, "tcp.unseen_bytes": 200 } };
    expect(named(watched.look(look(2, bad)))).toEqual(["+sensor.tcp-gaps"]);
    expect(watched.look(look(30, bad))).toEqual([]);
    expect(named(watched.look(look(90, bad)))).toEqual(["-sensor.tcp-gaps"]);
  });

  it("raises whatever else makes blind, each by its counter, until a minute passed without", () => {
    const watched = states();
    const coverage = { "table.flows_full": 0, "ipv6.ext_truncated": 0, "inside.flows": 7 };
    watched.look(look(1, { coverage }));
    const full = { ...coverage, "table.flows_full": 12, "inside.flows": 9 };
    const [change, ...others] = watched.look(look(2, { coverage: full }));
    expect(change).toMatchObject({ name: "sensor.blind", subject: "table.flows_full", raised: true });
    expect(change.text).toMatch(/^table\.flows_full: 12 in the last minute: [a-z]/);
    expect(others).toEqual([]);
    expect(watched.look(look(61, { coverage: full }))).toEqual([]);
    expect(named(watched.look(look(62, { coverage: full })))).toEqual(["-sensor.blind"]);
  });

  it("raises hosts that must be seen, each by its name", () => {
    const watched = states({ mustBeSeen: ["gpu-01", "gpu-02"], maxSilenceSec: 10 });
    const hostsSeen = new Set(["gpu-01"]);
    expect(watched.look(look(10, { hostsSeen }))).toEqual([]);
    expect(watched.look(look(11, { hostsSeen })).map((c) => c.subject)).toEqual(["gpu-02"]);
    expect(named(watched.look(look(12, { hostsSeen: new Set(["gpu-01", "gpu-02"]) })))).toEqual([
      "-sensor.host-unseen",
    ]);
  });

  it("takes other limits from another enclave file", () => {
    const watched = states({ mustBeSeen: ["gpu-02"], maxSilenceSec: 10 });
    expect(named(watched.look(look(11)))).toEqual(["+sensor.host-unseen"]);
    watched.adopt({ maxSilenceSec: 10, maxGapSec: null, mustBeSeen: ["gpu-03"] });
    expect(watched.look(look(12)).map((c) => [c.subject, c.raised])).toEqual([
      ["gpu-03", true],
      ["gpu-02", false],
    ]);
  });
});
