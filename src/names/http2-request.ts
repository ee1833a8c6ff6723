import { hideInAuthority, hideInTarget } from "./credentials.ts";
import { escapeText } from "./escape.ts";
import { collectHosts, type HttpNote, type HttpRequest, type HttpResponse } from "./http-head.ts";
import { parseHttpHost } from "./http-host.ts";
import type { Http2Fields } from "./http2-frames.ts";

const MAX_TEXT = 2048;
/** RFC 9298 §2: the template that clients use when they were given none. */
const MASQUE_UDP = /^\/\.well-known\/masque\/udp\/([^/]*)\/(\d{1,5})\/?$/;

/** A request of HTTP/2 (RFC 9113 §8.3) in the terms of HTTP/1. `ends`: it has no content. */
export function requestOf(fields: Http2Fields, ends: boolean): HttpRequest {
  const method = escapeText(fields.method, 40).toUpperCase();
  const notes: HttpNote[] = [];
  const isConnect = method === "CONNECT";
  const isTunnel = isConnect && fields.protocol === "";
  const isUdp = isConnect && fields.protocol === "connect-udp";
  const target = isUdp ? udpTarget(fields.path) : fields.authority;
  if (target === null) notes.push("http.target_odd");
  const fieldHosts = fields.host === "" ? [] : [fields.host];
  const hosts = collectHosts(target === "" ? null : target, fieldHosts, notes);
  const first = hosts[0] ?? parseHttpHost("");
  const path = hideInTarget(escapeText(fields.path, MAX_TEXT));
  return {
    method,
    target: isTunnel ? hideInAuthority(escapeText(fields.authority, MAX_TEXT)) : path,
    form: target === null ? "odd" : isTunnel || isUdp ? "authority" : "origin",
    scheme: escapeText(fields.scheme, 40).toLowerCase(),
    path: isTunnel ? "" : path,
    host: first.host,
    port: first.port || (fields.scheme === "https" ? 443 : fields.scheme === "http" ? 80 : 0),
    address: first.address,
    authority: hideInAuthority(escapeText(target ?? fields.host, 300)),
    otherHosts: hosts.slice(1),
    protocol: "HTTP/2",
    upgrade: escapeText(fields.protocol, 100),
    contentType: escapeText(fields.contentType, 100).toLowerCase(),
    credentials: fields.credentials,
    framing: ends || isConnect ? "none" : "close",
    contentLength: 0,
    isUdp,
    opensTunnel: isTunnel || isUdp,
    ownsConnection: false,
    hasContent: !ends && !isConnect,
    notes,
  };
}

/** "host:port" that a path asks for; null where it is of another template. */
function udpTarget(path: string): string | null {
  const found = MASQUE_UDP.exec(path);
  if (found === null) return null;
  const host = found[1].replace(/%([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return host.includes(":") ? `[${host}]:${found[2]}` : `${host}:${found[2]}`;
}

/** A response; null for trailers. */
export function responseOf(fields: Http2Fields, ends: boolean): HttpResponse | null {
  if (!/^\d{3}$/.test(fields.status)) return null;
  const status = Number(fields.status);
  return { status, protocol: "HTTP/2", framing: ends ? "none" : "close", contentLength: 0, notes: [] };
}
