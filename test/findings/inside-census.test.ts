import { describe, expect, it } from "vitest";
import { InsideCensus } from "../../src/findings/inside-census.ts";
import { Sensor } from "../../src/sensor.ts";
import { judgeFrom } from "../sensor-run.ts";
import { batchesOf } from "../traffic/frames.ts";
import { SYN, tcp, udp } from "../traffic/packets.ts";
import { AGENT, at, enclave, GATE, GPU, RESOLVER, Scene, START } from "./scene.ts";

const SERVICES = [
  "hosts: [{ name: gpu-01, address: 10.20.1.11 }]",
  "services:",
  "  - { role: identity, address: 10.20.9.20, port: 443/tcp }",
  "  - { role: names, address: 10.20.0.53, port: 53/udp }",
  "  - { role: logging, address: 10.20.9.40, port: 6514/tcp }",
];

function census(scene: Scene): InsideCensus {
  const judge = judgeFrom(enclave([], SERVICES));
  const counted = new InsideCensus(judge);
  const sensor = new Sensor(judge, counted);
  for (const batch of batchesOf(scene.frames)) sensor.consume(batch);
  sensor.finish([], false);
  return counted;
}

describe("a census of the inside", () => {
  it("says who used a service, how often and when last", () => {
    const scene = new Scene().tls(GPU, "10.20.9.20", "id.enclave.internal").tls(GPU, "10.20.9.20", null);
    scene.at(60).tls(AGENT, "10.20.9.20", null);
    scene.asks(AGENT, "x.enclave.internal", { answer: [GPU] });
    const [identity, names, logging] = census(scene).services;
    expect(identity.uses).toBe(3);
    expect(identity.users.map(({ ip, name, uses }) => [ip, name, uses])).toEqual([
      [GPU, "gpu-01", 2],
      [AGENT, null, 1],
    ]);
    expect(identity.last?.sec).toBe(START + 60);
    expect(names).toMatchObject({ uses: 1, users: [{ ip: AGENT }] });
    expect(logging).toEqual({ uses: 0, users: [], last: null });
  });

  it("takes no attempt for a use: a SYN, a refusal, a question without an answer", () => {
    const scene = new Scene().send(tcp(at(GPU, 5), "10.20.9.20:443", { seq: 1, flags: SYN }));
    scene.talks(GPU, "10.20.9.40", 6514, (talk) => {
      talk.syn();
      talk.reset("server");
    });
    scene.asks(GPU, "x.enclave.internal", { answer: null });
    expect(census(scene).services.map(({ uses }) => uses)).toEqual([0, 0, 0]);
  });

  it("counts hosts of each inside prefix that spoke, not those that were spoken to", () => {
    const scene = new Scene().works().send(udp(at(GATE, 1), at(RESOLVER, 2), "x"));
    scene.send(udp("[fd20:5eed::1]:1", "[fd20:5eed::2]:2", "x"), udp("198.51.100.7:1", at(GPU, 2), "x"));
    expect(census(scene).prefixes).toEqual([
      { prefix: "10.20.0.0/16", hosts: 3 },
      { prefix: "fd20:5eed::/48", hosts: 1 },
    ]);
  });
});
