import { escapeHost } from "./escape.ts";
import { parseIpLiteral, parseIpNumber } from "./ip-literal.ts";
import type { ProxyErrand } from "./proxy-errand.ts";

/** Kinds of address (RFC 1928 §5). */
export const ATYP_IPV4 = 1;
export const ATYP_NAME = 3;
export const ATYP_IPV6 = 4;

/** Clients put addresses where names belong as well, and as one number: proxies take what inet_aton() takes. */
export function destination(target: string | Int32Array): Pick<ProxyErrand, "host" | "address"> {
  if (typeof target !== "string") return { host: "", address: target };
  return { host: escapeHost(target), address: parseIpLiteral(target) ?? parseIpNumber(target) };
}

/** Four octets as a v4-mapped address, or sixteen. */
export function words(view: DataView, at: number, end: number): Int32Array {
  if (end - at === 4) return Int32Array.of(0, 0, 0xffff, view.getInt32(at));
  return Int32Array.from({ length: 4 }, (_, i) => view.getInt32(at + 4 * i));
}
