import { describe, expect, it } from "vitest";
import {
  ClientHello,
  isGrease,
  readClientHello,
  readSsl2ClientHello,
} from "../../src/names/tls-client-hello.ts";
import { expectNoReadOutside, hex, type Placed, placed, seeded } from "./octets.ts";
import {
  alpn,
  ascii,
  clientHello,
  extension,
  joined,
  serverName,
  signatureAlgorithms,
  supportedVersions,
  u16,
  vector16,
} from "./tls-octets.ts";

function read({ view, at, end }: Placed) {
  const hello = new ClientHello();
  return { status: readClientHello(hello, view, at, end), hello };
}

const HELLO = clientHello(
  [0x1a1a, 0x1301, 0xc02f],
  [
    ...extension(0x2a2a),
    ...serverName("Models.Example.COM."),
    ...alpn("h2", "http/1.1"),
    ...supportedVersions(0x3a3a, 0x0304, 0x0303),
    ...signatureAlgorithms(0x0403, 0x0804),
    ...extension(0xfe0d, [0, 1, 2]),
  ],
);

describe("readClientHello", () => {
  it("reads names, protocols and lists", () => {
    const { status, hello } = read(placed(HELLO, 0xff));
    expect(status).toBe("ok");
    expect(hello).toEqual({
      legacyVersion: 0x0303,
      sni: "models.example.com",
      names: ["models.example.com"],
      hasServerName: true,
      oddServerName: false,
      alpn: ["h2", "http/1.1"],
      supportedVersions: [0x3a3a, 0x0304, 0x0303],
      cipherSuites: [0x1a1a, 0x1301, 0xc02f],
      extensions: [0x2a2a, 0, 16, 43, 13, 0xfe0d],
      signatureAlgorithms: [0x0403, 0x0804],
      hasEch: true,
      hasEsni: false,
      hasGrease: true,
    });
  });

  it("reads an old hello without extensions", () => {
    const bytes = hex(`0301 ${"00".repeat(32)} 00 0004 002f0035 01 00`);
    const { status, hello } = read(placed(bytes, 0xff));
    expect([status, hello.sni, hello.hasServerName, hello.hasGrease]).toEqual(["ok", "", false, false]);
    expect(hello.cipherSuites).toEqual([0x2f, 0x35]);
  });

  it.each<[string, number[], string, string, boolean]>([
    ["control octets and a backslash", serverName("a\x1b[2J\\b"), "ok", "a\\027[2j\\092b", false],
    ["two names", serverName("a.example", "b.example"), "ok", "a.example", true],
    ["two extensions", [...serverName("a.example"), ...serverName("b.example")], "ok", "a.example", true],
    ["an empty name", serverName(""), "ok", "", true],
    ["an empty list", extension(0, [0, 0]), "ok", "", true],
    ["an empty extension", extension(0), "tls.server_name_bad", "", false],
    ["another name type", extension(0, vector16([7, ...vector16(ascii("x"))])), "ok", "", true],
    ["a list length that lies", extension(0, [0, 99, 0, 0, 1, 0x61]), "tls.server_name_bad", "a", false],
    ["a name length that lies", extension(0, [0, 4, 0, 0, 9, 0x61]), "tls.server_name_bad", "", false],
    [
      "a list length that cuts the name",
      extension(0, [0, 4, 0, 0, 3, 0x61, 0x62, 0x63]),
      "tls.server_name_bad",
      "",
      false,
    ],
    ["a name of 300 octets", serverName("x".repeat(300)), "ok", "x".repeat(255), true],
    [
      "an extension length that lies",
      [0, 0, 0, 99, 0, 4, 0, 0, 1, 0x61],
      "tls.extension_truncated",
      "a",
      false,
    ],
    ["broken ALPN before it", [...extension(16, [9]), ...serverName("a")], "tls.alpn_bad", "a", false],
    ["three odd octets after it", [...serverName("a"), 1, 2, 3], "tls.extension_truncated", "a", false],
  ])("server_name: %s", (_what, extensions, status, sni, odd) => {
    const got = read(placed(clientHello([0x1301], extensions), 0xff));
    expect([got.status, got.hello.sni, got.hello.oddServerName]).toEqual([status, sni, odd]);
  });

  it("takes no extension from fewer than four octets", () => {
    const { hello } = read(placed(clientHello([0x1301], [...serverName("a"), 0, 16, 0]), 0xff));
    expect(hello.extensions).toEqual([0]);
  });

  it("keeps every name as evidence, eight at most", () => {
    const names = Array.from({ length: 20 }, (_, i) => `n${i}.example`);
    expect(read(placed(clientHello([], serverName(...names)))).hello.names).toEqual(names.slice(0, 8));
  });

  it.each<[string, Uint8Array, string]>([
    ["empty", hex(""), "tls.hello_truncated"],
    ["version only", hex("0303"), "tls.hello_truncated"],
    ["session id beyond the end", hex(`0303 ${"00".repeat(32)} ff 00`), "tls.session_id_bad"],
    ["suites beyond the end", hex(`0303 ${"00".repeat(32)} 00 ffff 1301`), "tls.cipher_suites_bad"],
    ["suites of odd length", hex(`0303 ${"00".repeat(32)} 00 0003 130113 0100`), "tls.cipher_suites_bad"],
    ["compression beyond the end", hex(`0303 ${"00".repeat(32)} 00 0002 1301 02 00`), "tls.compression_bad"],
    ["one octet of extensions", hex(`0303 ${"00".repeat(32)} 00 0002 1301 01 00 00`), "tls.extensions_bad"],
    ["octets after the extensions", joined(clientHello([], serverName("a")), [0]), "tls.extensions_bad"],
  ])("says what is broken: %s", (_what, bytes, status) => {
    expect(read(placed(bytes, 0xff)).status).toBe(status);
    expect(read(placed(bytes, 0x00)).status).toBe(status);
  });

  it("knows ESNI and broken lists", () => {
    expect(read(placed(clientHello([], extension(0xffce)))).hello.hasEsni).toBe(true);
    const lists = [...extension(43, [9, 3, 4]), ...extension(13, [0, 3, 4, 3, 8])];
    const got = read(placed(clientHello([], lists)));
    expect(got.status).toBe("tls.list_bad");
    expect(got.hello.supportedVersions).toEqual([0x0304]);
    expect(got.hello.signatureAlgorithms).toEqual([0x0403]);
  });

  it("forgets the hello before", () => {
    const hello = new ClientHello();
    const first = placed(HELLO);
    readClientHello(hello, first.view, first.at, first.end);
    readClientHello(hello, first.view, first.at, first.at);
    expect(hello).toEqual(new ClientHello());
  });

  it("reads nothing outside the message", () => {
    expectNoReadOutside(HELLO, read);
  });

  it("finds the name in every prefix that holds it", () => {
    const nameEnd = Buffer.from(HELLO).indexOf("Models") + "Models.Example.COM.".length;
    for (let length = nameEnd; length <= HELLO.length; length++) {
      expect(read(placed(HELLO.slice(0, length))).hello.sni).toBe("models.example.com");
    }
  });

  it("survives flipped octets, and still reads many of them", () => {
    const random = seeded(3);
    let whole = 0;
    for (let n = 0; n < 20_000; n++) {
      const bytes = HELLO.slice();
      for (let flips = random() * 4; flips >= 1; flips--) {
        bytes[Math.floor(random() * bytes.length)] = random() * 256;
      }
      if (read(placed(bytes)).status === "ok") whole++;
    }
    expect(whole).toBeGreaterThan(8_000);
  });
});

