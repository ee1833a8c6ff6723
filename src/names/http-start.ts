import { isHttp2Start } from "./http2-frames.ts";

/** Longest method that is taken for one. */
const MAX_METHOD_OCTETS = 64;
/** A request line that is well-formed this far is one. */
const ENOUGH_TARGET_OCTETS = 4096;

const TAB = 0x09;
const VT = 0x0b;
const FF = 0x0c;
const SP = 0x20;
const CR = 0x0d;
const LF = 0x0a;
const VERSION = Buffer.from("HTTP/1.");
const ANY_VERSION = Buffer.from("HTTP/0.0");
const WORD_OCTETS = 4;
/** Octets that a method may consist of (RFC 9110 §5.6.2): proxies pass on those that they do not know. */
const IS_TOKEN: readonly boolean[] = Array.from({ length: 128 }, (_, octet) =>
  /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(octet)),
);
const DIGIT = 0x30;

/**
 * Whether view[at, end) begins with an HTTP/1 request: a method, a target and " HTTP/1." (RFC 9112 §3),
 * after any empty lines (§2.2). "maybe" while it is too short to tell. There are proxies that take any version
 * (tinyproxy's process_request), and any white space for the space between (§3 has which; Squid unless told otherwise),
 * so that only what HTTP/2 begins with is none.
 */
export function isHttpStart(view: DataView, at: number, end: number): "yes" | "no" | "maybe" {
  at = skipEmptyLines(view, at, end);
  const isPreface = isHttp2Start(view, at, end);
  if (isPreface !== "no") return isPreface === "yes" ? "no" : "maybe";
  const target = skipMethod(view, at, end);
  if (target < 0) return "no";
  if (target === end) return "maybe";
  const stop = Math.min(end, target + ENOUGH_TARGET_OCTETS);
  for (let i = target; i < stop; i++) {
    const octet = view.getUint8(i);
    if (octet === LF) return "no";
    if (!isBlank(octet) || i === target) continue;
    const version = startsWithAnyVersion(view, i + 1, end);
    if (version !== "no") return version;
  }
  if (stop - target < ENOUGH_TARGET_OCTETS) return "maybe";
  return isWord(view, at, target - 1) ? "yes" : "no"; // long lines of other protocols have no such beginning
}

/** Whether view[at, end) may be or become a request, judged by what is there of its method. */
export function mayBeRequest(view: DataView, at: number, end: number): boolean {
  return skipMethod(view, at, end) >= 0;
}

/** Whether view[at, end) begins with an HTTP/1 status line (RFC 9112 §4). */
export function isHttpResponseStart(view: DataView, at: number, end: number): "yes" | "no" | "maybe" {
  return startsWithVersion(view, skipEmptyLines(view, at, end), end);
}

function skipEmptyLines(view: DataView, at: number, end: number): number {
  while (at < end && (view.getUint8(at) === CR || view.getUint8(at) === LF)) at++;
  return at;
}

/** The offset after the method and its space, `end` when that is not there yet, -1 when it is no method. */
function skipMethod(view: DataView, at: number, end: number): number {
  while (at < end && isBlank(view.getUint8(at))) at++; // RFC 9112 §3: preceding white space is ignored
  for (let i = at; i < end; i++) {
    const octet = view.getUint8(i);
    if (isBlank(octet)) {
      if (octet === CR && i + 1 === end) return end;
      return octet === CR && view.getUint8(i + 1) === LF ? -1 : i + 1;
    }
    if (octet >= 0x80 || !IS_TOKEN[octet] || i - at === MAX_METHOD_OCTETS) return -1;
  }
  return end;
}

/** Whether view[at, end) is letters, with joints between them (M-SEARCH, CCM_POST). */
function isWord(view: DataView, at: number, end: number): boolean {
  for (let i = at; i < end; i++) {
    const octet = view.getUint8(i);
    const isLetter = (octet & 0xdf) >= 0x41 && (octet & 0xdf) <= 0x5a;
    if (!isLetter && octet !== 0x2d && octet !== 0x5f) return false;
  }
  return true;
}

function isBlank(octet: number): boolean {
  return octet === SP || octet === TAB || octet === CR || octet === VT || octet === FF;
}

/** "HTTP/", in any case, and two digits with a dot between them. */
function startsWithAnyVersion(view: DataView, at: number, end: number): "yes" | "no" | "maybe" {
  for (let i = 0; i < ANY_VERSION.length; i++) {
    if (at + i >= end) return "maybe";
    const octet = view.getUint8(at + i);
    const wanted = ANY_VERSION[i];
    const isIt = wanted === DIGIT ? isDigit(octet) : (octet & (i < WORD_OCTETS ? 0xdf : 0xff)) === wanted;
    if (!isIt) return "no";
  }
  return "yes";
}

/** "HTTP/1.", a digit, white space and another digit: there are proxies that take any other word behind it for a target. */
function startsWithVersion(view: DataView, at: number, end: number): "yes" | "no" | "maybe" {
  for (let i = 0; i < VERSION.length; i++) {
    if (at + i >= end) return "maybe";
    if (view.getUint8(at + i) !== VERSION[i]) return "no";
  }
  const digitAt = at + VERSION.length;
  if (digitAt >= end) return "maybe";
  if (!isDigit(view.getUint8(digitAt))) return "no";
  let code = digitAt + 1;
  while (code < end && isBlank(view.getUint8(code))) code++;
  if (code >= end) return "maybe";
  return code > digitAt + 1 && isDigit(view.getUint8(code)) ? "yes" : "no";
}

function isDigit(octet: number): boolean {
  return octet >= DIGIT && octet < DIGIT + 10;
}
