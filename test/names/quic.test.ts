import { describe, expect, it } from "vitest";
import { type CryptoPiece, QuicCryptoStream } from "../../src/names/quic-crypto-stream.ts";
import { readInitialFrames } from "../../src/names/quic-frames.ts";
import { chloName, isGoogleQuic, readGoogleQuic } from "../../src/names/quic-google.ts";
import { QuicPacket, readLongHeader } from "../../src/names/quic-header.ts";
import { initialKeys, openInitial } from "../../src/names/quic-keys.ts";
import { readVarint } from "../../src/names/quic-varint.ts";
import { quicVersion } from "../../src/names/quic-versions.ts";
import { be, join } from "../traffic/octets.ts";
import {
  ack,
  chlo,
  crypto,
  googleHello,
  initial,
  longHeader,
  quicHello,
  retry,
  seal,
  V1,
  V2,
  varint,
  versionNegotiation,
} from "../traffic/quic.ts";
import { expectNoReadOutside, hex, placed, seeded } from "./octets.ts";

const DCID = hex("8394c8f03e515708");
const OTHER = hex("f067a5502a4262b5");

/** RFC 9001 App. A.2, the same in RFC 9369 App. A.2: a CRYPTO frame with a ClientHello for example.com. */
const RFC_CLIENT_FRAME = hex(`
  060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868
  04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578
  616d706c652e636f6dff01000100000a00080006001d00170018001000070005
  04616c706e000500050100000000003300260024001d00209370b2c9caa47fba
  baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400
  0d0010000e0403050306030203080408050806002d00020101001c0002400100
  3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000
  75300901100f088394c8f03e51570806048000ffff`);

/** A.3 of both: the server's packet, whole. */
const RFC_SERVER_PACKETS = {
  [V1]: hex(`
    cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a
    5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3
    dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84
    022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4
    2158407dd074ee`),
  [V2]: hex(`
    dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698
    baeea26b91eb761d9b89237bbf87263017915358230035f7fd3945d88965cf17
    f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2
    c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca8
    4bed8521e2e140`),
};

/** A.2 of both: header, then how the protected packet begins and ends. */
const RFC_CLIENT_PACKETS = {
  [V1]: {
    header: "c300000001088394c8f03e5157080000449e00000002",
    begins: "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9b",
    ends: "e221af44860018ab0856972e194cd934",
  },
  [V2]: {
    header: "d36b3343cf088394c8f03e5157080000449e00000002",
    begins: "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071bf03",
    ends: "a18b2faa745b6fe189cf772a9f84cbfc",
  },
};

function hexOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("hex");
}

function keysOf(version: number, side: "client" | "server", dcid: Uint8Array = DCID) {
  const known = quicVersion(version | 0);
  if (known === undefined) throw new Error(`version ${version}`);
  return initialKeys(known, dcid, side);
}

/** The payload of a packet, null when it does not open. */
function opened(packet: Uint8Array, version: number, side: "client" | "server", dcid: Uint8Array = DCID) {
  const { view, at, end } = placed(packet);
  const header = new QuicPacket();
  if (readLongHeader(header, view, at, end) !== "ok" || header.kind !== "initial") return null;
  return openInitial(keysOf(version, side, dcid), view, at, header.pnAt, header.end);
}

/** The frames of a payload: status, then offset and content of each CRYPTO frame. */
function framesOf(payload: Uint8Array, framing: "ietf" | "google" = "ietf"): string[] {
  const { view, at, end } = placed(payload);
  const seen: string[] = [];
  const status = readInitialFrames(view, at, end, framing, (offset, from, to) => {
    seen.push(`${offset}: ${Buffer.from(view.buffer, from, to - from).toString("latin1")}`);
  });
  return [status, ...seen];
}

