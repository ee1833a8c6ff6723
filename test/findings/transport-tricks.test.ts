import { describe, expect, it } from "vitest";
import { seeded } from "../names/octets.ts";
import { lineOf } from "../sensor-run.ts";
import { fragments } from "../traffic/fragments.ts";
import { clientHello, serverHello, tlsData } from "../traffic/messages.ts";
import { be, join } from "../traffic/octets.ts";
import { ACK, FIN, ipPacket, PSH, SYN, tcp, udp } from "../traffic/packets.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";
import { at, GPU, OUTSIDE, reasonsOf, Scene } from "./scene.ts";

// One and the same reachback, in every disguise that a transport has for it: always the same finding.

const CLIENT = at(GPU, 40000);
const SERVER = at(OUTSIDE, 443);
const ISN = 0xfffffc00; // the numbers pass zero within the hello
const SERVER_ISN = 0x7fffff00;
const NAME = "reach.example.com";
/** As long as those with a post-quantum key share: more than one segment. */
const HELLO = clientHello(NAME, ["h2"], 1700);
const REST = tlsData(100);

interface Sent {
  readonly from: "client" | "server";
  readonly frame: Buffer;
}

/** A segment of the client, `offset` octets into what it sends. */
function out(offset: number, payload: Uint8Array, flags = ACK | PSH): Sent {
  const seq = (ISN + 1 + offset) >>> 0;
  return { from: "client", frame: tcp(CLIENT, SERVER, { seq, ack: SERVER_ISN + 1, flags, payload }) };
}

function back(fields: { offset?: number; ack: number; flags?: number; payload?: Uint8Array }): Sent {
  const { offset = 0, ack, flags = ACK, payload = Buffer.alloc(0) } = fields;
  const segment = { seq: SERVER_ISN + 1 + offset, ack: (ISN + 1 + ack) >>> 0, flags, payload };
  return { from: "server", frame: tcp(SERVER, CLIENT, segment) };
}

const SYN_FRAME: Sent = { from: "client", frame: tcp(CLIENT, SERVER, { seq: ISN, flags: SYN }) };
const SYN_ACK: Sent = {
  from: "server",
  frame: tcp(SERVER, CLIENT, { seq: SERVER_ISN, ack: ISN + 1, flags: SYN | ACK }),
};
const HANDSHAKE = [SYN_FRAME, SYN_ACK, out(0, Buffer.alloc(0), ACK)];

/** What comes after the hello. */
function ending(helloLen: number): Sent[] {
  const hello = serverHello();
  const all = helloLen + REST.length;
  return [
    back({ ack: helloLen, payload: hello }),
    out(helloLen, REST),
    back({ ack: all, offset: hello.length }),
    out(all, Buffer.alloc(0), ACK | FIN),
    back({ ack: all + 1, offset: hello.length, flags: ACK | FIN }),
    out(all + 1, Buffer.alloc(0), ACK),
  ];
}

function cut(octets: Uint8Array, ...places: readonly number[]): Sent[] {
  const ends = [...places, octets.length];
  return ends.map((end, i) =>
    out(i === 0 ? 0 : ends[i - 1], octets.subarray(i === 0 ? 0 : ends[i - 1], end)),
  );
}

function inPieces(size: number): Sent[] {
  const places: number[] = [];
  for (let place = size; place < HELLO.length; place += size) places.push(place);
  return cut(HELLO, ...places);
}

function judged(sent: readonly Sent[]): object {
  const summary = new Scene()
    .works()
    .send(...sent.map(({ frame }) => frame))
    .seen();
  const findings = summary.findings.map((finding) => [lineOf(finding), finding.bytesOut, finding.bytesIn]);
  return { findings, reasons: reasonsOf(summary), hellos: summary.totals.tlsHellos };
}

const PLAIN = {
  findings: [
    [
      `egress.flow ${GPU} ${NAME} 443/tcp transferred critical x1`,
      HELLO.length + REST.length,
      serverHello().length,
    ],
  ],
  reasons: [],
  hellos: 1,
};

function whole(...hello: readonly Sent[]): Sent[] {
  return [...HANDSHAKE, ...hello, ...ending(HELLO.length)];
}

function shuffled(sent: readonly Sent[], seed: number): Sent[] {
  const random = seeded(seed);
  return [...sent].sort(() => random() - 0.5);
}

