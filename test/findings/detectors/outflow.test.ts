import { describe, expect, it } from "vitest";
import type { HostOutflow } from "../../../src/findings/detectors/outflow.ts";
import { Sensor } from "../../../src/sensor.ts";
import { judgeFrom } from "../../sensor-run.ts";
import { batchesOf } from "../../traffic/frames.ts";
import { udp } from "../../traffic/packets.ts";
import { AGENT, at, enclave, GPU, linesOf, OUTSIDE, Scene, START } from "../scene.ts";

const LIMIT = "crown_jewels_bytes: 10kB";
const ALLOWED = `id: gate, to: [${OUTSIDE}, 203.0.113.9]`;
const FILE = enclave([ALLOWED], [LIMIT]);

/** A kilobyte in a datagram of its own flow every `everySec`. */
function leaks(kilobytes: number, everySec = 1, host = GPU, server = OUTSIDE): Scene {
  const scene = new Scene();
  for (let n = 0; n < kilobytes; n++) {
    scene.at(n * everySec).send(udp(at(host, 1024 + n), at(server, 9), "x".repeat(1000)));
  }
  return scene;
}

function overIn(scene: Scene, file = FILE) {
  return scene.seen(file).findings.filter(({ kind }) => kind === "volume.budget");
}

describe("octets that leave a host", () => {
  it("are held against the size of the crown jewels, allowed or not", () => {
    expect(overIn(leaks(10))).toEqual([]);
    expect(overIn(leaks(11))).toMatchObject([
      {
        source: GPU,
        destination: "crown_jewels_bytes",
        severityName: "high",
        rule: null,
        bytesOut: 11_000,
        details: ["more than 10.0 kB toward all destinations since 2026-11-20"],
      },
    ]);
    expect(overIn(leaks(11), enclave([], [LIMIT]))).toHaveLength(1);
  });

  it("count by host, toward all destinations together, over weeks", () => {
    const scene = leaks(6, 86_400);
    scene.frames.push(...leaks(6, 86_400, GPU, "203.0.113.9").frames, ...leaks(6, 86_400, AGENT).frames);
    scene.frames.sort((a, b) => a.sec - b.sec);
    expect(overIn(scene).map(({ source, bytesOut }) => [source, bytesOut])).toEqual([[GPU, 12_000]]);
  });

  it("count over all addresses of a host in the inventory", () => {
    const scene = leaks(6);
    scene.frames.push(...leaks(6, 1, "fd20:5eed::11", "2001:db8::9").frames);
    scene.frames.push(...leaks(1, 1, "64:ff9b::a14:10b", "2001:db8::9").frames);
    scene.frames.sort((a, b) => a.sec - b.sec);
    const host = 'hosts: [{ name: gpu-01, address: [10.20.1.11, "fd20:5eed::11"] }]';
    expect(overIn(scene)).toEqual([]);
    expect(overIn(scene, enclave([ALLOWED], [LIMIT, host]))).toMatchObject([
      { source: GPU, sourceName: "gpu-01", bytesOut: 13_000 },
    ]);
  });

  it("do not count between inside hosts, nor what comes in", () => {
    expect(overIn(leaks(20, 1, GPU, AGENT))).toEqual([]);
    expect(overIn(leaks(20, 1, OUTSIDE, GPU))).toEqual([]);
  });

  it("are not counted where the enclave file states no size", () => {
    expect(overIn(leaks(20), enclave([ALLOWED]))).toEqual([]);
  });

  it("are told of while their flow goes on", () => {
    const sensor = new Sensor(judgeFrom(FILE), null);
    sensor.watch();
    const scene = new Scene();
    for (let n = 0; n < 30; n++) scene.at(n * 60).send(udp(at(GPU, 4000), at(OUTSIDE, 9), "x".repeat(1000)));
    for (const batch of batchesOf(scene.frames)) sensor.consume(batch);
    expect(sensor.changes().findings.map(({ kind }) => kind)).toContain("volume.budget");
  });

  it("go on where an earlier run left off", () => {
    const run = (frames: Scene, before: readonly HostOutflow[]) => {
      const sensor = new Sensor(judgeFrom(FILE), null);
      sensor.restoreOutflow(before);
      for (const batch of batchesOf(frames.frames)) sensor.consume(batch);
      const summary = sensor.finish([], false);
      return { lines: linesOf(summary), entries: sensor.outflowChanges(), findings: summary.findings };
    };
    const first = run(leaks(6), []);
    expect([first.lines, first.entries]).toEqual([
      [],
      [{ host: GPU, bytes: 6000, sinceSec: START, untilSec: START + 5 }],
    ]);
    const second = run(leaks(6), first.entries);
    expect(second.findings).toMatchObject([{ source: GPU, bytesOut: 12_000, attempts: 1 }]);
    // What an earlier run told of is not told again.
    const third = run(leaks(1), second.entries);
    expect(third.findings).toMatchObject([{ source: GPU, bytesOut: 1000 }]);
  });
});
