import { describe, expect, it } from "vitest";
import { decodeEthernet } from "../../src/decode/ethernet.ts";
import { Packet, resetPacket } from "../../src/decode/packet.ts";
import { FLAGS, ROW_WORDS, SYN_ACK_SEEN } from "../../src/flow/flow-row.ts";
import { FlowTracker } from "../../src/flow/flow-tracker.ts";
import { initiatorOf, portOf } from "../../src/flow/flow-view.ts";
import { ACK, SYN, tcp } from "../traffic/packets.ts";

const CLIENT = "192.0.2.10:40005";
const SERVER = "198.51.100.5:8080";

/** Port of who is taken for the initiator, and whether a SYN-ACK counts as an answer. */
function trackAll(frames: readonly Buffer[]): { initiatorPort: number; answered: boolean } {
  const tracker = new FlowTracker(16, 1, () => undefined);
  const pkt = new Packet();
  let row = -1;
  for (const [i, frame] of frames.entries()) {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    resetPacket(pkt, frame.length);
    decodeEthernet(pkt, view, 0, frame.length);
    row = tracker.observe(pkt, 100, i, frame.length);
  }
  const { table } = tracker;
  const answered = (table.words[row * ROW_WORDS + FLAGS] & SYN_ACK_SEEN) !== 0;
  return { initiatorPort: portOf(table, row, initiatorOf(table, row)), answered };
}

describe("who initiated a TCP connection", () => {
  const syn = tcp(CLIENT, SERVER, { seq: 100, flags: SYN });
  const synAck = tcp(SERVER, CLIENT, { seq: 700, ack: 101, flags: SYN | ACK });
  const synAckOfClient = tcp(CLIENT, SERVER, { seq: 100, ack: 701, flags: SYN | ACK });

  it("is whoever sent the SYN", () => {
    expect(trackAll([syn, synAck])).toEqual({ initiatorPort: 40005, answered: true });
  });

  it("is whoever a SYN-ACK alone goes to", () => {
    expect(trackAll([synAck])).toEqual({ initiatorPort: 40005, answered: true });
  });

  it("stays who sent the SYN when a SYN-ACK of the same end follows", () => {
    expect(trackAll([syn, synAck, synAckOfClient]).initiatorPort).toBe(40005);
  });

  it("gives itself no answer with a SYN-ACK of its own", () => {
    expect(trackAll([syn, synAckOfClient])).toEqual({ initiatorPort: 40005, answered: false });
  });
});
