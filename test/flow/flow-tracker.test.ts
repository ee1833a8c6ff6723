import { describe, expect, it } from "vitest";
import {
  CONFIDENCE_HANDSHAKE,
  CONFIDENCE_MASK,
  CONFIDENCE_PORT,
  CONFIDENCE_PROTOCOL,
  CONFIDENCE_UNKNOWN,
  FLAGS,
  ICMP_REFUSED,
  INITIATOR_B,
  ROW_WORDS,
} from "../../src/flow/flow-row.ts";
import { httpRequest } from "../traffic/messages.ts";
import { ACK, FIN, icmp, ip, RST, SYN, tcp, udp } from "../traffic/packets.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";
import { Wire } from "./wire.ts";

const CLIENT = "10.20.1.11:40000";
const SERVER = "198.51.100.7:443";

function opened(options = {}): { talk: TcpTalk; wire: Wire } {
  const talk = new TcpTalk(CLIENT, SERVER, options);
  return { talk, wire: new Wire().take(talk.open(), 100) };
}

describe("how long a flow lasts", () => {
  const later = (wire: Wire, sec: number): number => {
    wire.tracker.sweep(sec);
    return wire.tracker.table.size;
  };

  it("is 180 s of silence for a datagram", () => {
    const wire = new Wire().take([udp(CLIENT, SERVER, "x")], 100);
    expect([later(wire, 280), later(wire, 281)]).toEqual([1, 0]);
    expect(wire.ended.length).toBe(1);
  });

  it("is two minutes for a SYN without an answer, also with one that was never acknowledged", () => {
    for (const count of [1, 2]) {
      const talk = new TcpTalk(CLIENT, SERVER);
      talk.open();
      const wire = new Wire().take(talk.frames.slice(0, count), 100);
      expect([later(wire, 220), later(wire, 222)]).toEqual([1, 0]);
    }
  });

  it("is a day for an open connection", () => {
    const { wire } = opened();
    expect([later(wire, 100 + 86_400), later(wire, 100 + 86_402)]).toEqual([1, 0]);
  });

  it("is a minute after a reset or after both ends' FIN, but not after one", () => {
    const one = opened();
    one.wire.take([tcp(CLIENT, SERVER, { seq: one.talk.clientSeq, ack: 1, flags: FIN | ACK })], 100);
    expect(later(one.wire, 1000)).toBe(1);
    const both = opened();
    both.wire.take(both.talk.close(), 100);
    expect([later(both.wire, 160), later(both.wire, 162)]).toEqual([1, 0]);
    const reset = opened();
    reset.wire.take(reset.talk.reset("server"), 100);
    expect([later(reset.wire, 160), later(reset.wire, 162)]).toEqual([1, 0]);
  });

  it("ends by itself when the 5-tuple is used again after the silence", () => {
    const wire = new Wire().take([udp(CLIENT, SERVER, "x")], 100).take([udp(CLIENT, SERVER, "yy")], 281);
    expect(wire.ended.map(({ out }) => out)).toEqual([1]);
    expect(wire.tracker.opened).toBe(2);
  });

  it("is not shortened by a clock that runs backwards", () => {
    const wire = new Wire().take([udp(CLIENT, SERVER, "x")], 1000).take([udp(CLIENT, SERVER, "x")], 10);
    expect(wire.tracker.opened).toBe(1);
    expect(later(wire, 1100)).toBe(1);
  });

  it("is looked at a part of the table at a time, and all of it in the end", () => {
    const wire = new Wire(100_000);
    for (let n = 0; n < 10_000; n++) wire.take([udp(`10.20.${n >> 8}.${n & 255}:1`, SERVER, "x")], 100);
    const sizes = [1000, 1000.5].map((sec) => later(wire, sec));
    expect(sizes[0]).toBeGreaterThan(0);
    expect(sizes[0]).toBeLessThan(10_000);
    expect(sizes[1]).toBe(sizes[0]); // once a second
    for (let sec = 1001; sec < 1032; sec++) later(wire, sec);
    expect(wire.tracker.table.size).toBe(0);
  });

  const both = (port: number) => [
    udp(`10.20.1.11:${40000 + port}`, SERVER, "x"),
    udp(SERVER, `10.20.1.11:${40000 + port}`, "y"),
  ];

  it("ends at the cap for a new one when nobody answered it, but not when somebody did", () => {
    const wire = new Wire(2);
    wire.take([...both(1), both(2)[0], ...both(3)]);
    expect([wire.tracker.atCap, wire.tracker.opened, wire.row]).toEqual([1, 3, 1]);
    expect(wire.ended.map(({ initiatorPort }) => initiatorPort)).toEqual([40002]);
  });

  it("ends in row order when all end, and no packet is taken at the cap of conversations", () => {
    const wire = new Wire(2);
    wire.take([3, 1, 2].flatMap((port) => both(port).slice(0, port === 2 ? 1 : 2)));
    expect([wire.tracker.atCap, wire.tracker.opened, wire.row]).toEqual([1, 2, -1]);
    wire.end();
    expect(wire.ended.map(({ initiatorPort }) => initiatorPort)).toEqual([40003, 40001]);
  });
});

