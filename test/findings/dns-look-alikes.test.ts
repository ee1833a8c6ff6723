import { describe, expect, it } from "vitest";
import { dnsName } from "../traffic/messages.ts";
import { be, join } from "../traffic/octets.ts";
import { udp } from "../traffic/packets.ts";
import { at, GPU, RESOLVER, Scene } from "./scene.ts";

/** A question whose sender chose its id and a first label such that the message looks like something else. */
function question(id: number, firstLabels: Uint8Array, flags = 0x0100): Buffer {
  return join(
    be(id, 2),
    be(flags, 2),
    be(1, 2),
    be(0, 6),
    firstLabels,
    dnsName("evil.com"),
    be(1, 2),
    be(1, 2),
  );
}

const label = (...octets: (string | number[])[]) => {
  const text = join(...octets);
  return join([text.length], text);
};

const told = (message: Uint8Array, port: number) =>
  new Scene()
    .works()
    .send(udp(at(GPU, port), at(RESOLVER, 53), message))
    .seen()
    .findings.map(({ kind, destination }) => `${kind} ${destination}`);

describe("a question to the resolver that looks like a tunnel", () => {
  it.each([
    ["VXLAN with a frame that cannot route", 4789, question(0x8801, label("abcdefg", [0x08, 0x06], "xyz"))],
    ["Linux' VXLAN with LLDP", 8472, question(0x8801, label("abcdefg", [0x88, 0xcc], "xyz"))],
    ["DTLS of OpenSSL's old number", 40000, question(0x1601, label("a"), 0)],
    ["a first packet of DTLS", 40000, question(0x16fe, label("a"), 0)],
  ])("by its sender's port and id: %s", (_, port, message) => {
    expect(told(message, port).filter((line) => line.startsWith("dns.name"))).toHaveLength(1);
  });

  it("between clients of Teredo", () => {
    const message = question(0x6001, label("abcdefghijk", [0x20, 0x01, 0, 0]));
    const long = join(message.subarray(0, 28), dnsName("foo.com"), be(1, 2), be(1, 2));
    expect(long).toHaveLength(41);
    expect(told(long, 40000)).toContainEqual(expect.stringMatching(/^dns\.name .*foo\.com$/));
  });
});