describe("keys of Initial packets", () => {
  it.each([
    // RFC 9001 App. A.1
    [
      V1,
      "client",
      "1f369613dd76d5467730efcbe3b1a22d fa044b2f42a3fd3b46fb255c 9f50449e04a0e810283a1e9933adedd2",
    ],
    [
      V1,
      "server",
      "cf3a5331653c364c88f0f379b6067e37 0ac1493ca1905853b0bba03e c206b8d9b9f0f37644430b490eeaa314",
    ],
    // RFC 9369 App. A.1
    [
      V2,
      "client",
      "8b1a0bc121284290a29e0971b5cd045d 91f73e2351d8fa91660e909f 45b95e15235d6f45a6b19cbcb0294ba9",
    ],
    [
      V2,
      "server",
      "82db637861d55e1d011f19ea71d5d2a7 dd13c276499c0249d3310652 edf6d05c83121201b436e16877593c3a",
    ],
  ] as const)("of version %i, %s, are those of the RFC", (version, side, expected) => {
    const { key, iv, hp } = keysOf(version, side);
    expect([key, iv, hp].map(hexOf).join(" ")).toBe(expected);
  });

  it.each([V1, V2] as const)("open and make the RFC's packets of version %i", (version) => {
    const { header, begins, ends } = RFC_CLIENT_PACKETS[version];
    const payload = join(RFC_CLIENT_FRAME, Buffer.alloc(1162 - RFC_CLIENT_FRAME.length));
    const sealed = seal(version, DCID, "client", join(hex(header)), 2, 4, payload);
    // The test's own sealing makes the RFC's packet, and so what it makes elsewhere is worth something.
    expect(sealed.toString("hex", 0, begins.length / 2)).toBe(begins);
    expect(sealed.toString("hex", 1200 - 16)).toBe(ends);
    expect(hexOf(opened(sealed, version, "client") ?? undefined)).toBe(payload.toString("hex"));
    const server = opened(RFC_SERVER_PACKETS[version], version, "server");
    expect(hexOf(server?.subarray(0, 13))).toBe("02000000000600405a02000056");
    expect(opened(RFC_SERVER_PACKETS[version], version, "client")).toBe(null);
  });

  it("do not open a packet that was changed anywhere", () => {
    const packet = initial({ dcid: DCID, frames: [crypto(0, quicHello("a.example"))], size: 0 });
    expect(opened(packet, V1, "client")).not.toBe(null);
    for (let i = 0; i < packet.length; i++) {
      const changed = Buffer.from(packet);
      changed[i] ^= 0x01;
      if (changed.readUInt32BE(1) !== V1) continue;
      expect(opened(changed, V1, "client"), `octet ${i}`).toBe(null);
    }
  });

  it.each(Array.from({ length: 13 }, (_, i) => 22 + i))("of draft %i open its packets", (draft) => {
    const version = 0xff000000 + draft;
    const packet = initial({ version, dcid: DCID, frames: [crypto(0, quicHello("a.example"))] });
    expect(framesOf(opened(packet, version, "client") ?? Buffer.alloc(0))[1]).toContain("a.example");
    expect(quicVersion(version | 0)?.name).toBe(version.toString(16));
  });

  it("follow the packet number, also where it is cut short", () => {
    const keys = keysOf(V1, "client");
    const open = (pn: number, pnLen: number) => {
      const packet = initial({ dcid: DCID, pn, pnLen, frames: [crypto(0, Buffer.from("x"))], size: 0 });
      const { view, at, end } = placed(packet);
      const header = new QuicPacket();
      readLongHeader(header, view, at, end);
      return openInitial(keys, view, at, header.pnAt, header.end) !== null;
    };
    expect([open(0, 1), open(200, 2), open(300, 1), open(299, 1), open(255, 1)]).toEqual(Array(5).fill(true));
    expect(keys.largest).toBe(300);
    expect(open(700, 1)).toBe(false); // more than half a window ahead
    expect(open(0x89abcdef, 4)).toBe(true);
    expect(open(0x89abcdee, 2)).toBe(true);
  });
});

