import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DnsName, readDnsName, skipDnsName } from "../../src/names/dns-name.ts";
import { expectNoReadOutside, hex, placed } from "./octets.ts";

function read(bytes: Uint8Array, nameAt = 0, fill = 0) {
  const { view, at, end } = placed(bytes, fill);
  const name = new DnsName();
  const status = readDnsName(name, view, at, at + nameAt, end);
  return { status, text: name.text, next: status === "ok" ? name.next - at : -1 };
}

const cases: [string, string, number, string, string, number][] = [
  ["two labels", "03 777777 03 636f6d 00", 0, "ok", "www.com", 9],
  ["the root is the empty string", "00", 0, "ok", "", 1],
  ["upper case", "03 575757 03 436f4d 00", 0, "ok", "www.com", 9],
  ["a dot inside a label", "03 612e62 00", 0, "ok", "a\\046b", 5],
  ["a backslash inside a label", "03 615c62 00", 0, "ok", "a\\092b", 5],
  ["space, control, DEL, high", "05 20 1b 7f c3 a9 00", 0, "ok", "\\032\\027\\127\\195\\169", 7],
  ["a pointer back", "01 61 00 01 62 c000", 3, "ok", "b.a", 7],
  ["a pointer to the root", "00 01 62 c000", 1, "ok", "b", 5],
  ["two pointers", "01 61 00 01 62 c000 01 63 c003", 7, "ok", "c.b.a", 11],
  ["no octet", "", 0, "dns.name_truncated", "", -1],
  ["no root", "01 61", 0, "dns.name_truncated", "a", -1],
  ["label beyond the end", "01 61 05 6262", 0, "dns.name_truncated", "a", -1],
  ["half a pointer", "01 61 c0", 0, "dns.name_truncated", "a", -1],
  ["pointer to itself", "01 61 c002", 2, "dns.name_bad_pointer", "", -1],
  ["pointer to its own run", "01 61 c000", 0, "dns.name_bad_pointer", "a", -1],
  ["pointer forward", "01 61 c004 01 62 00", 0, "dns.name_bad_pointer", "a", -1],
  ["pointer beyond the end", "01 61 c0ff", 0, "dns.name_bad_pointer", "a", -1],
  ["loop of two", "01 61 c004 01 62 c000", 4, "dns.name_bad_pointer", "b.a", -1],
  ["label bits 01", "01 61 41 6100", 0, "dns.name_bad_label", "a", -1],
  ["label bits 10", "01 61 81 6100", 0, "dns.name_bad_label", "a", -1],
];

describe("readDnsName", () => {
  it.each(cases)("%s", (_what, bytes, nameAt, status, text, next) => {
    expect(read(hex(bytes), nameAt)).toEqual({ status, text, next });
    expect(read(hex(bytes), nameAt, 0xff)).toEqual({ status, text, next });
  });

  it("accepts 255 octets and refuses 256", () => {
    const label = (n: number) => [n, ...Array(n).fill(0x61)];
    const fits = Uint8Array.from([...label(63), ...label(63), ...label(63), ...label(61), 0]);
    expect(fits.length).toBe(255);
    expect(read(fits).status).toBe("ok");
    const long = Uint8Array.from([...label(63), ...label(63), ...label(63), ...label(62), 0]);
    const got = read(long);
    expect(got.status).toBe("dns.name_too_long");
    expect(got.text).toHaveLength(191);
  });

  it("does not jump more than 128 times", () => {
    const chain = [0]; // the root, and after it pointers, each to the one before
    for (let i = 0; i < 200; i++) chain.push(0xc0, i === 0 ? 0 : 2 * i - 1);
    const at = (jumps: number) => read(Uint8Array.from(chain.slice(0, 255)), 2 * jumps - 1).status;
    expect(at(127)).toBe("ok");
    const far = [0, 0xc0, 0x00];
    for (let i = 1; i < 140; i++) far.push(0xc0 | ((2 * i - 1) >> 8), (2 * i - 1) & 0xff);
    expect(read(Uint8Array.from(far), 2 * 128 - 1).status).toBe("ok");
    expect(read(Uint8Array.from(far), 2 * 129 - 1).status).toBe("dns.name_too_many_jumps");
  });

  it("reads nothing outside its octets", () => {
    expectNoReadOutside(hex("0161 00 0162 c000 0163 c003 3f616263"), ({ view, at, end }) => {
      const name = new DnsName();
      const results = [];
      for (let from = at; from <= end; from++) {
        results.push(readDnsName(name, view, at, from, end), name.text);
        results.push(skipDnsName(view, at, from, end, false), skipDnsName(view, at, from, end, true));
      }
      return results;
    });
  });

  it("reads back any labels, one escape each octet", () => {
    const labels = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 8 });
    fc.assert(
      fc.property(labels, (parts) => {
        const bytes = Uint8Array.from([...parts.flatMap((part) => [part.length, ...part]), 0]);
        const { status, text, next } = read(bytes);
        expect(status).toBe("ok");
        expect(next).toBe(bytes.length);
        const back = text === "" ? [] : text.split(".").map(unescapeLabel);
        expect(back).toEqual(parts.map((part) => Array.from(part, lowerOctet)));
        const { view, at, end } = placed(bytes);
        expect(skipDnsName(view, at, at, end, false)).toBe(end);
      }),
    );
  });
});

function unescapeLabel(label: string): number[] {
  return Array.from(label.matchAll(/\\(\d{3})|./g), (m) => (m[1] ? Number(m[1]) : m[0].charCodeAt(0)));
}

function lowerOctet(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet;
}
