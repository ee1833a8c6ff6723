import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame } from "../../src/decode/link.ts";
import { LINKTYPE_ETHERNET } from "../../src/decode/link-types.ts";
import { Packet } from "../../src/decode/packet.ts";
import {
  FLAGS,
  GATE_AJAR,
  GATE_OPEN,
  JUDGED,
  JUDGED_FINDING,
  JUDGED_PENDING,
  ROW_WORDS,
} from "../../src/flow/flow-row.ts";
import { FlowTracker } from "../../src/flow/flow-tracker.ts";
import { takeSteadySegment } from "../../src/flow/steady-segment.ts";
import { ACK, PSH, tcp } from "../traffic/packets.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";

const SEED = 4711;

/** Two trackers that should agree: one tries the short way first, the other knows the general one alone. */
class Pair {
  readonly short = new FlowTracker(64, SEED, () => {});
  readonly general = new FlowTracker(64, SEED, () => {});
  taken = 0;
  watched = false;
  private readonly pkt = new Packet();

  feed(frame: Uint8Array, sec: number, nsec: number, wireLen = frame.length): void {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    for (const tracker of [this.short, this.general]) {
      if (tracker === this.short && wireLen === frame.length) {
        if (takeSteadySegment(tracker.table, this.pkt, view, 0, frame.length, sec, nsec, this.watched)) {
          this.taken++;
          continue;
        }
      }
      decodeFrame(this.pkt, view, 0, frame.length, wireLen, LINKTYPE_ETHERNET);
      if (this.pkt.ipVersion !== 0) tracker.observe(this.pkt, sec, nsec, wireLen);
    }
  }

  /** No name can come any more: what the sensor does to flows that it has read enough of. */
  closeGates(): void {
    for (const { table } of [this.short, this.general]) {
      for (let row = 0; row < table.rowsUsed; row++) table.words[row * ROW_WORDS + FLAGS] &= ~GATE_OPEN;
    }
  }

  agree(): void {
    const rows = this.general.table.rowsUsed * ROW_WORDS;
    expect(this.short.table.rowsUsed * ROW_WORDS).toBe(rows);
    expect([...this.short.table.words.subarray(0, rows)]).toEqual([
      ...this.general.table.words.subarray(0, rows),
    ]);
    expect(this.short.copies).toBe(this.general.copies);
    expect(this.short.gaps.unseen).toBe(this.general.gaps.unseen);
  }
}

function opened(options = {}, isIpv6 = false): { pair: Pair; talk: TcpTalk } {
  const pair = new Pair();
  const talk = isIpv6
    ? new TcpTalk("[fd00:20::11]:40000", "[fd00:20:9::10]:6379", options)
    : new TcpTalk("10.20.1.11:40000", "10.20.9.10:6379", options);
  talk.open();
  talk.client("hello");
  talk.server("welcome");
  for (const frame of talk.frames) pair.feed(frame, 100, 0);
  pair.closeGates();
  talk.frames.length = 0;
  pair.taken = 0;
  return { pair, talk };
}

