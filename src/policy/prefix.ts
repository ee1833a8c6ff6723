import IPCIDR from "ip-cidr";
import { compareWords, formatAddress, isV4, parseAddress, type Words } from "./address-text.ts";

/** A CIDR prefix, or a single address (`bits` 32 or 128), with its first and last address. */
export interface Prefix {
  readonly text: string;
  readonly family: 4 | 6;
  readonly bits: number;
  readonly first: Words;
  readonly last: Words;
}

/** Why a text is no prefix, in words that fit behind "is wrong:". */
export interface PrefixFault {
  readonly message: string;
  readonly expected: string;
}

// ip-cidr takes more than RFC 4632 §3.1 and RFC 4291 §2.3 allow (zones, "fe80::/10/10", "/032"),
// and turns v4-mapped prefixes into single IPv4 addresses, so the outline is held here.
const OUTLINE = /^[0-9A-Fa-f.:]+\/(0|[1-9][0-9]{0,2})$/;
const EXPECTED = "an address or a CIDR prefix, such as 10.20.0.0/16 or fd20:5eed::/48";

/** Reads an address or a CIDR prefix without host bits. */
export function parsePrefix(text: string): Prefix | PrefixFault {
  const mapped = parseAddress(text.split("/", 1)[0]);
  if (mapped !== null && text.includes(":") && isV4(mapped[0], mapped[1], mapped[2])) {
    return {
      message: `${JSON.stringify(text)} is a v4-mapped address`,
      expected: `IPv4 in its own form, such as ${formatAddress(mapped)}`,
    };
  }
  if (mapped !== null && !text.includes("/")) {
    const family = text.includes(":") ? 6 : 4;
    return { text, family, bits: family === 4 ? 32 : 128, first: mapped, last: mapped };
  }
  if (mapped === null || !OUTLINE.test(text)) return notAPrefix(text);
  return parseCidr(text, mapped);
}

/** Whether `parsePrefix` answered with a fault. */
export function isFault(value: Prefix | PrefixFault): value is PrefixFault {
  return "message" in value;
}

/** Whether every address of `inner` lies in `outer`. */
export function covers(outer: Prefix, inner: Prefix): boolean {
  return (
    outer.family === inner.family &&
    compareWords(outer.first, inner.first) <= 0 &&
    compareWords(inner.last, outer.last) <= 0
  );
}

function parseCidr(text: string, written: Words): Prefix | PrefixFault {
  const bits = Number(text.slice(text.indexOf("/") + 1));
  let cidr: IPCIDR;
  try {
    // In our own spelling: ip-cidr misreads IPv6 that ends in dotted decimal.
    cidr = new IPCIDR(`${formatAddress(written)}/${bits}`);
  } catch {
    return notAPrefix(text);
  }
  const first = parseAddress(cidr.start<string>());
  const last = parseAddress(cidr.end<string>());
  if (first === null || last === null) return notAPrefix(text);
  if (compareWords(first, written) !== 0) {
    return {
      message: `${JSON.stringify(text)} has host bits set`,
      expected: `${formatAddress(first)}/${bits}, or the address alone`,
    };
  }
  return { text, family: text.includes(":") ? 6 : 4, bits, first, last };
}

function notAPrefix(text: string): PrefixFault {
  return { message: `${JSON.stringify(text)} is no address and no CIDR prefix`, expected: EXPECTED };
}
