import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import IPCIDR from "ip-cidr";
import { describe, expect, it } from "vitest";
import { formatAddress, parseAddress, type Words } from "../../src/policy/address-text.ts";
import { isFault, parsePrefix } from "../../src/policy/prefix.ts";
import { type AddressRange, PrefixTable } from "../../src/policy/prefix-table.ts";

function words(text: string): Words {
  const parsed = parseAddress(text);
  if (parsed === null) throw new Error(`not an address: ${text}`);
  return parsed;
}

function table(...prefixes: string[]): PrefixTable {
  return new PrefixTable(prefixes.map(range));
}

function range(text: string): AddressRange {
  const prefix = parsePrefix(text);
  if (isFault(prefix)) throw new Error(prefix.message);
  return prefix;
}

/** The same address as one unsigned number of 128 bits. */
function asBigint([w0, w1, w2, w3]: Words): bigint {
  const part = (word: number) => BigInt(word >>> 0);
  return (part(w0) << 96n) | (part(w1) << 64n) | (part(w2) << 32n) | part(w3);
}

function asWords(value: bigint): Words {
  const part = (shift: bigint) => Number((value >> shift) & 0xffffffffn) | 0;
  return [part(96n), part(64n), part(32n), part(0n)];
}

const MAPPED_BASE = 0xffffn << 32n;
/** Addresses of a family, dense enough that random ranges and points meet. */
const v4 = fc
  .oneof(fc.bigInt(0n, 0xffffffffn), fc.bigInt(0x0a000000n, 0x0a0000ffn), fc.constantFrom(0n, 0xffffffffn))
  .map((value) => asWords(MAPPED_BASE | value));
const v6 = fc
  .oneof(
    fc.bigInt(0n, (1n << 128n) - 1n),
    fc.bigInt(0n, 0xffn).map((low) => (0xfd20n << 112n) | low),
    fc.bigInt(0n, 0xffn).map((middle) => (0xfd20n << 112n) | (middle << 60n)),
    fc.constantFrom(0n, (1n << 128n) - 1n),
  )
  .filter((value) => value >> 32n !== 0xffffn)
  .map(asWords);
const rangeOf = (address: typeof v4) =>
  fc.tuple(address, address).map(([a, b]): AddressRange => {
    return asBigint(a) <= asBigint(b) ? { first: a, last: b } : { first: b, last: a };
  });

function inRange(r: AddressRange, address: Words): boolean {
  const isV4 = (w: Words) => asBigint(w) >> 32n === 0xffffn;
  const value = asBigint(address);
  return isV4(r.first) === isV4(address) && asBigint(r.first) <= value && value <= asBigint(r.last);
}

