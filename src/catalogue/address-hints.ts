import { isLocal, isMetadata } from "../policy/address-class.ts";
import { compareWords, type Words } from "../policy/address-text.ts";
import { isFault, type Prefix, parsePrefix } from "../policy/prefix.ts";

/** Special-purpose ranges (IANA registries of RFC 6890, and RFC 5771 and 4291 for multicast). */
const RANGES: readonly (readonly [prefix: string, meaning: string])[] = [
  ["10.0.0.0/8", "private (RFC 1918)"],
  ["172.16.0.0/12", "private (RFC 1918)"],
  ["192.168.0.0/16", "private (RFC 1918)"],
  ["100.64.0.0/10", "shared by a provider's customers (RFC 6598)"],
  ["192.0.2.0/24", "for documentation (RFC 5737)"],
  ["198.51.100.0/24", "for documentation (RFC 5737)"],
  ["203.0.113.0/24", "for documentation (RFC 5737)"],
  ["198.18.0.0/15", "for benchmarks (RFC 2544)"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved (RFC 1112)"],
  ["fc00::/7", "unique local (RFC 4193)"],
  ["2001:db8::/32", "for documentation (RFC 3849)"],
  ["3fff::/20", "for documentation (RFC 9637)"],
  ["64:ff9b::/96", "NAT64: judged by the IPv4 address that it carries (RFC 6052)"],
  ["2002::/16", "6to4: judged by the IPv4 address that it carries (RFC 3056)"],
  ["2001::/32", "Teredo: judged by the IPv4 address that it carries (RFC 4380)"],
  ["ff00::/8", "multicast"],
];

/** What kind an address is by itself; null for an ordinary public one. */
export function addressKind(words: Words): string | null {
  if (isMetadata(...words)) return "cloud metadata: always judged as outside";
  if (isLocal(...words)) return "local to this link or host";
  const found = RANGES.find(([text]) => holds(parsePrefix(text), words));
  return found === undefined ? null : found[1];
}

function holds(prefix: ReturnType<typeof parsePrefix>, words: Words): boolean {
  return !isFault(prefix) && isWithin(prefix, words);
}

function isWithin({ first, last }: Prefix, words: Words): boolean {
  return compareWords(first, words) <= 0 && compareWords(words, last) <= 0;
}