describe("what is one connection", () => {
  const syn = (seq: number) => tcp(CLIENT, SERVER, { seq, flags: SYN });

  it("is a SYN and its retries", () => {
    const wire = new Wire()
      .take([syn(7)], 1)
      .take([syn(7)], 2)
      .take([syn(7)], 4);
    expect(wire.tracker.opened).toBe(1);
  });

  it("is not a SYN with another number", () => {
    const wire = new Wire().take([syn(7), syn(8)]);
    expect([wire.tracker.opened, wire.ended.length]).toEqual([2, 1]);
  });

  it("is a SYN-ACK before its SYN", () => {
    const talk = new TcpTalk(CLIENT, SERVER);
    const [first, answer, ack] = talk.open();
    const wire = new Wire().take([answer, first, ack]).take(talk.client("abc"));
    expect(wire.tracker.opened).toBe(1);
    expect(wire.flow()).toEqual({ initiatorPort: 40000, out: 3, in: 0, outcome: "transferred" });
  });

  it("is data and acknowledgements that overtook their SYN", () => {
    const talk = new TcpTalk(CLIENT, SERVER);
    const [first, answer, ack] = talk.open();
    const data = talk.data("client", "abc");
    for (const order of [
      [answer, first, ...data, ack],
      [answer, ack, ...data, first],
    ]) {
      const wire = new Wire().take(order);
      expect(wire.tracker.opened).toBe(1);
      expect(wire.flow().out).toBe(3);
    }
  });

  it("is not a SYN on a 5-tuple that was open before the capture", () => {
    const wire = new Wire().take([tcp(CLIENT, SERVER, { seq: 500, ack: 9, payload: "x" }), syn(9000)]);
    expect(wire.tracker.opened).toBe(2);
  });

  it("is each its own for UDP, ICMP echo by its identifier, and other protocols by address", () => {
    const wire = new Wire().take([
      udp(CLIENT, SERVER, "x"),
      udp(SERVER, CLIENT, "x"),
      udp("10.20.1.11:40001", SERVER, "x"),
      icmp("10.20.1.11", "198.51.100.7", { type: 8, rest: 0x10001 }),
      icmp("198.51.100.7", "10.20.1.11", { type: 0, rest: 0x10001 }),
      icmp("10.20.1.11", "198.51.100.7", { type: 8, rest: 0x20001 }),
    ]);
    expect(wire.tracker.opened).toBe(4);
  });
});

