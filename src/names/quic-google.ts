import { hostText } from "./escape.ts";

/** What a datagram of Google's QUIC says (before it became the IETF's): its version, and its CHLO. */
export interface GoogleHello {
  /** "Q043". */
  readonly version: string;
  /** The SNI tag of the CHLO, lower-case and escaped; "" without one, null when there is no whole CHLO. */
  readonly sni: string | null;
}

const HAS_VERSION = 0x01;
const HAS_CONNECTION_ID = 0x08;
const RESET_OR_BEYOND = 0xc2;
const LONG_HEADER = 0x80;
/** Public flags, connection id; the long header (Q044 and later) has the version right behind the flags. */
const SHORT_VERSION_AT = 9;
const LONG_VERSION_AT = 1;
const VERSION_LEN = 4;
/** Packet number, hash, private flags, frames before the first stream frame: CHLO begins within these. */
const MAX_BEFORE_CHLO = 128;
const MAX_TAGS = 128;
const CHLO = 0x43484c4f;
const SNI = 0x534e4900;

/**
 * Whether view[at, end) begins as a client's packet of Google's QUIC, with its version: Q0 and two digits.
 * Its connection id has eight octets, as all clients' have.
 */
export function isGoogleQuic(view: DataView, at: number, end: number): boolean {
  return versionAt(view, at, end) > 0;
}

function versionAt(view: DataView, at: number, end: number): number {
  if (end - at < SHORT_VERSION_AT + VERSION_LEN) return -1;
  const flags = view.getUint8(at);
  const isLong = (flags & LONG_HEADER) !== 0;
  const wanted = HAS_VERSION | HAS_CONNECTION_ID;
  if (!isLong && (flags & (RESET_OR_BEYOND | wanted)) !== wanted) return -1;
  const found = at + (isLong ? LONG_VERSION_AT : SHORT_VERSION_AT);
  if (view.getUint16(found) !== 0x5130) return -1; // "Q0"
  return isDigit(view.getUint8(found + 2)) && isDigit(view.getUint8(found + 3)) ? found : -1;
}

function isDigit(octet: number): boolean {
  return octet >= 0x30 && octet <= 0x39;
}

/** What the datagram view[at, end) says, for which `isGoogleQuic` holds. Q043 to Q046 and earlier: in clear. */
export function readGoogleQuic(view: DataView, at: number, end: number): GoogleHello {
  const found = versionAt(view, at, end);
  const version = String.fromCharCode(0x51, 0x30, view.getUint8(found + 2), view.getUint8(found + 3));
  const from = found + VERSION_LEN;
  const stop = Math.min(end - VERSION_LEN, from + MAX_BEFORE_CHLO);
  for (let i = from; i <= stop; i++) {
    if (view.getUint32(i) === CHLO) {
      const sni = chloName(view, i, end);
      if (sni !== null) return { version, sni };
    }
  }
  return { version, sni: null };
}

/**
 * The SNI tag of the CHLO view[at, end): tag, count and padding, then a table of tags with the end of each
 * value, all little-endian, then the values ("QUIC Crypto", Langley and Chang 2016). "" when there is no such
 * tag, null when the message is cut off before that can be told.
 */
export function chloName(view: DataView, at: number, end: number): string | null {
  if (end - at < 8 || view.getUint32(at) !== CHLO) return null;
  const tags = view.getUint16(at + 4, true);
  const valuesAt = at + 8 + 8 * tags;
  if (tags > MAX_TAGS || valuesAt > end) return null;
  let from = 0;
  for (let entry = at + 8; entry < valuesAt; entry += 8) {
    const to = view.getUint32(entry + 4, true);
    if (to < from) return null;
    if (view.getUint32(entry) === SNI) {
      return valuesAt + to > end ? null : hostText(view, valuesAt + from, valuesAt + to);
    }
    from = to;
  }
  return "";
}
