import { describe, expect, it } from "vitest";
import {
  isSocksAnswerStart,
  isSocksStart,
  readSocksHandshake,
  SocksHandshake,
} from "../../src/names/socks.ts";
import { readSocksAnswer, SocksAnswer } from "../../src/names/socks-answer.ts";
import { readSocksDatagram } from "../../src/names/socks-datagram.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** What `read` says of the octets between paddings of 0x00 and of 0xff: the same. */
function framed<T>(octets: Uint8Array, read: (view: DataView, at: number, end: number) => T): T {
  const [zeros, ones] = [0x00, 0xff].map((padding) => {
    const memory = Buffer.alloc(octets.length + 600, padding);
    memory.set(octets, 16);
    return read(new DataView(memory.buffer, memory.byteOffset, memory.length), 16, 16 + octets.length);
  });
  expect(ones).toEqual(zeros);
  return zeros;
}

const start = (octets: Uint8Array) => framed(octets, isSocksStart);

describe("isSocksStart", () => {
  it.each([
    ["version 5, no authentication", "05 01 00", "yes"],
    ["version 5, three methods", "05 03 00 01 02", "yes"],
    ["version 5, a client that does not wait", "05 01 00 05 01 00 03 01 61 01bb", "yes"],
    ["version 5, user name and password behind", "05 01 02 01 01 61 01 62", "yes"],
    ["version 5, a request alone: joined in the middle", "05 01 00 01 cb00710a 01bb", "yes"],
    ["version 5, methods to come", "05 03 00", "maybe"],
    ["version 5, its first octet", "05", "maybe"],
    ["version 5 without methods", "05 00 00", "no"],
    ["version 5, a method that nobody has", "05 02 00 77", "doubtful"],
    ["version 5, a private method", "05 02 80 02", "doubtful"],
    ["version 5, a method that nobody has, and more to come", "05 03 00 77", "doubtful"],
    ["version 5, no method that a proxy knows", "05 02 77 80", "no"],
    [
      "version 5, a method that nobody has, and a request behind it",
      "05 02 00 77 05 01 00 03 01 61 01bb",
      "yes",
    ],
    ["version 5, a method that nobody has, and half a request", "05 02 00 77 05 01 00 03 01", "doubtful"],
    ["version 5, a method that nobody has, and something else", "05 02 00 77 06", "no"],
    ["DCE/RPC bind", "05 00 0b 03 10000000 4800", "no"],
    ["DNS over TCP", "051d 0001 0100 0001 0000 0000 0000 03 777777", "doubtful"],
    ["version 4", "04 01 01bb cb00710a 00", "yes"],
    ["version 4a", "04 01 01bb 00000001 00 612e6578 00", "yes"],
    ["version 4 with data behind it", "04 01 0016 cb00710a 6d6500 5353482d", "yes"],
    ["version 4a, host name to come", "04 01 01bb 00000001 6d00", "maybe"],
    ["version 4a without a host name", "04 02 0010 00000005 00 0000", "no"],
    ["an answer of TDS", "04 01 002b 00000100 00 001a 0006", "no"],
    ["version 4, user name to come", "04 01 0016 cb00710a 6d65", "maybe"],
    ["version 4 with octets that no user name has", "04 01 0016 cb00710a 6d01 00", "doubtful"],
    ["version 4 with a user of 300 octets", `04 01 0016 cb00710a ${"6d".repeat(300)} 00`, "doubtful"],
    ["version 4 with a user of 1024 octets", `04 01 0016 cb00710a ${"6d".repeat(1024)} 00`, "no"],
    ["version 4 of an unknown command", "04 03 01bb cb00710a 00", "no"],
    ["TLS", "16 03 01 00 40", "no"],
    ["nothing", "", "maybe"],
  ])("%s", (_, octets, expected) => {
    expect(start(hex(octets))).toBe(expected);
  });
});

describe("isSocksAnswerStart", () => {
  it.each([
    ["05 00", "yes"],
    ["05 02", "yes"],
    ["05 ff", "yes"],
    ["05 00 05 00 00 01", "yes"],
    ["05 02 01 00", "yes"],
    ["05 00 01", "no"],
    ["05 02 05", "no"],
    ["05 07", "no"],
    ["05", "maybe"],
    ["00 5a 0000 00000000", "yes"],
    ["00 5b 0000 00000000", "yes"],
    ["00 5a 0000", "no"],
    ["00", "maybe"],
    ["00 00", "no"],
    ["16 03", "no"],
  ])("%s: %s", (octets, expected) => {
    expect(framed(hex(octets), isSocksAnswerStart)).toBe(expected);
  });
});

const NAME = "03 0b 6576696c2e746573742e62 01bb"; // "evil.test.b", 443

function handshakeOf(octets: Uint8Array) {
  return framed(octets, (view, at, end) => {
    const out = new SocksHandshake();
    readSocksHandshake(out, view, at, end);
    const { state, request, next } = out;
    return { state, next: state === "request" ? next - at : 0, request };
  });
}

