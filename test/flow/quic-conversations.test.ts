import { describe, expect, it } from "vitest";
import { decodeFrame } from "../../src/decode/link.ts";
import { Packet } from "../../src/decode/packet.ts";
import { FlowTracker } from "../../src/flow/flow-tracker.ts";
import { QuicConversations } from "../../src/flow/quic-conversations.ts";
import { udp } from "../traffic/packets.ts";
import { crypto, initial, longHeader, quicHello } from "../traffic/quic.ts";

const DCID = Buffer.from("8394c8f03e515708", "hex");
const CID = Buffer.from("c0ffee", "hex");

/** Tracker and conversations as the sensor joins them, with what they say in words. */
class QuicWire {
  readonly said: string[] = [];
  readonly quic: QuicConversations;
  private readonly tracker: FlowTracker;
  private readonly pkt = new Packet();
  private taken = 0;

  private readonly perSec: number;

  /** `perSec`: datagrams before the clock goes on by a second. */
  constructor(maxTalks: number, perSec = 100) {
    this.perSec = perSec;
    this.tracker = new FlowTracker(1 << 16, 1, (row) => this.quic.close(row));
    this.quic = new QuicConversations(
      this.tracker.table,
      {
        quicInitial: () => undefined,
        quicHello: (_row, _from, { names }) => this.said.push(...names),
        trouble: (name) => this.said.push(name),
      },
      maxTalks,
    );
  }

  /** A datagram from a client's port, or to it. */
  take(port: number, payload: Uint8Array, back = false): this {
    const ends = [`10.20.1.11:${port}`, "198.51.100.7:443"];
    const [from, to] = back ? ends.toReversed() : ends;
    const frame = udp(from, to, payload);
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    decodeFrame(this.pkt, view, 0, frame.length, frame.length, 1);
    const sec = 1000 + Math.floor(this.taken++ / this.perSec);
    const row = this.tracker.observe(this.pkt, sec, 0, frame.length);
    const end = this.tracker.table.direction === 0 ? 0 : 1;
    this.quic.long(row, end, view, this.pkt.payloadAt, this.pkt.payloadEnd, false);
    return this;
  }

  end(): string[] {
    this.tracker.endAll();
    return this.said;
  }

  /** Flows that something is kept of, and octets held for their messages. */
  get kept(): [flows: number, heldBytes: number] {
    const { talks, held } = this.quic as unknown as { talks: Map<number, unknown>; held: number };
    return [talks.size, held];
  }
}

function hello(name: string): Buffer {
  return initial({ dcid: DCID, scid: CID, frames: [crypto(0, quicHello(name))] });
}

describe("QuicConversations", () => {
  it("gives memory back once the hello was read and answered", () => {
    const wire = new QuicWire(8).take(1000, hello("a.example"));
    expect(wire.kept[1]).toBeGreaterThan(200);
    wire.take(1000, longHeader("handshake", CID, DCID), true);
    expect(wire.kept).toEqual([1, 0]);
    wire.end();
    expect(wire.kept).toEqual([0, 0]);
  });

  it("lets the oldest flow go when there are too many, and says so when its name was not read", () => {
    const wire = new QuicWire(2).take(1000, hello("a.example"));
    const half = initial({ dcid: DCID, frames: [crypto(0, quicHello("b.example").subarray(0, 20))] });
    wire.take(1001, half).take(1002, hello("c.example"));
    expect(wire.said).toEqual(["a.example", "c.example"]);
    wire.take(1003, hello("d.example"));
    expect(wire.said).toEqual(["a.example", "c.example", "table.quic_full", "d.example"]);
    expect(wire.end()).toHaveLength(4);
  });

  it("holds no more for all flows together than it may", () => {
    const wire = new QuicWire(1 << 16);
    const much = crypto(4, Buffer.alloc(7200)); // for less, nothing is kept so far ahead
    const far = initial({ dcid: DCID, frames: [much, crypto(0xfff0, Buffer.alloc(16))], size: 0 });
    for (let port = 1; port <= 1100; port++) wire.take(port, far);
    const [flows, heldBytes] = wire.kept;
    expect(heldBytes).toBeLessThanOrEqual(1 << 27);
    expect(wire.said.filter((name) => name === "quic.memory_full")).toHaveLength(1100 - flows);
    expect(flows).toBe(1024);
  });

  it("makes keys for so many connections of one source in a second, and says what it leaves out", () => {
    const wire = new QuicWire(1 << 16, 600);
    const first = (n: number) => {
      const dcid = Buffer.from((n + 2 ** 32).toString(16).padStart(16, "0"), "hex");
      return initial({ dcid, frames: [crypto(0, quicHello(`n${n}.example`))] });
    };
    for (let n = 0; n < 600; n++) wire.take(2000 + n, first(n));
    const left = wire.said.filter((said) => said === "quic.too_many_connections");
    expect([wire.said.length, left.length]).toEqual([600, 344]);
    expect(wire.said.slice(0, 256)).toEqual(Array.from({ length: 256 }, (_, n) => `n${n}.example`));
    // The next second has its own.
    wire.take(2600, first(600));
    expect(wire.said.at(-1)).toBe("n600.example");
  });

  it("follows eight connections of a flow at once, the oldest goes first", () => {
    const wire = new QuicWire(8);
    for (let n = 0; n < 9; n++) {
      const dcid = Buffer.from(`112233445566770${n}`, "hex");
      wire.take(1000, initial({ dcid, frames: [crypto(0, quicHello("a.example").subarray(0, 20))] }));
    }
    expect(wire.said).toEqual(["quic.hello_unfinished"]);
    expect(wire.end()).toHaveLength(9);
  });

  it("tries four Initial packets of a datagram, makes keys for one connection, and looks at sixteen packets", () => {
    const junk = Array.from({ length: 4 }, () => longHeader("0rtt", DCID));
    const bad = initial({ dcid: DCID, keysFrom: CID, frames: [], size: 60 });
    const good = initial({ dcid: DCID, frames: [crypto(0, quicHello("a.example"))], size: 0 });
    const said = (...packets: Buffer[]) => new QuicWire(8).take(1000, Buffer.concat(packets)).end();
    const ping = initial({ dcid: DCID, frames: [[1]].map((frame) => Buffer.from(frame)), size: 60 });
    expect(said(ping, ping, ping, ping, good)).toEqual(["a.example"]);
    expect(said(ping, ping, ping, ping, ping, good)).toEqual([
      "quic.too_many_packets",
      "quic.hello_unfinished",
    ]);
    expect(said(bad, good)).toEqual(["a.example"]);
    expect(said(bad, bad, bad, bad, good)).toEqual(["a.example"]);
    expect(said(bad, bad, bad, bad, bad, good)).toEqual(["quic.too_many_packets", "quic.initial_unreadable"]);
    // Whatever was named before, the one too many may be another's.
    expect(said(good, ping, ping, ping, ping, good)).toEqual(["a.example", "quic.too_many_packets"]);
    const other = initial({ dcid: CID, frames: [crypto(0, quicHello("b.example"))], size: 0 });
    expect(said(bad, other)).toEqual(["quic.too_many_packets", "quic.initial_unreadable"]);
    expect(said(good, other)).toEqual(["a.example", "quic.too_many_packets"]);
    expect(said(...junk, ...junk, ...junk, good)).toEqual(["a.example"]);
    expect(said(...junk, ...junk, ...junk, ...junk, good)).toEqual(["quic.too_many_packets"]);
  });
});
