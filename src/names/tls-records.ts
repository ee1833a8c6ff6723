import { ByteHold } from "./byte-hold.ts";

/**
 * What a chunk led to: "more" octets are needed, a "hello" is whole, the stream is "not-tls" (or stopped
 * being readable as such), the hello is "too-long" to be one, or octets are "lost" where it matters.
 */
export type TlsFeed = "more" | "hello" | "not-tls" | "too-long" | "lost";

export const HANDSHAKE_CLIENT_HELLO = 1;
export const HANDSHAKE_SERVER_HELLO = 2;

const RECORD_HEADER_LEN = 5;
const HANDSHAKE_HEADER_LEN = 4;
const CONTENT_HANDSHAKE = 22;
/** Lengths of records that may stand before a hello: a change of ciphers, of which nothing comes, and an alert. */
const LEN_BEFORE_HELLO: Readonly<Record<number, number>> = { 20: 1, 21: 2 };
/** An alert's level (RFC 8446 §6), and what a change of ciphers consists of (§5). */
const WARNING = 1;
/** Highest first octet of a record's version that servers put up with. */
const MAX_MAJOR = 0x0f;
/** Offset of the version in a ClientHello, its header included. */
const HELLO_VERSION_AT = 4;
/** RFC 5246 §6.2.3, the longest of all versions: 2^14 and 2,048 of expansion. */
const MAX_RECORD_LEN = 0x4000 + 2048;
/** All vectors of a ClientHello at their longest (RFC 8446 §4.1.2); a longer claim is no hello. */
export const MAX_HELLO_LEN = 2 + 32 + (1 + 32) + (2 + 0xfffe) + (1 + 0xff) + (2 + 0xffff);

/**
 * Whether a client's stream that begins with view[at, end) is TLS, on any port: a handshake record of SSL
 * 3.0 to TLS 1.3, by whatever version, that begins with a ClientHello, or an SSL 2.0 compatible one (RFC 8446 §5.1, RFC 5246 App. E.2).
 */
export function isTlsStart(view: DataView, at: number, end: number): "yes" | "no" | "maybe" {
  if (at >= end) return "maybe";
  if ((view.getUint8(at) & 0x80) !== 0) return isSsl2Start(view, at, end);
  let isOdd = false;
  let lenBytes = 0;
  for (;;) {
    const record = isRecordStart(view, at, end);
    if (record !== "yes") return record;
    const type = view.getUint8(at);
    isOdd ||= view.getUint8(at + 1) !== 3 || view.getUint8(at + 2) > 4;
    lenBytes = view.getUint16(at + 3);
    at += RECORD_HEADER_LEN;
    // Some servers put up with empty records, and with what is no part of a handshake (OpenSSL: warnings).
    if (type === CONTENT_HANDSHAKE && lenBytes > 0) break;
    if (type !== CONTENT_HANDSHAKE) {
      if (lenBytes !== LEN_BEFORE_HELLO[type]) return "no";
      if (at < end && view.getUint8(at) !== WARNING) return "no";
      at += lenBytes;
    }
  }
  if (at >= end) return "maybe";
  if (view.getUint8(at) !== HANDSHAKE_CLIENT_HELLO) return "no";
  // The hello's own version tells where the record's does not.
  if (!isOdd || lenBytes <= HELLO_VERSION_AT) return "yes";
  if (end - at <= HELLO_VERSION_AT) return "maybe";
  return view.getUint8(at + HELLO_VERSION_AT) === 3 ? "yes" : "no";
}

/**
 * As far as it is there: content type 20 to 24, a version, a length that a record can have. The version of a first record
 * is to be ignored (RFC 8446 §5.1): OpenSSL wants a 3 in its first octet, Go's servers anything below 16.
 */
function isRecordStart(view: DataView, at: number, end: number): "yes" | "no" | "maybe" {
  const present = end - at;
  if (present >= 1 && (view.getUint8(at) < 20 || view.getUint8(at) > 24)) return "no";
  if (present >= 2 && view.getUint8(at + 1) > MAX_MAJOR) return "no";
  if (present < RECORD_HEADER_LEN) return "maybe";
  return view.getUint16(at + 3) <= MAX_RECORD_LEN ? "yes" : "no";
}