describe("readSsl2ClientHello", () => {
  const readOld = ({ view, at, end }: Placed) => {
    const hello = new ClientHello();
    return { status: readSsl2ClientHello(hello, view, at, end), hello };
  };

  it("reads version and suites", () => {
    const shaped = joined(
      [1, 3, 1],
      u16(9, 0, 16),
      [0, 0, 0x2f],
      [7, 0, 0xc0],
      [0, 0, 0x35],
      Array(16).fill(9),
    );
    const { status, hello } = readOld(placed(shaped, 0xff));
    expect([status, hello.legacyVersion, hello.cipherSuites]).toEqual(["ok", 0x0301, [0x2f, 0x35]]);
    expect(readOld(placed(shaped.slice(0, 12), 0xff)).status).toBe("tls.cipher_suites_bad");
    expect(readOld(placed(shaped.slice(0, 8), 0xff)).status).toBe("tls.hello_truncated");
    expectNoReadOutside(shaped, readOld);
  });
});

describe("isGrease", () => {
  it("knows exactly the sixteen values", () => {
    const all = Array.from({ length: 0x10000 }, (_, value) => value).filter(isGrease);
    expect(all).toEqual(Array.from({ length: 16 }, (_, i) => i * 0x1010 + 0x0a0a));
  });
});
