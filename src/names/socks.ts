import { latin1 } from "./octet-text.ts";
import type { ProxyErrand } from "./proxy-errand.ts";
import { ATYP_IPV4, ATYP_IPV6, ATYP_NAME, destination, words } from "./socks-address.ts";

/**
 * SOCKS 4, 4a (as its authors described them) and 5 (RFC 1928, RFC 1929). RESOLVE is Tor's, and names a
 * destination as well as the others.
 */
export interface SocksRequest extends ProxyErrand {
  readonly version: 4 | 5;
  readonly command: "connect" | "bind" | "udp-associate" | "other";
}

/** What is taken for a user of version 4: proxies ignore it. A host name is no longer than 255. */
const MAX_SOCKS4_TEXT = 1024;
/** Longest of each part, as their lengths or the protocol allow. */
export const MAX_SOCKS_HANDSHAKE = 2 + 255 + (3 + 255 + 255) + (4 + 256 + 2) + MAX_SOCKS4_TEXT;
/** Methods that RFC 1928 §3 and IANA's registry name. */
const MAX_METHOD = 0x0a;
const METHOD_NONE = 0;
const METHOD_GSSAPI = 1;
const METHOD_PASSWORD = 2;
const COMMANDS = ["other", "connect", "bind", "udp-associate"] as const;

/**
 * Whether a client's first octets are SOCKS: "maybe" while too little is there; "doubtful" where they have the form, but
 * a method or a user that no usual client has. Proxies step over those, so that their answer tells.
 */
export type SocksStart = "yes" | "no" | "maybe" | "doubtful";

/** How far a client's handshake came; `next` is where the octets of its tunnel begin. Reused by its owner. */
export class SocksHandshake {
  state: "more" | "request" | "unreadable" | "none" = "more";
  request: SocksRequest | null = null;
  next = 0;
}

/** Whether a client's stream that begins with view[at, end) is SOCKS. */
export function isSocksStart(view: DataView, at: number, end: number): SocksStart {
  if (at >= end) return "maybe";
  const version = view.getUint8(at);
  if (version === 5) return isSocks5Start(view, at, end);
  return version === 4 ? isSocks4Start(view, at, end) : "no";
}

/** Version, count, methods, and where more is there, what can follow them; or a request, joined in the middle. */
function isSocks5Start(view: DataView, at: number, end: number): SocksStart {
  if (end - at < 3) return end - at === 2 && view.getUint8(at + 1) === 0 ? "no" : "maybe";
  const follows = greetingEnd(view, at);
  const isUsual = follows > 0 && hasUsualMethods(view, at, Math.min(follows, end));
  if (isUsual && follows === end) return "yes";
  if (isUsual && follows > end) return "maybe";
  if (isUsual && mayFollow(view, at, follows)) return "yes";
  const whole = requestEnd5(view, at, end);
  if (whole === end) return "yes";
  const odd = isUsual || follows === 0 ? "no" : isOddGreeting(view, at, follows, end);
  if (odd !== "no") return odd;
  return whole > end ? "maybe" : "no";
}

/** A greeting with methods that nobody has, among them one that proxies choose; a request may stand behind it. */
function isOddGreeting(view: DataView, at: number, follows: number, end: number): SocksStart {
  if (follows > end) return "doubtful";
  const offered = [METHOD_NONE, METHOD_GSSAPI, METHOD_PASSWORD].some((method) => offers(view, at, method));
  if (!offered) return "no";
  if (follows === end) return "doubtful";
  if (!mayFollow(view, at, follows)) return "no";
  const whole = view.getUint8(follows) === 5 ? requestEnd5(view, follows, end) : end + 1;
  return whole > 0 && whole <= end ? "yes" : "doubtful";
}

/** Offset after the methods, which may not be there yet; 0 where there are none. */
function greetingEnd(view: DataView, at: number): number {
  const count = view.getUint8(at + 1);
  return count === 0 ? 0 : at + 2 + count;
}

