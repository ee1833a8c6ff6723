import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame } from "../../src/decode/link.ts";
import { LINKTYPE_RAW } from "../../src/decode/link-types.ts";
import { Packet } from "../../src/decode/packet.ts";
import { STATUSES } from "../../src/decode/status.ts";
import { type DatagramSink, IpFragments, type LaidOut } from "../../src/flow/ip-fragments.ts";
import { fragment, fragments } from "../traffic/fragments.ts";
import { udp } from "../traffic/packets.ts";

const ENDS: readonly [string, string] = ["10.20.1.11:5000", "198.51.100.7:9000"];
const ENDS6: readonly [string, string] = ["[fd20::1]:5000", "[2001:db8::7]:9000"];

/** Takes Ethernet frames; what comes of them in words. */
class Bench {
  readonly said: string[] = [];
  /** UDP payloads that were read. */
  readonly payloads: Buffer[] = [];
  readonly fragments: IpFragments;
  private readonly pkt = new Packet();

  constructor(maxDatagrams?: number, maxChunks?: number) {
    this.fragments = new IpFragments(7, this.sink(), maxDatagrams, maxChunks);
  }

  take(frames: readonly Uint8Array[], sec = 0): this {
    for (const frame of frames) {
      const memory = Uint8Array.from(frame);
      const view = new DataView(memory.buffer);
      const status = decodeFrame(this.pkt, view, 0, frame.length, frame.length, 1);
      expect(STATUSES[status].name).toMatch(/^ipv[46]\.fragment$/);
      this.fragments.take(this.pkt, view, sec, 0, frame.length);
      memory.fill(0xee); // whoever keeps a view of it instead of a copy shows
    }
    return this;
  }

  private sink(): DatagramSink {
    return {
      begun: () => this.said.push("begun"),
      read: (_, octets) => this.read(octets),
      orphaned: (datagram) => {
        this.said.push(`orphaned ${datagram.uncounted}`);
        datagram.frames = 0;
      },
      copied: () => this.said.push("copied"),
    };
  }

  private read({ view, at, end, wireEnd }: LaidOut): void {
    const pkt = new Packet();
    const status = decodeFrame(pkt, view, at, end, wireEnd - at, LINKTYPE_RAW);
    this.said.push(`${STATUSES[status].name} ${pkt.payloadEnd - pkt.payloadAt} of ${pkt.payloadLen}`);
    this.payloads.push(
      Buffer.from(new Uint8Array(view.buffer, pkt.payloadAt, pkt.payloadEnd - pkt.payloadAt)),
    );
  }
}

/** Cuts of a datagram of `length` octets that cover it, in any order, some of them over one another. */
function covering(length: number): fc.Arbitrary<{ from: number; to: number; more: boolean }[]> {
  const units = Math.ceil(length / 8);
  const extra = fc.array(fc.tuple(fc.nat(units - 1), fc.integer({ min: 1, max: 9 })), { maxLength: 9 });
  return fc
    .tuple(fc.integer({ min: 1, max: 20 }), extra, fc.infiniteStream(fc.nat()))
    .map(([step, over, dice]) => {
      const spans = Array.from({ length: Math.ceil(units / step) }, (_, i) => [i * step, step]);
      const pieces = [...spans, ...over].map(([at, count]) => {
        const to = Math.min(length, (at + count) * 8);
        return { from: at * 8, to, more: to < length };
      });
      return pieces.map((piece) => [dice.next().value as number, piece] as const).sort(([a], [b]) => a - b);
    })
    .map((diced) => diced.map(([, piece]) => piece).filter(({ from, more }) => from > 0 || more));
}

describe("IpFragments", () => {
  it("puts any covering set of pieces together, in any order, once", () => {
    const payload = Buffer.from(Array.from({ length: 597 }, (_, i) => (i * 7) & 0xff));
    for (const ends of [ENDS, ENDS6]) {
      const frame = udp(...ends, payload);
      fc.assert(
        fc.property(covering(605), (pieces) => {
          const bench = new Bench().take(pieces.map((piece) => fragment(frame, piece, { id: 77 })));
          expect(bench.payloads).toEqual([payload]);
          expect(bench.said.filter((word) => word === "begun")).toHaveLength(1);
          expect([bench.fragments.overlaps, bench.fragments.invalid, bench.fragments.pending]).toEqual([
            0, 0, 0,
          ]);
        }),
        { numRuns: 150, seed: 1 },
      );
    }
  });

  it("keeps many datagrams apart that come at once", () => {
    const frames = Array.from({ length: 200 }, (_, i) => udp(...[ENDS, ENDS6][i % 2], Buffer.alloc(1000, i)));
    const pieces = frames.map((frame, i) => fragments(frame, { size: 256, id: 1 + (i >> 1) }));
    const bench = new Bench();
    for (const n of [3, 0, 2, 1]) bench.take(pieces.map((all) => all[n]));
    expect(bench.payloads.map((payload) => payload[0]).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 200 }, (_, i) => i),
    );
    for (const payload of bench.payloads) expect(new Set(payload).size).toBe(1);
  });

  it("tells protocols of IPv4 apart, which have numbers of their own", () => {
    const frame = udp(...ENDS, Buffer.alloc(64));
    const [first, second] = fragments(frame, { size: 40, id: 5 });
    second[14 + 9] = 6;
    const bench = new Bench().take([first, second]);
    expect([bench.said, bench.fragments.pending]).toEqual([["begun"], 2]);
  });

  it("gives its memory back, whatever became of the datagrams", () => {
    const bench = new Bench(64, 8);
    for (let round = 0; round < 40; round++) {
      const frame = udp(...ENDS, Buffer.alloc(6000));
      const pieces = fragments(frame, { size: 1400 });
      bench.take(round % 3 === 0 ? pieces : pieces.slice(round % 2, 3), round * 60);
      bench.fragments.settleDue(round * 60 + 50);
    }
    expect(bench.fragments.evicted).toBe(0);
    expect(bench.fragments.pending).toBe(0);
    expect(bench.fragments.incomplete).toBe(26);
  });

  it("gives the oldest up when there is no memory, and goes on", () => {
    const bench = new Bench(64, 8);
    const first = (id: number) => fragments(udp(...ENDS, Buffer.alloc(3000)), { size: 1400, id })[0];
    for (let id = 1; id <= 12; id++) bench.take([first(id)]);
    expect(bench.fragments.evicted).toBe(4);
    const whole = fragments(udp(...ENDS, Buffer.alloc(16_000, 5)), { size: 1400, id: 99 });
    bench.take(whole);
    expect(bench.payloads.filter(({ length }) => length === 16_000)).toHaveLength(1);
    // More than there is memory for at all: what fits is judged when its time is over.
    bench.take(fragments(udp(...ENDS, Buffer.alloc(20_000, 6)), { size: 1400, id: 100 }), 1);
    bench.fragments.settleAll();
    expect(bench.payloads.at(-1)?.length).toBeGreaterThan(10_000);
  });

  it("remembers a whole datagram for a moment, to tell copies", () => {
    const pieces = fragments(udp(...ENDS, Buffer.alloc(64)), { size: 40, id: 5 });
    const bench = new Bench().take(pieces).take(pieces);
    expect(bench.said).toEqual(["begun", "ok 64 of 64", "copied", "copied"]);
    bench.take(pieces, 3);
    expect(bench.said.slice(4)).toEqual(["begun", "ok 64 of 64"]);
  });
});