describe("a long header", () => {
  const read = (bytes: Uint8Array) => {
    const { view, at, end } = placed(bytes);
    const out = new QuicPacket();
    const status = readLongHeader(out, view, at, end);
    const text = (from: number, to: number) => Buffer.from(view.buffer).toString("hex", from, to);
    return [status, out.kind, text(out.dcidAt, out.dcidEnd), text(out.scidAt, out.scidEnd), out.end - at];
  };
  const [d, s] = ["8394c8f03e515708", "f067a5502a4262b5"];

  it.each([
    ["initial", initial({ dcid: DCID, scid: OTHER, token: OTHER, frames: [] }), 1200],
    ["initial", initial({ version: V2, dcid: DCID, scid: OTHER, frames: [] }), 1200],
    ["0rtt", longHeader("0rtt", DCID, OTHER), 125],
    ["0rtt", longHeader("0rtt", DCID, OTHER, V2), 125],
    ["handshake", longHeader("handshake", DCID, OTHER), 125],
    ["handshake", longHeader("handshake", DCID, OTHER, V2), 125],
    ["retry", retry(DCID, OTHER), 44],
    ["retry", retry(DCID, OTHER, V2), 44],
    ["negotiation", versionNegotiation(DCID, OTHER, V1, V2), 31],
    ["unknown-version", longHeader("handshake", DCID, OTHER, 0x1a2a3a4a), 125],
  ])("of kind %s", (kind, bytes, end) => {
    const next = longHeader("0rtt", OTHER); // coalesced
    const hasLength = ["initial", "0rtt", "handshake"].includes(kind);
    expect(read(hasLength ? join(bytes, next) : bytes)).toEqual(["ok", kind, d, s, end]);
  });

  it.each([
    ["quic.header_truncated", "c0 00000001 08"],
    ["quic.header_truncated", "c0 00000001 08 8394c8f03e515708"],
    ["quic.header_truncated", "c0 00000001 00 08 f067a550"],
    ["quic.header_truncated", "c0 00000001 00 00 40"], // token length cut
    ["quic.header_truncated", "c0 00000001 00 00 05 00"], // no token, no length
    ["quic.header_truncated", "c0 00000001 00 00 ffffffffffffffff 00"],
    ["quic.connection_id_too_long", `c0 00000001 15 ${"00".repeat(21)} 00 00 00`],
  ])("%s", (status, bytes) => {
    expect(read(hex(bytes))[0]).toBe(status);
  });

  it("is read within its octets alone", () => {
    const bytes = initial({ dcid: DCID, scid: OTHER, token: OTHER, frames: [], size: 0 });
    expectNoReadOutside(bytes, ({ view, at, end }) => {
      const out = new QuicPacket();
      const status = readLongHeader(out, view, at, end);
      return status === "ok" ? { ...out, at: 0 } : status;
    });
  });

  it.each([
    [0, "00"],
    [37, "25"],
    [37, "4025"],
    [15293, "7bbd"],
    [494878333, "9d7f3e7d"],
    [151288809941952640, "c2197c5eff14e88c"],
    [-1, ""],
    [-1, "7b"],
    [-1, "9d7f3e"],
    [-1, "c2197c5eff14e8"],
  ])("has the integer %i of RFC 9000 App. A.1 in %s", (value, bytes) => {
    const { view, at, end } = placed(hex(bytes));
    expect(readVarint(view, at, end)).toBe(value);
  });
});

