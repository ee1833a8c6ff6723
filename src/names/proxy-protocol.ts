import { latin1 } from "./octet-text.ts";

const V1 = Buffer.from("PROXY ");
const V2 = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
/** Longest line of version 1, CR and LF included; fixed part of version 2. */
const MAX_V1 = 107;
const V2_FIXED_LEN = 16;
const LF = 0x0a;
/** "UNKNOWN" may have anything behind it (§2.1): but not what makes it a request of HTTP, whose methods are any word. */
const V1_LINE =
  /^PROXY (?:TCP[46] [\da-f.:]+ [\da-f.:]+ \d{1,5} \d{1,5}|UNKNOWN(?!.* HTTP\/\d\.\d\r)(?: .*)?)\r\n$/i;

/**
 * Length of the header that a load balancer puts before a connection's own octets, at view[at, end) (HAProxy's PROXY
 * protocol, versions 1 and 2): 0 when there is none, -1 while it is not whole.
 */
export function proxyHeaderLen(view: DataView, at: number, end: number): number {
  if (beginsWith(V1, view, at, end)) {
    const stop = Math.min(end, at + MAX_V1);
    for (let i = at; i < stop; i++) {
      if (view.getUint8(i) === LF) return V1_LINE.test(latin1(view, at, i + 1)) ? i + 1 - at : 0;
    }
    return stop - at === MAX_V1 ? 0 : -1;
  }
  if (!beginsWith(V2, view, at, end)) return 0;
  return end - at < V2_FIXED_LEN ? -1 : V2_FIXED_LEN + view.getUint16(at + 14);
}

/** As far as it is there. */
function beginsWith(signature: Uint8Array, view: DataView, at: number, end: number): boolean {
  const stop = Math.min(end, at + signature.length);
  for (let i = at; i < stop; i++) if (view.getUint8(i) !== signature[i - at]) return false;
  return stop > at;
}
