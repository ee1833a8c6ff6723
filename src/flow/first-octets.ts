import { looksLikeDnsTcp } from "../names/dns-recognise.ts";
import { isHttpResponseStart, isHttpStart } from "../names/http-start.ts";
import { isHttp2ServerStart, isHttp2Start } from "../names/http2-frames.ts";
import { isSimpleRequestStart } from "../names/http09.ts";
import { proxyHeaderLen } from "../names/proxy-protocol.ts";
import { isSocksStart } from "../names/socks.ts";
import { isSshStart } from "../names/ssh.ts";
import { isTlsStart } from "../names/tls-records.ts";

/** What a direction's first octets show. Answers to what the other direction says are told by that. */
export type Shown =
  | "tls"
  | "http"
  | "http-response"
  | "http2"
  | "http2-server"
  | "socks"
  | "socks-doubtful"
  | "socks-answer"
  | "proxy-header"
  | "http09"
  | "http09-answer"
  | "ssh"
  | "dns"
  | "nothing"
  | "maybe";

const PORT_DNS = 53;
/** Of a record with a ClientHello: behind the headers of both. */
const HELLO_VERSION_AT = 9;
const PORTS_OPENFLOW = [6633, 6653];

/**
 * What a direction of a TCP connection that begins with view[at, end) is; "maybe" wants more octets. On port 53 what
 * is nothing else is DNS, also when its messages are broken. `isNoSocks`: the other end showed that.
 */
export function firstOctets(
  view: DataView,
  at: number,
  end: number,
  responderPort: number,
  isNoSocks = false,
): Shown {
  const headerLen = proxyHeaderLen(view, at, end);
  if (headerLen > 0) return "proxy-header";
  const tls = responderPort === PORT_DNS ? isTlsBesideDns(view, at, end) : isTlsStart(view, at, end);
  if (tls === "yes") return "tls";
  const http2 = isHttp2Start(view, at, end);
  if (http2 === "yes") return "http2";
  const http = isHttpStart(view, at, end);
  if (http === "yes") return "http";
  const response = isHttpResponseStart(view, at, end);
  if (response === "yes") return "http-response";
  const simple = http === "no" ? isSimpleRequestStart(view, at, end) : "no";
  if (simple === "yes") return "http09";
  const ssh = isSshStart(view, at, end);
  if (ssh === "yes") return "ssh";
  const dns = looksLikeDnsTcp(view, at, end);
  if (dns === "yes" && responderPort === PORT_DNS) return "dns";
  // OpenFlow 1.3 has the version of SOCKS 4, and types for commands (ONF TS-006 §7.1).
  const isOpenFlow = PORTS_OPENFLOW.includes(responderPort) && view.getUint8(at) === 4;
  const socks = isOpenFlow || isNoSocks ? "no" : isSocksStart(view, at, end);
  if (socks === "yes") return "socks"; // a message of a length of its sender's choice can begin like that
  if (dns === "yes") return "dns";
  if (socks === "doubtful" && responderPort !== PORT_DNS) return "socks-doubtful";
  if (isHttp2ServerStart(view, at, end)) return "http2-server";
  if (headerLen < 0) return "maybe";
  const mayBeHttp = http2 === "maybe" || http === "maybe" || response === "maybe" || simple === "maybe";
  if (mayBeHttp || tls === "maybe" || ssh === "maybe" || socks === "maybe") return "maybe";
  if (responderPort === PORT_DNS) return "dns";
  return dns === "maybe" ? "maybe" : "nothing";
}

/**
 * As isTlsStart, where a DNS message with a length and an id of its sender's choice may look like a record: of a hello
 * the version is there too, in the place of a question's count of answers.
 */
function isTlsBesideDns(view: DataView, at: number, end: number): "yes" | "no" | "maybe" {
  const tls = isTlsStart(view, at, end);
  if (tls !== "yes") return tls;
  if (end - at < HELLO_VERSION_AT + 2) return "maybe";
  return view.getUint8(at + HELLO_VERSION_AT) === 3 ? "yes" : "no";
}

/** Octets that TLS records and the lines of HTTP begin with, empty lines before them included; SSL 2.0 is left out. */
const BEGINS_LATE: readonly boolean[] = Array.from({ length: 256 }, (_, octet) => {
  const isLetter = (octet & 0xdf) >= 0x41 && (octet & 0xdf) <= 0x5a;
  return octet < 0x80 && (isLetter || octet === 0x0a || octet === 0x0d || (octet >= 20 && octet <= 24));
});

/** What takes over a connection is certain in its first octets: binary protocols must not be held for it. */
export function lateOctets(
  view: DataView,
  at: number,
  end: number,
): "tls" | "http" | "http-response" | "http2" | "nothing" | "maybe" {
  if (!BEGINS_LATE[view.getUint8(at)]) return "nothing";
  const tls = isTlsStart(view, at, end);
  if (tls !== "no") return tls === "yes" ? "tls" : "maybe";
  const http2 = isHttp2Start(view, at, end);
  if (http2 === "yes") return "http2";
  const http = isHttpStart(view, at, end);
  if (http2 === "maybe") return "maybe";
  if (http !== "no") return http === "yes" ? "http" : "maybe";
  const response = isHttpResponseStart(view, at, end);
  return response === "no" ? "nothing" : response === "yes" ? "http-response" : "maybe";
}
