import { BATCH_FRAMES, FrameBatch } from "../../src/capture/frame-batch.ts";
import { decodeFrame } from "../../src/decode/link.ts";
import { NOTES } from "../../src/decode/note.ts";
import { Packet } from "../../src/decode/packet.ts";
import { STATUSES } from "../../src/decode/status.ts";
import type { Judge } from "../../src/policy/judge.ts";
import { Sensor } from "../../src/sensor.ts";
import { seeded } from "../names/octets.ts";
import { fragments } from "../traffic/fragments.ts";
import { type Draw, drawFrom, mutated } from "./mutate.ts";
import type { Seed, Talk } from "./seeds.ts";

/** What was seen over many rounds. */
export interface Seen {
  frames: number;
  /** Frames by status, and how often each note and trouble was told, by name. */
  readonly names: Map<string, number>;
  /** Longest time that one frame took. */
  slowestMs: number;
}

/** A frame of a round. */
export interface Made extends Seed {
  readonly wireLen: number;
  readonly sec: number;
  readonly nsec: number;
}

/** What must not be. `frames` lead to it, in two sensors that follow `maxFlows` flows at once. */
export class Fault extends Error {
  readonly frames: readonly Made[];
  readonly maxFlows: number;

  constructor(message: string, frames: readonly Made[], maxFlows: number) {
    super(message);
    this.frames = frames;
    this.maxFlows = maxFlows;
  }
}

const ROUND_FRAMES: number = BATCH_FRAMES;
const PADDING = 64;
const FLOW_CAPS = [16, 512, 1 << 22];
/** Wall time; a hostile frame may take a collection of garbage as well, and other programs the processor. */
const MAX_FRAME_MS = 2000;
const LINKS = [0, 1, 9, 12, 50, 101, 104, 105, 107, 108, 113, 127, 228, 229, 239, 276];
const MAX_KEPT = 4000;

/** Frames that showed something for the first time: they are changed further in later rounds. */
export class Finds {
  readonly frames: Seed[] = [];
  private readonly shown = new Set<string>();

  offer(frame: Seed, what: string): void {
    if (this.shown.has(what) || this.frames.length === MAX_KEPT) return;
    this.shown.add(what);
    this.frames.push({ linkType: frame.linkType, data: frame.data.slice() });
  }
}

/** One round: frames made from talks by chance, the same for the same number and finds. Throws Fault. */
export function frameRound(
  judge: Judge,
  talks: readonly Talk[],
  finds: Finds,
  round: number,
  seen: Seen,
): void {
  const draw = drawFrom(seeded(round));
  const frames = makeFrames(draw, talks, finds);
  runFrames(judge, frames, FLOW_CAPS[draw(FLOW_CAPS.length)], finds, seen);
}

/**
 * The frames go through two sensors, between zeros and between ones. They must decode alike and be judged
 * alike, in bounded time, without an exception. Throws Fault.
 */