/** Two octets of length with the top bit set, type 1, version, and three lengths that add up. */
function isSsl2Start(view: DataView, at: number, end: number): "yes" | "no" | "maybe" {
  if (end - at >= 3 && view.getUint8(at + 2) !== HANDSHAKE_CLIENT_HELLO) return "no";
  if (end - at < 11) return "maybe";
  const lenBytes = view.getUint16(at) & 0x7fff;
  const version = view.getUint16(at + 3);
  const suitesLen = view.getUint16(at + 5);
  const sessionLen = view.getUint16(at + 7);
  const challengeLen = view.getUint16(at + 9);
  if (version !== 0x0002 && (version < 0x0300 || version > 0x0304)) return "no";
  if (suitesLen === 0 || suitesLen % 3 !== 0 || challengeLen < 16 || challengeLen > 32) return "no";
  return lenBytes === 9 + suitesLen + sessionLen + challengeLen ? "yes" : "no";
}

/**
 * Finds hello messages in one direction of a TLS stream: strips records, puts handshake messages together
 * and steps over everything else. A hello that lies whole in its record and chunk is not copied.
 *
 *     result = stream.feed(view, at, end);   // "hello": its body is stream.view[stream.at, stream.end)
 *     result = stream.feed(view, stream.next, end);   // and on, for a second one after a retry
 *
 * Octets must come in order, gaps told by skip; after "not-tls", "too-long" and "lost" nothing more comes out.
 */
export class TlsHelloStream {
  /** Where the last hello's body lies, until the next call. */
  view: DataView;
  at = 0;
  end = 0;
  /** Where feed stopped. */
  next = 0;
  /** The hello has the form of SSL 2.0: read it with readSsl2ClientHello. */
  ssl2 = false;
  private readonly wanted: number;
  private readonly recordHead: ByteHold = new ByteHold(RECORD_HEADER_LEN);
  private readonly message: ByteHold = new ByteHold(HANDSHAKE_HEADER_LEN + MAX_HELLO_LEN);
  private recordLeft = 0;
  private isHandshake = false;
  /** Octets of a handshake message of another type that are still to be passed over. */
  private passLeft = 0;
  /** What the stream's next octet belongs to. */
  private mode: "start" | "ssl2" | "records" = "start";
  private ended: "not-tls" | "too-long" | "lost" | null = null;

  /** `handshakeType` is HANDSHAKE_CLIENT_HELLO or HANDSHAKE_SERVER_HELLO. */
  constructor(handshakeType: number) {
    this.wanted = handshakeType;
    this.view = this.message.view;
  }

  /** Octets of memory held for a hello that is not whole. */
  get heldBytes(): number {
    return this.message.capacity;
  }

  /**
   * Whether the stream, should it end now, holds part of a hello: then view[at, end) is as much of its body
   * as there is. What its reader finds in there is proven all the same.
   */
  partial(): boolean {
    if (this.mode !== "records" || this.message.length <= HANDSHAKE_HEADER_LEN) return false;
    this.view = this.message.view;
    this.at = HANDSHAKE_HEADER_LEN;
    this.end = this.message.length;
    return true;
  }

  feed(view: DataView, at: number, end: number): TlsFeed {
    this.next = at;
    this.ssl2 = false;
    if (this.mode === "start" && at < end) {
      const isSsl2 = (view.getUint8(at) & 0x80) !== 0 && this.wanted === HANDSHAKE_CLIENT_HELLO;
      this.mode = isSsl2 ? "ssl2" : "records";
    }
    while (this.ended === null && this.next < end) {
      const result = this.mode === "ssl2" ? this.readSsl2(view, end) : this.step(view, end);
      if (result === "hello") return result;
      if (result !== "more") this.stop(result);
    }
    if (this.ended !== null) this.next = end;
    return this.ended ?? "more";
  }

  /** Tells that the next `lenBytes` octets were never seen; false when a hello may have been among them. */
  skip(lenBytes: number): boolean {
    if (this.ended !== null || lenBytes <= 0) return this.ended === null;
    if (!this.isHandshake && lenBytes <= this.recordLeft) {
      this.recordLeft -= lenBytes;
      return true;
    }
    this.ended = "lost"; // what is held stays for partial()
    return false;
  }

  private stop(why: "not-tls" | "too-long" | "lost"): void {
    this.ended = why;
    this.message.clear();
    this.recordHead.clear();
  }

  private step(view: DataView, end: number): TlsFeed {
    if (this.recordLeft === 0) return this.readRecordHead(view, end);
    const stop = Math.min(end, this.next + this.recordLeft);
    if (!this.isHandshake) {
      this.take(stop);
      return "more";
    }
    return this.readHandshake(view, stop);
  }

