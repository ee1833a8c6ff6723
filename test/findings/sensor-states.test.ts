import { describe, expect, it } from "vitest";
import { type SensorLook, SensorStates } from "../../src/findings/sensor-states.ts";

const START_MS = 1_000_000;

function look(secAfterStart: number, changed: Partial<SensorLook> = {}): SensorLook {
  return {
    atMs: START_MS + secAfterStart * 1000,
    interfaces: [{ name: "mirror0", fault: null, dropped: 0 }],
    packets: 1000 + secAfterStart,
    tcpUnseen: 0,
    tcpBytes: 0,
    conversations: 0,
    oneWay: 0,
    hostsSeen: new Set(),
    ...changed,
  };
}

function states(limits = {}): SensorStates {
  return new SensorStates({ maxSilenceSec: null, mustBeSeen: [], ...limits }, START_MS);
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
    const dropping = [{ name: "mirror0", fault: null, dropped: 7 }];
    expect(named(watched.look(look(2, { interfaces: dropping })))).toEqual(["+sensor.drops"]);
    expect(watched.raised()[0].text).toBe("mirror0: 7 packets lost in the last minute");
    for (let sec = 3; sec < 62; sec++) expect(watched.look(look(sec, { interfaces: dropping }))).toEqual([]);
    expect(named(watched.look(look(62, { interfaces: dropping })))).toEqual(["-sensor.drops"]);
    expect(watched.raised()).toEqual([]);
  });

  it("counts what was lost before the first look", () => {
    const dropping = [{ name: "mirror0", fault: null, dropped: 3 }];
    expect(named(states().look(look(1, { interfaces: dropping })))).toEqual(["+sensor.drops"]);
  });

  it("tells an interface that went away and came back", () => {
    const watched = states();
    const gone = [{ name: "mirror0", fault: "the interface is down", dropped: 0 }];
    expect(named(watched.look(look(1, { interfaces: gone })))).toEqual(["+sensor.interface"]);
    expect(watched.raised()[0]).toMatchObject({ subject: "mirror0", text: "mirror0: the interface is down" });
    expect(named(watched.look(look(2)))).toEqual(["-sensor.interface"]);
  });

  it("is silent about silence unless the enclave file states a limit", () => {
    const packets = 5;
    const unlimited = states();
    const limited = states({ maxSilenceSec: 30 });
    for (let sec = 1; sec <= 31; sec++) {
      expect(unlimited.look(look(sec, { packets }))).toEqual([]);
      expect(limited.look(look(sec, { packets }))).toEqual([]);
    }
    expect(named(limited.look(look(32, { packets })))).toEqual(["+sensor.silent"]);
    expect(named(limited.look(look(33, { packets: 6 })))).toEqual(["-sensor.silent"]);
  });

  it("judges gaps and one-sidedness over the last minute", () => {
    const watched = states();
    watched.look(look(1, { tcpBytes: 1_000_000, conversations: 100 }));
    const bad = { tcpBytes: 1_100_000, tcpUnseen: 200, conversations: 110, oneWay: 1 };
    expect(named(watched.look(look(2, bad)))).toEqual(["+sensor.tcp-gaps", "+sensor.one-sided"]);
    expect(watched.look(look(30, bad))).toEqual([]);
    expect(named(watched.look(look(90, bad)))).toEqual(["-sensor.tcp-gaps", "-sensor.one-sided"]);
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
});
