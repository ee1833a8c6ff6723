import { describe, expect, it } from "vitest";
import { Sensor } from "../../../src/sensor.ts";
import { BEACON_TRAFFIC, clock, tries } from "../../bench/detect/beacon-traffic.ts";
import { Random } from "../../bench/detect/random.ts";
import { judgeFrom } from "../../sensor-run.ts";
import { batchesOf } from "../../traffic/frames.ts";
import { udp } from "../../traffic/packets.ts";
import { AGENT, at, enclave, GPU, OUTSIDE, Scene } from "../scene.ts";

const SEED = 20261120;
const minutely = (): number[] => clock(120, 60, 0.1)(new Random(SEED));

function beaconsIn(scene: Scene, file?: string) {
  return scene.seen(file).findings.filter(({ kind }) => kind === "beacon");
}

function beating(host = GPU, server = OUTSIDE, port = 443): Scene {
  const scene = new Scene();
  tries(scene, minutely(), host, server, port);
  return scene;
}

describe("beacons", () => {
  for (const { name, isWanted, play } of BEACON_TRAFFIC.filter(({ isBeyond }) => !isBeyond)) {
    it(`are ${isWanted ? "found" : "not seen where there are none"}: ${name}`, () => {
      const scene = new Scene();
      play(scene, new Random(SEED));
      const found = beaconsIn(scene).map(({ severityName, destination }) => [severityName, destination]);
      expect(found).toEqual(isWanted ? [["medium", OUTSIDE]] : []);
    });
  }

  it("say how often", () => {
    const [{ details, attempts, port, proto }] = beaconsIn(beating());
    expect(details).toEqual([
      expect.stringMatching(/^every (59|60|61) s, half of them within [\d.]+ s of it$/),
    ]);
    expect({ attempts, port, proto }).toEqual({ attempts: 120, port: 443, proto: "tcp" });
  });

  it("are one finding where names are asked for and connected to", () => {
    const scene = new Scene();
    for (const moment of minutely()) {
      const server = `198.51.100.${1 + (Math.floor(moment) % 5)}`;
      scene
        .at(Math.floor(moment))
        .asks(GPU, "c2.example.com", { answer: [server], ttl: 1 })
        .tls(GPU, server, "c2.example.com");
    }
    const found = beaconsIn(scene);
    expect(found.map(({ destination, port, proto }) => [destination, port, proto])).toEqual([
      ["c2.example.com", 443, "tcp"],
    ]);
  });

  it("are for information toward what a rule allows", () => {
    const scene = beating().works();
    const seen = scene.seen(enclave([`id: gate, to: [${OUTSIDE}]`]));
    expect(seen.findings.map(({ kind, severityName }) => [kind, severityName])).toEqual([["beacon", "info"]]);
    expect(seen.verdict).toBe("clean");
  });

  it("weigh less when many hosts have them, and when they are clocks", () => {
    const many = new Scene();
    for (let host = 1; host <= 5; host++) many.frames.push(...beating(`10.20.1.${host}`).frames);
    many.frames.sort((a, b) => a.sec - b.sec);
    expect(beaconsIn(many).map(({ severityName }) => severityName)).toEqual([
      "low",
      "low",
      "low",
      "low",
      "low",
    ]);
    const clockwork = new Scene();
    for (let n = 0; n < 120; n++)
      clockwork.at(n * 200).send(udp(at(GPU, 1000 + n), at(OUTSIDE, 123), "x".repeat(48)));
    expect(beaconsIn(clockwork).map(({ severityName }) => severityName)).toEqual(["low"]);
  });

  it("are not looked for between inside hosts", () => {
    const scene = beating(GPU, AGENT, 123);
    for (let n = 0; n < 120; n++)
      scene.at(n * 200).send(udp(at(GPU, 1000 + n), at(AGENT, 123), "x".repeat(48)));
    expect(beaconsIn(scene)).toEqual([]);
  });

  it("are told while they go on", () => {
    const sensor = new Sensor(judgeFrom(enclave()), null);
    sensor.watch();
    const seen: string[] = [];
    for (const batch of batchesOf(beating().frames, 1, 10)) {
      sensor.consume(batch);
      seen.push(...sensor.changes().findings.map(({ kind }) => kind));
    }
    expect(seen).toContain("beacon");
  });

  it("are the same in every run, and whatever the batches", () => {
    const says = (perBatch: number): string => {
      const sensor = new Sensor(judgeFrom(enclave()), null);
      for (const batch of batchesOf(beating().frames, 1, perBatch)) sensor.consume(batch);
      return JSON.stringify(sensor.finish([], false).findings);
    };
    expect(says(7)).toBe(says(1000));
  });
});