describe("a hello in segments is the same finding", () => {
  it("in one", () => {
    expect(judged(whole(out(0, HELLO)))).toEqual(PLAIN);
  });

  it("cut in two at every octet, in order and not", () => {
    for (let place = 1; place < HELLO.length; place += place < 110 ? 1 : 311) {
      const [a, b] = cut(HELLO, place);
      expect(judged(whole(a, b)), `at ${place}`).toEqual(PLAIN);
      expect(judged(whole(b, a)), `at ${place}, turned`).toEqual(PLAIN);
    }
  });

  it.each([1, 2, 3, 7, 100, 536, 1448])(
    "of %i octets, in order, from the end, shuffled, each twice",
    (size) => {
      const pieces = inPieces(size);
      expect(judged(whole(...pieces))).toEqual(PLAIN);
      // More holes at once than are followed count as loss: then the run is not clean, whatever comes later.
      if (size >= 100) {
        expect(judged(whole(...pieces.toReversed()))).toEqual(PLAIN);
        for (let seed = 1; seed < 5; seed++) expect(judged(whole(...shuffled(pieces, seed)))).toEqual(PLAIN);
      }
      expect(judged(whole(...pieces.flatMap((piece) => [piece, piece])))).toEqual(PLAIN);
    },
  );

  it("that lie over one another, and are sent again in other pieces", () => {
    const over = Array.from({ length: 40 }, (_, i) => out(i * 45, HELLO.subarray(i * 45, i * 45 + 130)));
    expect(judged(whole(...over))).toEqual(PLAIN);
    for (let seed = 1; seed < 10; seed++) {
      expect(judged(whole(...shuffled([...over, ...inPieces(311)], seed)))).toEqual(PLAIN);
    }
  });

  it("whatever of the connection is seen twice", () => {
    const all = whole(...inPieces(700));
    const twice = all.flatMap((each) => [each, each]);
    expect(judged(twice)).toEqual(PLAIN);
    expect(judged([...all, ...all])).toEqual(PLAIN);
  });

  it("with a tag on one direction alone", () => {
    const tagged = (sent: Sent) =>
      join(sent.frame.subarray(0, 12), be(0x8100, 2), be(7, 2), sent.frame.subarray(12));
    for (const side of ["client", "server"]) {
      const all = whole(...inPieces(700)).map((sent) =>
        sent.from === side ? { ...sent, frame: tagged(sent) } : sent,
      );
      expect(judged(all)).toEqual(PLAIN);
    }
  });
});

describe("a hello that begins early or late is the same finding", () => {
  it("in the SYN (TCP fast open), in part or whole", () => {
    for (const place of [1, 5, 100, 1400, HELLO.length]) {
      const syn = { seq: ISN, flags: SYN, payload: HELLO.subarray(0, place) };
      const first: Sent = { from: "client", frame: tcp(CLIENT, SERVER, syn) };
      const synAck = { seq: SERVER_ISN, ack: (ISN + 1 + place) >>> 0, flags: SYN | ACK };
      const answer: Sent = { from: "server", frame: tcp(SERVER, CLIENT, synAck) };
      const rest = place < HELLO.length ? [out(place, HELLO.subarray(place))] : [];
      expect(judged([first, answer, ...rest, ...ending(HELLO.length)]), `${place} octets`).toEqual(PLAIN);
      // Not taken by the server: sent again behind the handshake.
      expect(judged([first, SYN_ACK, out(0, HELLO), ...ending(HELLO.length)]), `${place} again`).toEqual(
        PLAIN,
      );
    }
  });

  it("in the acknowledgement that ends the handshake", () => {
    for (const place of [1, 5, 1400, HELLO.length]) {
      const rest = place < HELLO.length ? [out(place, HELLO.subarray(place))] : [];
      const all = [
        SYN_FRAME,
        SYN_ACK,
        out(0, HELLO.subarray(0, place), ACK),
        ...rest,
        ...ending(HELLO.length),
      ];
      expect(judged(all)).toEqual(PLAIN);
    }
  });

  it("behind a keep-alive probe, which has one octet of anything", () => {
    const probe = out(-1, Buffer.from([0x55]), ACK);
    expect(judged(whole(probe, out(0, HELLO)))).toEqual(PLAIN);
    expect(judged([...HANDSHAKE.slice(0, 2), probe, ...inPieces(300), ...ending(HELLO.length)])).toEqual(
      PLAIN,
    );
  });

  it("before its handshake was seen, or without it", () => {
    const [syn, synAck, ack] = HANDSHAKE;
    expect(judged([synAck, syn, ack, out(0, HELLO), ...ending(HELLO.length)])).toEqual(PLAIN);
    expect(judged([ack, ...inPieces(700), ...ending(HELLO.length)])).toEqual(PLAIN);
    expect(judged([...inPieces(700), ...ending(HELLO.length)])).toEqual(PLAIN);
  });

  it("when the server accepts before the end of it is seen", () => {
    const [answer, ...rest] = ending(HELLO.length);
    const [first, second, ...others] = inPieces(700);
    for (const pieces of [
      [first, answer, second, ...others],
      [first, second, answer, ...others],
      [second, answer, first, ...others],
    ])
      expect(judged([...HANDSHAKE, ...pieces, ...rest])).toEqual(PLAIN);
    const partly = judged([...HANDSHAKE, first, answer]) as { reasons: string[] };
    expect(partly.reasons).toContain("tls.hello_gap");
  });

  it("when all of the server's side comes before the client's, by a tap whose clock is ahead", () => {
    for (const count of [1, 20, 200]) {
      const talk = new TcpTalk(CLIENT, SERVER);
      talk.open();
      talk.client(HELLO);
      talk.server(serverHello());
      for (let n = 0; n < count; n++) talk.server(tlsData(50));
      talk.client(REST);
      const isServer = (frame: Buffer) => frame.readUInt16BE(34) === 443; // its port is the source
      const frames = [
        ...talk.frames.filter((frame) => isServer(frame)),
        ...talk.frames.filter((frame) => !isServer(frame)),
      ];
      const seen = judged(frames.map((frame) => ({ from: "client", frame }))) as typeof PLAIN;
      expect(seen.findings[0].slice(0, 2), `${count}`).toEqual(PLAIN.findings[0].slice(0, 2));
    }
  });

  it("when the server's side is all that comes in another order", () => {
    const [answer, ...rest] = ending(HELLO.length);
    expect(judged([...HANDSHAKE, answer, ...inPieces(700), ...rest])).toEqual(PLAIN);
  });
});

