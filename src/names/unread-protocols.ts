const HTTP2_PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); // RFC 9113 §3.4
/** Methods that RFC 1928 §3 and IANA's registry name. */
const MAX_SOCKS_METHOD = 0x0a;
const MAX_SOCKS_USER = 256;

/** Protocols that name destinations and are not read yet, as they are counted. */
export type UnreadProtocol = "http2.not_decoded" | "socks.not_decoded";

/**
 * Whether a client's stream that begins with view[at, end) is a protocol that names where it wants to go,
 * but is not read yet: HTTP/2 with prior knowledge, SOCKS 4, 4a and 5. Null when it is none of them.
 */
export function unreadProtocol(view: DataView, at: number, end: number): UnreadProtocol | null {
  if (isHttp2(view, at, end)) return "http2.not_decoded";
  return isSocks5(view, at, end) || isSocks4(view, at, end) ? "socks.not_decoded" : null;
}

function isHttp2(view: DataView, at: number, end: number): boolean {
  if (end - at < HTTP2_PREFACE.length) return false;
  return HTTP2_PREFACE.every((octet, i) => view.getUint8(at + i) === octet);
}

/** RFC 1928 §3: version, count, methods; a client that does not wait sends its request right behind. */
function isSocks5(view: DataView, at: number, end: number): boolean {
  if (end - at < 3 || view.getUint8(at) !== 5) return false;
  const count = view.getUint8(at + 1);
  const behind = at + 2 + count;
  if (count === 0 || behind > end) return false;
  for (let i = at + 2; i < behind; i++) if (view.getUint8(i) > MAX_SOCKS_METHOD) return false;
  return behind === end || view.getUint8(behind) === 5 || view.getUint8(behind) === 1;
}

/** Version, command, port, address, and a printable user name up to a zero octet; in 4a a host name follows. */
function isSocks4(view: DataView, at: number, end: number): boolean {
  if (end - at < 9 || view.getUint8(at) !== 4) return false;
  const command = view.getUint8(at + 1);
  if (command !== 1 && command !== 2) return false;
  const stop = Math.min(end, at + 8 + MAX_SOCKS_USER);
  let next = at + 8;
  while (next < stop && view.getUint8(next) >= 0x20 && view.getUint8(next) < 0x7f) next++;
  return next < stop && view.getUint8(next) === 0;
}