describe("takeSteadySegment", () => {
  it.each([
    ["IPv4", false],
    ["IPv6", true],
  ])(
    "takes %s data and acknowledgements of an open connection, over the wrap of both numberings",
    (_what, isIpv6) => {
      const { pair, talk } = opened({ clientIsn: 0xfffff000, serverIsn: 0x7ffffe00 }, isIpv6);
      for (let i = 0; i < 40; i++) {
        talk.client("x".repeat(200));
        talk.server("y".repeat(300));
      }
      for (const [i, frame] of talk.frames.entries()) pair.feed(frame, 101 + Math.floor(i / 9), i);
      pair.agree();
      expect(pair.taken).toBe(talk.frames.length);
    },
  );

  it.each([
    ["a flow that may still tell a name", FLAGS, GATE_OPEN],
    ["a flow that waits for its name", JUDGED, JUDGED_PENDING],
  ])("leaves data of %s to the general way", (_what, word, value) => {
    const { pair, talk } = opened();
    for (const { table } of [pair.short, pair.general]) table.words[word] |= value;
    for (const frame of talk.client("data")) pair.feed(frame, 101, 0);
    pair.agree();
    expect(pair.taken).toBe(1); // the acknowledgement
  });

  it("leaves the first data of a client that said nothing yet to the general way, and no others", () => {
    for (const [from, taken] of [
      ["client", 1], // the acknowledgement
      ["server", 2],
    ] as const) {
      const { pair, talk } = opened();
      for (const { table } of [pair.short, pair.general]) table.words[FLAGS] |= GATE_AJAR;
      for (const frame of talk[from]("data")) pair.feed(frame, 101, 0);
      pair.agree();
      expect(pair.taken).toBe(taken);
    }
  });

  it("leaves a finding's segments to the general way when somebody watches", () => {
    for (const watched of [false, true]) {
      const { pair, talk } = opened();
      pair.watched = watched;
      for (const { table } of [pair.short, pair.general]) table.words[JUDGED] = JUDGED_FINDING;
      for (const frame of talk.client("data")) pair.feed(frame, 101, 0);
      expect(pair.taken).toBe(watched ? 0 : 2);
    }
  });

  it.each([
    ["IPv4", false, 40],
    ["IPv4", true, 0],
    ["IPv6", false, 40],
    ["IPv6", true, 0],
  ])("takes %s segments behind a VLAN tag unless it tells networks apart: %s", (version, byVlan, taken) => {
    const isIpv6 = version === "IPv6";
    const { pair, talk } = opened({ frame: { vlans: [5] } }, isIpv6);
    for (const { table } of [pair.short, pair.general]) table.byVlan = byVlan;
    for (let i = 0; i < 20; i++) talk.client("x".repeat(i + 1));
    for (const frame of talk.frames) pair.feed(frame, 101, 0);
    pair.agree();
    expect([pair.taken, talk.frames.length]).toEqual([taken, 40]);
  });

  it("leaves to the general way what is not plain", () => {
    const { pair, talk } = opened();
    const [plain] = talk.data("client", "abc");
    const odd: [string, Uint8Array, number?][] = [
      ["cut", plain, plain.length + 10],
      [
        "tagged twice",
        tcp("10.20.1.11:40000", "10.20.9.10:6379", { flags: ACK | PSH, payload: "abc" }, { vlans: [5, 6] }),
      ],
      [
        "with IPv4 options",
        tcp("10.20.1.11:40000", "10.20.9.10:6379", { flags: ACK }, { options: [1, 1, 1, 1] }),
      ],
      ["a fragment", tcp("10.20.1.11:40000", "10.20.9.10:6379", { flags: ACK }, { fragment: 0x2000 })],
      ["longer than its frame", tcp("10.20.1.11:40000", "10.20.9.10:6379", { flags: ACK }, { ipLen: 1000 })],
      ["an end", tcp("10.20.1.11:40000", "10.20.9.10:6379", { flags: ACK | 1 })],
      ["short", plain.subarray(0, 50)],
    ];
    for (const [, frame, wireLen] of odd) pair.feed(frame, 101, 0, wireLen);
    pair.agree();
    expect(pair.taken).toBe(0);
  });

  it("leaves to the general way what is not plain IPv6", () => {
    const { pair, talk } = opened({}, true);
    const [plain] = talk.data("client", "abc");
    const otherVersion = Buffer.from(plain);
    otherVersion[14] = 0x45;
    const ends = ["[fd00:20::11]:40000", "[fd00:20:9::10]:6379"] as const;
    const odd: [string, Uint8Array, number?][] = [
      ["cut", plain, plain.length + 10],
      ["another version", otherVersion],
      ["an extension header", tcp(...ends, { flags: ACK }, { extensions: [[60, [0, 0, 1, 4, 0, 0, 0, 0]]] })],
      ["longer than its frame", tcp(...ends, { flags: ACK }, { ipLen: 1000 })],
      ["a jumbogram", tcp(...ends, { flags: ACK }, { ipLen: 0 })],
      ["other addresses below the last words", tcp("[fd00:21::11]:40000", ends[1], { flags: ACK })],
      ["an end", tcp(...ends, { flags: ACK | 1 })],
      ["short", plain.subarray(0, 70)],
    ];
    for (const [, frame, wireLen] of odd) pair.feed(frame, 101, 0, wireLen);
    pair.agree();
    expect(pair.taken).toBe(0);
  });

  it("agrees with the general way in whatever order, copied, lost, late and with octets changed", () => {
    let taken = 0;
    const mess = fc.record({
      isTagged: fc.boolean(),
      isIpv6: fc.boolean(),
      lens: fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 40 })), {
        minLength: 1,
        maxLength: 20,
      }),
      order: fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: -3, max: 90 }))),
      flips: fc.array(fc.tuple(fc.nat(60), fc.nat(73), fc.nat(255)), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(mess, ({ isTagged, isIpv6, lens, order, flips }) => {
        const { pair, talk } = opened({ frame: { vlans: isTagged ? [5] : [] } }, isIpv6);
        for (const [fromClient, len] of lens) {
          if (fromClient) talk.client("c".repeat(len));
          else talk.server("s".repeat(len));
        }
        const frames = talk.frames.map((frame) => Buffer.from(frame));
        for (const [i, at, value] of flips)
          if (i < frames.length && at < frames[i].length) frames[i][at] ^= value;
        let sec = 101;
        for (const frame of frames) pair.feed(frame, sec, 0);
        for (const [i, later] of order) {
          sec += later;
          if (i < frames.length) pair.feed(frames[i], sec, i);
        }
        pair.agree();
        taken += pair.taken;
      }),
      { numRuns: 400, seed: SEED },
    );
    expect(taken).toBeGreaterThan(2000);
  });
});
