import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  classifyAddress,
  INSIDE,
  isLocal,
  LOCAL,
  LOCAL_RANGES,
  OUTSIDE,
} from "../../src/policy/address-class.ts";
import { parseAddress } from "../../src/policy/address-text.ts";
import { isFault, parsePrefix } from "../../src/policy/prefix.ts";
import { PrefixTable } from "../../src/policy/prefix-table.ts";

function classOf(inside: readonly string[], text: string): number {
  const prefixes = inside.map((each) => {
    const prefix = parsePrefix(each);
    if (isFault(prefix)) throw new Error(prefix.message);
    return prefix;
  });
  const words = parseAddress(text);
  if (words === null) throw new Error(`not an address: ${text}`);
  return classifyAddress(new PrefixTable(prefixes), ...words);
}

const ENCLAVE = ["10.20.0.0/16", "fd20:5eed::/48"];

describe("classifyAddress", () => {
  it.each([
    ["10.20.0.0", INSIDE],
    ["10.20.255.255", INSIDE],
    ["10.21.0.0", OUTSIDE], // private, but not of this enclave
    ["fd20:5eed::1", INSIDE],
    ["fd20:5eed:1::1", OUTSIDE],
    ["8.8.8.8", OUTSIDE],
    ["::ffff:10.20.1.1", INSIDE],
    ["::10.20.1.1", OUTSIDE], // the deprecated v4-compatible form carries nothing
    // local
    ["0.0.0.0", LOCAL],
    ["0.0.0.1", OUTSIDE],
    ["127.0.0.1", LOCAL],
    ["127.255.255.255", LOCAL],
    ["128.0.0.0", OUTSIDE],
    ["169.254.0.0", LOCAL],
    ["169.254.255.255", LOCAL],
    ["169.255.0.0", OUTSIDE],
    ["255.255.255.255", LOCAL],
    ["255.255.255.254", OUTSIDE],
    ["224.0.0.0", LOCAL],
    ["224.0.0.255", LOCAL],
    ["224.0.1.0", OUTSIDE],
    ["239.0.0.0", LOCAL],
    ["239.255.255.255", LOCAL],
    ["238.255.255.255", OUTSIDE],
    ["240.0.0.1", OUTSIDE],
    ["::", LOCAL],
    ["::1", LOCAL],
    ["::2", OUTSIDE],
    ["fe80::1", LOCAL],
    ["febf::1", LOCAL],
    ["fec0::1", OUTSIDE],
    ["ff00::1", OUTSIDE],
    ["ff01::1", LOCAL],
    ["ff02::fb", LOCAL],
    ["ff05::1", LOCAL],
    ["ff06::1", OUTSIDE],
    ["ff0e::1", OUTSIDE],
    ["ff12::1", LOCAL], // transient, link-local scope
    ["ff1e::1", OUTSIDE],
    // cloud metadata
    ["169.254.169.254", OUTSIDE],
    ["169.254.170.2", OUTSIDE],
    ["169.254.169.253", LOCAL],
    ["fd00:ec2::254", OUTSIDE],
    ["100.100.100.200", OUTSIDE],
    ["168.63.129.16", OUTSIDE],
    // judged by the IPv4 address that they carry
    ["64:ff9b::10.20.1.1", INSIDE],
    ["64:ff9b::8.8.8.8", OUTSIDE],
    ["64:ff9b::169.254.169.254", OUTSIDE],
    ["64:ff9b:1::10.20.1.1", OUTSIDE], // RFC 8215's prefix is not the well-known one
    ["2002:0a14:0101::1", INSIDE],
    ["2002:0808:0808::1", OUTSIDE],
    ["2001:0:4136:e378:8000:63bf:f5eb:fefe", INSIDE], // ~f5ebfefe is 10.20.1.1
    ["2001:0:0a14:0101:0:0:f7f7:f7f7", OUTSIDE], // only the server is inside; the client is 8.8.8.8
    ["2001:1:4136:e378:8000:63bf:f5eb:fefe", OUTSIDE],
    // routable addresses that carry a local one stay outside
    ["64:ff9b::127.0.0.1", OUTSIDE],
    ["2002:ef00:0001::1", OUTSIDE],
  ])("%s", (text, expected) => {
    expect(classOf(ENCLAVE, text)).toBe(expected);
  });

  it("takes metadata addresses out of inside prefixes, and lets inside prefixes win over local ones", () => {
    const wide = ["169.254.0.0/16", "fd00::/8", "100.64.0.0/10", "168.63.129.16", "fe80::/10"];
    for (const text of [
      "169.254.169.254",
      "169.254.170.2",
      "fd00:ec2::254",
      "100.100.100.200",
      "168.63.129.16",
    ]) {
      expect([text, classOf(wide, text)]).toEqual([text, OUTSIDE]);
    }
    expect(classOf(wide, "169.254.1.1")).toBe(INSIDE);
    expect(classOf(wide, "fe80::1")).toBe(INSIDE);
  });

  it("agrees with the list of local ranges", () => {
    const table = new PrefixTable(LOCAL_RANGES);
    const word = fc.oneof(
      fc.integer({ min: -0x80000000, max: 0x7fffffff }),
      fc.constantFrom(0, 1, 0xffff, -1, 0xff020000 | 0, 0xfe800000 | 0),
    );
    const mapped = word.map((w): [number, number, number, number] => [0, 0, 0xffff, w]);
    fc.assert(
      fc.property(fc.oneof(mapped, fc.tuple(word, word, word, word)), (w) => {
        expect(isLocal(...w)).toBe(table.has(...w));
      }),
      { numRuns: 3000 },
    );
  });
});
