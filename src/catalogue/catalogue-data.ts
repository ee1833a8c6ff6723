import { formatAddress, type Words } from "../policy/address-text.ts";
import { parsePort } from "../policy/ports.ts";
import { isFault, parsePrefix } from "../policy/prefix.ts";
import type { CatalogueEntry, SharedHosting } from "./entry.ts";
import { type HostIndexData, indexHosts } from "./host-index.ts";
import { parseHostPattern } from "./host-pattern.ts";

/** Entries by their number: a list, or one of which each is read when it is asked for. */
export interface EntryList extends Iterable<CatalogueEntry> {
  at(index: number): CatalogueEntry | undefined;
}

/** A catalogue ready for look-ups, as plain data: what the build writes, and what a user's own files become. */
export interface CatalogueData {
  readonly entries: EntryList;
  readonly shared: readonly SharedHosting[];
  readonly hosts: HostIndexData;
  readonly sharedHosts: HostIndexData;
  /** Single addresses as findings write them, with the numbers of their entries. */
  readonly addresses: readonly (readonly [address: string, entries: readonly number[]])[];
  /** The longest first. */
  readonly prefixes: readonly CataloguePrefix[];
  /** Entries that a port alone identifies. */
  readonly ports: readonly CataloguePort[];
}

export interface CataloguePrefix {
  readonly first: Words;
  readonly last: Words;
  readonly bits: number;
  readonly entry: number;
}

export interface CataloguePort {
  /** `tcp` or `udp`. */
  readonly proto: string;
  readonly low: number;
  readonly high: number;
  readonly entry: number;
}

/** Compiles sound entries (`entry-file.ts` has read them). */
export function compileCatalogue(
  entries: readonly CatalogueEntry[],
  shared: readonly SharedHosting[],
): CatalogueData {
  const addresses = new Map<string, number[]>();
  const prefixes: CataloguePrefix[] = [];
  const ports: CataloguePort[] = [];
  for (const [i, entry] of entries.entries()) {
    for (const text of entry.addresses) {
      const prefix = parsePrefix(text);
      if (isFault(prefix)) continue;
      if (text.includes("/"))
        prefixes.push({ first: prefix.first, last: prefix.last, bits: prefix.bits, entry: i });
      else
        addresses.set(formatAddress(prefix.first), [
          ...(addresses.get(formatAddress(prefix.first)) ?? []),
          i,
        ]);
    }
    if (entry.names.length + entry.addresses.length === 0) ports.push(...portsOf(entry, i));
  }
  return {
    entries,
    shared,
    hosts: indexHosts(entries.map(({ names }) => patternsOf(names))),
    sharedHosts: indexHosts(shared.map(({ names }) => patternsOf(names))),
    addresses: [...addresses],
    prefixes: prefixes.sort((a, b) => b.bits - a.bits || a.entry - b.entry),
    ports,
  };
}

function patternsOf(names: readonly string[]) {
  return names.map(parseHostPattern).filter((pattern) => pattern !== null);
}

function portsOf(entry: CatalogueEntry, index: number): CataloguePort[] {
  return entry.ports.flatMap((text) => {
    const range = parsePort(text);
    if (typeof range === "string") return [];
    return [{ proto: text.slice(text.indexOf("/") + 1), low: range.low, high: range.high, entry: index }];
  });
}
