import { hideInText } from "../names/credentials.ts";
import { escapeText } from "../names/escape.ts";
import { ja4 } from "../names/ja4.ts";
import { type ClientHello, highestVersion, isDtlsVersion } from "../names/tls-client-hello.ts";
import { tlsVersionName } from "../names/tls-server-hello.ts";

const MAX_ALPN_OCTETS = 255;

/** `tls` of a ClientHello; the version is the highest that the client offers. */
export function tlsObject(hello: ClientHello): object {
  const version = highestVersion(hello);
  return {
    sni: hello.sni === "" ? undefined : hello.sni,
    version: version === 0 ? undefined : tlsVersionName(version),
    client_alpns:
      hello.alpn.length === 0
        ? undefined
        : hello.alpn.map((alpn) => hideInText(escapeText(alpn, MAX_ALPN_OCTETS))),
    ja4: ja4(hello, isDtlsVersion(hello.legacyVersion) ? "d" : "t"),
  };
}

/** What is odd about the hello, undefined when nothing is. */
export function tlsDetail(hello: ClientHello): object | undefined {
  if (!hello.hasEch && !hello.hasEsni && !hello.oddServerName) return undefined;
  return {
    ech: hello.hasEch || undefined,
    esni: hello.hasEsni || undefined,
    odd_server_name: hello.oddServerName || undefined,
    names: hello.names.length > 1 ? hello.names : undefined,
  };
}