describe("bytes", () => {
  it("are payload octets, whatever is sent twice, overlaps, or comes out of order", () => {
    for (const clientIsn of [1000, 0xfffffff0, 0x7ffffff0]) {
      const { talk, wire } = opened({ clientIsn, mss: 10 });
      const frames = talk.client("x".repeat(95));
      wire.take([frames[0], frames[3], frames[1], frames[1], frames[2], ...frames.slice(4), frames[2]]);
      const seq = (clientIsn + 1 + 90) >>> 0;
      wire.take([tcp(CLIENT, SERVER, { seq, ack: 1, payload: "x".repeat(10) })]); // five of them new
      expect(wire.flow().out).toBe(100);
      expect(wire.end().tracker.gaps.unseen).toBe(0);
    }
  });

  it("leave keep-alive probes and FINs out", () => {
    const { talk, wire } = opened();
    wire.take(talk.client("abc"));
    wire.take([tcp(CLIENT, SERVER, { seq: talk.clientSeq - 1, ack: 1, payload: "\0" })]);
    wire.take(talk.server("defg")).take(talk.close());
    expect(wire.flow()).toMatchObject({ out: 3, in: 4 });
    expect(wire.end().tracker.gaps.unseen).toBe(0);
  });

  it("count what only an acknowledgement tells of", () => {
    for (const before of ["", "abc"]) {
      const { talk, wire } = opened();
      if (before !== "") wire.take(talk.client(before));
      talk.data("client", "x".repeat(500));
      wire.take(talk.ack("server"));
      expect(wire.flow().out).toBe(before.length + 500);
      expect(wire.end().tracker.gaps.unseen).toBe(500);
    }
  });

  it("are not invented by a jump beyond any window", () => {
    const { talk, wire } = opened();
    wire.take([tcp(CLIENT, SERVER, { seq: talk.clientSeq + 2 ** 29, ack: 1, payload: "abc" })]);
    expect(wire.flow().out).toBe(3);
    wire.take([tcp(SERVER, CLIENT, { seq: talk.serverSeq, ack: talk.clientSeq - 2 ** 29 })]);
    expect([wire.flow().out, wire.end().tracker.gaps.unseen]).toEqual([3, 0]);
  });

  it("are not invented by an acknowledgement beyond any window", () => {
    const { talk, wire } = opened();
    wire.take([tcp(SERVER, CLIENT, { seq: talk.serverSeq, ack: talk.clientSeq + 2 ** 29 })]);
    expect([wire.flow().out, wire.end().tracker.gaps.unseen]).toEqual([0, 0]);
  });

  it("go beyond what a sequence number holds", () => {
    const { talk, wire } = opened({ clientIsn: 0 });
    const step = 1 << 23; // within what a gap may be
    for (let n = 1; n <= 600; n++) {
      wire.take([tcp(CLIENT, SERVER, { seq: (1 + n * step - 1) >>> 0, ack: talk.serverSeq, payload: "x" })]);
    }
    expect(wire.flow().out).toBe(600 * step);
    wire.take([
      tcp(CLIENT, SERVER, { seq: 600 * step - 2 ** 32 - 10, ack: talk.serverSeq, payload: "retry" }),
    ]);
    wire.take([tcp(CLIENT, SERVER, { seq: 2 ** 32 - 5, ack: talk.serverSeq, payload: "retry" })]);
    expect(wire.flow().out).toBe(600 * step);
  });

  it("of datagrams count once when a mirror shows them twice, and twice when they were sent twice", () => {
    const once = udp(CLIENT, SERVER, "abcd", { id: 7 });
    const wire = new Wire().take([once, once]);
    expect([wire.flow().out, wire.tracker.copies]).toEqual([4, 1]);
    wire.take([udp(CLIENT, SERVER, "abcd", { id: 8 })]);
    expect([wire.flow().out, wire.tracker.copies]).toEqual([8, 1]);
    wire.take([udp(CLIENT, SERVER, "abcd", { id: 8 })], 3);
    expect([wire.flow().out, wire.tracker.copies]).toEqual([12, 1]);
  });

  it("of a first packet are no copy of nothing", () => {
    const wire = new Wire().take([ip("10.20.1.11", "198.51.100.7", 89, [1, 2, 3, 4], { id: 4 })]);
    expect([wire.flow().out, wire.tracker.copies]).toEqual([4, 0]);
  });

  it("of datagrams that all look the same are not hidden as copies of one", () => {
    const same = udp(CLIENT, SERVER, "abcd", { id: 7 });
    const wire = new Wire().take(Array<Buffer>(100).fill(same));
    expect(wire.flow().out).toBe(200);
  });

  it("of datagrams without an identification are never taken for copies", () => {
    const v4 = udp(CLIENT, SERVER, "abcd", { id: 0 });
    const v6 = udp("[fd20::1]:1", "[2001:db8::1]:2", "abcd");
    for (const frame of [v4, v6]) {
      const wire = new Wire().take([frame, frame]);
      expect([wire.flow().out, wire.tracker.copies]).toEqual([8, 0]);
    }
  });

  it("of TCP do not double in a mirror that shows everything twice", () => {
    const talk = new TcpTalk(CLIENT, SERVER);
    talk.open();
    talk.client(httpRequest("a.example"));
    talk.server("x".repeat(5000));
    talk.close();
    const single = new Wire().take(talk.frames).end();
    const double = new Wire().take(talk.frames.flatMap((frame) => [frame, frame])).end();
    expect(double.ended).toEqual(single.ended);
    expect(double.events).toEqual(single.events);
    expect([single.tracker.copies, double.tracker.copies]).toEqual([0, talk.frames.length]);
    expect(double.tracker.gaps.unseen).toBe(0);
  });
});

