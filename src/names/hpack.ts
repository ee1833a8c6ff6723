import { huffmanText } from "./hpack-huffman.ts";
import { latin1 } from "./octet-text.ts";

/** RFC 7541 Appendix A: name and value, in the order of their indices, from 1. */
const STATIC_TABLE: readonly HpackField[] = [
  ...pairs(":authority=", ":method=GET", ":method=POST", ":path=/", ":path=/index.html", ":scheme=http"),
  ...pairs(":scheme=https", ":status=200", ":status=204", ":status=206", ":status=304", ":status=400"),
  ...pairs(":status=404", ":status=500", "accept-charset=", "accept-encoding=gzip, deflate"),
  ...pairs("accept-language=", "accept-ranges=", "accept=", "access-control-allow-origin=", "age=", "allow="),
  ...pairs("authorization=", "cache-control=", "content-disposition=", "content-encoding="),
  ...pairs("content-language=", "content-length=", "content-location=", "content-range=", "content-type="),
  ...pairs("cookie=", "date=", "etag=", "expect=", "expires=", "from=", "host=", "if-match="),
  ...pairs("if-modified-since=", "if-none-match=", "if-range=", "if-unmodified-since=", "last-modified="),
  ...pairs("link=", "location=", "max-forwards=", "proxy-authenticate=", "proxy-authorization=", "range="),
  ...pairs("referer=", "refresh=", "retry-after=", "server=", "set-cookie=", "strict-transport-security="),
  ...pairs("transfer-encoding=", "user-agent=", "vary=", "via=", "www-authenticate="),
];

function pairs(...texts: string[]): HpackField[] {
  return texts.map((text) => {
    const cut = text.indexOf("=");
    return { name: text.slice(0, cut), value: text.slice(cut + 1) };
  });
}

/** What an entry costs beside its octets (§4.1). */
const ENTRY_COST = 32;
const DEFAULT_TABLE_OCTETS = 4096; // RFC 9113 §6.5.2
/** Far above what servers allow. */
const MAX_TABLE_OCTETS = 0x10000;
/** One octet can stand for a field: servers take far fewer. */
const MAX_FIELDS = 2000;
/** Longest integer that can matter here, and octets it may take (§5.1). */
const MAX_INTEGER_OCTETS = 5;

/** A field, name and value one character an octet. */
export interface HpackField {
  readonly name: string;
  readonly value: string;
}

/**
 * Header compression of one direction of an HTTP/2 connection (RFC 7541). Every block has to be given, in
 * order: each may change what the next means. After false nothing more can be understood.
 */
export class HpackDecoder {
  /** Oldest first, from `first` on. */
  private entries: HpackField[] = [];
  private first = 0;
  private tableOctets = 0;
  private maxOctets = DEFAULT_TABLE_OCTETS;
  private next = 0;
  private value = 0;
  private text = "";

  /** Octets that the table stands for. */
  get heldBytes(): number {
    return this.tableOctets;
  }

  /**
   * Gives each field of the block view[at, end) to `take`; false when it is none, or of more fields than any has.
   * Without `take` the block is passed over: what it leaves in the table is kept all the same.
   */
  decode(view: DataView, at: number, end: number, take: ((field: HpackField) => void) | null): boolean {
    this.next = at;
    for (let n = 0; this.next < end; n++) {
      if (n === MAX_FIELDS) return false;
      const octet = view.getUint8(this.next);
      if (octet >= 0x80) {
        if (!this.integer(view, end, 7)) return false;
        const entry = this.entryAt(this.value);
        if (entry === null) return false;
        take?.(entry);
      } else if (octet >= 0x20 && octet < 0x40) {
        if (!this.integer(view, end, 5) || this.value > MAX_TABLE_OCTETS) return false;
        this.maxOctets = this.value;
        this.evict(0);
      } else {
        const isIndexed = octet >= 0x40;
        if (!this.integer(view, end, isIndexed ? 6 : 4)) return false;
        const known = this.value === 0 ? null : this.entryAt(this.value);
        if (this.value !== 0 && known === null) return false;
        if (take === null && !isIndexed) {
          if ((known === null && !this.skipString(view, end)) || !this.skipString(view, end)) return false;
          continue;
        }
        if (known === null && !this.string(view, end)) return false;
        const name = known?.name ?? this.text;
        if (!this.string(view, end)) return false;
        const field = { name, value: this.text };
        if (isIndexed) this.add(field);
        take?.(field);
      }
    }
    return true;
  }

  private entryAt(index: number): HpackField | null {
    if (index === 0) return null;
    if (index <= STATIC_TABLE.length) return STATIC_TABLE[index - 1];
    const at = this.entries.length - (index - STATIC_TABLE.length);
    return at >= this.first ? this.entries[at] : null;
  }

  private add(entry: HpackField): void {
    const octets = octetsOf(entry);
    this.evict(octets);
    if (octets > this.maxOctets) return; // §4.4: no error, the table is empty then
    this.entries.push(entry);
    this.tableOctets += octets;
  }

  /** Drops the oldest until `needed` octets fit. */
  private evict(needed: number): void {
    while (this.first < this.entries.length && this.tableOctets + needed > this.maxOctets) {
      this.tableOctets -= octetsOf(this.entries[this.first++]);
    }
    if (this.first > 64 && this.first * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.first);
      this.first = 0;
    }
  }

  /** An integer with a prefix of `bits` into `value` (§5.1). */
  private integer(view: DataView, end: number, bits: number): boolean {
    const mask = (1 << bits) - 1;
    this.value = view.getUint8(this.next++) & mask;
    if (this.value < mask) return true;
    for (let n = 0; n < MAX_INTEGER_OCTETS && this.next < end; n++) {
      const octet = view.getUint8(this.next++);
      this.value += (octet & 0x7f) * 2 ** (7 * n);
      if (octet < 0x80) return true;
    }
    return false;
  }

  private skipString(view: DataView, end: number): boolean {
    if (this.next >= end || !this.integer(view, end, 7)) return false;
    this.next += this.value;
    return this.next <= end;
  }

  /** A string into `text` (§5.2). */
  private string(view: DataView, end: number): boolean {
    if (this.next >= end) return false;
    const isHuffman = view.getUint8(this.next) >= 0x80;
    if (!this.integer(view, end, 7)) return false;
    const stop = this.next + this.value;
    if (stop > end) return false;
    this.text = "";
    if (this.value === 0) return true;
    const text = isHuffman ? huffmanText(view, this.next, stop) : latin1(view, this.next, stop);
    if (text === null) return false;
    this.text = text;
    this.next = stop;
    return true;
  }
}

function octetsOf({ name, value }: HpackField): number {
  return name.length + value.length + ENTRY_COST;
}
