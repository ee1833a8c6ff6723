import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHttpHost } from "../../src/names/http-host.ts";
import { parseIpLiteral } from "../../src/names/ip-literal.ts";

const V4 = Int32Array.of(0, 0, 0xffff, 0xcb007107 | 0); // 203.0.113.7
const V6 = Int32Array.of(0x20010db8, 0, 0, 7);

describe("parseHttpHost", () => {
  it.each<[string, string, number, Int32Array | null, boolean]>([
    ["example.com", "example.com", 0, null, false],
    ["EXAMPLE.Com.", "example.com", 0, null, false],
    ["example.com:8080", "example.com", 8080, null, false],
    ["example.com:", "example.com", 0, null, false],
    ["user:pw@example.com:81", "example.com", 81, null, false],
    ["a@b@example.com", "example.com", 0, null, false],
    ["203.0.113.7", "203.0.113.7", 0, V4, false],
    ["203.0.113.7:443", "203.0.113.7", 443, V4, false],
    ["[2001:db8::7]", "2001:db8::7", 0, V6, false],
    ["[2001:DB8::7]:8443", "2001:db8::7", 8443, V6, false],
    ["[2001:db8::7%25eth0]:80", "2001:db8::7%25eth0", 80, V6, false],
    ["[::ffff:203.0.113.7]", "::ffff:203.0.113.7", 0, V4, false],
    ["2001:db8::7", "2001:db8::7", 0, V6, true],
    ["3405803783:80", "3405803783", 80, V4, false],
    ["0xCB007107", "0xcb007107", 0, V4, false],
    ["031300070407.", "031300070407", 0, V4, false],
    ["4294967296", "4294967296", 0, null, false],
    ["evil%2eexample", "evil%2eexample", 0, null, true],
    ["a.example;b", "a.example;b", 0, null, true],
    ["a.example..b.example", "a.example..b.example", 0, null, true],
    [".a.example", ".a.example", 0, null, true],
    ["", "", 0, null, true],
    [":80", "", 80, null, true],
    ["example.com:0", "example.com", 0, null, true],
    ["example.com:65536", "example.com", 0, null, true],
    ["example.com:http", "example.com", 0, null, true],
    ["[2001:db8::7", "[2001:db8:", 7, null, true],
    ["[nonsense]:80", "nonsense", 80, null, true],
    ["[::1]x:80", "::1", 80, Int32Array.of(0, 0, 0, 1), true],
    ["a b", "a\\032b", 0, null, true],
    ["a\x00\x1b\xff\\", "a\\000\\027\\255\\092", 0, null, true],
    ["a/b", "a/b", 0, null, true],
  ])("%s", (text, host, port, address, odd) => {
    expect(parseHttpHost(text)).toEqual({ host, port, address, odd });
  });

  it("shows 255 octets of a long one", () => {
    const got = parseHttpHost("x".repeat(100_000));
    expect([got.host, got.odd]).toEqual(["x".repeat(255), true]);
  });
});

describe("parseIpLiteral", () => {
  it.each([
    ["256.1.1.1"],
    ["1.2.3"],
    ["1.2.3.4.5"],
    ["01.2.3.4"],
    ["0x7f.0.0.1"],
    ["1.2.3.4 "],
    [":"],
    [":::"],
    ["1::2::3"],
    ["1:2:3:4:5:6:7"],
    ["1:2:3:4:5:6:7:8:9"],
    ["1:2:3:4:5:6:7::8"],
    ["12345::"],
    ["1.2.3.4::"],
    ["::1.2.3.4:1"],
    ["g::"],
    [":1:2:3:4:5:6:7"],
  ])("refuses %s", (text) => {
    expect(parseIpLiteral(text)).toBeNull();
  });

  it("reads every address back", () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        const words = parseIpLiteral(text);
        expect(words?.slice(0, 3)).toEqual(Int32Array.of(0, 0, 0xffff));
        expect([24, 16, 8, 0].map((shift) => ((words?.[3] ?? 0) >>> shift) & 0xff).join(".")).toBe(text);
      }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }),
        fc.nat(7),
        fc.nat(8),
        (groups, at, len) => {
          const zeroed = groups.map((group, i) => (i >= at && i < at + len ? 0 : group));
          const full = zeroed.map((group) => group.toString(16)).join(":");
          const wanted = Int32Array.from([0, 2, 4, 6], (i) => (zeroed[i] << 16) | zeroed[i + 1]);
          expect(parseIpLiteral(full)).toEqual(wanted);
          if (len === 0) return;
          const hexOf = (part: number[]) => part.map((group) => group.toString(16)).join(":");
          const short = `${hexOf(zeroed.slice(0, at))}::${hexOf(zeroed.slice(at + len))}`;
          expect(parseIpLiteral(short)).toEqual(wanted);
        },
      ),
    );
  });
});