describe("the outcome of a flow", () => {
  const talk = () => new TcpTalk(CLIENT, SERVER);
  const cases: [why: string, expected: string, frames: () => readonly Buffer[]][] = [
    ["a SYN alone", "attempted", () => talk().syn()],
    ["a reset", "refused", () => [...all(talk(), (t) => [t.syn(), t.reset("server")])]],
    [
      "a reset that overtook its SYN",
      "refused",
      () => all(talk(), (t) => [t.syn(), t.reset("server")]).toReversed(),
    ],
    ["a reset by the client itself", "attempted", () => all(talk(), (t) => [t.syn(), t.reset("client")])],
    ["a SYN-ACK that nobody takes up", "answered", () => all(talk(), (t) => [t.syn(), t.synAck()])],
    [
      "a SYN-ACK that is reset",
      "answered",
      () => all(talk(), (t) => [t.syn(), t.synAck(), t.reset("client")]),
    ],
    ["a handshake", "connected", () => all(talk(), (t) => [t.open()])],
    ["a handshake and a reset", "connected", () => all(talk(), (t) => [t.open(), t.reset("server")])],
    [
      "a handshake of which the answer was not seen",
      "connected",
      () => all(talk(), (t) => [t.syn(), t.synAck().slice(1), t.ack("client")]),
    ],
    ["a banner alone", "connected", () => all(talk(), (t) => [t.open(), t.server("220 hi\r\n")])],
    ["data", "transferred", () => all(talk(), (t) => [t.open(), t.client("x")])],
    [
      "data of which only the acknowledgement was seen",
      "transferred",
      () => all(talk(), (t) => [t.open(), t.client("xyz").slice(1)]),
    ],
    [
      "data of a connection open before",
      "transferred",
      () => [tcp(CLIENT, SERVER, { seq: 1, ack: 1, payload: "x" })],
    ],
    [
      "answers in a connection open before",
      "connected",
      () => [tcp(SERVER, CLIENT, { seq: 1, ack: 1, payload: "x" })],
    ],
    ["an ACK out of nowhere", "attempted", () => [tcp(CLIENT, SERVER, { seq: 1, ack: 1 })]],
    [
      "an ACK out of nowhere that is reset",
      "refused",
      () => [tcp(CLIENT, SERVER, { seq: 1, ack: 1 }), tcp(SERVER, CLIENT, { seq: 1, flags: RST })],
    ],
    ["a datagram", "attempted", () => [udp(CLIENT, SERVER, "x")]],
    ["a datagram and an answer", "answered", () => [udp(CLIENT, SERVER, "x"), udp(SERVER, CLIENT, "y")]],
    [
      "an answer to nothing that was seen",
      "answered",
      () => [udp("198.51.100.7:443", "10.20.1.11:40000", "y")],
    ],
    ["a ping", "attempted", () => [icmp("10.20.1.11", "198.51.100.7", { type: 8 })]],
    [
      "a ping and its answer",
      "answered",
      () => [
        icmp("10.20.1.11", "198.51.100.7", { type: 8 }),
        icmp("198.51.100.7", "10.20.1.11", { type: 0 }),
      ],
    ],
  ];
  for (const [why, expected, frames] of cases) {
    it(`${expected}: ${why}`, () => {
      expect(new Wire().take(frames()).flow().outcome).toBe(expected);
    });
  }

  it("refused: a SYN or a datagram that an ICMP error quotes, unless it was answered", () => {
    const quoted = (frames: readonly Buffer[]) => {
      const wire = new Wire().take(frames);
      wire.tracker.table.words[wire.row * ROW_WORDS + FLAGS] |= ICMP_REFUSED;
      return wire.flow().outcome;
    };
    expect(quoted(talk().syn())).toBe("refused");
    expect(quoted([udp(CLIENT, SERVER, "x")])).toBe("refused");
    expect(quoted([udp(CLIENT, SERVER, "x"), udp(SERVER, CLIENT, "y")])).toBe("answered");
    expect(quoted(talk().open())).toBe("connected");
  });
});

