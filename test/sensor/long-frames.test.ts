import { describe, expect, it } from "vitest";
import { BlockReader } from "../../src/capture/ring-layout.ts";
import { readOctets } from "../capture/read-all.ts";
import { framesOf, writeBlock } from "../capture/ring-block.ts";
import { PcapngWriter } from "../capture/write-pcapng.ts";
import { AGENT, at, enclave, OUTSIDE, START } from "../findings/scene.ts";
import { judgeFrom, watch } from "../sensor-run.ts";
import { pcapOf, timed } from "../traffic/frames.ts";
import { ACK, PSH, SYN, tcp } from "../traffic/packets.ts";

const ETHERNET_LEN = 14;
const PAYLOAD_LEN = 200_000;
const INSIDE6 = "fd20:5eed::1:21";
const OUTSIDE6 = "2001:db8::7";

/** Segments as a network card with BIG TCP is handed them: longer than their headers can say. */
function bigV4(seq: number): Buffer {
  const frame = tcp(at(AGENT, 5000), at(OUTSIDE, 443), { seq, ack: 1, flags: ACK | PSH });
  frame.writeUInt16BE(0, ETHERNET_LEN + 2); // total length
  return Buffer.concat([frame, Buffer.alloc(PAYLOAD_LEN, 0x17)]);
}

/** RFC 2675 §2: payload length 0, and a hop-by-hop option that says it. */
function bigV6(seq: number): Buffer {
  const frame = tcp(at(INSIDE6, 5000), at(OUTSIDE6, 443), { seq, ack: 1, flags: ACK | PSH });
  const [head, segment] = [frame.subarray(0, ETHERNET_LEN + 40), frame.subarray(ETHERNET_LEN + 40)];
  head.writeUInt16BE(0, ETHERNET_LEN + 4);
  head[ETHERNET_LEN + 6] = 0; // next header: hop-by-hop
  const hopByHop = Buffer.from("0600c20400000000", "hex"); // then TCP; Jumbo Payload, 4 octets
  hopByHop.writeUInt32BE(8 + segment.length + PAYLOAD_LEN, 4);
  return Buffer.concat([head, hopByHop, segment, Buffer.alloc(PAYLOAD_LEN, 0x17)]);
}

const big = [bigV4(1), bigV6(1)];
const hex = big.map((frame) => frame.toString("hex"));

describe("frames of 200 kB", () => {
  it("come whole out of pcap, pcapng and a ring", async () => {
    const pcapng = new PcapngWriter();
    const blocks = big.map((data) => pcapng.enhanced({ data }));
    for (const octets of [
      pcapOf(timed(big)),
      Buffer.concat([pcapng.section(), pcapng.interface(1, 262_144), ...blocks]),
    ]) {
      const { frames } = await readOctets(octets);
      expect(frames.map(({ data }, i) => data === hex[i])).toEqual([true, true]);
    }
    const ring = new ArrayBuffer(1 << 20);
    writeBlock(ring, 0, [{ data: big[0] }, { data: big[1] }]);
    const reader = new BlockReader(ring);
    reader.begin(0);
    reader.read();
    expect(framesOf(reader.batch).map((data, i) => data === hex[i])).toEqual([true, true]);
    expect(reader.cut).toBe(0);
  });

  it.each([
    ["IPv4 with total length 0", AGENT, OUTSIDE, bigV4],
    ["IPv6 with a jumbo payload", INSIDE6, OUTSIDE6, bigV6],
  ])("are judged, and counted to the byte: %s", (_, from, to, bigOf) => {
    const [client, server] = [at(from, 5000), at(to, 443)];
    const frames = [
      tcp(client, server, { seq: 0, flags: SYN }),
      tcp(server, client, { seq: 0, ack: 1, flags: SYN | ACK }),
      tcp(client, server, { seq: 1, ack: 1 }),
      bigOf(1),
      bigOf(1 + PAYLOAD_LEN),
      bigOf(1 + PAYLOAD_LEN), // a mirror's second copy
      tcp(server, client, { seq: 1, ack: 1 + 2 * PAYLOAD_LEN }),
    ];
    const { findings, reasons } = watch(judgeFrom(enclave()), [timed(frames, START)]);
    expect(findings).toMatchObject([
      { kind: "egress.flow", destination: to, outcomeName: "transferred", bytesOut: 2 * PAYLOAD_LEN },
    ]);
    expect(reasons.filter((reason) => /truncated|cut|gap/.test(reason))).toEqual([]);
  });
});
