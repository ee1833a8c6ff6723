import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  checkConversations,
  checkInside,
  checkTraffic,
} from "../../../src/commands/doctor/traffic-checks.ts";
import { TrafficLook } from "../../../src/commands/doctor/traffic-look.ts";
import { inRepository } from "../../captured-frames.ts";
import { judgeFrom } from "../../sensor-run.ts";
import { batchesOf, timed } from "../../traffic/frames.ts";
import { join } from "../../traffic/octets.ts";
import { ip, tcp, udp } from "../../traffic/packets.ts";

const judge = judgeFrom(readFileSync(inRepository("allowlists/quickstart.yaml"), "utf8"));
const STATS = {
  received: 10,
  seen: 10,
  ignored: 0,
  dropped: 0,
  lossEvents: 0,
  outages: 0,
  freezes: 0,
  cut: 0,
  missed: null,
};
const ACK = { flags: 0x10 };

/** Sensor at 10.20.0.9. */
function looked(frames: readonly Uint8Array[], ownMac = 0): TrafficLook {
  const look = new TrafficLook(new Set([ownMac]), new Set(["10.20.0.9"]), judge);
  for (const batch of batchesOf(timed(frames))) look.take("mirror0", batch);
  return look;
}

function mirrorLine(look: TrafficLook): string {
  const [{ status, text }] = checkTraffic("mirror0", look.of("mirror0"), STATS, 5);
  return `${status}: ${text}`;
}

describe("what the traffic shows of the mirror", () => {
  const talk = [
    tcp("10.20.1.11:40000", "10.20.9.10:443", ACK),
    tcp("10.20.9.10:443", "10.20.1.11:40000", ACK),
  ];

  it("nothing", () => {
    expect(mirrorLine(looked([]))).toBe("failed: no frame in 5 s");
  });

  it("what goes on between other hosts", () => {
    expect(mirrorLine(looked(talk))).toBe("ok: 2 frames in 5 s, 2 between other hosts");
    expect(checkTraffic("mirror0", looked(talk).of("mirror0"), STATS, 5)).toHaveLength(1);
  });

  it("what goes on between other hosts, in a tunnel to this one", () => {
    const erspan = (frame: Uint8Array) => ip("10.20.0.1", "10.20.0.9", 47, join([0, 0, 0x88, 0xbe], frame));
    expect(mirrorLine(looked(talk.map(erspan)))).toBe("ok: 2 frames in 5 s, 2 between other hosts");
    expect(looked(talk.map(erspan)).directions()).toEqual({ all: 1, oneWay: 0 });
  });

  it("this host's own traffic, told by address or by MAC", () => {
    const own = [udp("10.20.0.9:5000", "10.20.1.11:53", "x"), udp("10.20.1.11:53", "10.20.0.9:5000", "x")];
    expect(mirrorLine(looked(own))).toBe("failed: 2 frames in 5 s, all of them this host's own");
    const mac = 0x02_00_00_00_00_01;
    const frame = Uint8Array.from(talk[0]);
    frame.set([2, 0, 0, 0, 0, 1], 6);
    expect(mirrorLine(looked([frame], mac))).toBe("failed: 1 frame in 5 s, all of them this host's own");
    const both = checkTraffic("mirror0", looked([...talk, ...own]).of("mirror0"), STATS, 5);
    expect(both[1]).toMatchObject({
      status: "warning",
      text: expect.stringMatching(/^2 frames of this host/),
    });
  });

  it("what every port gets", () => {
    const broadcast = Uint8Array.from(udp("10.20.1.11:68", "10.20.255.255:67", "x"));
    broadcast.fill(0xff, 0, 6);
    expect(mirrorLine(looked([broadcast]))).toBe("failed: 1 frame in 5 s, only such as every port gets");
  });

  it("frames that cannot be decoded, that were lost, that were cut", () => {
    const unknown = Uint8Array.from(talk[0]);
    unknown.set([0x88, 0xb5], 12);
    const [, undecoded] = checkTraffic("mirror0", looked([unknown]).of("mirror0"), STATS, 5);
    expect(undecoded).toMatchObject({
      status: "warning",
      text: expect.stringContaining("1 ethernet.unknown_type"),
    });
    const worse = { ...STATS, dropped: 3, cut: 2 };
    const texts = checkTraffic("mirror0", looked(talk).of("mirror0"), worse, 5).map(({ text }) => text);
    expect(texts.slice(1)).toEqual([
      "3 of 10 frames were lost while it was looked at",
      "2 frames longer than what could be captured",
    ]);
  });

  it("one direction, or both", () => {
    expect(checkConversations(looked(talk), 5)).toMatchObject({
      status: "ok",
      text: "0 of 1 TCP conversations show one direction only",
    });
    expect(checkConversations(looked([talk[0]]), 5).status).toBe("failed");
    const third = tcp("10.20.1.12:40000", "10.20.9.10:443", ACK);
    expect(checkConversations(looked([...talk, third]), 5).status).toBe("warning");
    const unanswered = tcp("10.20.1.11:40001", "198.51.100.1:443", { flags: 0x02 });
    expect(checkConversations(looked([unanswered]), 5).text).toMatch(/^no TCP conversation in 5 s/);
  });

  it("whether the enclave file speaks of it", () => {
    expect(checkInside(looked(talk), judge.policy)).toMatchObject({
      status: "ok",
      text: "2 hosts of 10.20.0.0/16, fd20:5eed::/48 seen",
    });
    const foreign = tcp("192.0.2.1:1", "192.0.2.2:2", ACK);
    expect(checkInside(looked([foreign]), judge.policy).status).toBe("failed");
    expect(checkInside(looked([...talk, foreign]), judge.policy)).toMatchObject({
      status: "warning",
      text: expect.stringContaining("1 packet without an inside end"),
    });
  });
});