describe("who initiated, by the first packet", () => {
  const cases: [why: string, frame: Buffer, port: number][] = [
    ["the higher port, of datagrams", udp("10.20.1.11:40000", "198.51.100.7:123", "x"), 40000],
    ["the higher port, of an answer", udp("198.51.100.7:123", "10.20.1.11:40000", "x"), 40000],
    ["a registered port before a client's", udp("198.51.100.7:40001", "10.20.1.11:8080", "x"), 40001],
    ["a well-known port before a registered one", udp("198.51.100.7:8080", "10.20.1.11:443", "x"), 8080],
    [
      "a registered port that a well-known one sends to",
      udp("10.20.1.11:443", "198.51.100.7:8080", "x"),
      8080,
    ],
    ["whoever is seen first among equals", udp("10.20.1.11:123", "198.51.100.7:124", "x"), 123],
    ["whoever is seen first among clients' ports", udp("10.20.1.11:50000", "198.51.100.7:60000", "x"), 50000],
    ["the sender to a group, whatever its port", udp("10.20.1.11:53", "239.1.1.1:40000", "x"), 53],
    ["the sender to a group of IPv6", udp("[fd20::1]:53", "[ff02::fb]:40000", "x"), 53],
    ["the sender to the broadcast address", udp("10.20.1.11:67", "255.255.255.255:40068", "x"), 67],
    [
      "the sender of a SYN, against all ports",
      tcp("10.20.1.11:80", "198.51.100.7:40000", { flags: SYN }),
      80,
    ],
    ["the receiver of a SYN-ACK", tcp("10.20.1.11:40000", "198.51.100.7:80", { flags: SYN | ACK }), 80],
    ["ports, for TCP in its middle", tcp("198.51.100.7:443", "10.20.1.11:40000", {}), 40000],
  ];
  for (const [why, frame, port] of cases) {
    it(why, () => expect(new Wire().take([frame]).flow().initiatorPort).toBe(port));
  }

  it("is surer of a handshake than of a protocol, of ports than of nothing", () => {
    const confidence = (frame: Buffer) => {
      const wire = new Wire().take([frame]);
      return wire.tracker.table.words[wire.row * ROW_WORDS + FLAGS] & CONFIDENCE_MASK;
    };
    expect(confidence(tcp(CLIENT, SERVER, { flags: SYN }))).toBe(CONFIDENCE_HANDSHAKE);
    expect(confidence(icmp("10.20.1.11", "198.51.100.7", { type: 8 }))).toBe(CONFIDENCE_PROTOCOL);
    expect(confidence(udp(CLIENT, SERVER, "x"))).toBe(CONFIDENCE_PORT);
    expect(confidence(udp("10.20.1.11:123", "198.51.100.7:124", "x"))).toBe(CONFIDENCE_UNKNOWN);
    expect(confidence(ip("10.20.1.11", "198.51.100.7", 89, [1]))).toBe(CONFIDENCE_UNKNOWN);
  });

  it("is the sender of a request in ICMP, not of a reply", () => {
    const { tracker } = new Wire().take([icmp("198.51.100.7", "10.20.1.11", { type: 0, rest: 7 })]);
    const six = new Wire().take([icmp("2001:db8::1", "fd20::1", { type: 129, rest: 7 })]).tracker;
    for (const { table } of [tracker, six]) expect(table.words[FLAGS] & INITIATOR_B).toBe(INITIATOR_B);
    const echo = new Wire().take([icmp("10.20.1.11", "198.51.100.7", { type: 8, rest: 7 })]).tracker;
    expect(echo.table.words[FLAGS] & INITIATOR_B).toBe(0);
  });
});

/** The frames that a talk gives step by step; a step may build frames that are not shown. */
function all(talk: TcpTalk, steps: (talk: TcpTalk) => readonly (readonly Buffer[])[]): readonly Buffer[] {
  return steps(talk).flat();
}
