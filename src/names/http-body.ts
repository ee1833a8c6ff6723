import type { HttpFraming } from "./http-head.ts";

const LF = 0x0a;
const CR = 0x0d;
/** 2^52: what a chunk size in hexadecimal may have and still be counted exactly. */
const MAX_SIZE_DIGITS = 13;
/** Chunk extensions, and each trailer section (RFC 9112 §7.1). */
const MAX_LINE_OCTETS = 0x10000;

/**
 * Steps over a message's content (RFC 9112 §6 and §7.1) by arithmetic: of the content itself no octet is
 * looked at, so that lost or uninteresting ones can be skipped by number.
 */
export class HttpBody {
  /** Octets of content that can be passed over unseen; Infinity until the connection closes. */
  left = 0;
  /** The message has ended. */
  done = true;
  /** The chunk framing is no such thing. */
  bad = false;
  private chunked = false;
  private part: "size" | "extension" | "data" | "data-end" | "trailer" = "size";
  private digits = 0;
  private size = 0;
  private lineOctets = 0;
  private lineIsEmpty = true;

  begin(framing: HttpFraming, contentLength: number): void {
    this.bad = false;
    this.chunked = framing === "chunked";
    this.left = framing === "close" ? Number.POSITIVE_INFINITY : framing === "length" ? contentLength : 0;
    this.done = !this.chunked && this.left === 0;
    this.beginSize();
  }

  private beginSize(): void {
    this.part = "size";
    this.digits = 0;
    this.size = 0;
    this.lineOctets = 0;
  }

  /** Passes over view[at, end) as far as it belongs to the content; returns where it stopped. */
  feed(view: DataView, at: number, end: number): number {
    while (at < end && !this.done && !this.bad) {
      if (this.left > 0) {
        const passed = Math.min(this.left, end - at);
        this.pass(passed);
        at += passed;
      } else {
        this.frame(view.getUint8(at));
        at++;
      }
    }
    return at;
  }

  /** Passes over `lenBytes` octets that nobody saw; false when framing is among them. */
  skip(lenBytes: number): boolean {
    if (lenBytes > this.left) return false;
    this.pass(lenBytes);
    return true;
  }

  private pass(lenBytes: number): void {
    this.left -= lenBytes;
    if (this.left > 0) return;
    if (this.chunked) this.part = "data-end";
    else this.done = true;
  }

  /** One octet of chunk framing. */
  private frame(octet: number): void {
    if (++this.lineOctets > MAX_LINE_OCTETS) this.bad = true;
    switch (this.part) {
      case "size":
        this.readSize(octet);
        break;
      case "extension":
        if (octet === LF) this.endSizeLine();
        break;
      case "data-end":
        if (octet === LF) this.beginSize();
        else if (octet !== CR) this.bad = true;
        break;
      default:
        this.readTrailer(octet);
    }
  }

  private readSize(octet: number): void {
    const digit = hexDigit(octet);
    if (digit >= 0) {
      this.size = this.size * 16 + digit;
      if (++this.digits > MAX_SIZE_DIGITS) this.bad = true;
    } else if (this.digits === 0) {
      this.bad = true;
    } else if (octet === LF) {
      this.endSizeLine();
    } else if (octet === CR || octet === 0x3b || octet === 0x20 || octet === 0x09) {
      this.part = "extension";
    } else {
      this.bad = true;
    }
  }

  private endSizeLine(): void {
    this.lineOctets = 0;
    this.lineIsEmpty = true;
    this.left = this.size;
    this.part = this.size === 0 ? "trailer" : "data";
  }

  private readTrailer(octet: number): void {
    if (octet === LF) {
      if (this.lineIsEmpty) this.done = true;
      this.lineIsEmpty = true;
    } else if (octet !== CR) {
      this.lineIsEmpty = false;
    }
  }
}

function hexDigit(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const letter = octet | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
