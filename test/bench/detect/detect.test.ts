import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { openCapture } from "../../../src/capture/open-capture.ts";
import type { RatedFinding } from "../../../src/findings/summary.ts";
import { Sensor } from "../../../src/sensor.ts";
import { enclave, GPU, OUTSIDE, Scene } from "../../findings/scene.ts";
import { judgeFrom } from "../../sensor-run.ts";
import { BEACON_TRAFFIC } from "./beacon-traffic.ts";
import { INNOCENT, UTTERANCES } from "./credentials.ts";
import { DNS_TRAFFIC } from "./dns-traffic.ts";
import type { Labelled } from "./labelled.ts";
import { PING_TRAFFIC } from "./ping-traffic.ts";
import { Random } from "./random.ts";

// `npm run bench:detect`: what the detectors find in traffic of which it is known what it hides.

const SEEDS = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89];
const MIN_PRECISION = 0.98;
/** What is known to be out of reach counts as missed. */
const MIN_RECALL = 0.85;
const FILE = enclave(['id: gate, to: ["*.updates.example.org"]']);

/** Kinds with the traffic that shows how good their detectors are. */
const SETS: Readonly<Record<string, readonly Labelled[]>> = {
  "tunnel.dns": DNS_TRAFFIC,
  "tunnel.icmp": PING_TRAFFIC,
  beacon: BEACON_TRAFFIC,
  "secret.cleartext": [
    ...Object.entries(UTTERANCES).map(([name, make]) => ({
      name,
      isWanted: true,
      play: (scene: Scene, random: Random) => {
        const { says, port } = make(random);
        speak(scene, says, port);
      },
    })),
    ...Object.entries(INNOCENT).map(([name, make]) => ({
      name,
      isWanted: false,
      play: (scene: Scene, random: Random) => speak(scene, make(random), 80),
    })),
  ],
};

function speak(scene: Scene, says: readonly string[], port: number): void {
  scene.talks(GPU, OUTSIDE, port, (talk) => {
    talk.open();
    for (const part of says) talk.client(Buffer.from(part, "latin1"));
    talk.close();
  });
}

interface Count {
  right: number;
  missed: number;
  wrong: number;
  quiet: number;
}

const counts = new Map<string, Count>();
const faults: string[] = [];

/** Any finding of a detector's kind in traffic that is another's noise is wrong as well. */
function count(
  kind: string,
  { name, isWanted, isBeyond }: Labelled,
  seed: number,
  findings: readonly RatedFinding[],
): void {
  const found = findings
    .filter((finding) => Object.hasOwn(SETS, finding.kind))
    .map((finding) => finding.kind);
  const tally = counts.get(kind) ?? { right: 0, missed: 0, wrong: 0, quiet: 0 };
  counts.set(kind, tally);
  const isFound = found.some((each) => each === kind);
  if (isWanted) tally[isFound ? "right" : "missed"]++;
  else tally[isFound ? "wrong" : "quiet"]++;
  if (isFound !== isWanted) {
    const how = isBeyond ? "out of reach" : isWanted ? "missed" : "wrong";
    if (!isBeyond || seed === SEEDS[0])
      faults.push(`${how}: ${kind}, ${name}${isBeyond ? "" : `, seed ${seed}`}`);
  }
}

const precision = ({ right, wrong }: Count): number => right / Math.max(1, right + wrong);
const recall = ({ right, missed }: Count): number => right / Math.max(1, right + missed);

function table(): string {
  const share = (value: number): string => value.toFixed(3).padStart(9);
  const rows = [...counts].map(([kind, tally]) => {
    const numbers = [tally.right, tally.missed, tally.wrong, tally.quiet].map((each) =>
      String(each).padStart(7),
    );
    return `${kind.padEnd(17)}${numbers.join("")}${share(precision(tally))}${share(recall(tally))}`;
  });
  const head = `${"".padEnd(17)}  found missed  wrong  quiet precision  recall`;
  return [`seeds ${SEEDS.join(" ")}`, head, ...rows, ...faults, ""].join("\n");
}

describe("detectors", () => {
  afterAll(() => void process.stdout.write(`\n${table()}\n`));

  for (const [kind, set] of Object.entries(SETS)) {
    it(`find ${kind} and little else`, () => {
      for (const seed of SEEDS) {
        for (const labelled of set) {
          const scene = new Scene();
          labelled.play(scene, new Random(seed));
          count(kind, labelled, seed, scene.seen(FILE).findings);
        }
      }
      const tally = counts.get(kind);
      expect(tally && precision(tally)).toBeGreaterThanOrEqual(MIN_PRECISION);
      expect(tally && recall(tally)).toBeGreaterThanOrEqual(MIN_RECALL);
    });
  }

  // iodine 0.7.0 with NULL and with TXT records through a forwarding resolver, and ptunnel 0.72, each between two
  // network namespaces with addresses of the test lab: connecting, and a few packets of pings or a small download.
  it("find the tunnels that real programs made", async () => {
    const root = new URL("../../../", import.meta.url);
    const sensor = new Sensor(
      judgeFrom(readFileSync(new URL("allowlists/quickstart.yaml", root), "utf8")),
      null,
    );
    const source = await openCapture(new URL("tunnels.pcap", import.meta.url).pathname);
    for (let batch = await source.next(); batch !== null; batch = await source.next()) sensor.consume(batch);
    source.close();
    const found = sensor.finish([], false).findings.filter(({ kind }) => kind.startsWith("tunnel."));
    const lines = found.map(({ kind, source, destination, details }) =>
      [kind, source, destination, details].join(" "),
    );
    // iodine's questions are seen twice: on their way to the resolver, and from it to the outside.
    expect(lines.sort()).toEqual([
      "tunnel.dns 10.20.0.53 example.com questions of a type that carries raw data",
      "tunnel.dns 10.20.1.11 example.com questions of a type that carries raw data",
      "tunnel.icmp 10.20.1.11 192.0.2.53 replies that do not return what was sent",
    ]);
  });
});
