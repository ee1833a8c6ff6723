import { describe, expect, it } from "vitest";
import { Sensor } from "../../src/sensor.ts";
import { seeded } from "../names/octets.ts";
import { judgeFrom } from "../sensor-run.ts";
import { batchesOf, timed } from "../traffic/frames.ts";
import { join } from "../traffic/octets.ts";
import { udp } from "../traffic/packets.ts";
import {
  ack,
  chlo,
  crypto,
  googleHello,
  initial,
  longHeader,
  quicHello,
  quicServerHello,
  retry,
  shortHeader,
  V1,
  V2,
  versionNegotiation,
} from "../traffic/quic.ts";

const judge = judgeFrom("gapwatch: 1\nenclave: { name: fuzz, inside: [10.20.0.0/16] }\n");
const VERSIONS = [V1, V2, 0xff000016, 0xff00001d, 0x51303530, 0x54303530, 0x54303531, 0x1a2a3a4a];
const CIDS = ["8394c8f03e515708", "f067a5502a4262b5", "", "c0ffee"].map((text) => Buffer.from(text, "hex"));

type Random = () => number;

function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)];
}

/** Octets of `bytes`, some changed, cut or repeated: sealed afterwards, so that they get past the keys. */
function mutated(random: Random, bytes: Buffer): Buffer {
  const out = Buffer.from(bytes);
  for (let n = random() < 0.5 ? 0 : 1 + Math.floor(random() * 4); n > 0 && out.length > 0; n--) {
    out[Math.floor(random() * out.length)] = Math.floor(random() * 256);
  }
  return random() < 0.8 ? out : out.subarray(0, Math.floor(random() * out.length));
}

function frames(random: Random, version: number): Buffer[] {
  const message = version === 0x51303530 ? chlo("a.example", 200) : quicHello("a.example", 300);
  const isGoogle = VERSIONS.slice(4, 7).includes(version);
  const cut = Math.floor(random() * message.length);
  const hello = [crypto(0, message.subarray(0, cut)), crypto(cut, message.subarray(cut))];
  if (isGoogle) for (const frame of hello) frame[0] = 0x08;
  const all = [
    ...hello,
    ack(Math.floor(random() * 99), [[1, 2]]),
    crypto(0, quicServerHello(random() < 0.5)),
  ];
  const some = all.filter((_, i) => random() < (i < 2 ? 0.9 : 0.2)).sort(() => random() - 0.5);
  return some.map((frame) => mutated(random, frame));
}

function datagram(random: Random): Buffer {
  const [dcid, scid, keysFrom] = [pick(random, CIDS), pick(random, CIDS), pick(random, CIDS)];
  const version = pick(random, VERSIONS);
  const kind = Math.floor(random() * 10);
  if (kind === 0)
    return mutated(random, join(longHeader("handshake", dcid, scid, version), shortHeader(dcid)));
  if (kind === 1)
    return mutated(random, pick(random, [retry(dcid, scid), versionNegotiation(dcid, scid, V1)]));
  if (kind === 2) return mutated(random, googleHello("Q043", "a.example", 50));
  const side = random() < 0.8 ? ("client" as const) : ("server" as const);
  const of = {
    version: version === 0x1a2a3a4a ? V1 : version,
    dcid,
    scid,
    side,
    frames: frames(random, version),
  };
  const sealed = initial({
    ...of,
    keysFrom: random() < 0.7 ? dcid : keysFrom,
    size: random() < 0.5 ? 1200 : 0,
  });
  const both = random() < 0.3 ? join(sealed, initial({ ...of, pn: 1, size: 0 })) : sealed;
  return random() < 0.1 ? mutated(random, both) : both;
}

function run(salt: number) {
  const random = seeded(salt);
  const datagrams = Array.from({ length: 12 }, () => datagram(random));
  const ends = ["10.20.1.11:40000", "198.51.100.7:443"];
  const sent = datagrams.map((payload) => {
    const [from, to] = random() < 0.8 ? ends : ends.toReversed();
    return udp(from, to, payload);
  });
  return timed(sent, 1000);
}

function said(salt: number, perBatch: number) {
  const sensor = new Sensor(judge, null);
  for (const batch of batchesOf(run(salt), 1, perBatch)) sensor.consume(batch);
  return sensor.finish([], false);
}

describe("QUIC whose inside is hostile", () => {
  it("never throws, says the same in two runs, and gets everywhere", () => {
    const reached = new Map<string, number>();
    const reach = (what: string) => reached.set(what, (reached.get(what) ?? 0) + 1);
    for (let salt = 0; salt < 800; salt++) {
      const summary = said(salt, 1024);
      if (salt < 200) expect(JSON.stringify(said(salt, 5)), `salt ${salt}`).toBe(JSON.stringify(summary));
      for (const { name, outcomeName } of summary.findings) {
        reach(outcomeName);
        if (name === "a.example") reach("named");
      }
      for (const [name, count] of Object.entries(summary.coverage)) {
        if (name.startsWith("quic.") && count > 0) reach(name);
      }
    }
    // Else it was all noise.
    expect(reached.get("named")).toBeGreaterThan(400);
    for (const outcome of ["attempted", "answered", "connected", "transferred"]) {
      expect(reached.get(outcome), outcome).toBeGreaterThan(5);
    }
    for (const trouble of [
      "initial_unreadable",
      "hello_unfinished",
      "hello_conflict",
      "frame_truncated",
      "frame_unexpected",
      "header_truncated",
    ]) {
      expect(reached.get(`quic.${trouble}`), trouble).toBeGreaterThan(5);
    }
  });
});
