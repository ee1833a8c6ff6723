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
  | "socks-answer"
  | "proxy-header"
  | "http09"
  | "http09-answer"
  | "ssh"
  | "dns"
  | "nothing"
  | "maybe";

const PORT_DNS = 53;
const PORTS_OPENFLOW = [6633, 6653];

/**
 * What a direction of a TCP connection that begins with view[at, end) is; "maybe" wants more octets. On port 53 what
 * is nothing else is DNS, also when its messages are broken.
 */
export function firstOctets(view: DataView, at: number, end: number, responderPort: number): Shown {
  const headerLen = proxyHeaderLen(view, at, end);
  if (headerLen > 0) return "proxy-header";
  const tls = isTlsStart(view, at, end);
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
  if (dns === "yes") return "dns";
  // OpenFlow 1.3 has the version of SOCKS 4, and types for commands (ONF TS-006 §7.1).
  const isOpenFlow = PORTS_OPENFLOW.includes(responderPort) && view.getUint8(at) === 4;
  const socks = isOpenFlow ? "no" : isSocksStart(view, at, end);
  if (socks === "yes") return "socks";
  if (isHttp2ServerStart(view, at, end)) return "http2-server";
  if (headerLen < 0) return "maybe";
  if ([tls, http2, http, response, simple, ssh, socks].includes("maybe")) return "maybe";
  if (responderPort === PORT_DNS) return "dns";
  return dns === "maybe" ? "maybe" : "nothing";
}

/** What takes over a connection is certain in its first octets: binary protocols must not be held for it. */
export function lateOctets(view: DataView, at: number, end: number): Shown {
  if (view.getUint8(at) >= 0x80) return "nothing"; // else SSL 2.0
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