describe("frames", () => {
  const data = Buffer.from("abc");
  it.each([
    [["ok"], []],
    [["ok", "0: abc"], [crypto(0, data)]],
    [
      ["ok", "7: abc", "16383: ", "70000: abc"],
      [
        [0, 0],
        crypto(7, data),
        [1],
        crypto(16383, Buffer.alloc(0)),
        ack(3, [[1, 2]]),
        crypto(70000, data),
        [0],
      ],
    ],
    [
      ["ok", "0: abc"],
      [join([3], ack(9, [[0, 0]]).subarray(1), [1, 2, 3]), crypto(0, data)],
    ],
    [
      ["ok", "0: abc"],
      [crypto(0, data), [0x1c, 1], crypto(0, data)],
    ], // closed
    [
      ["quic.frame_unexpected", "0: abc"],
      [crypto(0, data), [0x08], crypto(0, data)],
    ],
    [["quic.frame_truncated"], [[6]]],
    [["quic.frame_truncated"], [[6, 0]]],
    [["quic.frame_truncated", "0: ab"], [crypto(0, data).subarray(0, 5)]],
    [
      ["quic.frame_truncated", "0: abc"],
      [crypto(0, data), ack(9, [[1, 1]]).subarray(0, 6)],
    ],
    [["quic.frame_truncated"], [[2, 0, 0], varint(2 ** 61), [0]]],
    [
      ["quic.frame_truncated", "4611686018427388000: ab"],
      [[6], [0xff, ...Array(7).fill(0xff)], [0x05], "ab"],
    ],
  ] as [string[], (number[] | Uint8Array | string)[]][])("%j", (expected, frames) => {
    expect(framesOf(join(...frames))).toEqual(expected);
  });

  it("of Google's versions have other numbers", () => {
    const frame = crypto(0, data);
    frame[0] = 0x08;
    expect(framesOf(join([0, 7], frame, [0]), "google")).toEqual(["ok", "0: abc"]);
    expect(framesOf(crypto(0, data), "google")).toEqual(["quic.frame_unexpected"]);
  });

  it("are read within their octets alone", () => {
    const payload = join(
      [1, 0],
      ack(70, [
        [1, 2],
        [3, 4],
      ]),
      crypto(100, data),
      [0],
      crypto(0, data),
    );
    expectNoReadOutside(payload, ({ view, at, end }) => {
      const seen: unknown[] = [];
      const status = readInitialFrames(view, at, end, "ietf", (offset, from, to) => {
        seen.push([offset, from - at, to - at]);
        if (to > end || from < at) throw new Error("outside");
      });
      return [status, seen];
    });
  });
});

