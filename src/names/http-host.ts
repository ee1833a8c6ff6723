import { remembering } from "../text-memo.ts";
import { escapeHost, MAX_HOST_OCTETS } from "./escape.ts";
import { parseIpLiteral, parseIpNumber } from "./ip-literal.ts";

/** A host that a request names, from Host, CONNECT or an absolute-form target (RFC 3986 §3.2). */
export interface HttpHost {
  /** Lower-case, escaped, without brackets, port, user information and trailing dot; "" when empty. */
  readonly host: string;
  /** As the request says it; 0 when it says none. */
  readonly port: number;
  /** Of an IP literal: four big-endian words as int32, IPv4 as ::ffff:a.b.c.d. */
  readonly address: Int32Array | null;
  /**
   * The text is no authority that RFC 3986 allows, or hides its name behind percent signs or marks that no
   * host name has; what was understood is in the other fields.
   */
  readonly odd: boolean;
}

/** Reads `text` (one character an octet) as [userinfo@]host[:port]. */
export const parseHttpHost: (text: string) => HttpHost = remembering(readHost);

function readHost(text: string): HttpHost {
  const rest = text.slice(text.lastIndexOf("@") + 1); // browsers and proxies take the last one
  const bracketed = rest.startsWith("[") ? rest.indexOf("]") : -1;
  const colon = bracketed > 0 ? rest.indexOf(":", bracketed) : rest.lastIndexOf(":");
  // Several colons without brackets: an IPv6 address that somebody forgot to put in them.
  const bare = bracketed < 0 ? parseIpLiteral(rest) : null;
  if (bare !== null) return { host: escapeHost(rest), port: 0, address: bare, odd: rest.includes(":") };
  const name = bracketed > 0 ? rest.slice(1, bracketed) : colon < 0 ? rest : rest.slice(0, colon);
  const portText = colon < 0 ? "" : rest.slice(colon + 1);
  const port = parsePort(portText);
  const literal = bracketed > 0 ? name.replace(/%.*$/, "") : name; // RFC 6874 zone
  const address = parseIpLiteral(literal) ?? (bracketed > 0 ? null : parseIpNumber(name));
  const between = bracketed > 0 ? rest.slice(bracketed + 1, colon < 0 ? undefined : colon) : "";
  const odd =
    name === "" ||
    name.length > MAX_HOST_OCTETS ||
    port < 0 ||
    between !== "" ||
    (bracketed > 0 && address === null) ||
    (bracketed <= 0 && /[^\w.-]|^\.|\.\./.test(name));
  return { host: escapeHost(name), port: Math.max(0, port), address, odd };
}

/** 0 for an empty text (RFC 3986 §3.2.3), -1 for one that is no port. */
function parsePort(text: string): number {
  if (text === "") return 0;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  return port > 0 && port <= 0xffff ? port : -1;
}