function hasUsualMethods(view: DataView, at: number, stop: number): boolean {
  for (let i = at + 2; i < stop; i++) if (view.getUint8(i) > MAX_METHOD) return false;
  return true;
}

/** After methods without a password no octet 1 can come. */
function mayFollow(view: DataView, at: number, follows: number): boolean {
  const octet = view.getUint8(follows);
  if (octet === 5) return true;
  return octet === 1 && (offers(view, at, METHOD_PASSWORD) || offers(view, at, METHOD_GSSAPI));
}

function offers(view: DataView, at: number, method: number): boolean {
  const stop = at + 2 + view.getUint8(at + 1);
  for (let i = at + 2; i < stop; i++) if (view.getUint8(i) === method) return true;
  return false;
}

/** Offset after the request of version 5 at `at` (RFC 1928 §4); beyond `end` while it is not whole, 0 for none. */
function requestEnd5(view: DataView, at: number, end: number): number {
  if (end > at && view.getUint8(at) !== 5) return 0;
  if (end - at >= 2 && !isCommand5(view.getUint8(at + 1))) return 0;
  if (end - at >= 3 && view.getUint8(at + 2) !== 0) return 0;
  if (end - at < 4) return end + 1;
  const atyp = view.getUint8(at + 3);
  if (atyp === ATYP_IPV4) return at + 4 + 4 + 2;
  if (atyp === ATYP_IPV6) return at + 4 + 16 + 2;
  if (atyp === ATYP_NAME && end - at < 5) return end + 1;
  return atyp === ATYP_NAME ? at + 5 + view.getUint8(at + 4) + 2 : 0;
}

/** Version, command, port, address, a user name up to a zero octet; in 4a a host name follows. */
function isSocks4Start(view: DataView, at: number, end: number): SocksStart {
  if (end - at >= 2 && !isCommand4(view.getUint8(at + 1))) return "no";
  const address = end - at >= 8 ? view.getUint32(at + 4) : 1;
  // Nobody is there (RFC 6890 §2.2.2); answers of TDS, SQL Server's protocol, look like it.
  if (!is4a(address) && address < 0x01000000) return "no";
  const user = zeroAt(view, at + 8, end);
  if (user < 0) return "no";
  if (user === end) return "maybe";
  const known = isText(view, at + 8, user) ? "yes" : "doubtful";
  if (!is4a(address)) return known;
  const host = zeroAt(view, user + 1, end);
  if (host < 0 || host === user + 1 || !isText(view, user + 1, host)) return host === end ? "maybe" : "no";
  return host === end ? "maybe" : known;
}

/** An address 0.0.0.x that cannot be one: a name stands behind the user. */
function is4a(address: number): boolean {
  return address > 0 && address <= 0xff;
}

function isCommand4(command: number): boolean {
  return command === 1 || command === 2 || isResolve(command);
}

function isCommand5(command: number): boolean {
  return isCommand4(command) || command === 3;
}

function isResolve(command: number): boolean {
  return command === 0xf0 || command === 0xf1;
}

/** Offset of the zero octet that ends a text; `end` where it is not there yet, -1 for none that is so long. */
function zeroAt(view: DataView, at: number, end: number): number {
  if (at >= end) return end;
  const stop = Math.min(end, at + MAX_SOCKS4_TEXT);
  for (let i = at; i < stop; i++) if (view.getUint8(i) === 0) return i;
  return stop < end ? -1 : end;
}

/** A user, or a host, as usual clients have it. */
function isText(view: DataView, at: number, end: number): boolean {
  if (end - at > 255) return false;
  for (let i = at; i < end; i++) if (view.getUint8(i) < 0x20 || view.getUint8(i) === 0x7f) return false;
  return true;
}

/**
 * Whether a proxy's stream that begins with view[at, end) answers a client of SOCKS: a method, behind which comes what
 * the methods without words of their own have (RFC 1928 §3, RFC 1929 §2), or the codes of version 4.
 */