describe("a hello in records is the same finding", () => {
  /** The handshake message in records of these lengths. */
  const inRecords = (...lens: readonly number[]) => {
    const message = HELLO.subarray(5);
    const records: Buffer[] = [];
    let from = 0;
    for (const len of [...lens, message.length]) {
      const part = message.subarray(from, from + len);
      if (part.length > 0) records.push(join([22, 3, 1], be(part.length, 2), part));
      from += part.length;
    }
    return join(...records);
  };
  const judgedRecords = (octets: Buffer, size = 1448) => {
    const sent: Sent[] = [];
    for (let from = 0; from < octets.length; from += size)
      sent.push(out(from, octets.subarray(from, from + size)));
    const { findings, ...rest } = judged([...HANDSHAKE, ...sent, ...ending(octets.length)]) as typeof PLAIN;
    return { lines: findings.map(([line]) => line), ...rest };
  };
  const expected = { lines: [PLAIN.findings[0][0]], reasons: [], hellos: 1 };

  it("cut in two at every octet", () => {
    for (let len = 1; len < HELLO.length - 5; len += len < 110 ? 1 : 311) {
      expect(judgedRecords(inRecords(len)), `at ${len}`).toEqual(expected);
    }
  });

  it("behind warnings and changes of ciphers, cut anywhere", () => {
    const before = Buffer.from("1503010002015a 140303000101 15030300020100".replaceAll(" ", ""), "hex");
    for (const records of [before, before.subarray(7), before.subarray(0, 7)]) {
      for (const size of [1448, 3]) expect(judgedRecords(join(records, HELLO), size)).toEqual(expected);
    }
  });

  it("of any version that servers put up with, cut anywhere", () => {
    for (const version of [0x0305, 0x03ff, 0x0200, 0x0000, 0x0f00]) {
      const octets = Buffer.from(HELLO);
      octets.writeUInt16BE(version, 1);
      for (const size of [1448, 3]) expect(judgedRecords(octets, size), `${version}`).toEqual(expected);
    }
  });

  it("of a few octets each, in segments of a few octets each", () => {
    for (const len of [1, 2, 5, 50]) {
      const octets = inRecords(...Array<number>(Math.ceil(HELLO.length / len)).fill(len));
      for (const size of [1448, 11]) expect(judgedRecords(octets, size)).toEqual(expected);
    }
  });
});

describe("a hello in fragments and tunnels is the same finding", () => {
  const wrap: Readonly<Record<string, (frame: Buffer) => Buffer>> = {
    "IP in IP": (frame) => ethernet(ipPacket("10.20.0.2", "10.20.0.3", 4, frame.subarray(14))),
    GRE: (frame) =>
      ethernet(ipPacket("10.20.0.2", "10.20.0.3", 47, join(be(0, 2), be(0x0800, 2), frame.subarray(14)))),
    VXLAN: (frame) => udp("10.20.0.2:50000", "10.20.0.3:4789", join([8, 0, 0, 0, 0, 0, 1, 0], frame)),
  };
  const ethernet = (packet: Buffer) =>
    join(Buffer.from("020000000002020000000001", "hex"), be(0x0800, 2), packet);
  const all = whole(...inPieces(900)).map(({ frame }) => frame);
  const lines = (frames: readonly Buffer[]) => judged(frames.map((frame) => ({ from: "client", frame })));

  it.each([16, 24, 64, 512])("each packet in fragments of %i", (size) => {
    expect(lines(all.flatMap((frame) => fragments(frame, { size })))).toEqual(PLAIN);
    expect(lines(all.flatMap((frame) => fragments(frame, { size }).toReversed()))).toEqual(PLAIN);
  });

  for (const [name, around] of Object.entries(wrap)) {
    it(`in ${name}, with fragments outside, inside and both`, () => {
      expect(lines(all.map(around))).toEqual(PLAIN);
      expect(lines(all.flatMap((frame) => fragments(around(frame), { size: 96 })))).toEqual(PLAIN);
      expect(lines(all.flatMap((frame) => fragments(frame, { size: 256 }).map(around)))).toEqual(PLAIN);
      const both = all.flatMap((frame) =>
        fragments(frame, { size: 256 }).flatMap((piece) =>
          fragments(around(piece), { size: 96 }).toReversed(),
        ),
      );
      expect(lines(both)).toEqual(PLAIN);
      expect(lines(both.flatMap((piece) => [piece, piece]))).toEqual(PLAIN);
    });
  }
});
