import { describe, expect, it } from "vitest";
import type { KeptMemory } from "../../../src/findings/detectors/kept-memory.ts";
import { Sensor } from "../../../src/sensor.ts";
import { tries } from "../../bench/detect/beacon-traffic.ts";
import { Random } from "../../bench/detect/random.ts";
import { judgeFrom } from "../../sensor-run.ts";
import { enclave, GPU, OUTSIDE, Scene, START } from "../scene.ts";

const HOUR = 3600;
const SEED = 20261120;

/** One run: what it finds of a kind, and what detectors know then. */
function run(kind: string, scene: Scene, before: readonly KeptMemory[], fromSec = Infinity) {
  const sensor = new Sensor(judgeFrom(enclave()), null);
  sensor.restoreMemory(structuredClone(before), fromSec); // as it comes from another thread
  scene.feed(sensor);
  const found = sensor.finish([], false).findings.filter((finding) => finding.kind === kind);
  return { found, memory: sensor.memoryChanges(Infinity) };
}

/** An attempt each five minutes, from `fromMinute` on. */
function beating(count: number, fromMinute = 0): Scene {
  const scene = new Scene();
  tries(
    scene,
    Array.from({ length: count }, (_, n) => 60 * (fromMinute + 5 * n)),
  );
  return scene;
}

/** Names with `chars` of data below one domain, a day's worth. */
function leaking(count: number, day: number, names = 0): Scene {
  const scene = new Scene();
  const random = new Random(SEED + names);
  const digits = "abcdefghijklmnopqrstuvwxyz234567";
  for (let n = 0; n < count; n++) {
    const label = Array.from({ length: 56 }, () => digits[random.whole(0, digits.length - 1)]).join("");
    scene.at(day * 24 * HOUR + n * 60).asks(GPU, `${label}.drop.example.com`);
  }
  return scene;
}

describe("beacons over restarts", () => {
  it("are found where each run alone is too short", () => {
    const first = run("beacon", beating(8), []);
    const second = run("beacon", beating(8, 50), first.memory);
    expect([first.found, run("beacon", beating(8, 50), []).found]).toEqual([[], []]);
    expect(second.found).toMatchObject([{ source: GPU, destination: OUTSIDE, attempts: 16, port: 443 }]);
    expect(second.found[0].firstSeen.sec).toBe(START);
  });

  it("that were told go on at once, and count from there", () => {
    const first = run("beacon", beating(40), []);
    const second = run("beacon", beating(2, 210), first.memory);
    expect(first.found).toMatchObject([{ attempts: 40 }]);
    expect(second.found).toMatchObject([{ id: first.found[0].id, attempts: 2 }]);
    expect(second.found[0].firstSeen.sec).toBe(START + 210 * 60);
    const third = run("beacon", beating(1, 225), second.memory);
    expect(third.found).toMatchObject([{ id: first.found[0].id, attempts: 1 }]);
  });

  it("are not told of again when they have stopped", () => {
    const first = run("beacon", beating(40), []);
    const other = new Scene();
    tries(other, [300 * 60], GPU, "203.0.113.9");
    expect(run("beacon", other, first.memory).found).toEqual([]);
  });

  it("are judged by what was before, where a capture is read a second time", () => {
    const day = run("beacon", beating(8), []);
    const again = run("beacon", beating(8), day.memory, START);
    expect(again.found).toEqual([]);
    const [{ numbers, facts }] = again.memory;
    expect([numbers.length, facts]).toMatchObject([8, { attempts: 9 }]);
  });

  it("take so many at a time, what changed first comes first", () => {
    const sensor = new Sensor(judgeFrom(enclave()), null);
    sensor.restoreMemory([], Infinity);
    const scene = new Scene();
    for (let n = 0; n < 5; n++) tries(scene, [n], GPU, `198.51.100.${n + 1}`);
    scene.feed(sensor);
    sensor.finish([], false);
    const taken = [2, 2, 2, 2].map((most) => sensor.memoryChanges(most).map(({ key }) => key.slice(-1)));
    expect(taken).toEqual([["1", "2"], ["3", "4"], ["5"], []]);
  });

  it("are kept by nobody unless somebody asks", () => {
    const sensor = new Sensor(judgeFrom(enclave()), null);
    beating(8).feed(sensor);
    sensor.finish([], false);
    expect(sensor.memoryChanges(Infinity)).toEqual([]);
  });
});

describe("DNS tunnels over restarts", () => {
  it("are found where each run alone carries too little", () => {
    const first = run("tunnel.dns", leaking(8, 0, 0), []);
    const second = run("tunnel.dns", leaking(8, 1, 1), first.memory);
    expect([first.found, run("tunnel.dns", leaking(8, 1, 1), []).found]).toEqual([[], []]);
    expect(second.found).toMatchObject([{ source: GPU, destination: "example.com" }]);
    const third = run("tunnel.dns", leaking(1, 2, 2), second.memory);
    expect(third.found).toMatchObject([{ id: second.found[0].id, attempts: 1 }]);
  });

  it("are none where the same names are asked after each restart", () => {
    let memory: KeptMemory[] = [];
    for (let day = 0; day < 6; day++) {
      const { found, memory: now } = run("tunnel.dns", leaking(8, day), memory);
      expect(found).toEqual([]);
      if (now.length > 0) memory = now;
    }
  });

  it("keep nothing of zones that carry nothing", () => {
    const scene = new Scene();
    for (let n = 0; n < 50; n++) scene.at(n).asks(GPU, `www${n}.example.net`, { answer: [OUTSIDE] });
    const { memory } = run("tunnel.dns", scene, []);
    expect(memory.filter(({ detector }) => detector === "tunnel.dns")).toEqual([]);
  });
});
