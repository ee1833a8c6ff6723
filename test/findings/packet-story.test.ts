import { describe, expect, it } from "vitest";
import { describePacket } from "../../src/findings/packet-story.ts";
import { be, join } from "../traffic/octets.ts";
import { ip, SYN, tcp, udp } from "../traffic/packets.ts";

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
    expect(story.summary).toMatch(/^10\.20\.1\.11:40000 > 198\.51\.100\.7:443 {2}TCP SYN/);
  });

  it("says why what is inside could not be read", () => {
    const frame = ip("10.20.9.1", "10.20.9.2", 47, join([0, 0, 6, 1], Buffer.alloc(20)));
    expect(describePacket(frame, frame.length, 1).summary).toMatch(/^EtherType that is not decoded/);
    expect(names(frame)).toEqual(["ethernet", "ipv4"]);
  });
});
