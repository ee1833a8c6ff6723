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
  /** Last second at which two answers that should be one differed about it; -1: never. */
  doubtedSec: number;
  /** Second of the first answer that proves as much. */
  sinceSec: number;
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

/** The names of one address, in the order in which they were learned, and by host and name. */
interface NamesOfAddress {
  readonly list: NamedAddress[];
  /** By name and host; made when there are so many that looking through the list costs more. */
  index: Map<string, NamedAddress> | null;
  /** Where the one stood that was dropped last, and until when it counted: nothing else ends before. NaN: not known. */
  droppedAt: number;
  droppedSec: number;
}

/** Names of an address beyond which they have an index. */
const INDEX_ABOVE = 16;

/**
 * What DNS answers said of addresses: the memory by which a flow gets the name that its host asked
 * for. Addresses are texts (RFC 5952), hosts too.
 */
export class AddressNames {
  /** Entries that were still valid when room had to be made. */
  evicted = 0;

  private readonly byAddress = new Map<string, NamesOfAddress>();
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
    const known = find(names, hostId, name);
    if (known === undefined) {
      if (names.list.length >= MAX_NAMES) this.dropOldest(names, atSec);
      this.total++;
      const named = {
        hostId,
        host,
        name,
        approved,
        ambiguous,
        doubtedSec: -1,
        sinceSec: atSec,
        answeredSec: atSec,
        validToSec,
      };
      if (validToSec < names.droppedSec) names.droppedSec = Number.NaN;
      add(names, named);
      this.changed?.set(named, address);
      return;
    }
    this.changed?.set(known, address);
    const stale = atSec > known.validToSec;
    // A repetition that proves less neither spoils what was properly answered nor makes it last longer.
    const gain = proofOf(approved, ambiguous) - proofOf(known.approved, known.ambiguous);
    if (!stale && gain < 0) return;
    known.sinceSec = gain > 0 ? atSec : Math.min(known.sinceSec, atSec);
    known.approved = approved;
    known.ambiguous = ambiguous;
    known.answeredSec = Math.max(known.answeredSec, atSec);
    known.validToSec = gain > 0 ? validToSec : Math.max(known.validToSec, validToSec);
    if (known.validToSec < names.droppedSec) names.droppedSec = Number.NaN;
  }

  /** Two answers to one question differ: neither can be believed. */
  distrust(address: string, hostId: string, name: string, atSec: number): void {
    for (const n of this.byAddress.get(address)?.list ?? []) {
      if (n.hostId !== hostId || n.name !== name) continue;
      n.ambiguous = true;
      n.doubtedSec = Math.max(n.doubtedSec, atSec);
      this.changed?.set(n, address);
    }
  }

  /** Names of the address that count at `atSec`, in the order in which they were first learned. */
  namesOf(address: string, atSec: number): readonly NamedAddress[] {
    const names = this.byAddress.get(address)?.list;
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
    if (names.list.length >= MAX_NAMES) return;
    this.total++;
    add(names, { ...named });
  }

  private namesFor(address: string, atSec: number): NamesOfAddress {
    const known = this.byAddress.get(address);
    if (known !== undefined) return known;
    if (this.byAddress.size >= MAX_ADDRESSES) this.evictFirst(atSec);
    const names: NamesOfAddress = { list: [], index: null, droppedAt: 0, droppedSec: Number.NaN };
    this.byAddress.set(address, names);
    this.order.push(address);
    return names;
  }

  private evictFirst(atSec: number): void {
    const address = this.order.shift();
    if (address === undefined) return;
    const names = this.byAddress.get(address)?.list ?? NONE;
    if (names.some((n) => atSec <= n.validToSec)) this.evicted++;
    this.total -= names.length;
    for (const named of names) this.changed?.delete(named);
    this.byAddress.delete(address);
  }

  private dropOldest(names: NamesOfAddress, atSec: number): void {
    const { list, index } = names;
    let oldest = names.droppedAt;
    // One that ends with the last dropped, and stands where that did, is the next: a flood has hundreds of a second.
    if (oldest >= list.length || list[oldest].validToSec !== names.droppedSec) {
      oldest = 0;
      for (let i = 1; i < list.length; i++) if (list[i].validToSec < list[oldest].validToSec) oldest = i;
    }
    names.droppedAt = oldest;
    names.droppedSec = list[oldest].validToSec;
    const [dropped] = list.splice(oldest, 1);
    if (atSec <= dropped.validToSec) this.evicted++;
    this.changed?.delete(dropped);
    index?.delete(droppedKeys.of(dropped.hostId, dropped.name));
    this.total--;
  }
}

/** Keys of the names of one host. An answer has many addresses: the last is made once. */
class NameKeys {
  private hostId = "";
  private name = "";
  private key = " ";

  of(hostId: string, name: string): string {
    if (name !== this.name || hostId !== this.hostId) {
      this.hostId = hostId;
      this.name = name;
      this.key = `${hostId} ${name}`; // names hold no blank: they are escaped
    }
    return this.key;
  }
}

const keys = new NameKeys();
/** Those that are dropped come from an answer, too: an older one. */
const droppedKeys = new NameKeys();

function find({ list, index }: NamesOfAddress, hostId: string, name: string): NamedAddress | undefined {
  if (index !== null) return index.get(keys.of(hostId, name));
  return list.find((n) => n.name === name && n.hostId === hostId);
}

function add(names: NamesOfAddress, named: NamedAddress): void {
  names.list.push(named);
  if (names.index !== null) names.index.set(keys.of(named.hostId, named.name), named);
  else if (names.list.length > INDEX_ABOVE) {
    names.index = new Map(names.list.map((n) => [keys.of(n.hostId, n.name), n]));
  }
}

const NONE: readonly NamedAddress[] = [];
const NO_CHANGES: ReadonlyMap<NamedAddress, string> = new Map();

/** How much an answer proves: that of an approved resolver, properly asked for, the most. */
function proofOf(approved: boolean, ambiguous: boolean): number {
  return (ambiguous ? 0 : 2) + (approved ? 1 : 0);
}