describe("PrefixTable", () => {
  it("agrees with a search over big integers, for few ranges and for many", () => {
    let hits = 0;
    for (const maxLength of [6, 60]) {
      const ranges = fc.array(fc.oneof(rangeOf(v4), rangeOf(v6)), { maxLength });
      const points = fc.array(fc.oneof(v4, v6), { minLength: 20, maxLength: 20 });
      fc.assert(
        fc.property(ranges, points, (rs, ps) => {
          const built = new PrefixTable(rs);
          for (const p of [...ps, ...rs.flatMap((r) => [r.first, r.last])]) {
            const expected = rs.some((r) => inRange(r, p));
            if (expected) hits++;
            expect(built.has(...p)).toBe(expected);
          }
        }),
        { numRuns: 300 },
      );
    }
    expect(hits).toBeGreaterThan(1000);
  });

  it("agrees with narrow ranges that use the 16-bit index", () => {
    const narrow = fc.tuple(fc.bigInt(0n, 0xffffffn), fc.bigInt(0n, 3n)).map(([at, more]): AddressRange => {
      const first = MAPPED_BASE | (at << 6n);
      return { first: asWords(first), last: asWords(first + (more << 5n)) };
    });
    fc.assert(
      fc.property(fc.array(narrow, { minLength: 20, maxLength: 80 }), (rs) => {
        const built = new PrefixTable(rs);
        for (const r of rs) {
          for (const value of [asBigint(r.first) - 1n, asBigint(r.last) + 1n, asBigint(r.last)]) {
            const p = asWords(value);
            expect(built.has(...p)).toBe(rs.some((other) => inRange(other, p)));
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("keeps the families apart", () => {
    expect(table("::/0").has(...words("10.0.0.1"))).toBe(false);
    expect(table("0.0.0.0/0").has(...words("::1"))).toBe(false);
    expect(table("32.0.0.0/8").has(...words("2001:db8::1"))).toBe(false);
    expect(table("10.0.0.0/8").has(...words("::ffff:10.1.2.3"))).toBe(true);
  });

  it("answers for ranges: covered across touching prefixes, or only met", () => {
    const built = table("10.0.0.0/9", "10.128.0.0/9", "fd00::/16");
    expect(built.covers(range("10.0.0.0/8"))).toBe(true);
    expect(built.covers(range("8.0.0.0/6"))).toBe(false);
    expect(built.intersects(range("8.0.0.0/6"))).toBe(true);
    expect(built.intersects(range("12.0.0.0/6"))).toBe(false);
    expect(built.intersects(range("fc00::/7"))).toBe(true);
    expect(built.covers(range("fc00::/7"))).toBe(false);
    expect(table("0.0.0.0/0").covers(range("255.255.255.255"))).toBe(true);
  });

  it("is empty without ranges", () => {
    expect(table().isEmpty).toBe(true);
    expect(table().has(0, 0, 0xffff, 0)).toBe(false);
    expect(table("::1").isEmpty).toBe(false);
  });
});

describe("parsePrefix", () => {
  it.each([
    ["10.20.0.0/16", "10.20.0.0", "10.20.255.255", 16],
    ["0.0.0.0/0", "0.0.0.0", "255.255.255.255", 0],
    ["203.0.113.10", "203.0.113.10", "203.0.113.10", 32],
    ["fd20:5eed::/48", "fd20:5eed::", "fd20:5eed:0:ffff:ffff:ffff:ffff:ffff", 48],
    ["2001:DB8::1", "2001:db8::1", "2001:db8::1", 128],
    ["64:ff9b::192.0.2.0/120", "64:ff9b::c000:200", "64:ff9b::c000:2ff", 120],
  ])("reads %s", (text, first, last, bits) => {
    const prefix = parsePrefix(text);
    if (isFault(prefix)) throw new Error(prefix.message);
    expect([formatAddress(prefix.first), formatAddress(prefix.last), prefix.bits]).toEqual([
      first,
      last,
      bits,
    ]);
  });

  // Some of these ip-cidr would take.
  it.each([
    ["10.1/16", "no address"],
    ["010.0.0.0/8", "no address"],
    ["10.0.0.0/08", "no address"],
    ["10.0.0.0/33", "no address"],
    ["10.0.0.0/", "no address"],
    ["10.0.0.0/8/8", "no address"],
    [" 10.0.0.0/8", "no address"],
    ["fe80::/10/10", "no address"],
    ["fe80::1%eth0/64", "no address"],
    ["fe80::1%eth0", "no address"],
    ["2001:db8::/032", "no address"],
    ["2001:db8::/129", "no address"],
    ["1::2::3/64", "no address"],
    ["", "no address"],
    ["10.0.0.1/8", "host bits set"],
    ["2001:db8::1/64", "host bits set"],
    ["::ffff:10.0.0.0/104", "v4-mapped"],
    ["::ffff:10.0.0.1", "v4-mapped"],
  ])("refuses %j: %s", (text, reason) => {
    const prefix = parsePrefix(text);
    expect(isFault(prefix) && prefix.message).toContain(reason);
  });

  it("suggests the prefix that host bits hide", () => {
    expect(parsePrefix("10.20.3.4/16")).toMatchObject({ expected: "10.20.0.0/16, or the address alone" });
  });

  it("pins why ip-cidr's contains() is never asked: it answers across families", () => {
    expect(new IPCIDR("32.0.0.0/8").contains("2001:db8::1")).toBe(true);
  });

  it("knows first, last and host bits of every length", () => {
    const v4Bits = fc.tuple(v4, fc.nat(32), fc.constant(32n));
    const v6Bits = fc.tuple(v6, fc.nat(128), fc.constant(128n));
    let blocks = 0;
    fc.assert(
      fc.property(fc.oneof(v4Bits, v6Bits), fc.boolean(), ([address, bits, width], isCleared) => {
        const host = (1n << (width - BigInt(bits))) - 1n;
        const first = asWords(asBigint(address) & ~host);
        const written = isCleared ? first : address;
        const text = `${formatAddress(written)}/${bits}`;
        const prefix = parsePrefix(text);
        if (asBigint(first) === asBigint(written)) {
          expect(prefix).toMatchObject({ text, bits, first, last: asWords(asBigint(first) | host) });
          blocks++;
        } else {
          expect(prefix).toMatchObject({ expected: `${formatAddress(first)}/${bits}, or the address alone` });
        }
      }),
    );
    expect(blocks).toBeGreaterThan(20);
  });
});

describe("addresses in text", () => {
  // RFC 5952 §4: lower case, longest run of zeros, the first of equal runs, no single group.
  it.each([
    ["2001:0DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["::1", "::1"],
    ["fe80::", "fe80::"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["::ffff:1.2.3.4", "1.2.3.4"],
    ["255.255.255.255", "255.255.255.255"],
  ])("%s is written %s", (text, written) => {
    expect(formatAddress(words(text))).toBe(written);
  });

  it("survives a round trip", () => {
    fc.assert(
      fc.property(fc.oneof(v4, v6), (w) => {
        expect(words(formatAddress(w))).toEqual(w);
      }),
    );
  });

  it.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "1.2.3.256",
    "1..2.3",
    "1.2.3.4.",
    "fe80::1%eth0",
    "::g",
    ":::",
    "1::2::3",
    "1:2:3",
    "1:2:3:4:5:6:7:8::",
    "1.2.3.4::",
    "::12345",
    "host",
  ])("refuses %j", (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it("takes what node:net takes, zones aside", () => {
    const group = fc.constantFrom(
      "0",
      "1",
      "00ff",
      "FFFF",
      "12345",
      "g",
      "",
      "1.2.3.4",
      "1.2.3.256",
      "01.2.3.4",
    );
    const mark = fc.constantFrom(":", ":", ":", ":", "::", ".", "%");
    const spelt = fc
      .array(fc.tuple(mark, group), { maxLength: 9 })
      .chain((parts) => group.map((first) => first + parts.map(([m, g]) => m + g).join("")));
    const almost = fc.tuple(
      fc.oneof(v4, v6).map(formatAddress),
      fc.nat(40),
      fc.constantFrom("", ":", ".", "0", "f"),
    );
    const changed = almost.map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + 1));
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(spelt, changed), (text) => {
        const isAddress = isIPv4(text) || (isIPv6(text) && !text.includes("%"));
        expect(parseAddress(text) !== null, text).toBe(isAddress);
        if (isAddress) taken++;
      }),
      { numRuns: 5000 },
    );
    expect(taken).toBeGreaterThan(500);
  });
});
