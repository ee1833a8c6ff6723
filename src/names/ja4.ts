import { createHash } from "node:crypto";
import { type ClientHello, EXT_ALPN, EXT_SERVER_NAME, highestVersion, isGrease } from "./tls-client-hello.ts";

/** What carried the hello: "t" is TLS over TCP, "q" QUIC, "d" DTLS. */
export type Ja4Transport = "t" | "q" | "d";

const VERSIONS = new Map([
  [0x0304, "13"],
  [0x0303, "12"],
  [0x0302, "11"],
  [0x0301, "10"],
  [0x0300, "s3"],
  [0x0002, "s2"],
  [0xfeff, "d1"],
  [0xfefd, "d2"],
  [0xfefc, "d3"],
]);

/**
 * JA4 fingerprint of a client (FoxIO, technical_details/JA4.md): transport, highest version, whether a name is
 * asked for, counts of suites and extensions, ends of the first ALPN; then two hashes of sorted lists. Values
 * of RFC 8701 are left out everywhere.
 */
export function ja4(hello: ClientHello, transport: Ja4Transport): string {
  const [head, suites, extensions] = ja4Parts(hello, transport);
  return `${head}_${shortHash(suites)}_${shortHash(extensions)}`;
}

/** The same with the sorted lists in place of their hashes ("JA4_r"). */
export function ja4Raw(hello: ClientHello, transport: Ja4Transport): string {
  return ja4Parts(hello, transport).join("_");
}

function ja4Parts(hello: ClientHello, transport: Ja4Transport): [string, string, string] {
  const suites = hexList(hello.cipherSuites);
  const all = hexList(hello.extensions);
  const sni = hello.hasServerName ? "d" : "i";
  const counts = twoDigits(suites.length) + twoDigits(all.length);
  const head = transport + versionText(hello) + sni + counts + alpnText(hello.alpn[0] ?? "");
  // Name and ALPN are in the head already, so that they do not change the hash.
  const hashed = hexList(hello.extensions.filter((type) => type !== EXT_SERVER_NAME && type !== EXT_ALPN));
  const extensions = hashed.sort().join(",");
  // Signature algorithms keep the client's order; without extensions there can be none.
  const algorithms = hexList(hello.signatureAlgorithms).join(",");
  return [head, suites.sort().join(","), algorithms === "" ? extensions : `${extensions}_${algorithms}`];
}

function versionText(hello: ClientHello): string {
  return VERSIONS.get(highestVersion(hello)) ?? "00";
}

function hexList(values: readonly number[]): string[] {
  return values.filter((value) => !isGrease(value)).map((value) => value.toString(16).padStart(4, "0"));
}

function twoDigits(count: number): string {
  return String(Math.min(99, count)).padStart(2, "0");
}

/** First and last character, or those of the hex form when either is no letter or digit. */
function alpnText(protocol: string): string {
  if (protocol === "") return "00";
  const first = protocol.charCodeAt(0);
  const last = protocol.charCodeAt(protocol.length - 1);
  if (protocol.length === 2 && isGrease((first << 8) | last)) return "00";
  if (isAlphanumeric(first) && isAlphanumeric(last)) return String.fromCharCode(first, last);
  return (first >> 4).toString(16) + (last & 0xf).toString(16);
}

function isAlphanumeric(octet: number): boolean {
  return /[0-9A-Za-z]/.test(String.fromCharCode(octet));
}

/** An empty list is shown as such instead of as the hash of nothing. */
function shortHash(list: string): string {
  if (list === "") return "000000000000";
  return createHash("sha256").update(list).digest("hex").slice(0, 12);
}
