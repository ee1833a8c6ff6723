import { describe, expect, it } from "vitest";
import { unreadProtocol } from "../../src/names/unread-protocols.ts";

function shown(octets: Uint8Array): string | null {
  for (const padding of [0x00, 0xff]) {
    const framed = Buffer.alloc(octets.length + 32, padding);
    framed.set(octets, 16);
    const view = new DataView(framed.buffer, framed.byteOffset, framed.length);
    const result = unreadProtocol(view, 16, 16 + octets.length);
    if (padding === 0xff) return result;
    expect(unreadProtocol(new DataView(Uint8Array.from(octets).buffer), 0, octets.length)).toBe(result);
  }
  return null;
}

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

describe("unreadProtocol", () => {
  it.each([
    [
      "HTTP/2 with prior knowledge",
      Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04"),
      "http2.not_decoded",
    ],
    ["SOCKS 5, no authentication", hex("05 01 00"), "socks.not_decoded"],
    ["SOCKS 5, three methods", hex("05 03 00 01 02"), "socks.not_decoded"],
    ["SOCKS 5 with its request behind it", hex("05 01 00 05 01 00 03 01 61 01bb"), "socks.not_decoded"],
    ["SOCKS 5 with user name and password behind it", hex("05 01 02 01 01 61 01 62"), "socks.not_decoded"],
    ["SOCKS 4", hex("04 01 01bb cb00710a 00"), "socks.not_decoded"],
    ["SOCKS 4a with a name", hex("04 01 01bb 00000001 00 612e6578616d706c65 00"), "socks.not_decoded"],
    ["SOCKS 4 with data behind it", hex("04 01 0016 cb00710a 6d6500 5353482d322e30"), "socks.not_decoded"],
    ["SOCKS 4 with octets that no user name has", hex("04 01 0016 cb00710a 6d01 00"), null],
    ["half of the HTTP/2 preface", Buffer.from("PRI * HTTP/2.0\r\n"), null],
    ["a DNS message over TCP", hex("051d 0001 0100 0001 0000 0000 0000"), null],
    ["SOCKS 5 without methods", hex("05 00 00"), null],
    ["SOCKS 5 that is cut", hex("05 03 00"), null],
    ["SOCKS 4 of an unknown command", hex("04 03 01bb cb00710a 00"), null],
    ["nothing", hex(""), null],
  ])("%s", (_what, octets, expected) => {
    expect(shown(octets)).toBe(expected);
  });
});
