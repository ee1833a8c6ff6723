import { EXT_SUPPORTED_VERSIONS } from "./tls-client-hello.ts";

export type ServerHelloStatus = "ok" | "tls.server_hello_truncated" | "tls.extension_truncated";

/** What a ServerHello says (RFC 8446 §4.1.3). Reused by its owner. */
export class ServerHello {
  /** The version in force: supported_versions where it is there, else the message's own; 0 when not read. */
  version = 0;
  cipherSuite = 0;
  /** A HelloRetryRequest (RFC 8446 §4.1.4): the client sends a second ClientHello. */
  retry = false;
}

/** The random that marks a HelloRetryRequest: SHA-256 of that word (RFC 8446 §4.1.3), as int32 words. */
const RETRY_RANDOM = Int32Array.of(
  0xcf21ad74,
  0xe59a6111,
  0xbe1d8c02,
  0x1e65b891,
  0xc2a21116,
  0x7abb8c5e,
  0x079e09e2,
  0xc8a8339c,
);

/** ServerHello body view[at, end), without its handshake header. Facts before a break stay. */
export function readServerHello(
  out: ServerHello,
  view: DataView,
  at: number,
  end: number,
): ServerHelloStatus {
  out.version = 0;
  out.cipherSuite = 0;
  out.retry = false;
  if (end - at < 35) return "tls.server_hello_truncated";
  out.version = view.getUint16(at);
  out.retry = RETRY_RANDOM.every((word, i) => view.getInt32(at + 2 + 4 * i) === word);
  at += 35 + view.getUint8(at + 34);
  if (end - at < 3) return "tls.server_hello_truncated";
  out.cipherSuite = view.getUint16(at);
  at += 3; // suite and compression method
  if (at === end) return "ok";
  if (end - at < 2) return "tls.server_hello_truncated";
  const stop = Math.min(end, at + 2 + view.getUint16(at));
  for (at += 2; at < stop; ) {
    if (stop - at < 4) return "tls.extension_truncated";
    const lenBytes = view.getUint16(at + 2);
    if (stop - at - 4 < lenBytes) return "tls.extension_truncated";
    if (view.getUint16(at) === EXT_SUPPORTED_VERSIONS && lenBytes === 2) out.version = view.getUint16(at + 4);
    at += 4 + lenBytes;
  }
  return "ok";
}

const VERSION_NAMES = new Map([
  [0x0002, "SSLv2"],
  [0x0300, "SSLv3"],
  [0x0301, "TLSv1"],
  [0x0302, "TLS 1.1"],
  [0x0303, "TLS 1.2"],
  [0x0304, "TLS 1.3"],
  [0xfeff, "DTLS 1.0"],
  [0xfefd, "DTLS 1.2"],
  [0xfefc, "DTLS 1.3"],
]);

/** A version as EVE writes it; unknown ones (drafts) in hex. */
export function tlsVersionName(version: number): string {
  return VERSION_NAMES.get(version) ?? `0x${version.toString(16).padStart(4, "0")}`;
}
