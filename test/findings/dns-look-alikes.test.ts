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

  it("by an id and a label like a whole DTLS hello of OpenSSL's old number", () => {
    const hello = label([1], [0, 0, 0], [0, 0], [0, 0, 0], [0, 0, 0], "a");
    expect(told(question(0x1601, hello, 0), 40000)).toHaveLength(1);
  });

  it("by a length and an id like a record of TLS", () => {
    const lenBytes = 0x1603;
    const asked = question(0x0101, label("a"), 0x0501);
    const padding = join([0], be(41, 2), be(1232, 2), be(0, 4), be(lenBytes - asked.length - 11, 2));
    asked.writeUInt16BE(1, 10); // one additional record
    const message = join(be(lenBytes, 2), asked, padding, Buffer.alloc(lenBytes - asked.length - 11));
    const scene = new Scene().works().talks(GPU, RESOLVER, 53, (talk) => {
      talk.open();
      talk.client(message);
    });
    expect(scene.lines()).toEqual([`dns.name ${GPU} a.evil.com 53/tcp named medium x1`]);
  });

  it("between clients of Teredo", () => {
    const message = question(0x6001, label("abcdefghijk", [0x20, 0x01, 0, 0]));
    const long = join(message.subarray(0, 28), dnsName("foo.com"), be(1, 2), be(1, 2));
    expect(long).toHaveLength(41);
    expect(told(long, 40000)).toContainEqual(expect.stringMatching(/^dns\.name .*foo\.com$/));
  });
});
