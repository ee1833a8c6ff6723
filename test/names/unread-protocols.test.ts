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
    ["half of the HTTP/2 preface", Buffer.from("PRI * HTTP/2.0\r\n"), null],
    ["a DNS message over TCP", hex("051d 0001 0100 0001 0000 0000 0000"), null],
    ["nothing", hex(""), null],
  ])("%s", (_what, octets, expected) => {
    expect(shown(octets)).toBe(expected);
  });
});
