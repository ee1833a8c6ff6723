import { type HttpRequest, parseRequestHead } from "./http-head.ts";
import { latin1 } from "./octet-text.ts";

/** Longest line that is taken for a request. */
const MAX_LINE = 4096;
const LINE = /^GET[ \t\v\f]+[A-Za-z][A-Za-z0-9+.-]*:\/\/[^ \t\v\f\r\n]*[ \t\v\f]*\r?$/;
const LF = 0x0a;
const LETTER_G = 0x47;

/** Whether a client's stream that begins with view[at, end) is such a request; "maybe" while its line is not whole. */
export function isSimpleRequestStart(view: DataView, at: number, end: number): "yes" | "no" | "maybe" {
  if (at >= end || view.getUint8(at) !== LETTER_G) return "no"; // what most streams are
  const lf = lineEnd(view, at, end);
  const line = latin1(view, at, lf);
  if (!LINE.test(line)) return "no";
  if (lf < end && lf - at < MAX_LINE) return "yes";
  return lf - at < MAX_LINE ? "maybe" : "no";
}

/**
 * The request of HTTP/0.9 that a client's stream view[at, end) begins with (RFC 1945 §5, Simple-Request), where it asks
 * a proxy for an absolute URI; others name nobody. Null for anything else.
 */
export function readSimpleRequest(view: DataView, at: number, end: number): HttpRequest | null {
  if (isSimpleRequestStart(view, at, end) !== "yes") return null;
  const line = latin1(view, at, lineEnd(view, at, end));
  const request = parseRequestHead(`${line.trimEnd()} HTTP/1.0\r\n\r\n`, []);
  return request === null ? null : { ...request, protocol: "HTTP/0.9" };
}

/** Offset of the first LF, or where the line is cut. */
function lineEnd(view: DataView, at: number, end: number): number {
  const stop = Math.min(end, at + MAX_LINE);
  let lf = at;
  while (lf < stop && view.getUint8(lf) !== LF) lf++;
  return lf;
}

/** The answer to it: content without a head, to the end of the connection (RFC 1945 §6, Simple-Response). */
export const SIMPLE_RESPONSE = {
  status: 200,
  protocol: "HTTP/0.9",
  framing: "close",
  contentLength: 0,
  notes: [],
} as const;
