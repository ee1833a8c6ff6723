import { ATYP_IPV4, ATYP_IPV6, ATYP_NAME, words } from "./socks-address.ts";

const METHOD_PASSWORD = 2;

/** How far a proxy's answers came. Reused by its owner. */
export class SocksAnswer {
  state: "more" | "reply" | "unreadable" = "more";
  granted = false;
  /** Address and port that the proxy says it uses: where datagrams of an association go. */
  bound: Int32Array | null = null;
  boundPort = 0;
  next = 0;
}

const GRANTED_4 = 90;
const NO_METHOD = 0xff;

/**
 * Reads what a proxy says before its tunnel, from its first octet: method, status of the authentication and
 * reply (RFC 1928 §3, §6, RFC 1929 §2), or the eight octets of version 4.
 */
export function readSocksAnswer(out: SocksAnswer, view: DataView, at: number, end: number): void {
  out.state = "more";
  out.granted = false;
  out.bound = null;
  if (end - at < 2) return;
  if (view.getUint8(at) === 0) {
    readAnswer4(out, view, at, end);
    return;
  }
  const method = view.getUint8(at + 1);
  // Joined in the middle, the first octets are a reply, whose third is zero.
  let next = at;
  if (end - at === 2 || view.getUint8(at + 2) !== 0) next += 2;
  if (next > at && method === NO_METHOD) {
    out.state = "reply";
    out.next = end;
    return;
  }
  if (next > at && method === METHOD_PASSWORD) {
    if (end - next < 2) return;
    next += 2;
  }
  readReply5(out, view, next, end);
}

function readReply5(out: SocksAnswer, view: DataView, at: number, end: number): void {
  if (at >= end) return;
  const stop = end - at < 5 ? end + 1 : replyEnd5(view, at);
  if (view.getUint8(at) !== 5 || stop === 0) out.state = "unreadable";
  if (out.state !== "more" || stop > end) return;
  out.state = "reply";
  out.granted = view.getUint8(at + 1) === 0;
  out.next = stop;
  if (view.getUint8(at + 3) !== ATYP_NAME) out.bound = words(view, at + 4, stop - 2);
  out.boundPort = view.getUint16(stop - 2);
}

function replyEnd5(view: DataView, at: number): number {
  const atyp = view.getUint8(at + 3);
  if (atyp === ATYP_IPV4) return at + 10;
  if (atyp === ATYP_IPV6) return at + 22;
  return atyp === ATYP_NAME ? at + 7 + view.getUint8(at + 4) : 0;
}

function readAnswer4(out: SocksAnswer, view: DataView, at: number, end: number): void {
  if (end - at < 8) return;
  out.state = "reply";
  out.granted = view.getUint8(at + 1) === GRANTED_4;
  out.next = at + 8;
}
