import { describe, expect, it } from "vitest";
import { isIcmpError } from "../../src/decode/icmp.ts";

function errorsOf(version: number): number[] {
  return Array.from({ length: 257 }, (_, i) => i - 1).filter((type) => isIcmpError(version, type));
}

describe("isIcmpError", () => {
  it("knows the messages of RFC 792 that quote a packet", () => {
    expect(errorsOf(4)).toEqual([3, 4, 5, 11, 12]);
  });

  it("takes every ICMPv6 type below 128 but the reserved 0 (RFC 4443 §2.1)", () => {
    expect(errorsOf(6)).toEqual(Array.from({ length: 127 }, (_, i) => i + 1));
  });
});
