import type { Span } from "./ldap-bind.ts";

const VERSION = 1;

/**
 * The password of a SOCKS client that view[at, end) is: version, user and password with their lengths, and nothing
 * else (RFC 1929 §2). Null where it is none, or cannot be read by people.
 */
export function socksPassword(view: DataView, at: number, end: number): Span | null {
  if (end - at < 5 || view.getUint8(at) !== VERSION) return null;
  const userLen = view.getUint8(at + 1);
  const lengthAt = at + 2 + userLen;
  if (userLen === 0 || lengthAt >= end) return null;
  const password = { at: lengthAt + 1, end: lengthAt + 1 + view.getUint8(lengthAt) };
  if (password.end !== end || password.at === end) return null;
  const isReadable = isVisible(view, at + 2, lengthAt) && isVisible(view, password.at, password.end);
  return isReadable ? password : null;
}

function isVisible(view: DataView, at: number, end: number): boolean {
  for (let i = at; i < end; i++) {
    const octet = view.getUint8(i);
    if (octet < 0x20 || octet > 0x7e) return false;
  }
  return true;
}
