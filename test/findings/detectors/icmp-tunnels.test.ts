import { describe, expect, it } from "vitest";
import { oddPingBytes } from "../../../src/findings/detectors/ping-payload.ts";
import { PING_TRAFFIC } from "../../bench/detect/ping-traffic.ts";
import { Random } from "../../bench/detect/random.ts";
import { icmp } from "../../traffic/packets.ts";
import { AGENT, enclave, GPU, OUTSIDE, Scene } from "../scene.ts";

const SEED = 20261120;

function tunnelsIn(scene: Scene, file?: string) {
  return scene.seen(file).findings.filter(({ kind }) => kind === "tunnel.icmp");
}

function data(from: string, to: string, type = 8): Scene {
  const random = new Random(SEED);
  const scene = new Scene();
  for (let n = 0; n < 10; n++)
    scene.at(n).send(icmp(from, to, { type, rest: n, payload: random.octets(300) }));
  return scene;
}

describe("tunnels in pings", () => {
  for (const { name, isWanted, play } of PING_TRAFFIC.filter(({ isBeyond }) => !isBeyond)) {
    it(`are ${isWanted ? "found" : "not seen where there are none"}: ${name}`, () => {
      const scene = new Scene();
      play(scene, new Random(SEED));
      const found = tunnelsIn(scene);
      expect(
        found.map(({ severityName, source, destination }) => [severityName, source, destination]),
      ).toEqual(isWanted ? [["high", GPU, OUTSIDE]] : []);
    });
  }

  it("are found in IPv6", () => {
    expect(tunnelsIn(data("fd20:5eed::1", "2001:db8::7", 128))).toMatchObject([
      { proto: "icmpv6", attempts: 10 },
    ]);
  });

  it("are found in replies that nobody asked for", () => {
    expect(tunnelsIn(data(GPU, OUTSIDE, 0))).toMatchObject([{ source: GPU, destination: OUTSIDE }]);
  });

  it("are found when they come in, with the inside host as their source", () => {
    expect(tunnelsIn(data(OUTSIDE, GPU))).toMatchObject([{ source: GPU, destination: OUTSIDE, bytesOut: 0 }]);
  });

  it("are found toward a relay inside, behind which the boundary may be", () => {
    expect(tunnelsIn(data(GPU, AGENT))).toEqual([]);
    expect(tunnelsIn(data(GPU, AGENT), enclave([], [`relays: [${AGENT}]`]))).toMatchObject([
      { source: GPU, destination: AGENT },
    ]);
  });

  it("are found whatever the identifier is", () => {
    const random = new Random(SEED);
    const scene = new Scene();
    for (let n = 0; n < 10; n++) {
      scene.send(icmp(GPU, OUTSIDE, { type: 8, rest: (n * 7919) << 16, payload: random.octets(300) }));
    }
    expect(tunnelsIn(scene)).toHaveLength(1);
  });

  it("are found when a rule allows the destination", () => {
    const seen = data(GPU, OUTSIDE)
      .works()
      .seen(enclave([`id: gate, to: [${OUTSIDE}]`]));
    expect([seen.verdict, seen.findings.map(({ kind }) => kind)]).toEqual(["reachback", ["tunnel.icmp"]]);
  });
});

describe("a ping's payload", () => {
  const odd = (octets: ArrayLike<number>): number => {
    const padded = Uint8Array.from([...Array(9).fill(0xee), ...Array.from(octets), ...Array(9).fill(0xee)]);
    return oddPingBytes(new DataView(padded.buffer), 9, 9 + octets.length);
  };

  it("is taken for what programs send, time stamps aside", () => {
    expect(odd([])).toBe(0);
    expect(odd(Array.from({ length: 1472 }, (_, i) => i & 0xff))).toBe(0);
    expect(odd(Buffer.from("abcdefghijklmnopqrstuvw".repeat(8)))).toBe(0);
  });

  it("is counted where it is none of that", () => {
    const random = new Random(SEED);
    expect(odd(random.octets(24))).toBe(0);
    expect(odd(random.octets(1024))).toBeGreaterThan(900);
  });
});
