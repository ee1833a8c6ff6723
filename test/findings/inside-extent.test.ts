import { describe, expect, it } from "vitest";
import { InsideExtent } from "../../src/findings/inside-extent.ts";
import { parseAddress } from "../../src/policy/address-text.ts";
import { isFault, parsePrefix } from "../../src/policy/prefix.ts";

function wide(inside: string[], seen: string[]) {
  const prefixes = inside.map((text) => {
    const prefix = parsePrefix(text);
    if (isFault(prefix)) throw new Error(prefix.message);
    return prefix;
  });
  const extent = new InsideExtent(prefixes);
  for (const text of seen) {
    const address = parseAddress(text);
    if (address === null) throw new Error(text);
    extent.see(...address);
  }
  return extent.wide();
}

describe("InsideExtent", () => {
  it("tells a /8 that was typed for a /16", () => {
    expect(wide(["10.0.0.0/8"], ["10.20.1.11", "10.20.9.20", "10.20.200.1"])).toEqual([
      { prefix: "10.0.0.0/8", seen: "10.20.0.0/16" },
    ]);
  });

  it.each([
    ["a prefix that is used", ["10.0.0.0/8"], ["10.20.1.11", "10.200.9.20"]],
    ["a /16, however few of its hosts speak", ["10.20.0.0/16"], ["10.20.1.11"]],
    ["a prefix of which nothing was seen", ["10.0.0.0/8"], ["192.168.1.1"]],
    ["an IPv6 /48 of one network", ["fd20:5eed::/48"], ["fd20:5eed::1", "fd20:5eed::2"]],
    ["a prefix seven bits wider", ["10.0.0.0/9"], ["10.20.1.1", "10.20.255.1"]],
  ])("keeps quiet about %s", (_what, inside, seen) => {
    expect(wide(inside, seen)).toEqual([]);
  });

  it("counts the network bits of IPv6 alone", () => {
    expect(wide(["fd20::/16"], ["fd20:5eed::1", "fd20:5eed:0:1::2"])).toEqual([
      { prefix: "fd20::/16", seen: "fd20:5eed::/63" },
    ]);
    expect(wide(["fd20::/16"], ["fd20:5eed::1"])).toEqual([{ prefix: "fd20::/16", seen: "fd20:5eed::/64" }]);
  });

  it("reports one host as itself", () => {
    expect(wide(["10.0.0.0/8"], ["10.20.1.11"])).toEqual([{ prefix: "10.0.0.0/8", seen: "10.20.1.11/32" }]);
  });
});
