import { at, GPU, OUTSIDE, type Scene } from "../../findings/scene.ts";
import { SYN, tcp } from "../../traffic/packets.ts";
import type { Labelled } from "./labelled.ts";
import type { Random } from "./random.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** A connection that nobody answers at each moment, in seconds. */
export function tries(
  scene: Scene,
  moments: readonly number[],
  host = GPU,
  server = OUTSIDE,
  port = 443,
): void {
  for (const [n, moment] of [...moments].sort((a, b) => a - b).entries()) {
    const seq = 1000 + n * 7919;
    scene
      .at(Math.floor(moment))
      .send(tcp(at(host, 20_000 + (n % 40_000)), at(server, port), { flags: SYN, seq }));
  }
}

/** A timer: `jitter` is the share of the interval that it is late by at most; `lost` of the attempts are not seen. */
export function clock(count: number, everySec: number, jitter: number, lost = 0) {
  return (random: Random): number[] => {
    const moments: number[] = [];
    let now = 0;
    for (let n = 0; n < count; n++) {
      if (random.next() >= lost) moments.push(now);
      now += everySec * (1 - jitter + 2 * jitter * random.next());
    }
    return moments;
  };
}

/** By the wall clock: each interval once, at a random moment within `share` of it. */
function cron(count: number, everySec: number, share: number) {
  return (random: Random): number[] =>
    Array.from({ length: count }, (_, n) => n * everySec + share * everySec * random.next());
}

function chance(count: number, meanSec: number) {
  return (random: Random): number[] => {
    let now = 0;
    return Array.from({ length: count }, () => {
      now += random.pause(meanSec);
      return now;
    });
  };
}

/** Each begins when the one before is done: sums of `parts` random times, which are the more alike the more they are. */
function work(count: number, meanSec: number, parts: number) {
  return (random: Random): number[] => {
    let now = 0;
    return Array.from({ length: count }, () => {
      for (let part = 0; part < parts; part++) now += random.pause(meanSec / parts);
      return now;
    });
  };
}

/** People at work: visits of several pages, with pauses between, on working days. */
function people(days: number) {
  return (random: Random): number[] => {
    const moments: number[] = [];
    for (let day = 0; day < days; day++) {
      for (let now = 9 * HOUR; now < 17 * HOUR; now += random.pause(1800)) {
        const pages = random.whole(1, 12);
        for (let page = 0, sec = now; page < pages; page++, sec += 3 + random.pause(40))
          moments.push(day * DAY + sec);
      }
    }
    return moments;
  };
}

/** Attempts that double their pauses, again and again from the start. */
function backoff(rounds: number) {
  return (random: Random): number[] => {
    const moments: number[] = [];
    let now = 0;
    for (let round = 0; round < rounds; round++) {
      for (let pause = 5; pause < 600; pause *= 2, now += pause) moments.push(now);
      now += random.pause(2 * HOUR);
    }
    return moments;
  };
}

/** Two clocks of different pace, and strays. */
function withStrays(timer: (random: Random) => number[], share: number) {
  return (random: Random): number[] => {
    const moments = timer(random);
    const last = moments[moments.length - 1];
    const strays = Math.round(share * moments.length);
    return [...moments, ...Array.from({ length: strays }, () => last * random.next())];
  };
}

function bursts(count: number, everySec: number, jitter: number) {
  return (random: Random): number[] =>
    clock(count, everySec, jitter)(random).flatMap((moment) => [moment, moment, moment + 1]);
}

const BEACONS: readonly (readonly [name: string, moments: (random: Random) => number[]])[] = [
  ["a minute, exact", clock(120, 60, 0)],
  ["a minute, 10 % jitter", clock(120, 60, 0.1)],
  ["a minute, 25 % jitter", clock(240, 60, 0.25)],
  ["five minutes, 40 % jitter", clock(240, 300, 0.4)],
  ["a minute, 10 % jitter, a fifth not seen", clock(300, 60, 0.1, 0.2)],
  ["ten seconds", clock(500, 10, 0.05)],
  ["an hour, exact", clock(24, HOUR, 0)],
  ["an hour, 5 % jitter", clock(24, HOUR, 0.05)],
  ["an hour, 20 % jitter, two days", clock(48, HOUR, 0.2)],
  ["a day", clock(7, DAY, 0.005)],
  ["a quarter of an hour by cron, at random within it", cron(96, 900, 0.3)],
  ["a minute, with strays", withStrays(clock(200, 60, 0.05), 0.04)],
  ["a minute, three connections each time", bursts(90, 60, 0.1)],
  ["a minute, 60 % jitter", clock(240, 60, 0.6)],
  ["a minute, 80 % jitter", clock(240, 60, 0.8)],
  ["ten times in ten hours", clock(10, HOUR, 0.1)],
  [
    "a minute, nights asleep",
    (random) => [0, 1, 2].flatMap((day) => clock(120, 60, 0.1)(random).map((sec) => day * DAY + sec)),
  ],
];

const BEYOND: readonly (readonly [name: string, moments: (random: Random) => number[]])[] = [
  ["a minute, 80 % jitter, a tenth not seen", clock(300, 60, 0.8, 0.1)],
  ["five times in five hours", clock(5, HOUR, 0.1)],
];

const NOISE: readonly (readonly [name: string, moments: (random: Random) => number[]])[] = [
  ["chance, a minute", chance(200, 60)],
  ["chance, ten minutes", chance(150, 600)],
  ["chance, an hour", chance(60, HOUR)],
  ["chance, few", chance(14, 900)],
  ["people, a day", people(1)],
  ["people, a week", people(5)],
  ["retries that back off", backoff(12)],
  ["anything up to twice the mean", clock(260, 300, 1)],
  ["work of about the same length, one after another", work(260, 300, 4)],
  ["work of any length, one after another", work(260, 300, 3)],
  ["work of about the same length, a few times", work(10, HOUR, 4)],
  ["a short conversation, every second", clock(300, 1, 0)],
  ["half an hour of a timer", clock(30, 60, 0)],
  ["a handful", clock(4, HOUR, 0)],
  ["one burst", () => Array.from({ length: 200 }, (_, n) => n / 10)],
];

const played = (moments: (random: Random) => number[]): Labelled["play"] => {
  return (scene, random) => tries(scene, moments(random));
};

/** Attempts for the detector of beacons. */
export const BEACON_TRAFFIC: readonly Labelled[] = [
  ...BEACONS.map(([name, moments]) => ({ name, isWanted: true, play: played(moments) })),
  ...BEYOND.map(([name, moments]) => ({
    name,
    isWanted: true,
    isBeyond: true as const,
    play: played(moments),
  })),
  ...NOISE.map(([name, moments]) => ({ name, isWanted: false, play: played(moments) })),
];
