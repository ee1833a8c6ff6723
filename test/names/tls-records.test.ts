import { Duplex } from "node:stream";
import { connect } from "node:tls";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClientHello, readClientHello } from "../../src/names/tls-client-hello.ts";
import {
  HANDSHAKE_CLIENT_HELLO,
  HANDSHAKE_SERVER_HELLO,
  isTlsStart,
  MAX_HELLO_LEN,
  TlsHelloStream,
} from "../../src/names/tls-records.ts";
import { readServerHello, ServerHello, tlsVersionName } from "../../src/names/tls-server-hello.ts";
import { expectNoReadOutside, hex, latin1, type Placed, placed } from "./octets.ts";
import {
  clientHello,
  extension,
  handshake,
  joined,
  record,
  serverName,
  supportedVersions,
} from "./tls-octets.ts";

const BODY = clientHello([0x1301], [...serverName("a.example"), ...supportedVersions(0x0304)]);
const HELLO = handshake(1, BODY);
const SECOND = handshake(1, clientHello([0x1302], serverName("b.example")));

/** Everything that comes out of a stream in these chunks. */
function run(stream: TlsHelloStream, ...chunks: Uint8Array[]): string[] {
  const events: string[] = [];
  for (const chunk of chunks) {
    const { view, at, end } = placed(chunk, 0xff);
    let result = stream.feed(view, at, end);
    while (result === "hello") {
      const from = stream.view;
      const body = Array.from({ length: stream.end - stream.at }, (_, i) => from.getUint8(stream.at + i));
      events.push((stream.ssl2 ? "ssl2 " : "") + Buffer.from(body).toString("hex"));
      result = stream.feed(view, stream.next, end);
    }
    expect(stream.next).toBe(end);
    if (result !== "more" && events.at(-1) !== result) events.push(result);
  }
  return events;
}

function client(): TlsHelloStream {
  return new TlsHelloStream(HANDSHAKE_CLIENT_HELLO);
}