  private take(stop: number): void {
    this.recordLeft -= stop - this.next;
    this.next = stop;
  }

  private readRecordHead(view: DataView, end: number): TlsFeed {
    const head = this.recordHead;
    if (head.length === 0 && end - this.next >= RECORD_HEADER_LEN) {
      const result = this.beginRecord(view, this.next);
      this.next += RECORD_HEADER_LEN;
      return result;
    }
    const stop = Math.min(end, this.next + RECORD_HEADER_LEN - head.length);
    head.append(view, this.next, stop);
    this.next = stop;
    if (isRecordStart(head.view, 0, head.length) === "no") return "not-tls";
    if (head.length < RECORD_HEADER_LEN) return "more";
    const result = this.beginRecord(head.view, 0);
    head.clear();
    return result;
  }

  private beginRecord(view: DataView, at: number): TlsFeed {
    if (isRecordStart(view, at, at + RECORD_HEADER_LEN) === "no") return "not-tls";
    this.isHandshake = view.getUint8(at) === CONTENT_HANDSHAKE;
    this.recordLeft = view.getUint16(at + 3);
    return "more";
  }

  /** Handshake octets view[next, stop), all of one record. */
  private readHandshake(view: DataView, stop: number): TlsFeed {
    if (this.passLeft > 0) {
      const passed = Math.min(stop - this.next, this.passLeft);
      this.passLeft -= passed;
      this.take(this.next + passed);
      return "more";
    }
    const held = this.message.length;
    if (held === 0 && stop - this.next >= HANDSHAKE_HEADER_LEN) {
      const bodyAt = this.next + HANDSHAKE_HEADER_LEN;
      const lenBytes = handshakeLen(view, this.next);
      if (view.getUint8(this.next) !== this.wanted) return this.pass(bodyAt, lenBytes);
      if (stop - bodyAt >= lenBytes) return this.deliver(view, bodyAt, bodyAt + lenBytes, bodyAt + lenBytes);
    }
    return this.hold(view, stop);
  }

  private hold(view: DataView, stop: number): TlsFeed {
    const message = this.message;
    const headStop = Math.min(stop, this.next + Math.max(0, HANDSHAKE_HEADER_LEN - message.length));
    message.append(view, this.next, headStop);
    this.take(headStop);
    if (message.length < HANDSHAKE_HEADER_LEN) return "more";
    const lenBytes = handshakeLen(message.view, 0);
    if (message.view.getUint8(0) !== this.wanted) {
      message.clear();
      return this.pass(this.next, lenBytes);
    }
    if (lenBytes > MAX_HELLO_LEN) return "too-long";
    const wholeLen = HANDSHAKE_HEADER_LEN + lenBytes;
    const bodyStop = Math.min(stop, this.next + wholeLen - message.length);
    message.append(view, this.next, bodyStop);
    if (message.length < wholeLen) {
      this.take(bodyStop);
      return "more";
    }
    const held = message.view;
    message.clear();
    return this.deliver(held, HANDSHAKE_HEADER_LEN, wholeLen, bodyStop);
  }

  private pass(next: number, lenBytes: number): TlsFeed {
    this.take(next);
    this.passLeft = lenBytes;
    return "more";
  }

  private deliver(view: DataView, at: number, end: number, next: number): TlsFeed {
    this.view = view;
    this.at = at;
    this.end = end;
    this.take(next);
    return "hello";
  }

  private readSsl2(view: DataView, end: number): TlsFeed {
    const message = this.message;
    // An SSL 2.0 record is below 2^15 octets, so it always fits.
    const headStop = Math.min(end, this.next + Math.max(0, 11 - message.length));
    message.append(view, this.next, headStop);
    this.next = headStop;
    const start = isSsl2Start(message.view, 0, message.length);
    if (start !== "yes") return start === "maybe" ? "more" : "not-tls";
    const wholeLen = 2 + (message.view.getUint16(0) & 0x7fff);
    const stop = Math.min(end, this.next + wholeLen - message.length);
    message.append(view, this.next, stop);
    this.next = stop;
    if (message.length < wholeLen) return "more";
    const held = message.view;
    message.clear();
    this.ssl2 = true;
    this.mode = "records"; // the client goes on in the records of its later versions
    this.view = held;
    this.at = 2;
    this.end = wholeLen;
    return "hello";
  }
}

function handshakeLen(view: DataView, at: number): number {
  return view.getUint32(at) & 0xffffff;
}
