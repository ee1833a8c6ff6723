import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeded } from "../names/octets.ts";
import { ACK, SYN, tcp } from "../traffic/packets.ts";
import { Wire } from "./wire.ts";

const CLIENT = "10.20.1.11:40000";
const SERVER = "198.51.100.7:443";

interface Segment {
  readonly from: number;
  readonly to: number;
}

/** A client's data in segments, as they arrive at the sensor, with the server's acknowledgement at the end. */
function unseenOf(isn: number, segments: readonly Segment[], acked: number): { unseen: number; out: number } {
  const at = (offset: number) => (isn + 1 + offset) >>> 0;
  const wire = new Wire(16);
  wire.take([tcp(CLIENT, SERVER, { seq: isn >>> 0, flags: SYN })]);
  wire.take([tcp(SERVER, CLIENT, { seq: 1, ack: at(0), flags: SYN | ACK })]);
  for (const { from, to } of segments) {
    wire.take([tcp(CLIENT, SERVER, { seq: at(from), ack: 2, payload: new Uint8Array(to - from) })]);
  }
  wire.take([tcp(SERVER, CLIENT, { seq: 2, ack: at(acked) })]);
  const { out } = wire.end().ended[0];
  return { unseen: wire.tracker.gaps.unseen, out };
}

/** Octets below `acked` that no segment covers. */
function naive(segments: readonly Segment[], acked: number): number {
  const seen = new Uint8Array(acked);
  for (const { from, to } of segments) seen.fill(1, Math.min(from, acked), Math.min(to, acked));
  return seen.filter((octet) => octet === 0).length;
}

