import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hideInName, isHidden } from "../../src/names/credential-name.ts";
import { findCredentials, hideInAuthority, hideInTarget } from "../../src/names/credentials.ts";
import { ldapPassword, type Span } from "../../src/names/ldap-bind.ts";
import { socksPassword } from "../../src/names/socks-password.ts";
import { TOKENS } from "../bench/detect/credentials.ts";
import { Random } from "../bench/detect/random.ts";

type Reader = (view: DataView, at: number, end: number) => Span | null;

/** What a reader says of octets between others, which it must not see. */
function read(reader: Reader, octets: Uint8Array): string | null {
  const says = [0x00, 0xff].map((padding) => {
    const framed = Buffer.concat([Buffer.alloc(7, padding), octets, Buffer.alloc(7, padding)]);
    const view = new DataView(framed.buffer, framed.byteOffset, framed.length);
    const span = reader(view, 7, 7 + octets.length);
    if (span !== null) expect(span.at >= 7 && span.end <= 7 + octets.length).toBe(true);
    return span === null ? null : framed.toString("latin1", span.at, span.end);
  });
  expect(says[0]).toBe(says[1]);
  return says[0];
}

const LDAP_CASES: readonly (readonly [what: string, hex: string, password: string | null])[] = [
  // SEQUENCE, INTEGER 1, BindRequest: version 3, name "cn=a", simple "pw"
  ["a simple bind", "3012 020101 600d 020103 0404636e3d61 80027077", "pw"],
  ["lengths of two octets", "30820012 020101 600d 020103 0404636e3d61 80027077", "pw"],
  ["an anonymous bind", "300c 020101 6007 020103 0400 8000", null],
  ["SASL", "3010 020101 600b 020103 0400 a3040402 4d44", null],
  ["a search", "300c 020101 6307 0400 0a0100 0a0100", null],
  ["a length that does not fit", "3012 020101 600d 020103 0404636e3d61 80037077", null],
  ["no octets", "", null],
];

const SOCKS_CASES: readonly (readonly [what: string, hex: string, password: string | null])[] = [
  ["user and password (RFC 1929)", "01 02 6162 03 78797a", "xyz"],
  ["an octet too many", "01 02 6162 03 78797a 00", null],
  ["an octet too few", "01 02 6162 03 7879", null],
  ["no password", "01 02 6162 00", null],
  ["a password that is no text", "01 02 6162 03 780100", null],
  ["a greeting", "05 01 02", null],
];

describe("passwords in binary logins", () => {
  for (const [reader, cases] of [
    [ldapPassword, LDAP_CASES],
    [socksPassword, SOCKS_CASES],
  ] as const) {
    for (const [what, hex, password] of cases) {
      it(`are ${password === null ? "not " : ""}read: ${reader.name}, ${what}`, () => {
        const octets = Buffer.from(hex.replaceAll(" ", ""), "hex");
        expect(read(reader, octets)).toBe(password);
        for (let end = 0; password !== null && end < octets.length; end++)
          expect(read(reader, octets.subarray(0, end))).toBe(null);
        for (let i = 0; i < octets.length; i++) {
          const changed = Buffer.from(octets);
          changed[i] ^= 0xff;
          read(reader, changed);
        }
      });
    }
    it(`make nothing of any octets: ${reader.name}`, () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => void read(reader, octets)));
    });
  }
});

describe("a name", () => {
  const random = new Random(7);

  it("loses the labels of a token and keeps whose it is", () => {
    for (const kind of ["AWS access key id", "GitHub token", "npm token", "Groq API key", "LangSmith key"]) {
      const token = TOKENS[kind](random).toLowerCase();
      const labels = token.match(/.{1,50}/g)?.join(".");
      expect(hideInName(`a.${labels}.b.example.com`)).toBe("a.hidden-credential.example.com");
      expect(isHidden(hideInName(`${labels}.example.com`))).toBe(true);
    }
  });

  it("stays as it is without one", () => {
    const plain =
      "task-scheduler.disk-encryption.sk-learn.org eyjafjallajokull.example.is hf_hub.example.com";
    for (const name of plain.split(" ")) expect(hideInName(name)).toBe(name);
    fc.assert(fc.property(fc.domain(), (name) => hideInName(hideInName(name)) === hideInName(name)));
  });
});

describe("a request's target", () => {
  const cases: readonly (readonly [target: string, shown: string])[] = [
    ["/a/b?x=1&y=2", "/a/b?x=1&y=2"],
    ["/a?token=abc&x=1", "/a?token=***&x=1"],
    ["/a?x=1&api_key=abcdefgh#f", "/a?x=1&api_key=***#f"],
    ["/a?X-Amz-Signature=0123&sig=45", "/a?X-Amz-Signature=***&sig=***"],
    ["http://u:p@a.example/x", "http://***@a.example/x"],
    ["/a?page=2&sort=keyword", "/a?page=2&sort=keyword"],
  ];
  for (const [target, shown] of cases) it(`shows ${shown}`, () => expect(hideInTarget(target)).toBe(shown));

  it("shows no user", () => expect(hideInAuthority("u:p@a.example:443")).toBe("***@a.example:443"));
});

describe("credentials in a text", () => {
  it("are in order, apart, and within it, whatever it is", () => {
    const word = fc.constantFrom(
      "password=",
      "Authorization: Basic ",
      "PASS ",
      "\r\n",
      "abcd1234",
      "://a:b@",
      '"',
      "eyJ",
      "&",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 8 })), { maxLength: 30 }), (words) => {
        const text = words.join("");
        let from = 0;
        for (const { at, end } of findCredentials(text)) {
          expect(at >= from && end > at && end <= text.length).toBe(true);
          from = end;
        }
      }),
    );
  });
});
