import { NOTE_TCP_MULTIPATH } from "./note.ts";
import type { Packet } from "./packet.ts";
import { OK, type Status, TCP_HEADER_TRUNCATED, TCP_OFFSET_TOO_SMALL } from "./status.ts";

const HEADER_LEN = 20;

export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_ACK = 0x10;
export const TCP_URG = 0x20;

const SYN_ACK = TCP_SYN | TCP_ACK;
const OPTION_NOP = 1;
const OPTION_MULTIPATH = 30;
/** Subtype in the upper four bits of the octet behind the length, and length of a server's answer (RFC 8684 §3.2). */
const JOIN = 1;
const JOIN_ANSWER_LEN = 16;

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
  if ((pkt.tcpFlags & SYN_ACK) === SYN_ACK && headerLen >= HEADER_LEN + JOIN_ANSWER_LEN) {
    if (joinsAnother(view, at + HEADER_LEN, Math.min(payloadAt, end))) pkt.notes |= NOTE_TCP_MULTIPATH;
  }
  if (payloadAt > pkt.l4WireEnd) return TCP_HEADER_TRUNCATED;
  pkt.payloadAt = Math.min(payloadAt, end);
  pkt.payloadEnd = end;
  pkt.payloadLen = pkt.l4WireEnd - payloadAt;
  return payloadAt > end ? TCP_HEADER_TRUNCATED : OK; // options cut by the snaplen: no payload is there
}

/** Whether the options view[at, end) of a server's first segment make its connection part of another. */
function joinsAnother(view: DataView, at: number, end: number): boolean {
  while (end - at >= 3) {
    const kind = view.getUint8(at);
    if (kind === OPTION_NOP) {
      at++;
      continue;
    }
    const lenBytes = view.getUint8(at + 1);
    if (kind === OPTION_MULTIPATH) return view.getUint8(at + 2) >> 4 === JOIN;
    if (kind === 0 || lenBytes < 2) return false;
    at += lenBytes;
  }
  return false;
}