export function isSocksAnswerStart(view: DataView, at: number, end: number): "yes" | "no" | "maybe" {
  const version = view.getUint8(at);
  if (version !== 0 && version !== 5) return "no";
  if (end - at < 2) return "maybe";
  const code = view.getUint8(at + 1);
  if (version === 0) return code >= 90 && code <= 93 && end - at >= 8 ? "yes" : "no";
  if (code > METHOD_PASSWORD && code !== 0xff) return "no";
  return end - at === 2 || view.getUint8(at + 2) === (code === METHOD_PASSWORD ? 1 : 5) ? "yes" : "no";
}

/** Reads the handshake of a client from its first octet: all that is there of it is view[at, end). */
export function readSocksHandshake(out: SocksHandshake, view: DataView, at: number, end: number): void {
  out.state = "more";
  out.request = null;
  if (at >= end) return;
  if (view.getUint8(at) === 4) readHandshake4(out, view, at, end);
  else readHandshake5(out, view, at, end);
}

function readHandshake5(out: SocksHandshake, view: DataView, at: number, end: number): void {
  if (end - at < 3) return;
  const follows = greetingEnd(view, at);
  if (follows >= end && !isRequestAlone(view, at, end)) return;
  let next = at;
  if (follows > 0 && follows < end && mayFollow(view, at, follows)) {
    next = follows;
    if (view.getUint8(next) === 1) {
      if (!offers(view, at, METHOD_PASSWORD)) {
        out.state = "unreadable"; // RFC 1961: the request may be encrypted
        return;
      }
      next = passwordEnd(view, next, end);
    }
  }
  if (next >= end) return;
  const stop = requestEnd5(view, next, end);
  if (stop === 0) out.state = "unreadable";
  if (stop === 0 || stop > end) return;
  const isName = view.getUint8(next + 3) === ATYP_NAME;
  const command = COMMANDS[view.getUint8(next + 1)] ?? "other";
  const port = view.getUint16(stop - 2);
  finish(
    out,
    5,
    command,
    port,
    isName ? latin1(view, next + 5, stop - 2) : words(view, next + 4, stop - 2),
    stop,
  );
}

/** Joined in the middle: what would be methods are none, and a request is whole. */
function isRequestAlone(view: DataView, at: number, end: number): boolean {
  const whole = requestEnd5(view, at, end);
  return whole > 0 && whole <= end && !hasUsualMethods(view, at, end);
}

/** Offset after user name and password (RFC 1929 §2), beyond `end` while they are not whole. */
function passwordEnd(view: DataView, at: number, end: number): number {
  if (end - at < 2) return end;
  const passwordAt = at + 2 + view.getUint8(at + 1);
  return passwordAt >= end ? end : passwordAt + 1 + view.getUint8(passwordAt);
}

function readHandshake4(out: SocksHandshake, view: DataView, at: number, end: number): void {
  if (end - at < 9) return;
  const user = zeroAt(view, at + 8, end);
  if (user < 0) out.state = "unreadable";
  if (user < 0 || user === end) return;
  const command = COMMANDS[view.getUint8(at + 1)] ?? "other";
  const address = view.getUint32(at + 4);
  if (!is4a(address)) {
    finish(out, 4, command, view.getUint16(at + 2), words(view, at + 4, at + 8), user + 1);
    return;
  }
  const host = zeroAt(view, user + 1, end);
  if (host < 0) out.state = "unreadable";
  if (host < 0 || host === end) return;
  finish(out, 4, command, view.getUint16(at + 2), latin1(view, user + 1, host), host + 1);
}

function finish(
  out: SocksHandshake,
  version: 4 | 5,
  command: SocksRequest["command"],
  port: number,
  target: string | Int32Array,
  next: number,
): void {
  out.state = "request";
  out.next = next;
  const opensTunnel = command === "connect" || command === "bind";
  out.request = {
    version,
    command,
    ...destination(target),
    port,
    isUdp: false,
    opensTunnel,
    ownsConnection: opensTunnel,
    hasContent: false,
  };
}
