const HTTP2_PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); // RFC 9113 §3.4

/** Protocols that name destinations and are not read yet, as they are counted. */
export type UnreadProtocol = "http2.not_decoded";

/**
 * Whether a client's stream that begins with view[at, end) is a protocol that names where it wants to go,
 * but is not read yet: HTTP/2 with prior knowledge. Null when it is none of them.
 */
export function unreadProtocol(view: DataView, at: number, end: number): UnreadProtocol | null {
  return isHttp2(view, at, end) ? "http2.not_decoded" : null;
}

function isHttp2(view: DataView, at: number, end: number): boolean {
  if (end - at < HTTP2_PREFACE.length) return false;
  return HTTP2_PREFACE.every((octet, i) => view.getUint8(at + i) === octet);
}
