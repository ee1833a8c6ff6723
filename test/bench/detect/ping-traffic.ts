import { GPU, OUTSIDE, type Scene } from "../../findings/scene.ts";
import { icmp } from "../../traffic/packets.ts";
import type { Labelled } from "./labelled.ts";
import type { Random } from "./random.ts";

const ECHO = 8;
const ECHO_REPLY = 0;

/** Requests and what comes back, a second apart. `back` null: nothing does. */
function pings(
  count: number,
  payload: (random: Random, n: number) => Uint8Array,
  back: ((sent: Uint8Array, random: Random) => Uint8Array | null) | null = (sent) => sent,
  ends: readonly [from: string, to: string] = [GPU, OUTSIDE],
) {
  return (scene: Scene, random: Random): void => {
    for (let n = 0; n < count; n++) {
      const sent = payload(random, n);
      const rest = ((0x1000 << 16) | n) >>> 0;
      scene.at(n).send(icmp(ends[0], ends[1], { type: ECHO, rest, payload: sent }));
      const answer = back?.(sent, random) ?? null;
      if (answer !== null) scene.send(icmp(ends[1], ends[0], { type: ECHO_REPLY, rest, payload: answer }));
    }
  };
}

/** Octets that count up after a time stamp of `stamp` octets. */
const counting =
  (length: number, stamp: number) =>
  (random: Random): Uint8Array =>
    Uint8Array.from({ length }, (_, i) => (i < stamp ? random.whole(0, 255) : i & 0xff));
const repeating =
  (length: number, pattern: string, stamp = 0) =>
  (random: Random): Uint8Array =>
    Uint8Array.from({ length }, (_, i) =>
      i < stamp ? random.whole(0, 255) : pattern.charCodeAt((i - stamp) % pattern.length),
    );
const noise =
  (least: number, most: number) =>
  (random: Random): Uint8Array =>
    random.octets(random.whole(least, most));
const TEXT =
  "the quick brown fox jumps over the lazy dog and goes on to tell of weights, of biases and of keys; ";

const TUNNELS: readonly (readonly [name: string, play: Labelled["play"]])[] = [
  ["random data, both ways", pings(20, noise(200, 1000), (_, random) => random.octets(400))],
  ["random data, no answer", pings(20, noise(200, 1000), null)],
  ["random data, echoed", pings(20, noise(60, 100))],
  ["text, echoed", pings(20, (_, n) => Buffer.from(TEXT.repeat(2).slice(n, n + 80)))],
  ["commands in replies alone", pings(20, counting(56, 16), (_, random) => random.octets(64))],
  ["short replies that are others", pings(10, counting(56, 16), (_, random) => random.octets(12))],
  ["few and large", pings(4, noise(1400, 1400), null)],
  ["lengths that spell", pings(200, (random) => counting(random.whole(30, 255), 16)(random))],
  [
    "behind a header as ptunnel has it",
    pings(20, (random) => Buffer.concat([Buffer.from("d5200880", "hex"), random.octets(150)])),
  ],
];

const BEYOND: readonly (readonly [name: string, play: Labelled["play"]])[] = [
  ["data where the time stamp stands", pings(200, counting(56, 16), null)],
];

const NOISE: readonly (readonly [name: string, play: Labelled["play"]])[] = [
  ["Linux", pings(60, counting(56, 16))],
  ["Linux, large", pings(20, counting(1472, 16))],
  ["BSD and macOS", pings(60, counting(56, 8))],
  ["Windows", pings(60, repeating(32, "abcdefghijklmnopqrstuvw"))],
  ["Windows, large", pings(20, repeating(1000, "abcdefghijklmnopqrstuvw"))],
  ["busybox", pings(60, repeating(56, "\0", 4))],
  ["fping", pings(60, repeating(56, "\0"))],
  ["a pattern that the user gave", pings(60, repeating(200, "\xde\xad\xbe\xef", 16))],
  ["hping", pings(60, repeating(120, "X"))],
  ["nmap, empty", pings(60, () => new Uint8Array(0))],
  ["a library with time and tracker", pings(60, repeating(48, "\x01", 24))],
  ["a search for the MTU", pings(12, (random, n) => counting(1472 - 32 * n, 16)(random))],
  ["nobody answers", pings(200, counting(56, 16), null)],
  ["one odd ping", pings(1, noise(64, 64))],
  ["data between inside hosts", pings(20, noise(200, 1000), (sent) => sent, [GPU, "10.20.1.21"])],
];

/** Pings for the detector of ICMP tunnels. */
export const PING_TRAFFIC: readonly Labelled[] = [
  ...TUNNELS.map(([name, play]) => ({ name, isWanted: true, play })),
  ...BEYOND.map(([name, play]) => ({ name, isWanted: true, isBeyond: true as const, play })),
  ...NOISE.map(([name, play]) => ({ name, isWanted: false, play })),
];
