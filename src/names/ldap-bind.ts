const SEQUENCE = 0x30;
const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const BIND_REQUEST = 0x60;
const SIMPLE = 0x80;

/** Where a password stands. */
export interface Span {
  readonly at: number;
  readonly end: number;
}

/**
 * The password of an LDAP simple bind that view[at, end) begins with (RFC 4511 §4.2; BER as §5.1 restricts it); null
 * where there is none, or it is empty.
 */
export function ldapPassword(view: DataView, at: number, end: number): Span | null {
  const message = element(view, at, end, SEQUENCE);
  const id = message && element(view, message.at, message.end, INTEGER);
  const bind = message && id && element(view, id.end, message.end, BIND_REQUEST);
  const version = bind && element(view, bind.at, bind.end, INTEGER);
  const name = bind && version && element(view, version.end, bind.end, OCTET_STRING);
  const password = bind && name && element(view, name.end, bind.end, SIMPLE);
  return password === null || password.at === password.end ? null : password;
}

/** Contents of the element of this tag at `at`; null where there is another, or its length does not fit. */
function element(view: DataView, at: number, end: number, tag: number): Span | null {
  if (end - at < 2 || view.getUint8(at) !== tag) return null;
  let length = view.getUint8(at + 1);
  let next = at + 2;
  if (length >= 0x80) {
    const octets = length & 0x7f;
    if (octets < 1 || octets > 3 || end - next < octets) return null;
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + view.getUint8(next + i);
    next += octets;
  }
  return length > end - next ? null : { at: next, end: next + length };
}
