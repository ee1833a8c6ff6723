import { describe, expect, it } from "vitest";
import { DNS_TRAFFIC } from "../../bench/detect/dns-traffic.ts";
import { HEX, Random } from "../../bench/detect/random.ts";
import { dnsName } from "../../traffic/messages.ts";
import { be, join } from "../../traffic/octets.ts";
import { udp } from "../../traffic/packets.ts";
import { AGENT, at, enclave, GPU, RESOLVER, reasonsOf, Scene } from "../scene.ts";

const SEED = 20261120;
const ALLOWED = 'id: gate, to: ["*.updates.example.org"]';

function tunnelsIn(scene: Scene, file = enclave([ALLOWED])) {
  return scene.seen(file).findings.filter(({ kind }) => kind === "tunnel.dns");
}

/** `count` names of 60 hex digits below a zone. */
function leaks(count: number, zone: string, host = GPU): Scene {
  const random = new Random(SEED);
  const scene = new Scene();
  for (let i = 0; i < count; i++) scene.at(i).asks(host, `${random.text(HEX, 60)}.${zone}`, { rcode: 3 });
  return scene;
}

describe("tunnels in DNS", () => {
  for (const { name, isWanted, play } of DNS_TRAFFIC.filter(({ isBeyond }) => !isBeyond)) {
    it(`${isWanted ? "are found" : "are not seen where there are none"}: ${name}`, () => {
      const scene = new Scene();
      play(scene, new Random(SEED));
      const found = tunnelsIn(scene);
      expect(found.map(({ severityName, source }) => [severityName, source])).toEqual(
        isWanted ? [["high", GPU]] : [],
      );
    });
  }

  it("are one finding a source and registrable domain, whatever became of their names", () => {
    const scene = leaks(300, "t.example.com");
    scene.frames.push(...leaks(300, "u.example.com", AGENT).frames);
    const found = tunnelsIn(scene);
    expect(found.map(({ source, destination, attempts }) => [source, destination, attempts])).toEqual([
      [GPU, "example.com", 300],
      [AGENT, "example.com", 300],
    ]);
    expect(found[0]).toMatchObject({ port: 53, proto: "udp", bytesOut: 18_000, via: [RESOLVER] });
  });

  it("are found below a zone that a rule allows, and change the verdict", () => {
    const seen = leaks(20, "x.updates.example.org")
      .works()
      .seen(enclave([ALLOWED]));
    expect([seen.verdict, seen.findings.map(({ kind }) => kind)]).toEqual(["reachback", ["tunnel.dns"]]);
  });

  it("are not looked for below the enclave's own names", () => {
    expect(tunnelsIn(leaks(300, "enclave.internal"))).toEqual([]);
  });

  it("are not made of one name that is asked again and again", () => {
    const scene = new Scene();
    const name = `${"0f".repeat(30)}.example.com`;
    for (let i = 0; i < 200; i++) scene.at(i).asks(GPU, name);
    expect(tunnelsIn(scene)).toEqual([]);
  });

  it("are found by questions of type NULL alone, however short", () => {
    const scene = new Scene();
    for (let i = 0; i < 10; i++) {
      const message = join(
        be(i, 2),
        be(0x0100, 2),
        be(1, 2),
        be(0, 6),
        dnsName(`ping${i}.example.com`),
        be(10, 2),
        be(1, 2),
      );
      scene.send(udp(at(GPU, scene.port()), at(RESOLVER, 53), message));
    }
    expect(tunnelsIn(scene).map(({ details }) => details)).toEqual([
      ["questions of a type that carries raw data"],
    ]);
  });

  it("are found in labels of any octets", () => {
    const scene = new Scene();
    const random = new Random(SEED);
    for (let i = 0; i < 20; i++) {
      const label = Uint8Array.from({ length: 60 }, () => random.whole(0x80, 0xff));
      const name = join(be(60, 1), label, dnsName("example.com"));
      const message = join(be(i, 2), be(0x0100, 2), be(1, 2), be(0, 6), name, be(1, 2), be(1, 2));
      scene.send(udp(at(GPU, scene.port()), at(RESOLVER, 53), message));
    }
    expect(tunnelsIn(scene)).toHaveLength(1);
  });

  it("are not made by a little each week", () => {
    const scene = new Scene();
    const random = new Random(SEED);
    for (let week = 0; week < 60; week++) {
      scene.at(week * 8 * 86_400).asks(GPU, `${random.text(HEX, 60)}.example.com`);
    }
    expect(tunnelsIn(scene)).toEqual([]);
  });

  it("are told when there were too many zones to follow", () => {
    const scene = new Scene();
    for (let i = 0; i < 8193; i++) scene.asks(GPU, `www-data.d${i}x.com`, { answer: null });
    expect(reasonsOf(scene.seen())).toContain("table.dns_zones_evicted");
  });
});
