import { describe, expect, it } from "vitest";
import { LiveTraffic } from "../../src/findings/live-traffic.ts";
import { Sensor } from "../../src/sensor.ts";
import { judgeFrom } from "../sensor-run.ts";
import { batchesOf } from "../traffic/frames.ts";
import { AGENT, enclave, GATE, GPU, OUTSIDE, Scene } from "./scene.ts";

const POLICY = enclave(
  ['id: gate, to: ["*.updates.example.org"], from: [10.20.4.0/24]'],
  ["hosts: [{ name: gpu-01, address: 10.20.1.11 }]"],
);

function seen(scene: Scene): { traffic: LiveTraffic; sensor: Sensor } {
  const judge = judgeFrom(POLICY);
  const traffic = new LiveTraffic(judge, () => sensor.tracker.table);
  const sensor = new Sensor(judge, traffic);
  sensor.watch();
  for (const batch of batchesOf(scene.frames)) sensor.consume(batch);
  return { traffic, sensor };
}

describe("LiveTraffic", () => {
  it("tells names with their verdict, the asker, and the latest answer", () => {
    const scene = new Scene();
    scene.asks(GPU, "huggingface.co", { answer: ["192.0.2.10"] });
    scene.asks(GATE, "a.updates.example.org", { answer: ["203.0.113.10"] });
    scene.asks(AGENT, "db.enclave.internal", { answer: ["10.20.9.9"] });
    scene.asks(AGENT, "nothing.test", { answer: null });
    const { names } = seen(scene).traffic.drain();
    const told = names.map(({ name, what, host, hostName, verdict, rule, answer, count }) =>
      [name, what, host, hostName, verdict, rule, answer, count].join(" "),
    );
    expect(told).toEqual([
      "huggingface.co A 10.20.1.11 gpu-01 outside  192.0.2.10 1",
      "a.updates.example.org A 10.20.4.10  allowed gate 203.0.113.10 1",
      "db.enclave.internal A 10.20.1.21  inside  10.20.9.9 1",
      "nothing.test A 10.20.1.21  local   1",
    ]);
  });

  it("keeps an address when a later answer has none", () => {
    const scene = new Scene();
    scene.asks(GPU, "huggingface.co", { answer: ["192.0.2.10"] });
    scene.asks(GPU, "huggingface.co", { type: "AAAA", answer: [] });
    expect(seen(scene).traffic.drain().names).toMatchObject([
      { answer: "192.0.2.10", count: 2, what: "AAAA" },
    ]);
  });

  it("tells of inside hosts alone, and of which sides of their talk were seen", () => {
    const scene = new Scene();
    scene.talks(GPU, OUTSIDE, 443, (talk) => void talk.open());
    scene.asks(AGENT, "db.enclave.internal", { answer: null });
    const { traffic } = seen(scene);
    traffic.refreshHosts();
    const hosts = traffic.drain().hosts.map(({ address, name, began, reached, names, spoke, heard }) => {
      return { address, name, began, reached, names, spoke, heard };
    });
    expect(hosts).toEqual([
      { address: GPU, name: "gpu-01", began: 1, reached: 0, names: 0, spoke: true, heard: true },
      { address: AGENT, name: null, began: 1, reached: 0, names: 1, spoke: true, heard: false },
      { address: "10.20.0.53", name: null, began: 0, reached: 1, names: 0, spoke: false, heard: true },
    ]);
  });

  it("hands on what changed, once, and never more than its caps", () => {
    const scene = new Scene();
    for (let i = 0; i < 1000; i++) scene.asks(GPU, `n${i}.example`, { answer: null });
    const { traffic } = seen(scene);
    const drains = [1, 2, 3, 4].map(() => traffic.drain().names.length);
    expect(drains).toEqual([400, 400, 200, 0]);
  });
});

describe("openFlows", () => {
  it("lists flows toward outside first, with how they are judged", () => {
    const scene = new Scene();
    scene.talks(GPU, OUTSIDE, 443, (talk) => void talk.open());
    scene.talks(GPU, AGENT, 8080, (talk) => void talk.open());
    const flows = seen(scene).sensor.openFlows(10);
    expect(
      flows.map(({ source, sourceName, destination, port, judged }) => [
        source,
        sourceName,
        destination,
        port,
        judged,
      ]),
    ).toEqual([
      [GPU, "gpu-01", OUTSIDE, 443, "finding"],
      [GPU, "gpu-01", AGENT, 8080, ""],
    ]);
    expect(seen(scene).sensor.openFlows(1)).toHaveLength(1);
  });
});
