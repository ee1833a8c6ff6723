import type { Words } from "./address-text.ts";
import type { AddressRange } from "./prefix-table.ts";

const V4_ZONE = ".in-addr.arpa";
const V6_ZONE = ".ip6.arpa";

/** What a name in a reverse zone asks about. */
export interface ReverseZone extends AddressRange {
  /** Labels stand before the address part: the name lies below the zone of the range. */
  readonly isBelow: boolean;
}

/**
 * Addresses that a reverse name stands for (RFC 1035 §3.5, RFC 3596 §2.5): one for a whole address,
 * a range for the zone of a prefix. Null for names in no reverse zone. The name is canonical.
 */
export function reverseZone(name: string): ReverseZone | null {
  if (name === V4_ZONE.slice(1) || name.endsWith(V4_ZONE)) return v4Zone(labelsBefore(name, V4_ZONE));
  if (name === V6_ZONE.slice(1) || name.endsWith(V6_ZONE)) return v6Zone(labelsBefore(name, V6_ZONE));
  return null;
}

/** Labels in front of the zone, nearest to it first. */
function labelsBefore(name: string, zone: string): string[] {
  const front = name.slice(0, Math.max(0, name.length - zone.length));
  return front === "" ? [] : front.split(".").reverse();
}

function v4Zone(labels: readonly string[]): ReverseZone {
  let used = 0;
  let first = 0;
  while (used < 4 && used < labels.length && isOctet(labels[used])) {
    first |= Number(labels[used]) << (24 - 8 * used);
    used++;
  }
  const last = used === 4 ? first : first | (0xffffffff >>> (8 * used));
  return { first: [0, 0, 0xffff, first], last: [0, 0, 0xffff, last], isBelow: used < labels.length };
}

function v6Zone(labels: readonly string[]): ReverseZone {
  const first: [number, number, number, number] = [0, 0, 0, 0];
  const last: [number, number, number, number] = [-1, -1, -1, -1];
  let used = 0;
  while (used < 32 && used < labels.length && /^[0-9a-f]$/.test(labels[used])) {
    const word = used >> 3;
    const shift = 28 - 4 * (used & 7);
    const nibble = Number.parseInt(labels[used], 16);
    first[word] |= nibble << shift;
    last[word] &= ~((15 ^ nibble) << shift);
    used++;
  }
  return { first: first as Words, last: last as Words, isBelow: used < labels.length };
}

function isOctet(label: string): boolean {
  return /^(0|[1-9][0-9]{0,2})$/.test(label) && Number(label) <= 255;
}
