import { readVarint, varintLen } from "./quic-varint.ts";
import { quicVersion } from "./quic-versions.ts";

export type QuicPacketKind = "initial" | "0rtt" | "handshake" | "retry" | "negotiation" | "unknown-version";

export type QuicHeaderStatus = "ok" | "quic.header_truncated" | "quic.connection_id_too_long";

const LONG_HEADER = 0x80;
/** RFC 9000 §17.2: at most 20 octets in versions 1 and 2 and in the drafts since 22. */
const MAX_CID_LEN = 20;
/** Of a client's first Initial (RFC 9000 §7.2). */
const MIN_FIRST_DCID = 8;
/** First octet, version, two lengths. */
const MIN_LEN = 7;
/** RFC 9000 §14.1. */
const MIN_INITIAL_DATAGRAM = 1200;
const V1_KINDS = ["initial", "0rtt", "handshake", "retry"] as const; // RFC 9000 §17.2, table 5
const V2_KINDS = ["retry", "initial", "0rtt", "handshake"] as const; // RFC 9369 §3.2

/** A packet with a long header (RFC 8999 §5.1, RFC 9000 §17.2). Reused by its owner. */
export class QuicPacket {
  kind: QuicPacketKind = "unknown-version";
  /** As int32. */
  version = 0;
  /** The packet is view[at, end). */
  at = 0;
  end = 0;
  /** Destination and source connection id. */
  dcidAt = 0;
  dcidEnd = 0;
  scidAt = 0;
  scidEnd = 0;
  /** Initial, 0-RTT, Handshake: where the protected packet number begins. */
  pnAt = 0;
}

export function isLongHeader(view: DataView, at: number): boolean {
  return (view.getUint8(at) & LONG_HEADER) !== 0;
}

/** Whether view[at, end) begins with a long header of a version whose Initial packets can be opened. */
export function isQuicLong(view: DataView, at: number, end: number): boolean {
  return end - at >= MIN_LEN && isLongHeader(view, at) && quicVersion(view.getInt32(at + 1)) !== undefined;
}

/**
 * Whether view[at, end), of `lenBytes` on the wire, may begin with a client's first packet of a version that
 * is not known here: what all versions share (RFC 8999 §5.1), and the padding that servers demand (§14.1 of
 * RFC 9000).
 */
export function mayBeQuicLong(view: DataView, at: number, end: number, lenBytes: number): boolean {
  if (lenBytes < MIN_INITIAL_DATAGRAM || end - at < MIN_LEN || view.getUint8(at) < 0xc0) return false;
  const dcidLen = view.getUint8(at + 5);
  const scidLenAt = at + 6 + dcidLen;
  if (view.getInt32(at + 1) === 0 || dcidLen < MIN_FIRST_DCID || dcidLen > MAX_CID_LEN) return false;
  return scidLenAt >= end || view.getUint8(scidLenAt) <= MAX_CID_LEN;
}

/**
 * The packet with a long header at the beginning of view[at, end). `end` of a packet whose length is not
 * known (a Retry, another version) is that of the datagram; a Length beyond the datagram is cut to it.
 */
export function readLongHeader(out: QuicPacket, view: DataView, at: number, end: number): QuicHeaderStatus {
  if (end - at < MIN_LEN) return "quic.header_truncated";
  const first = view.getUint8(at);
  out.kind = "unknown-version";
  out.at = at;
  out.end = end;
  out.pnAt = end;
  out.version = view.getInt32(at + 1);
  out.dcidAt = at + 6;
  out.dcidEnd = out.dcidAt + view.getUint8(at + 5);
  if (out.dcidEnd >= end) return "quic.header_truncated";
  out.scidAt = out.dcidEnd + 1;
  out.scidEnd = out.scidAt + view.getUint8(out.dcidEnd);
  if (out.scidEnd > end) return "quic.header_truncated";
  if (out.version === 0) {
    out.kind = "negotiation"; // RFC 9000 §17.2.1
    return "ok";
  }
  const version = quicVersion(out.version);
  if (version === undefined) return "ok";
  if (out.dcidEnd - out.dcidAt > MAX_CID_LEN || out.scidEnd - out.scidAt > MAX_CID_LEN) {
    return "quic.connection_id_too_long";
  }
  out.kind = (version.v2Types ? V2_KINDS : V1_KINDS)[(first >> 4) & 3];
  return out.kind === "retry" ? "ok" : readLength(out, view, end);
}

/** Token (Initial only, RFC 9000 §17.2.2) and Length. */
function readLength(out: QuicPacket, view: DataView, end: number): QuicHeaderStatus {
  let at = out.scidEnd;
  if (out.kind === "initial") {
    const tokenLen = readVarint(view, at, end);
    if (tokenLen < 0) return "quic.header_truncated";
    at += varintLen(view.getUint8(at)) + tokenLen;
  }
  const lenBytes = readVarint(view, at, end);
  if (lenBytes < 0) return "quic.header_truncated";
  out.pnAt = at + varintLen(view.getUint8(at));
  out.end = Math.min(end, out.pnAt + lenBytes);
  return "ok";
}