const asHex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("TlsHelloStream", () => {
  // A hello in three records, a change of cipher, another hello in the middle of other messages.
  const stream = joined(
    record(22, HELLO.slice(0, 3)),
    record(22, HELLO.slice(3, 50), 0x0303),
    record(22, []),
    record(22, HELLO.slice(50)),
    record(20, [1]),
    record(22, joined(handshake(16, [1, 2, 3]), SECOND, handshake(14, []))),
    record(23, Array(40).fill(0x16)),
  );
  const events = [asHex(BODY), asHex(SECOND.slice(4))];

  it("does not copy a hello that lies whole in a chunk", () => {
    const { view, at, end } = placed(record(22, HELLO));
    const tls = client();
    expect(tls.feed(view, at, end)).toBe("hello");
    expect([tls.view, tls.at, tls.end, tls.heldBytes]).toEqual([view, at + 9, end, 0]);
  });

  it("gives the same hellos however the stream is cut", () => {
    expect(run(client(), stream)).toEqual(events);
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(run(client(), stream.slice(0, cut), stream.slice(cut))).toEqual(events);
    }
    const single = Array.from(stream, (octet) => Uint8Array.of(octet));
    expect(run(client(), ...single)).toEqual(events);
  });

  it("gives the same hello whatever the size of its records", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 30 }), (recordLen, chunkLen) => {
        const records: Uint8Array[] = [];
        for (let at = 0; at < HELLO.length; at += recordLen) {
          records.push(record(22, HELLO.slice(at, at + recordLen)));
        }
        const bytes = joined(...records);
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += chunkLen) chunks.push(bytes.slice(at, at + chunkLen));
        expect(run(client(), ...chunks)).toEqual([asHex(BODY)]);
      }),
    );
  });

  it("shows the part of a hello that is there", () => {
    const tls = client();
    expect(tls.partial()).toBe(false);
    expect(run(tls, record(22, HELLO).slice(0, -7))).toEqual([]);
    expect(tls.partial()).toBe(true);
    const hello = new ClientHello();
    expect(readClientHello(hello, tls.view, tls.at, tls.end)).not.toBe("ok");
    expect(hello.sni).toBe("a.example");
  });

  it("passes over gaps in what is no handshake, and stops at others", () => {
    const data = record(23, Array(40).fill(7));
    const tls = client();
    expect(run(tls, data.slice(0, 10))).toEqual([]);
    expect(tls.skip(35)).toBe(true);
    expect(run(tls, record(22, HELLO))).toEqual([asHex(BODY)]);
    const cut = client();
    run(cut, record(22, HELLO).slice(0, -7));
    expect(cut.skip(7)).toBe(false);
    expect(cut.partial()).toBe(true);
    expect(run(cut, record(22, HELLO))).toEqual(["lost"]);
    const between = client();
    run(between, data);
    expect(between.skip(1)).toBe(false);
  });

  it("reads the longest hello and refuses longer claims", () => {
    const padding = extension(21, Array(60_000).fill(0));
    const body = clientHello(Array(30_000).fill(0x1301), [...padding, ...serverName("a.example")]);
    const message = handshake(1, body);
    const records: Uint8Array[] = [];
    for (let at = 0; at < message.length; at += 16384) {
      records.push(record(22, message.slice(at, at + 16384)));
    }
    expect(run(client(), ...records)).toEqual([asHex(body)]);

    const claim = handshake(1, []);
    const lenBytes = MAX_HELLO_LEN + 1;
    claim.set([lenBytes >> 16, (lenBytes >> 8) & 0xff, lenBytes & 0xff], 1);
    const tls = client();
    expect(run(tls, record(22, claim), record(22, HELLO))).toEqual(["too-long"]);
    expect(tls.heldBytes).toBe(0);
    expect(run(client(), ...Array.from(record(22, claim), (octet) => Uint8Array.of(octet)))).toEqual([
      "too-long",
    ]);
  });

  it("holds memory only for what came", () => {
    const tls = client();
    const claim = record(22, handshake(1, Array(10_000).fill(0)));
    run(tls, claim.slice(0, 20));
    expect(tls.heldBytes).toBeLessThanOrEqual(512);
  });

  it.each([
    ["text", latin1("GET / HTTP/1.1\r\n\r\n")],
    ["a record of the wrong version", hex("16 1001 0001 01")],
    ["a record that is too long", hex("16 0301 ffff 01")],
    ["text after a record", joined(record(22, handshake(2, [])), latin1("hello"))],
  ])("stops at %s", (_what, bytes) => {
    expect(run(client(), bytes)).toEqual(["not-tls"]);
    expect(run(client(), ...Array.from(bytes, (octet) => Uint8Array.of(octet)))).toEqual(["not-tls"]);
  });

  it("reads an SSL 2.0 compatible hello, and records after it", () => {
    // length 46, ClientHello, 3.1, 3 suites, no session id, 16 of challenge
    const old = hex(`802e 01 0301 0015 0000 0010 ${"00002f".repeat(7)} ${"aa".repeat(16)}`);
    const bytes = joined(old, record(22, SECOND));
    const expected = [`ssl2 ${asHex(old.slice(2))}`, asHex(SECOND.slice(4))];
    expect(run(client(), bytes)).toEqual(expected);
    expect(run(client(), ...Array.from(bytes, (octet) => Uint8Array.of(octet)))).toEqual(expected);
    expect(isTlsStart(...spread(placed(old)))).toBe("yes");
  });
});

function spread({ view, at, end }: Placed): [DataView, number, number] {
  return [view, at, end];
}

describe("isTlsStart", () => {
  it.each([
    ["", "maybe"],
    ["16", "maybe"],
    ["16 03", "maybe"],
    ["16 0301 00", "maybe"],
    ["16 0301 0200", "maybe"],
    ["16 0301 0200 01", "yes"],
    ["16 0304 0001 01", "yes"],
    ["16 0301 0000", "maybe"],
    ["16 0301 0000 16 0301 0001 01", "yes"],
    ["16 0301 0000 17 0301 0001 01", "no"],
    ["16 037f 0200 01", "maybe"],
    ["16 037f 0200 01 0001fc 03", "yes"],
    ["16 037f 0200 01 0001fc 02", "no"],
    ["16 0000 0200 01 0001fc 03", "yes"],
    ["16 0f00 0003 01", "yes"],
    ["15 0f00 0002 01 5a 16 0301 0200 01 0001fc 03", "yes"],
    ["16 1000", "no"],
    ["16 0301 ffff", "no"],
    ["16 0301 0200 02", "no"],
    ["17 0303 0020 01", "no"],
    ["15 0301 0002", "maybe"],
    ["15 0301 0002 01", "maybe"],
    ["15 0301 0002 01 5a", "maybe"],
    ["15 0301 0002 01 5a 14 0303 0001 01 15 0301 0002 01 00 16 0301 0200 01", "yes"],
    ["15 0301 0002 01 5a 16 0301 0200 02", "no"],
    ["15 0301 0002 02 28", "no"],
    ["15 0301 0013", "no"],
    ["14 0303 0001 02", "no"],
    ["14 0303 0002", "no"],
    ["47", "no"],
    ["80", "maybe"],
    ["80 2e 01", "maybe"],
    ["80 2e 02", "no"],
    ["80 2e 01 0301 0015 0000 0010", "yes"],
    ["80 2f 01 0301 0015 0000 0010", "no"],
    ["80 2e 01 0301 0014 0001 0010", "no"],
    ["80 2e 01 0201 0015 0000 0010", "no"],
  ])("%s: %s", (bytes, expected) => {
    expect(isTlsStart(...spread(placed(hex(bytes), 0xff)))).toBe(expected);
    expect(isTlsStart(...spread(placed(hex(bytes), 0x00)))).toBe(expected);
  });
});

