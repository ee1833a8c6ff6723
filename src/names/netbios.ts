import { escapeHost } from "./escape.ts";

/** Sixteen octets in halves, each written as a letter (RFC 1001 §14.1), and a scope behind them. */
const ENCODED = /^([a-p]{32})(?:\.(.*))?$/s;
const NAME_LEN = 15;

/**
 * The name that an encoded NetBIOS name stands for (RFC 1001 §14.1, RFC 1002 §4.1), lower-case and escaped, with
 * its scope; null where it is none. The last of its sixteen octets tells kinds of service apart, and is left out.
 * `qname` is lower-case, as DNS names are read here.
 */
export function netbiosName(qname: string): string | null {
  const found = ENCODED.exec(qname);
  if (found === null) return null;
  let name = "";
  for (let i = 0; i < NAME_LEN; i++) {
    const octet = ((qname.charCodeAt(2 * i) - 0x61) << 4) | (qname.charCodeAt(2 * i + 1) - 0x61);
    name += String.fromCharCode(octet);
  }
  const text = escapeHost(name.replace(/[ \0]+$/, ""));
  return found[2] === undefined || found[2] === "" ? text : `${text}.${found[2]}`;
}
