import { describe, expect, it } from "vitest";
import { decodeNull } from "../../src/decode/null-loop.ts";
import { Packet, resetPacket } from "../../src/decode/packet.ts";
import { NULL_UNKNOWN_FAMILY, OK } from "../../src/decode/status.ts";

// IPv4 10.0.0.138 to 10.0.0.1, UDP 53 to 58125, no payload
const IPV4 = "4500001c 00004000 40110000 0a00008a 0a000001 0035e30d 00080000";
// IPv6 fe80::1 to fe80::2, UDP 53 to 58125, no payload
const IPV6 =
  "60000000 00081140 fe800000000000000000000000000001 fe800000000000000000000000000002 0035e30d 00080000";

function decode(hex: string): { status: number; ipVersion: number; dstPort: number } {
  const octets = Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
  const pkt = new Packet();
  resetPacket(pkt, octets.length);
  const status = decodeNull(pkt, new DataView(octets.buffer), 0, octets.length);
  return { status, ipVersion: pkt.ipVersion, dstPort: pkt.dstPort };
}

describe("loopback header with an EtherType in its last two octets", () => {
  it("is followed by what the EtherType says", () => {
    expect(decode(`0f000800 ${IPV4}`)).toEqual({ status: OK, ipVersion: 4, dstPort: 58125 });
    expect(decode(`000086dd ${IPV6}`)).toEqual({ status: OK, ipVersion: 6, dstPort: 58125 });
  });

  it("is still unknown with any other", () => {
    expect(decode(`0f000801 ${IPV4}`).status).toBe(NULL_UNKNOWN_FAMILY);
  });

  it("does not keep address families of either byte order from being read", () => {
    expect(decode(`02000000 ${IPV4}`).ipVersion).toBe(4);
    expect(decode(`0000001e ${IPV6}`).ipVersion).toBe(6);
  });
});