describe("TcpGaps", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 40 });

  it("counts what was acknowledged but never delivered: loss, duplication and reordering", () => {
    let withLoss = 0;
    fc.assert(
      fc.property(lengths, fc.integer(), fc.integer(), (lens, isn, salt) => {
        const random = seeded(salt);
        let end = 0;
        const sent = lens.map((len) => {
          end += len;
          return { from: end - len, to: end };
        });
        const arrived = sent
          .filter(() => random() < 0.8)
          .flatMap((segment) => (random() < 0.2 ? [segment, segment] : [segment]))
          .map((segment, i) => ({ segment, place: i + (random() < 0.3 ? random() * 8 : 0) }))
          .sort((a, b) => a.place - b.place)
          .map(({ segment }) => segment);
        const acked = Math.floor(random() * (end + 1));
        const seen = unseenOf(isn, arrived, acked);
        const expected = naive(arrived, acked);
        if (expected > 0) withLoss++;
        expect(seen.unseen).toBe(expected);
        // Bytes out: all that was sent up to the last octet known of, lost or not.
        const known = Math.max(acked, ...arrived.map(({ to }) => to), 0);
        expect(seen.out).toBe(known);
      }),
      { numRuns: 300 },
    );
    expect(withLoss).toBeGreaterThan(50);
  });

  it("counts what was acknowledged of a direction that is not seen at all, from the SYN-ACK on", () => {
    const wire = new Wire(16);
    wire.take([
      tcp(SERVER, CLIENT, { seq: 1, ack: 1001, flags: SYN | ACK }),
      tcp(SERVER, CLIENT, { seq: 2, ack: 1051, payload: "200 OK" }),
      tcp(SERVER, CLIENT, { seq: 8, ack: 1101 }),
    ]);
    const { out } = wire.end().ended[0];
    expect([wire.tracker.gaps.unseen, out]).toEqual([100, 100]);
  });

  it("counts nothing before the first packet of a connection that was open already", () => {
    const wire = new Wire(16);
    wire.take([tcp(SERVER, CLIENT, { seq: 2, ack: 1051 }), tcp(SERVER, CLIENT, { seq: 2, ack: 1052 })]);
    wire.end();
    expect(wire.tracker.gaps.unseen).toBe(1);
  });

  it("takes what lies in a hole in any pieces and overlaps", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 120 })), { maxLength: 20 }),
        fc.integer(),
        (pieces, isn) => {
          const segments = [
            { from: 300, to: 360 },
            ...pieces.map(([from, len]) => ({ from, to: from + len })),
          ];
          expect(unseenOf(isn, segments, 360).unseen).toBe(naive(segments, 360));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("does not count what nobody acknowledged", () => {
    expect(unseenOf(7, [{ from: 100, to: 200 }], 0).unseen).toBe(0);
    expect(unseenOf(7, [{ from: 100, to: 200 }], 50).unseen).toBe(50);
    expect(unseenOf(7, [], 50).unseen).toBe(50);
  });

  it("counts holes beyond those it keeps as lost, and never fewer than there are", () => {
    const odd = Array.from({ length: 100 }, (_, i) => ({ from: 20 * i + 10, to: 20 * i + 20 }));
    const even = Array.from({ length: 100 }, (_, i) => ({ from: 20 * i, to: 20 * i + 10 }));
    expect(unseenOf(7, odd, 2000).unseen).toBe(1000);
    const late = unseenOf(7, [...odd, ...even], 2000).unseen;
    expect(late).toBe(680); // 32 of 100 holes were still kept when their octets came
  });

  it("never counts fewer than there are when a hole falls apart at the cap", () => {
    const segments = Array.from({ length: 32 }, (_, i) => ({ from: 20 * i + 10, to: 20 * i + 20 }));
    const middle = { from: 104, to: 106 };
    expect(unseenOf(7, [...segments, middle], 640).unseen).toBe(naive([...segments, middle], 640));
  });

  it("keeps directions apart", () => {
    const wire = new Wire(16);
    wire.take([
      tcp(CLIENT, SERVER, { seq: 0, flags: SYN }),
      tcp(SERVER, CLIENT, { seq: 0, ack: 1, flags: SYN | ACK }),
      tcp(CLIENT, SERVER, { seq: 101, ack: 1, payload: "x" }),
      tcp(SERVER, CLIENT, { seq: 201, ack: 1, payload: "y" }),
      tcp(SERVER, CLIENT, { seq: 1, ack: 1, payload: "y".repeat(200) }),
      tcp(SERVER, CLIENT, { seq: 202, ack: 102 }),
      tcp(CLIENT, SERVER, { seq: 102, ack: 202 }),
    ]);
    wire.end();
    expect(wire.tracker.gaps.unseen).toBe(100);
  });

  describe("beyond any window", () => {
    /** Loss of `lost` octets after three that were seen; what comes then, by number from the first octet on. */
    const afterLoss = (lost: number, frames: (from: number) => readonly Uint8Array[]) => {
      const wire = new Wire(16);
      wire.take([
        tcp(CLIENT, SERVER, { seq: 0, flags: SYN }),
        tcp(SERVER, CLIENT, { seq: 0, ack: 1, flags: SYN | ACK }),
        tcp(CLIENT, SERVER, { seq: 1, ack: 1, payload: "abc" }),
        tcp(SERVER, CLIENT, { seq: 1, ack: 4 }),
        ...frames(4 + lost),
      ]);
      const { out } = wire.end().ended[0];
      return { unseen: wire.tracker.gaps.unseen, out };
    };
    const data = (seq: number, lenBytes: number) =>
      tcp(CLIENT, SERVER, { seq, ack: 1, payload: "x".repeat(lenBytes) });
    const ack = (number: number) => tcp(SERVER, CLIENT, { seq: 1, ack: number });

    it.each([2 ** 24 + 1, 20e6, 2 ** 30])("counts a loss of %i octets, whoever shows it first", (lost) => {
      const gone = { unseen: lost, out: lost + 13 };
      expect(afterLoss(lost, (from) => [data(from, 10), ack(from + 10)])).toEqual(gone);
      expect(
        afterLoss(lost, (from) => [data(from, 5), data(from + 5, 5), data(from, 5), ack(from + 10)]),
      ).toEqual(gone);
      expect(afterLoss(lost, (from) => [ack(from), data(from, 10), ack(from + 10)])).toEqual(gone);
      expect(afterLoss(lost, (from) => [ack(from + 10), data(from, 10)])).toEqual(gone);
      expect(afterLoss(lost, (from) => [ack(from), ack(from + 5), ack(from + 10)])).toEqual({
        ...gone,
        unseen: lost + 10,
      });
    });

    it("takes what nobody acknowledges for junk: what is sent besides counts as before", () => {
      const frames = (from: number) => [
        data(from, 10),
        data(4, 1000),
        ack(1004),
        data(1004, 1000),
        ack(2004),
      ];
      expect(afterLoss(20e6, frames)).toEqual({ unseen: 0, out: 2013 });
      expect(afterLoss(2 ** 30, frames)).toEqual({ unseen: 0, out: 2013 });
    });

    it("takes a lone acknowledgement, also told twice, for one of an older connection", () => {
      const frames = (from: number) => [ack(from), ack(from), data(4, 1000), ack(1004)];
      expect(afterLoss(2 ** 29, frames)).toEqual({ unseen: 0, out: 1003 });
    });
  });
});
