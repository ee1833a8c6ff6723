import { readVarint, varintLen } from "./quic-varint.ts";
import type { QuicFraming } from "./quic-versions.ts";

export type QuicFramesStatus = "ok" | "quic.frame_truncated" | "quic.frame_unexpected";

const PADDING = 0x00;
const PING = 0x01;
const ACK = 0x02;
const ACK_ECN = 0x03;
const CRYPTO = 0x06;
const CONNECTION_CLOSE = 0x1c;
const GOOGLE_PING = 0x07;
const GOOGLE_CRYPTO = 0x08;

/** Takes a piece of the CRYPTO stream: its offset, and where it lies. */
export type CryptoTaker = (offset: number, at: number, end: number) => void;

/**
 * The frames of an Initial packet's payload view[at, end): CRYPTO is passed on, the others that may stand
 * there (RFC 9000 §12.4, table 3) are stepped over. Whatever stands before a broken or strange frame counts.
 */
export function readInitialFrames(
  view: DataView,
  at: number,
  end: number,
  framing: QuicFraming,
  take: CryptoTaker,
): QuicFramesStatus {
  while (at < end) {
    let type = view.getUint8(at++);
    if (framing === "ietf" && type >= 0x40) {
      // RFC 9000 §12.4: longer than it has to be, which not all take for an error.
      type = readVarint(view, at - 1, end);
      at += varintLen(view.getUint8(at - 1)) - 1;
    }
    if (type === PADDING) {
      // Most of a first datagram is padding (RFC 9000 §14.1).
      while (end - at >= 4 && view.getInt32(at) === 0) at += 4;
      continue;
    }
    if (type === (framing === "ietf" ? PING : GOOGLE_PING)) continue;
    if (type === (framing === "ietf" ? CRYPTO : GOOGLE_CRYPTO)) {
      const dataAt = skipVarints(view, at, end, 2);
      if (dataAt < 0) return "quic.frame_truncated";
      const offset = readVarint(view, at, end);
      const lenBytes = readVarint(view, at + varintLen(view.getUint8(at)), end);
      take(offset, dataAt, Math.min(end, dataAt + lenBytes));
      if (lenBytes > end - dataAt) return "quic.frame_truncated";
      at = dataAt + lenBytes;
    } else if (framing === "ietf" && (type === ACK || type === ACK_ECN)) {
      at = skipAck(view, at, end, type === ACK_ECN);
      if (at < 0) return "quic.frame_truncated";
    } else if (framing === "ietf" && type === CONNECTION_CLOSE) {
      return "ok"; // nothing of interest comes after it
    } else return "quic.frame_unexpected";
  }
  return "ok";
}

/** RFC 9000 §19.3: largest, delay, count of ranges, first range; pairs; three counters with ECN. */
function skipAck(view: DataView, at: number, end: number, hasEcn: boolean): number {
  const countAt = skipVarints(view, at, end, 2);
  if (countAt < 0) return -1;
  const ranges = readVarint(view, countAt, end);
  return skipVarints(view, countAt, end, 2 + 2 * ranges + (hasEcn ? 3 : 0));
}

/** Where `count` variable-length integers end, or -1 when they do not. */
function skipVarints(view: DataView, at: number, end: number, count: number): number {
  for (; count > 0; count--) {
    if (at >= end) return -1;
    at += varintLen(view.getUint8(at));
    if (at > end) return -1;
  }
  return at;
}
