import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RatedFinding } from "../../src/findings/summary.ts";
import { Sensor } from "../../src/sensor.ts";
import { captured, inRepository } from "../captured-frames.ts";
import { judgeFrom, lineOf } from "../sensor-run.ts";
import { batchesOf, type TimedFrame } from "../traffic/frames.ts";
import { clientHello } from "../traffic/messages.ts";
import { udp } from "../traffic/packets.ts";
import { SOCKS5_CHOICE, SOCKS5_GRANTED, SOCKS5_HELLO, socks5Request } from "../traffic/socks.ts";
import type { TcpTalk } from "../traffic/tcp-talk.ts";
import { GPU, OUTSIDE, Scene, START } from "./scene.ts";

const ENCLAVE = readFileSync(inRepository("allowlists/quickstart.yaml"), "utf8");
const CAPTURES = readdirSync(inRepository("captures")).filter((name) => name.endsWith(".pcapng"));

/** Looks after every frame, and keeps what the looks said. */
function lookedAt(frames: readonly TimedFrame[]): {
  kept: Map<string, RatedFinding>;
  sensor: Sensor;
  looks: number;
} {
  const sensor = new Sensor(judgeFrom(ENCLAVE), null);
  sensor.watch();
  const kept = new Map<string, RatedFinding>();
  let looks = 0;
  const look = () => {
    const { findings, gone } = sensor.changes();
    looks += findings.length;
    for (const id of gone) kept.delete(id);
    for (const finding of findings) kept.set(finding.id, finding);
  };
  for (const frame of frames) {
    for (const batch of batchesOf([frame])) sensor.consume(batch);
    look();
  }
  return { kept, sensor, looks };
}

/** A datagram to one of many bare addresses, which collapse into one finding. */
function probe(i: number): TimedFrame {
  const data = udp(`${GPU}:5000`, `198.18.${i >> 8}.${i & 255}:20000`, "x");
  return { data, sec: START + 1, nsec: i * 1000 };
}

/** Which of several components that share a host is the likeliest only the whole run can say. */
function unranked(finding: RatedFinding | undefined) {
  if (finding === undefined) return undefined;
  const { catalogue, frameworks: _, ...rest } = finding;
  const candidates = catalogue === null ? [] : [catalogue, ...catalogue.also];
  return { ...rest, candidates: candidates.map(({ component }) => component).sort() };
}

describe("LiveFindings", () => {
  it.each(CAPTURES)("comes to what the end of %s says, looking after every frame", async (name) => {
    const frames = await captured(inRepository(`captures/${name}`));
    const { kept, sensor, looks } = lookedAt(frames);
    const before = new Map(kept);
    const summary = sensor.finish([], false);
    const { findings, gone } = sensor.changes();
    for (const id of gone) kept.delete(id);
    for (const finding of findings) kept.set(finding.id, finding);
    expect([...kept.keys()].sort()).toEqual(summary.findings.map((finding) => finding.id).sort());
    for (const { id, ...finding } of summary.findings) {
      expect(unranked(kept.get(id))).toEqual(unranked({ id, ...finding }));
    }
    if (summary.findings.length > 0) expect(looks).toBeGreaterThan(summary.findings.length);
    // While flows were open, nothing was shown as more than it came to.
    for (const finding of summary.findings) {
      const live = before.get(finding.id);
      if (live !== undefined) expect(live.attempts).toBeLessThanOrEqual(finding.attempts);
    }
  });

  it("comes to what the end says of tunnels that get a name, wrong ports and encrypted DNS", () => {
    const socks = (talk: TcpTalk, ...inTunnel: Uint8Array[]) => {
      talk.open();
      talk.client(SOCKS5_HELLO);
      talk.server(SOCKS5_CHOICE);
      talk.client(socks5Request("192.0.2.9:443"));
      talk.server(SOCKS5_GRANTED);
      for (const octets of inTunnel) talk.client(octets);
      talk.close();
    };
    const scene = new Scene().works();
    scene.talks(GPU, "10.20.9.30", 1080, (talk) => socks(talk, clientHello("api.example.com")));
    scene.talks(GPU, "10.20.9.30", 1080, (talk) => socks(talk, Buffer.from("no name")));
    scene.talks(GPU, OUTSIDE, 443, (talk) => [talk.open(), talk.client("SSH-2.0-a\r\n"), talk.close()]);
    scene.tls(GPU, OUTSIDE, "dns.example.com", 853).tls(GPU, "1.1.1.1", "www.example.com");
    const { kept, sensor } = lookedAt(scene.frames);
    const summary = sensor.finish([], false);
    const { findings, gone } = sensor.changes();
    for (const id of gone) kept.delete(id);
    for (const finding of findings) kept.set(finding.id, finding);
    expect([...kept.values()].map(lineOf).sort()).toEqual(summary.findings.map(lineOf).sort());
    expect(summary.findings).toHaveLength(6);
  });

  it("shows a finding before its flow ends", async () => {
    const frames = await captured(inRepository("captures/quickstart.pcapng"));
    const { kept } = lookedAt(frames.slice(0, 60));
    expect(kept.size).toBeGreaterThan(0);
    expect([...kept.values()].some((finding) => finding.kind === "egress.flow")).toBe(true);
  });

  it("leaves findings of very many open flows for later once they were told, and never loses them", () => {
    const scene = new Scene();
    for (let i = 0; i < 700; i++) scene.frames.push(probe(i));
    const sensor = new Sensor(judgeFrom(ENCLAVE), null);
    sensor.watch();
    const consume = (frames: readonly TimedFrame[]) => {
      for (const batch of batchesOf(frames)) sensor.consume(batch);
    };
    const told = (withLarge: boolean) =>
      sensor.changes(withLarge).findings.map(({ destination, attempts }) => `${destination} x${attempts}`);
    consume(scene.frames.slice(0, 500));
    expect(sensor.hasNewFindings).toBe(true);
    expect(told(false)).toContain("* x500"); // for the first time, large as it is
    expect(sensor.hasNewFindings).toBe(false);
    consume(scene.frames.slice(500));
    expect(sensor.hasNewFindings).toBe(false);
    consume(new Scene().at(20).talks(GPU, OUTSIDE, 443, (talk) => talk.open()).frames);
    expect(sensor.hasNewFindings).toBe(true);
    expect(told(false)).toEqual([`${OUTSIDE} x1`]);
    expect(told(false)).toEqual([]);
    expect(told(true)).toEqual(["* x700"]);
    expect(told(true)).toEqual([]);
  });

  it("says nothing, and costs nothing, unless it is watched", async () => {
    const sensor = new Sensor(judgeFrom(ENCLAVE), null);
    const frames = await captured(inRepository("captures/quickstart.pcapng"));
    for (const batch of batchesOf(frames)) sensor.consume(batch);
    expect(sensor.changes()).toEqual({ findings: [], gone: [] });
  });
});
