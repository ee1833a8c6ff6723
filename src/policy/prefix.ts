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

/** RFC 4632 §3.1 and RFC 4291 §2.3: one length, without leading zeros. */
const LENGTH = /^(0|[1-9][0-9]{0,2})$/;
const EXPECTED = "an address or a CIDR prefix, such as 10.20.0.0/16 or fd20:5eed::/48";

/** Reads an address or a CIDR prefix without host bits. */
export function parsePrefix(text: string): Prefix | PrefixFault {
  const slash = text.indexOf("/");
  const written = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (written === null) return notAPrefix(text);
  const family = text.includes(":") ? 6 : 4;
  if (family === 6 && isV4(written[0], written[1], written[2])) {
    return {
      message: `${JSON.stringify(text)} is a v4-mapped address`,
      expected: `IPv4 in its own form, such as ${formatAddress(written)}`,
    };
  }
  const mostBits = family === 4 ? 32 : 128;
  if (slash === -1) return { text, family, bits: mostBits, first: written, last: written };
  const length = text.slice(slash + 1);
  const bits = Number(length);
  if (!LENGTH.test(length) || bits > mostBits) return notAPrefix(text);
  return blockOf(text, family, bits, written);
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

/** Its ends by ip-cidr; its `contains()` answers across families and is never asked (test/policy/prefix-table.test.ts). */
function blockOf(text: string, family: 4 | 6, bits: number, written: Words): Prefix | PrefixFault {
  // In our own spelling: ip-cidr misreads IPv6 that ends in dotted decimal.
  const cidr = new IPCIDR(`${formatAddress(written)}/${bits}`);
  const first = parseAddress(cidr.start<string>());
  const last = parseAddress(cidr.end<string>());
  if (first === null || last === null) return notAPrefix(text);
  if (compareWords(first, written) !== 0) {
    return {
      message: `${JSON.stringify(text)} has host bits set`,
      expected: `${formatAddress(first)}/${bits}, or the address alone`,
    };
  }
  return { text, family, bits, first, last };
}

function notAPrefix(text: string): PrefixFault {
  return { message: `${JSON.stringify(text)} is no address and no CIDR prefix`, expected: EXPECTED };
}
