import { hideInAuthority, hideInTarget } from "./credentials.ts";
import { escapeText } from "./escape.ts";
import { collectHosts, type HttpNote, type HttpRequest, type HttpResponse } from "./http-head.ts";
import { parseHttpHost } from "./http-host.ts";
import type { Http2Fields } from "./http2-frames.ts";
import { masqueTarget } from "./masque.ts";

const MAX_TEXT = 2048;
/** A request of HTTP/2 (RFC 9113 §8.3) in the terms of HTTP/1. `ends`: it has no content. */
export function requestOf(fields: Http2Fields, ends: boolean): HttpRequest {
  const method = escapeText(fields.method, 40).toUpperCase();
  const notes: HttpNote[] = [];
  const isConnect = method === "CONNECT";
  const isTunnel = isConnect && fields.protocol === "";
  const masque = isConnect ? masqueTarget(fields.protocol, fields.path) : null;
  const isErrand = isTunnel || masque !== null;
  const target = masque === null ? fields.authority : masque.authority;
  if (target === null) notes.push("http.target_odd");
  const fieldHosts = fields.host === "" ? [] : [fields.host];
  const hosts = collectHosts(target === "" ? null : target, fieldHosts, notes);
  const first = hosts[0] ?? parseHttpHost("");
  const path = hideInTarget(escapeText(fields.path, MAX_TEXT));
  return {
    method,
    target: isTunnel ? hideInAuthority(escapeText(fields.authority, MAX_TEXT)) : path,
    form: target === null ? "odd" : isErrand ? "authority" : "origin",
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
    isUdp: masque !== null,
    opensTunnel: isErrand,
    ownsConnection: false,
    hasContent: !ends && !isConnect,
    notes,
  };
}

/** A response; null for trailers. */
export function responseOf(fields: Http2Fields, ends: boolean): HttpResponse | null {
  if (!/^\d{3}$/.test(fields.status)) return null;
  const status = Number(fields.status);
  return { status, protocol: "HTTP/2", framing: ends ? "none" : "close", contentLength: 0, notes: [] };
}
