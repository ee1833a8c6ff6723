import { formatAddress, type Words } from "../policy/address-text.ts";
import type { Prefix } from "../policy/prefix.ts";

/** An inside prefix of the enclave file that is far wider than the hosts that spoke from it. */
export interface WideInside {
  /** As the enclave file has it. */
  readonly prefix: string;
  /** The narrowest prefix that holds every host that spoke. */
  readonly seen: string;
}

/** Prefixes up to these lengths are what one site uses; broader ones want evidence (a /8 typed for a /16). */
const USUAL_BITS = { 4: 16, 6: 48 } as const;
/** Bits by which a prefix has to be wider than what was seen to be called so. */
const FAR_BITS = 8;
/** IPv6 hosts choose their own last 64 bits (RFC 4291 §2.5.4): these say nothing about the site's extent. */
const NETWORK_BITS = { 4: 32, 6: 64 } as const;

interface Extent {
  readonly prefix: Prefix;
  first: Words | null;
  /** Leading bits, counted in the prefix's own family, that all addresses seen share. */
  sharedBits: number;
}

/** How much of the enclave's broad inside prefixes was seen to be used. */
export class InsideExtent {
  private readonly extents: Extent[];

  constructor(inside: readonly Prefix[]) {
    const broad = inside.filter((prefix) => prefix.bits < USUAL_BITS[prefix.family]);
    this.extents = broad.map((prefix) => ({ prefix, first: null, sharedBits: NETWORK_BITS[prefix.family] }));
  }

  /** There is no broad prefix: nothing needs to be shown. */
  get isEmpty(): boolean {
    return this.extents.length === 0;
  }

  /** An inside host spoke from this address. */
  see(w0: number, w1: number, w2: number, w3: number): void {
    for (const extent of this.extents) {
      const { family, bits, first } = extent.prefix;
      if (sharedBits(first, w0, w1, w2, w3, family) < bits) continue;
      extent.first ??= [w0, w1, w2, w3];
      extent.sharedBits = Math.min(extent.sharedBits, sharedBits(extent.first, w0, w1, w2, w3, family));
    }
  }

  /** The prefixes that are far wider than what was seen; a prefix of which nothing was seen is not judged. */
  wide(): WideInside[] {
    const wide: WideInside[] = [];
    for (const { prefix, first, sharedBits: shared } of this.extents) {
      if (first === null || shared - prefix.bits < FAR_BITS) continue;
      wide.push({
        prefix: prefix.text,
        seen: `${formatAddress(networkOf(first, shared, prefix.family))}/${shared}`,
      });
    }
    return wide;
  }
}

/** Leading bits that two addresses share, counted from where the family's own bits begin. */
function sharedBits(a: Words, w0: number, w1: number, w2: number, w3: number, family: 4 | 6): number {
  const ofFamily = family === 4 ? -96 : 0;
  if (a[0] !== w0) return ofFamily + Math.clz32(a[0] ^ w0);
  if (a[1] !== w1) return ofFamily + 32 + Math.clz32(a[1] ^ w1);
  if (a[2] !== w2) return ofFamily + 64 + Math.clz32(a[2] ^ w2);
  return ofFamily + 96 + Math.clz32(a[3] ^ w3);
}

function networkOf(address: Words, bits: number, family: 4 | 6): Words {
  const keep = bits + (family === 4 ? 96 : 0);
  const word = (i: number): number => {
    const kept = Math.min(32, Math.max(0, keep - i * 32));
    return kept === 0 ? 0 : address[i] & (-1 << (32 - kept));
  };
  return [word(0), word(1), word(2), word(3)];
}
