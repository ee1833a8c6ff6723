import { Fifo } from "./fifo.ts";

/** A name that an answer gave for an address. */
export interface NamedAddress {
  /** Who asked: what the caller tells hosts apart by, and the address that it asked from, as text. */
  readonly hostId: string;
  readonly host: string;
  readonly name: string;
  /** The answer came from an approved resolver. */
  approved: boolean;
  /** No question was seen for it, or another answer to the same question differs. */
  ambiguous: boolean;
  /** Second of the last answer, and the last second at which it counts (TTL and grace included). */
  answeredSec: number;
  validToSec: number;
}

/** TTLs are capped at a day (DESIGN section 3). */
const MAX_TTL_SEC = 86_400;
/** Addresses remembered, and names of one address (over all hosts). */
const MAX_ADDRESSES = 1 << 17;
const MAX_NAMES = 256;
/** Names of all addresses together. */
const MAX_NAMES_TOTAL = 1 << 19;

/**
 * What DNS answers said of addresses: the memory by which a flow gets the name that its host asked
 * for. Addresses are texts (RFC 5952), hosts too.
 */
export class AddressNames {
  /** Entries that were still valid when room had to be made. */
  evicted = 0;

  private readonly byAddress = new Map<string, NamedAddress[]>();
  /** Addresses in the order in which they were first learned. */
  private readonly order = new Fifo<string>();
  private total = 0;
  /** What was learned since the last `takeChanged`, and its addresses; null while nobody asks. */
  private changed: Map<NamedAddress, string> | null = null;
  /** Seconds that a name counts beyond its TTL. */
  graceSec: number;

  constructor(graceSec: number) {
    this.graceSec = graceSec;
  }

  /** Records that the host was told `name` has `address`. */
  learn(
    address: string,
    hostId: string,
    host: string,
    name: string,
    approved: boolean,
    ambiguous: boolean,
    ttlSec: number,
    atSec: number,
  ): void {
    const validToSec = atSec + Math.min(Math.max(ttlSec, 0), MAX_TTL_SEC) + this.graceSec;
    if (this.total >= MAX_NAMES_TOTAL) this.evictFirst(atSec);
    const names = this.namesFor(address, atSec);
    const known = names.find((n) => n.hostId === hostId && n.name === name);
    if (known === undefined) {
      if (names.length >= MAX_NAMES) this.dropOldest(names, atSec);
      this.total++;
      const named = { hostId, host, name, approved, ambiguous, answeredSec: atSec, validToSec };
      names.push(named);
      this.changed?.set(named, address);
      return;
    }
    this.changed?.set(known, address);
    const stale = atSec > known.validToSec;
    // A repetition that proves less neither spoils what was properly answered nor makes it last longer.
    const gain = proofOf(approved, ambiguous) - proofOf(known.approved, known.ambiguous);
    if (!stale && gain < 0) return;
    known.approved = approved;
    known.ambiguous = ambiguous;
    known.answeredSec = Math.max(known.answeredSec, atSec);
    known.validToSec = gain > 0 ? validToSec : Math.max(known.validToSec, validToSec);
  }

  /** Two answers to one question differ: neither can be believed. */
  distrust(address: string, hostId: string, name: string): void {
    for (const n of this.byAddress.get(address) ?? []) {
      if (n.hostId !== hostId || n.name !== name) continue;
      n.ambiguous = true;
      this.changed?.set(n, address);
    }
  }

  /** Names of the address that count at `atSec`, in the order in which they were first learned. */
  namesOf(address: string, atSec: number): readonly NamedAddress[] {
    const names = this.byAddress.get(address);
    if (names === undefined) return NONE;
    return names.every((n) => atSec <= n.validToSec) ? names : names.filter((n) => atSec <= n.validToSec);
  }

  /** Notes from here on what changes, for `takeChanged`. */
  noteChanges(): void {
    this.changed = new Map();
  }

  /** What was learned or became ambiguous since the last call: to be kept over a restart. */
  takeChanged(): (readonly [address: string, named: NamedAddress])[] {
    const entries = Array.from(this.changed ?? NO_CHANGES, ([named, address]) => [address, named] as const);
    this.changed?.clear();
    return entries;
  }

  /** Takes back what `takeChanged` gave, before the first packet is read. */
  restore(address: string, named: NamedAddress): void {
    const { answeredSec } = named;
    if (this.total >= MAX_NAMES_TOTAL) return;
    const names = this.namesFor(address, answeredSec);
    if (names.length >= MAX_NAMES) return;
    this.total++;
    names.push({ ...named });
  }

  private namesFor(address: string, atSec: number): NamedAddress[] {
    const known = this.byAddress.get(address);
    if (known !== undefined) return known;
    if (this.byAddress.size >= MAX_ADDRESSES) this.evictFirst(atSec);
    const names: NamedAddress[] = [];
    this.byAddress.set(address, names);
    this.order.push(address);
    return names;
  }

  private evictFirst(atSec: number): void {
    const address = this.order.shift();
    if (address === undefined) return;
    const names = this.byAddress.get(address) ?? NONE;
    if (names.some((n) => atSec <= n.validToSec)) this.evicted++;
    this.total -= names.length;
    for (const named of names) this.changed?.delete(named);
    this.byAddress.delete(address);
  }

  private dropOldest(names: NamedAddress[], atSec: number): void {
    let oldest = 0;
    for (let i = 1; i < names.length; i++) if (names[i].validToSec < names[oldest].validToSec) oldest = i;
    if (atSec <= names[oldest].validToSec) this.evicted++;
    this.changed?.delete(names[oldest]);
    names.splice(oldest, 1);
    this.total--;
  }
}

const NONE: readonly NamedAddress[] = [];
const NO_CHANGES: ReadonlyMap<NamedAddress, string> = new Map();

/** How much an answer proves: that of an approved resolver, properly asked for, the most. */
function proofOf(approved: boolean, ambiguous: boolean): number {
  return (ambiguous ? 0 : 2) + (approved ? 1 : 0);
}