describe("the CRYPTO stream", () => {
  const message = quicHello("a.example", 700);
  const piece = (
    stream: QuicCryptoStream,
    from: number,
    to: number,
    source: Uint8Array = message,
  ): CryptoPiece => {
    const { view, at } = placed(source);
    return stream.add(from, view, at + from, at + to);
  };
  const body = (stream: QuicCryptoStream) =>
    Buffer.from(stream.view.buffer).toString("hex", stream.at, stream.end);

  it("gives a message whatever way its pieces come", () => {
    const random = seeded(1);
    for (let round = 0; round < 200; round++) {
      const stream = new QuicCryptoStream();
      const cuts = [0, message.length];
      for (let n = Math.floor(random() * 12); n > 0; n--) cuts.push(Math.floor(random() * message.length));
      cuts.sort((a, b) => a - b);
      const pieces = cuts.slice(1).map((to, i) => [cuts[i], to] as const);
      const sent = [...pieces, ...pieces.filter(() => random() < 0.5)]; // some twice
      for (const [from] of pieces.slice(1)) sent.push([Math.max(0, from - 5), from + 1]); // overlaps
      const missing = new Set(
        pieces.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i)),
      );
      for (sent.sort(() => random() - 0.5); sent.length > 0; ) {
        const [from, to] = sent.pop() ?? [0, 0];
        expect(piece(stream, from, to)).toBe("ok");
        for (let i = from; i < to; i++) missing.delete(i);
        const isWhole = stream.type === 1 || stream.next();
        expect(isWhole).toBe(missing.size === 0);
      }
      expect(body(stream)).toBe(message.toString("hex", 4));
      expect([stream.next(), stream.wholeBytes]).toEqual([false, message.length]);
    }
  });

  it("gives one message after another", () => {
    const stream = new QuicCryptoStream();
    const both = join(message, quicHello("b.example"));
    piece(stream, 0, both.length, both);
    expect([stream.next(), stream.at, stream.next(), body(stream), stream.next()]).toEqual([
      true,
      4,
      true,
      both.toString("hex", message.length + 4),
      false,
    ]);
  });

  it("keeps what came first, and tells of what differs", () => {
    const stream = new QuicCryptoStream();
    const other = Buffer.from(message);
    other[50] ^= 1;
    expect([piece(stream, 0, 100), piece(stream, 40, 60, other), piece(stream, 0, 50, other)]).toEqual([
      "ok",
      "conflict",
      "ok",
    ]);
    piece(stream, 100, message.length);
    expect([stream.next(), body(stream)]).toEqual([true, message.toString("hex", 4)]);
  });

  it("holds 64 KiB, and takes memory as it is needed", () => {
    const stream = new QuicCryptoStream();
    expect(stream.heldBytes).toBe(0);
    const { view, at } = placed(Buffer.alloc(9000));
    expect(stream.add(0xffff, view, at, at + 1)).toBe("too-long"); // far ahead of all that came
    expect(stream.add(2 ** 61, view, at, at + 1)).toBe("too-long");
    expect([stream.heldBytes, stream.add(8000, view, at, at + 1)]).toEqual([0, "ok"]);
    expect([stream.heldBytes, stream.add(20_000, view, at, at + 9000)]).toEqual([2 * 8001, "ok"]);
    expect(stream.add(0xffff, view, at, at + 1)).toBe("ok");
    expect(stream.add(0xffff, view, at, at + 2)).toBe("too-long");
    expect(stream.heldBytes).toBe(2 * 65_536);
    expect([stream.wholeBytes, stream.isTooLong, stream.partial()]).toEqual([0, false, false]);
    const long = new QuicCryptoStream();
    piece(long, 0, 4, hex("0100fffd"));
    expect([long.next(), long.isTooLong]).toEqual([false, true]);
  });

  it("shows the part of a message that is there", () => {
    const stream = new QuicCryptoStream();
    piece(stream, 0, 4);
    expect(stream.partial()).toBe(false);
    piece(stream, 4, 90);
    piece(stream, 100, 120);
    expect([stream.partial(), stream.type, body(stream)]).toEqual([true, 1, message.toString("hex", 4, 90)]);
  });
});

describe("Google's QUIC", () => {
  const read = (bytes: Uint8Array) => {
    const { view, at, end } = placed(bytes);
    return isGoogleQuic(view, at, end) ? readGoogleQuic(view, at, end) : null;
  };
  const long = (version: string, sni: string) =>
    join(
      [0xc3],
      version,
      [0x50],
      Buffer.alloc(8, 1),
      be(1, 4),
      Buffer.alloc(12, 2),
      [0xa0, 1, 4, 0],
      chlo(sni),
    );

  it.each([
    ["Q043", googleHello("Q043", "A.Example")],
    ["Q024", join([0x0d], googleHello("Q024", "a.example").subarray(1))],
    ["Q046", long("Q046", "a.example")],
  ])("%s has its name in clear", (version, bytes) => {
    expect(read(bytes)).toEqual({ version, sni: "a.example" });
  });

  it("may have no name, or no CHLO", () => {
    expect(read(googleHello("Q043", null))).toEqual({ version: "Q043", sni: "" });
    expect(read(googleHello("Q043", "a.example").subarray(0, 1040))).toEqual({ version: "Q043", sni: null });
    expect(read(join([0x09], Buffer.alloc(8), "Q043", Buffer.alloc(60)))).toEqual({
      version: "Q043",
      sni: null,
    });
  });

  it.each(["T043", "Q14x", "Q0a3"])("is not %s", (version) => {
    expect(read(googleHello(version, "a.example"))).toBe(null);
  });

  it("is read within its octets alone", () => {
    const bytes = googleHello("Q043", "a.example", 20);
    expectNoReadOutside(bytes, ({ view, at, end }) =>
      isGoogleQuic(view, at, end) ? readGoogleQuic(view, at, end) : null,
    );
    expectNoReadOutside(chlo("a.example", 5), ({ view, at, end }) => chloName(view, at, end));
  });
});