describe("readSocksHandshake", () => {
  it.each([
    ["5, a name", `05 01 00 05 01 00 ${NAME}`, { host: "evil.test.b", address: null, port: 443 }],
    ["5, password first", `05 02 00 02 01 01 61 02 6263 05 01 00 ${NAME}`, { host: "evil.test.b" }],
    ["5, an address", "05 01 00 05 01 00 01 cb00710a 0050", { port: 80, host: "" }],
    [
      "5, an address in the place of a name",
      "05 01 00 05 01 00 03 07 392e392e392e39 0050",
      { host: "9.9.9.9" },
    ],
    ["5, IPv6", "05 01 00 05 01 00 04 20010db8000000000000000000000001 0050", { host: "" }],
    ["5, a name to be resolved", `05 01 00 05 f0 00 ${NAME}`, { command: "other", opensTunnel: false }],
    ["5, an association", "05 01 00 05 03 00 01 00000000 0000", { command: "udp-associate" }],
    ["5, methods that nobody has", `05 03 80 00 ff 05 01 00 ${NAME}`, { host: "evil.test.b", port: 443 }],
    ["4, octets that no user name has", "04 01 01bb cb00710a 0180ff00", { version: 4, port: 443 }],
    ["4, an address", "04 01 01bb cb00710a 6d00", { version: 4, port: 443, command: "connect" }],
    ["4a, a name", "04 02 01bb 00000001 6d00 4556494c2e6f7267 00", { host: "evil.org", command: "bind" }],
  ])("version %s", (_, octets, expected) => {
    const whole = hex(octets);
    expect(handshakeOf(whole)).toMatchObject({ state: "request", next: whole.length, request: expected });
    const behind = handshakeOf(Buffer.concat([whole, hex("16030100400100003c")]));
    expect(behind).toMatchObject({ state: "request", next: whole.length, request: expected });
    for (let cut = 1; cut < whole.length; cut++) {
      expect(handshakeOf(whole.subarray(0, cut)).state, `${cut}`).toBe("more");
    }
  });

  it("reads addresses into words", () => {
    const { request } = handshakeOf(hex("05 01 00 05 01 00 01 cb00710a 0050"));
    expect([...(request?.address ?? [])]).toEqual([0, 0, 0xffff, 0xcb00710a | 0]);
  });

  it.each([
    ["GSSAPI", "05 01 01 01 01 0004 00000000"],
    ["no known type of address", "05 01 00 05 01 00 07 00000000"],
    ["neither request nor password", "05 01 00 05 00 00 01 00000000"],
  ])("says where it cannot read on: %s", (_, octets) => {
    expect(handshakeOf(hex(octets)).state).toBe("unreadable");
  });
});

describe("readSocksAnswer", () => {
  const answer = (octets: string) =>
    framed(hex(octets), (view, at, end) => {
      const out = new SocksAnswer();
      readSocksAnswer(out, view, at, end);
      return `${out.state} ${out.granted} ${out.state === "reply" ? out.next - at : 0} ${out.boundPort}`;
    });

  it.each([
    ["granted", "05 00 05 00 00 01 0a14091e 1f90", "reply true 12 8080"],
    ["granted after a password", "05 02 01 00 05 00 00 01 00000000 0000 4142", "reply true 14 0"],
    ["refused", "05 00 05 02 00 01 00000000 0000", "reply false 12 0"],
    ["no method will do", "05 ff", "reply false 2 0"],
    ["joined in the middle", "05 00 00 03 01 61 0050", "reply true 8 80"],
    ["the method alone", "05 00", "more false 0 0"],
    ["version 4, granted", "00 5a 0000 00000000 41", "reply true 8 0"],
    ["version 4, refused", "00 5b 0000 00000000", "reply false 8 0"],
    ["another protocol", "05 00 41 42", "unreadable false 0 0"],
  ])("%s", (_, octets, expected) => {
    expect(answer(octets)).toBe(expected);
  });
});

describe("readSocksDatagram", () => {
  it.each([
    [
      "a name",
      "0000 00 03 05 612e6f7267 0035 abcd",
      { host: "a.org", port: 53, hasContent: true, isUdp: true },
    ],
    ["an address", "0000 00 01 09090909 0035", { host: "", port: 53, hasContent: false }],
    ["a fragment", "0000 81 03 05 612e6f7267 0035 ab", { host: "a.org" }],
    ["no reserved octets", "0001 00 01 09090909 0035", null],
    ["cut", "0000 00 01 09090909 00", null],
    ["no known type of address", "0000 00 02 09090909 0035", null],
  ])("%s", (_, octets, expected) => {
    const read = framed(hex(octets), readSocksDatagram);
    if (expected === null) expect(read).toBeNull();
    else expect(read).toMatchObject(expected);
  });
});
