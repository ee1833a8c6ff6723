import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CaptureWriter } from "./capture-writer.mjs";
import { Conversations } from "./conversations.mjs";
import { Random } from "./random.mjs";
import { Timeline } from "./timeline.mjs";
import { Wire } from "./wire.mjs";
import { makeWorld } from "./world.mjs";

const HERE = import.meta.dirname;

/** Small messages, half of the packets bare acknowledgements. */
const CHATTY = {
  exchanges: 42.5,
  requestLen: [17, 40],
  replyLen: [17, 36],
  slowChance: 0.9,
  bulkChance: 0,
  bulkRecords: [1, 1],
  certificateLen: 300,
  lifeUsec: 60e6,
};

/** Downloads among small messages. */
const MIXED = {
  exchanges: 19.5,
  requestLen: [40, 300],
  replyLen: [40, 500],
  slowChance: 0.5,
  bulkChance: 0.0605,
  bulkRecords: [1, 10],
  certificateLen: 3100,
  lifeUsec: 45e6,
};

const BRIEF = { ...CHATTY, exchanges: 2, lifeUsec: 2e6 };

const EVERYDAY = {
  dns: 32,
  tls: 24,
  // Every request and answer is parsed for the life of a connection, as a few of a real enclave are.
  http: 1,
  resp: 16,
  opaque: 15,
  ntp: 3,
  syslog: 2,
  ping: 2,
  egress: 4,
  allowed: 1,
};

/** Packets are exact: a capture is stopped, not rounded. Flows are the rate at which conversations begin. */
export const WORKLOADS = {
  small: { packets: 5_000_000, flows: 51_500, durationSec: 1200, mix: EVERYDAY, shape: CHATTY, seed: 1 },
  mixed: { packets: 3_100_000, flows: 33_000, durationSec: 1200, mix: EVERYDAY, shape: MIXED, seed: 2 },
  flows: {
    packets: 2_000_000,
    flows: 1_000_000,
    durationSec: 1200,
    mix: { probe: 88, dns: 5, ntp: 4, egress: 2.5, tls: 0.1, http: 0.1, allowed: 0.1 },
    shape: BRIEF,
    seed: 3,
  },
  hundred: {
    packets: 100,
    flows: 40,
    durationSec: 4,
    mix: { dns: 40, tls: 20, http: 20, egress: 20 },
    shape: BRIEF,
    seed: 4,
  },
};

/**
 * The capture of a workload and what is in it: made if it is not there yet, or if it is not what this
 * generator makes. `notice` is told when it takes a while.
 */
export function ensureWorkload(name, folder, notice) {
  const path = join(folder, `${name}.pcap`);
  const factsPath = join(folder, `${name}.json`);
  const generator = generatorSha256();
  if (existsSync(path) && existsSync(factsPath)) {
    const facts = JSON.parse(readFileSync(factsPath, "utf8"));
    if (facts.generator === generator && facts.fileBytes === statSync(path).size) return { path, facts };
  }
  notice(`making ${path}`);
  mkdirSync(folder, { recursive: true });
  const facts = { generator, ...generate(WORKLOADS[name], path) };
  writeFileSync(factsPath, `${JSON.stringify(facts, null, 2)}\n`);
  return { path, facts };
}

function generate({ packets, flows, durationSec, mix, shape, seed }, path) {
  const random = new Random(seed);
  const writer = new CaptureWriter(path);
  const wire = new Wire(writer);
  const conversations = new Conversations(wire, random, makeWorld(random), shape);
  const timeline = new Timeline();
  let begun = 0;
  function* arrivals() {
    const kinds = lottery(mix);
    for (;;) {
      const kind = random.pick(kinds);
      timeline.start(wire.nowUsec, conversations[kind]());
      begun++;
      yield random.exponential((durationSec * 1e6) / flows);
    }
  }
  timeline.start(0, arrivals());
  timeline.run(wire, () => writer.packets >= packets);
  writer.close();
  return {
    packets: writer.packets,
    frameBytes: writer.frameBytes,
    fileBytes: writer.fileBytes,
    conversations: begun,
    openAtEnd: timeline.open - 1,
    lastUsec: wire.nowUsec,
    told: conversations.told,
  };
}

/** A list in which each kind stands as often as its weight says, to the tenth. */
function lottery(mix) {
  return Object.entries(mix).flatMap(([kind, weight]) => Array(Math.round(weight * 10)).fill(kind));
}

/** Any change to the generator makes new captures. */
function generatorSha256() {
  const hash = createHash("sha256");
  for (const file of readdirSync(HERE).sort()) hash.update(readFileSync(join(HERE, file)));
  return hash.digest("hex");
}