export function runFrames(
  judge: Judge,
  frames: readonly Made[],
  maxFlows: number,
  finds: Finds,
  seen: Seen,
): void {
  const sensors = [new Sensor(judge, null, maxFlows), new Sensor(judge, null, maxFlows)];
  const batches = [batchOf(frames, 0x00), batchOf(frames, 0xff)];
  const packets = [new Packet(), new Packet()];
  const fault = (i: number, what: string) => {
    const { linkType, data } = frames[i];
    return new Fault(
      `frame ${i}, link type ${linkType}: ${what}\n${Buffer.from(data).toString("hex")}`,
      frames,
      maxFlows,
    );
  };
  for (const [i, frame] of frames.entries()) {
    const begun = performance.now();
    try {
      const says = packets.map((pkt, n) => decoded(pkt, batches[n], i, finds, frame));
      if (says[0] !== says[1]) throw new Error(`decodes as ${says[0]} or ${says[1]}`);
      for (const [n, sensor] of sensors.entries()) sensor.consume(batches[n], i, i + 1);
    } catch (error) {
      throw fault(i, error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    const ms = performance.now() - begun;
    if (ms > MAX_FRAME_MS) throw fault(i, `took ${ms.toFixed(0)} ms`);
    seen.slowestMs = Math.max(seen.slowestMs, ms);
  }
  const [a, b] = sensors.map((sensor) => sensor.finish([], false));
  if (JSON.stringify(a) !== JSON.stringify(b))
    throw new Fault("judged differently by what lies around", frames, maxFlows);
  for (const [name, count] of Object.entries(a.coverage))
    seen.names.set(name, (seen.names.get(name) ?? 0) + count);
  seen.frames += frames.length;
}

/** Everything that decoding says, offsets counted from the frame's first octet. */
function decoded(
  pkt: Packet,
  { view, offset, caplen, wireLen, linkType }: FrameBatch,
  i: number,
  finds: Finds,
  frame: Seed,
): string {
  const at = offset[i];
  const end = at + caplen[i];
  const status = decodeFrame(pkt, view, at, end, wireLen[i], linkType[i]);
  finds.offer(frame, `${linkType[i]} ${status} ${pkt.notes}`);
  if (pkt.payloadAt !== 0 && (pkt.payloadEnd > end || pkt.payloadLen < 0)) return `a payload beyond ${end}`;
  const has = pkt.ipVersion !== 0;
  return [
    STATUSES[status].name,
    NOTES.filter((_, bit) => (pkt.notes & (1 << bit)) !== 0).map(({ name }) => name),
    pkt.ipVersion,
    has ? [pkt.src0, pkt.src1, pkt.src2, pkt.src3, pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3] : [],
    [pkt.vlan, pkt.l4Proto, pkt.srcPort, pkt.dstPort, pkt.icmpType, pkt.icmpCode, pkt.payloadLen],
    pkt.payloadAt === 0 ? [] : [pkt.payloadAt - at, pkt.payloadEnd - at],
    pkt.fragAt === 0 ? [] : [pkt.fragAt - at, pkt.fragOffset, pkt.fragMore, pkt.fragId],
  ].join(" ");
}

/** Frames of a few talks, in their order but for what chance does to it. */
function makeFrames(draw: Draw, talks: readonly Talk[], finds: Finds): Made[] {
  const out: Made[] = [];
  let sec = 1_790_000_000;
  while (out.length < ROUND_FRAMES) {
    const talk = draw(4) === 0 && finds.frames.length > 0 ? finds.frames : talks[draw(talks.length)];
    const other = talks[draw(talks.length)];
    let at = draw(talk.length);
    const hardness = draw(4);
    for (let n = 1 + draw(60); n > 0 && out.length < ROUND_FRAMES; n--, at++) {
      const seed = talk[at % talk.length];
      if (draw(40) === 0) sec += draw(4) === 0 ? draw(100_000) - 1000 : draw(70);
      for (const data of variantsOf(draw, seed, other[draw(other.length)], hardness)) {
        out.push(made(draw, data, seed.linkType, sec, out.length));
        const back = Math.max(0, out.length - 1 - draw(5));
        if (draw(8) === 0) [out[back], out[out.length - 1]] = [out[out.length - 1], out[back]];
      }
    }
  }
  return out.slice(0, ROUND_FRAMES);
}

function variantsOf(draw: Draw, seed: Seed, other: Seed, hardness: number): Uint8Array[] {
  const data = draw(4) < hardness ? mutated(draw, seed.data, other.data) : seed.data;
  if (draw(16) === 0 && seed.linkType === 1 && isPlainIp(data)) {
    const pieces = fragments(Buffer.from(data), { size: 8 * (1 + draw(60)), id: draw(50) });
    const mixed = pieces.slice(0, 40).filter(() => draw(12) > 0);
    return mixed.map((piece) => (draw(8) === 0 ? mutated(draw, piece, other.data) : piece));
  }
  return draw(6) === 0 ? [data, data] : [data];
}

/** Ethernet around an IP header that is whole. */
function isPlainIp(data: Uint8Array): boolean {
  const type = data.length < 80 ? 0 : (data[12] << 8) | data[13];
  return (type === 0x0800 && data[14] === 0x45) || (type === 0x86dd && data[14] >> 4 === 6);
}

function made(draw: Draw, data: Uint8Array, linkType: number, sec: number, n: number): Made {
  const cut = draw(30) === 0 ? data.subarray(0, draw(data.length + 1)) : data;
  return {
    data: cut,
    linkType: draw(60) === 0 ? LINKS[draw(LINKS.length)] : linkType,
    wireLen: draw(50) === 0 ? draw(0x7fffffff) : data.length,
    sec,
    nsec: n * 1000,
  };
}

function batchOf(frames: readonly Made[], fill: number): FrameBatch {
  const size = frames.reduce((sum, { data }) => sum + data.length + PADDING, PADDING);
  const batch = new FrameBatch(new Uint8Array(size).fill(fill));
  let at = PADDING;
  for (const [i, frame] of frames.entries()) {
    batch.bytes.set(frame.data, at);
    batch.offset[i] = at;
    batch.caplen[i] = frame.data.length;
    batch.wireLen[i] = Math.max(frame.wireLen, frame.data.length);
    batch.tsSec[i] = frame.sec;
    batch.tsNsec[i] = frame.nsec;
    batch.linkType[i] = frame.linkType;
    at += frame.data.length + PADDING;
  }
  batch.count = frames.length;
  return batch;
}
