import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describePacket } from "../../src/findings/packet-story.ts";
import { clientHello, dnsAnswer, dnsQuery, httpRequest, serverHello } from "../traffic/messages.ts";
import { be, join } from "../traffic/octets.ts";
import { icmp, ip, SYN, tcp, udp } from "../traffic/packets.ts";
import { at, GPU, OUTSIDE, RESOLVER } from "./scene.ts";

function summary(frame: Buffer): string {
  const { from, to, summary: what } = describePacket(frame, frame.length, 1);
  return `${from} > ${to}  ${what}`;
}

const HERE = at(GPU, 40000);
const THERE = at(OUTSIDE, 443);
const ASKER = at(GPU, 5000);
const DNS = at(RESOLVER, 53);
const ANSWER = dnsAnswer("a.example", "A", 1, [{ type: "A", data: "192.0.2.1", ttl: 60 }]);

describe("describePacket", () => {
  it.each([
    ["a SYN", tcp(HERE, THERE, { flags: SYN }), "10.20.1.11:40000 > 198.51.100.7:443  TCP SYN"],
    ["a question", udp(ASKER, DNS, dnsQuery("a.example")), "DNS question A a.example"],
    ["an answer", udp(DNS, ASKER, ANSWER), "DNS answer A a.example: A 192.0.2.1"],
    ["a ClientHello", tcp(HERE, THERE, { payload: clientHello("a.example") }), "TLS ClientHello a.example"],
    ["a ServerHello", tcp(THERE, HERE, { payload: serverHello() }), "TLS ServerHello"],
    ["a request", tcp(HERE, THERE, { payload: httpRequest("a.example", "/x") }), "HTTP GET /x HTTP/1.1"],
    ["a ping", icmp(GPU, OUTSIDE, { type: 8, code: 0 }), "10.20.1.11 > 198.51.100.7  ICMP echo request"],
  ])("tells of %s", (_, frame, expected) => {
    expect(summary(frame)).toContain(expected);
  });

  it("says why a frame has no addresses", () => {
    expect(describePacket(new Uint8Array(6), 60, 1)).toMatchObject({ headers: [] });
  });

  it("takes any octets, cut anywhere, and shows none of them raw", () => {
    const frames = [
      tcp(HERE, THERE, { payload: clientHello("a.example") }),
      tcp(HERE, THERE, { payload: httpRequest("a.example", "/\x1b[2J") }),
      udp(DNS, ASKER, ANSWER),
    ];
    const cut = fc.record({
      frame: fc.constantFrom(...frames),
      length: fc.nat(400),
      flips: fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 3 }),
      linkType: fc.constantFrom(1, 1, 1, 101, 113, 276, 0, 105),
    });
    fc.assert(
      fc.property(cut, ({ frame, length, flips, linkType }) => {
        const octets = Uint8Array.from(frame.subarray(0, length));
        for (const [place, value] of flips) if (place < octets.length) octets[place] = value;
        const { summary: text, headers } = describePacket(octets, frame.length, linkType);
        expect(text + headers.map(({ fields }) => fields).join("")).toMatch(/^[\x20-\x7e]*$/);
      }),
      { numRuns: 1000 },
    );
  });
});

const inner = tcp("10.20.1.11:40000", "198.51.100.7:443", { flags: SYN });
const names = (frame: Uint8Array) => describePacket(frame, frame.length, 1).headers.map(({ name }) => name);

describe("the story of a packet in a tunnel", () => {
  it("is that of the innermost, with what carried it", () => {
    const frame = udp("10.20.9.1:50000", "10.20.9.2:4789", join(be(0x08000000, 4), be(0, 4), inner));
    const story = describePacket(frame, frame.length, 1);
    expect(story.headers.slice(0, 2).map(({ fields }) => fields)).toEqual([
      "02:00:00:00:00:01 > 02:00:00:00:00:02",
      "10.20.9.1 > 10.20.9.2, vxlan",
    ]);
    expect(names(frame)).toEqual(["ethernet", "ipv4", "ethernet", "ipv4", "tcp"]);
    expect(story).toMatchObject({ from: "10.20.1.11:40000", to: "198.51.100.7:443", summary: "TCP SYN" });
  });

  it("says why what is inside could not be read", () => {
    const frame = ip("10.20.9.1", "10.20.9.2", 47, join([0, 0, 6, 1], Buffer.alloc(20)));
    expect(describePacket(frame, frame.length, 1).summary).toMatch(/^EtherType that is not decoded/);
    expect(names(frame)).toEqual(["ethernet", "ipv4"]);
  });
});