describe("readServerHello", () => {
  const random = "11".repeat(32);
  const RETRY = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";
  const read = ({ view, at, end }: Placed) => {
    const hello = new ServerHello();
    return { status: readServerHello(hello, view, at, end), ...hello };
  };

  it.each([
    ["TLS 1.2", `0303 ${random} 00 c02f 00`, "ok", 0x0303, 0xc02f, false],
    ["TLS 1.3", `0303 ${random} 01 aa 1301 00 0006 002b 0002 0304`, "ok", 0x0304, 0x1301, false],
    ["a retry", `0303 ${RETRY} 00 1302 00 000c 0033 0002 001d 002b 0002 0304`, "ok", 0x0304, 0x1302, true],
    ["one bit from a retry", `0303 ${RETRY.slice(0, -1)}d 00 1302 00`, "ok", 0x0303, 0x1302, false],
    ["cut in the random", `0303 ${RETRY.slice(0, 20)}`, "tls.server_hello_truncated", 0, 0, false],
    ["session id beyond the end", `0303 ${RETRY} ff 1301 00`, "tls.server_hello_truncated", 0x0303, 0, true],
    [
      "extension cut",
      `0303 ${random} 00 1301 00 0006 002b 0009 0304`,
      "tls.extension_truncated",
      0x0303,
      0x1301,
      false,
    ],
  ])("%s", (_what, bytes, status, version, cipherSuite, retry) => {
    expect(read(placed(hex(bytes), 0xff))).toEqual({ status, version, cipherSuite, retry });
    expectNoReadOutside(hex(bytes), read);
  });

  it("is found in the server's stream, behind other records", () => {
    const body = hex(`0303 ${random} 00 c02f 00`);
    const bytes = joined(
      record(21, [1, 0]),
      record(22, joined(handshake(2, body), handshake(11, Array(300).fill(1)))),
    );
    expect(run(new TlsHelloStream(HANDSHAKE_SERVER_HELLO), bytes)).toEqual([asHex(body)]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const server = new TlsHelloStream(HANDSHAKE_SERVER_HELLO);
      expect(run(server, bytes.slice(0, cut), bytes.slice(cut))).toEqual([asHex(body)]);
    }
  });

  it("names versions", () => {
    expect([0x0300, 0x0303, 0x0304, 0x7f1c].map(tlsVersionName)).toEqual([
      "SSLv3",
      "TLS 1.2",
      "TLS 1.3",
      "0x7f1c",
    ]);
  });
});

describe("a real client", () => {
  it("is read as it says", async () => {
    const bytes = await new Promise<Uint8Array>((resolve, reject) => {
      const wire = new Duplex({
        read() {},
        write(chunk: Uint8Array, _encoding, done) {
          resolve(Uint8Array.from(chunk));
          done();
        },
      });
      const socket = connect({
        socket: wire,
        servername: "Registry.Example.org",
        ALPNProtocols: ["h2", "http/1.1"],
      });
      socket.on("error", reject);
    });
    const { view, at, end } = placed(bytes);
    expect(isTlsStart(view, at, end)).toBe("yes");
    const tls = client();
    expect(tls.feed(view, at, end)).toBe("hello");
    const hello = new ClientHello();
    expect(readClientHello(hello, tls.view, tls.at, tls.end)).toBe("ok");
    expect(hello).toMatchObject({ sni: "registry.example.org", alpn: ["h2", "http/1.1"], hasEch: false });
    expect(hello.supportedVersions).toContain(0x0304);
  });
});
