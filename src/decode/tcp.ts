import type { Packet } from "./packet.ts";
import { OK, type Status, TCP_HEADER_TRUNCATED, TCP_OFFSET_TOO_SMALL } from "./status.ts";

const HEADER_LEN = 20;

export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_ACK = 0x10;
export const TCP_URG = 0x20;

/** TCP header (RFC 9293 §3.1) in view[at, end). Ports are set as soon as they are there. */
export function decodeTcp(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 4) return TCP_HEADER_TRUNCATED;
  pkt.srcPort = view.getUint16(at);
  pkt.dstPort = view.getUint16(at + 2);
  if (end - at < HEADER_LEN) return TCP_HEADER_TRUNCATED;
  pkt.tcpSeq = view.getInt32(at + 4);
  pkt.tcpAck = view.getInt32(at + 8);
  pkt.tcpFlags = view.getUint8(at + 13);
  pkt.l4Mark = view.getUint16(at + 16);
  const headerLen = (view.getUint8(at + 12) >> 4) * 4;
  if (headerLen < HEADER_LEN) return TCP_OFFSET_TOO_SMALL;
  const payloadAt = at + headerLen;
  if (payloadAt > pkt.l4WireEnd) return TCP_HEADER_TRUNCATED;
  pkt.payloadAt = Math.min(payloadAt, end);
  pkt.payloadEnd = end;
  pkt.payloadLen = pkt.l4WireEnd - payloadAt;
  return payloadAt > end ? TCP_HEADER_TRUNCATED : OK; // options cut by the snaplen: no payload is there
}
