import { HANDSHAKE_CLIENT_HELLO } from "./tls-records.ts";

/** RFC 6347 §4.1, RFC 9147 §4: type, version, epoch, sequence number, length. */
const RECORD_HEADER_LEN = 13;
/** §4.2.2: type, length, message sequence, offset and length of the fragment. */
const FRAGMENT_HEADER_LEN = 12;
/** ChangeCipherSpec and alerts stand before it. */
const CONTENT_FIRST = 20;
const CONTENT_HANDSHAKE = 22;
/** Records of one datagram that are looked at. */
const MAX_RECORDS = 64;

/** A piece of a ClientHello. Reused by its owner. */
export class DtlsFragment {
  messageSeq = 0;
  /** Octets of the whole body, and where in it this piece begins. */
  bodyLen = 0;
  offset = 0;
  at = 0;
  end = 0;
  /** Where to look for the next piece. */
  next = 0;
}

/**
 * Whether a datagram view[at, end) begins with a readable DTLS record, on any port, and has room for a ClientHello
 * (RFC 6347, RFC 9147; version 1.3 sends its first in the same form). The first octet tells it from STUN and RTP on one
 * port (RFC 7983 §7).
 */
export function mayBeDtlsHello(view: DataView, at: number, end: number): boolean {
  if (end - at < RECORD_HEADER_LEN + FRAGMENT_HEADER_LEN) return false;
  const type = view.getUint8(at);
  return type >= CONTENT_FIRST && type <= CONTENT_HANDSHAKE && isClearRecord(view, at);
}

/** In clear, for it is of epoch 0. */
function isClearRecord(view: DataView, at: number): boolean {
  if (view.getUint16(at + 3) !== 0) return false;
  const version = view.getUint16(at + 1);
  if (version >> 8 === 0xfe) return true; // of a first record no more than that is looked at (OpenSSL)
  // OpenSSL before 0.9.8f. A question of DNS can begin so; its count then stands in the sequence number.
  return version === 0x0100 && view.getUint8(at + 5) === 0;
}

/** Steps to the next piece of a ClientHello at or after `at`; false when there is none in the datagram. */
export function nextDtlsFragment(out: DtlsFragment, view: DataView, at: number, end: number): boolean {
  for (let n = 0; n < MAX_RECORDS && end - at >= RECORD_HEADER_LEN; n++) {
    const recordEnd = at + RECORD_HEADER_LEN + view.getUint16(at + 11);
    const isHandshake = view.getUint8(at) === CONTENT_HANDSHAKE && isClearRecord(view, at);
    if (isHandshake && readFragment(out, view, at + RECORD_HEADER_LEN, end, recordEnd)) {
      out.next = recordEnd;
      return true;
    }
    at = recordEnd;
  }
  return false;
}

/** The first message of a record, which ends at `recordEnd` by its own claim. */
function readFragment(
  out: DtlsFragment,
  view: DataView,
  at: number,
  end: number,
  recordEnd: number,
): boolean {
  if (end - at < FRAGMENT_HEADER_LEN || view.getUint8(at) !== HANDSHAKE_CLIENT_HELLO) return false;
  out.bodyLen = uint24(view, at + 1);
  out.messageSeq = view.getUint16(at + 4);
  out.offset = uint24(view, at + 6);
  out.at = at + FRAGMENT_HEADER_LEN;
  const stop = out.at + uint24(view, at + 9);
  out.end = Math.min(end, stop);
  return stop <= recordEnd;
}

function uint24(view: DataView, at: number): number {
  return (view.getUint8(at) << 16) | view.getUint16(at + 1);
}
