import { parsePort } from "../policy/ports.ts";
import { remembering } from "../text-memo.ts";
import { AddressIndex } from "./address-index.ts";
import type { CatalogueData } from "./catalogue-data.ts";
import type { CatalogueEntry, SharedHosting } from "./entry.ts";
import { HostIndex, type HostMatch } from "./host-index.ts";

/** Named destinations whose answers are kept. */
const MAX_KNOWN = 4096;

/** What is known of a destination. */
export interface Destination {
  readonly name: string | null;
  /** As findings write them. */
  readonly ips: readonly string[];
  /** Port of the responder and its protocol; null where they tell nothing (a DNS question). */
  readonly port: number | null;
  readonly proto: string | null;
}

/** By what an entry was recognised: its name, a pattern or suffix of it, its address, or the port alone. */
export type MatchedBy = HostMatch["by"] | "address" | "port";

export interface Match {
  readonly entry: CatalogueEntry;
  readonly by: MatchedBy;
}

export interface Lookup {
  /** All components known to use this destination, the host's owner first; empty when it is not known. */
  readonly matches: readonly Match[];
  /** The name belongs to shared hosting: it identifies nobody. */
  readonly shared: SharedHosting | null;
}

/** Who is behind a destination, offline: a user's own entries before the ones that gapwatch ships. */
export class Catalogue {
  private readonly load: () => readonly CatalogueData[];
  private loaded: readonly Layer[] | null = null;
  /** Answers for destinations with a name: many hosts call the same few. */
  private readonly known = new Map<string, Lookup>();

  /** `load` gives the entries of each source, the first to precede; it is asked at the first look-up. */
  constructor(load: () => readonly CatalogueData[]) {
    this.load = load;
  }

  private get layers(): readonly Layer[] {
    return this.ready().loaded ?? [];
  }

  /** Reads the entries now: who runs for months must not depend on files that an upgrade replaces. */
  ready(): this {
    this.loaded ??= this.load().map((data) => new Layer(data));
    return this;
  }

  /** One look-up costs a hash for each label of the name, or for each address. Nobody may change the answer. */
  lookup(destination: Destination): Lookup {
    const { name, ips, port, proto } = destination;
    if (name === null) return this.find(destination);
    const key = `${name} ${port}/${proto} ${ips.join(" ")}`;
    let answer = this.known.get(key);
    if (answer === undefined) {
      answer = this.find(destination);
      if (this.known.size >= MAX_KNOWN) this.known.clear();
      this.known.set(key, answer);
    }
    return answer;
  }

  private find({ name, ips, port, proto }: Destination): Lookup {
    const shared = name === null ? null : this.sharedBy(name);
    const named = name === null ? [] : this.named(name, shared?.weight ?? 0);
    // A name is a claim; a metadata address is what answers, whatever it is called.
    const behind = ips.map((ip) => this.byAddress(ip)).filter((matches) => matches.length > 0);
    const metadata = behind.flat().filter(isMetadata);
    if (metadata.length > 0 && !named.some(isMetadata)) return found(metadata, port, proto);
    if (named.length > 0) return found(named, port, proto);
    if (shared !== null) return { matches: this.byPort(port, proto), shared: shared.hosting };
    if (behind.length > 0) return found(behind[0], port, proto);
    return { matches: this.byPort(port, proto), shared: null };
  }

  /** Every host name that the catalogue spells out. */
  names(): string[] {
    return this.layers.flatMap(({ hosts }) => [...hosts.names()]);
  }

  /** Host patterns of the components that are called so, or whose vendor is; three letters of it are enough. */
  namesOf(component: string): string[] {
    const wanted = component.toLowerCase();
    if (wanted.length < 3) return [];
    const entries = this.layers.flatMap(({ data }) => [...data.entries]);
    const called = entries.filter((entry) =>
      `${entry.component} ${entry.vendor ?? ""}`.toLowerCase().includes(wanted),
    );
    return called.flatMap(({ names }) => names);
  }

  /** Entries whose patterns fit closest, closer than `above`. */
  private named(name: string, above: number): Match[] {
    const hits = this.layers.map((layer) => ({ layer, hit: layer.hosts.find(name) }));
    const closest = Math.max(...hits.map(({ hit }) => hit?.weight ?? 0));
    if (closest <= above) return [];
    return hits.flatMap(({ layer, hit }) =>
      hit?.weight === closest ? layer.matches(hit.items, hit.by) : [],
    );
  }

  private sharedBy(name: string): { hosting: SharedHosting; weight: number } | null {
    for (const { sharedHosts, data } of this.layers) {
      const hit = sharedHosts.find(name);
      if (hit !== null) return { hosting: data.shared[hit.items[0]], weight: hit.weight };
    }
    return null;
  }

  private byAddress(ip: string): Match[] {
    return this.layers.flatMap((layer) => layer.matches(layer.addresses.find(ip), "address"));
  }

  private byPort(port: number | null, proto: string | null): Match[] {
    if (port === null) return [];
    return this.layers.flatMap((layer) => layer.matches(layer.entriesOf(`${port}/${proto}`), "port"));
  }
}

class Layer {
  readonly data: CatalogueData;
  readonly hosts: HostIndex;
  readonly sharedHosts: HostIndex;
  readonly addresses: AddressIndex;

  constructor(data: CatalogueData) {
    this.data = data;
    this.hosts = new HostIndex(data.hosts);
    this.sharedHosts = new HostIndex(data.sharedHosts);
    this.addresses = new AddressIndex(data);
  }

  /** Numbers of the entries whose port it is, as "443/tcp". */
  readonly entriesOf: (service: string) => readonly number[] = remembering((service) => {
    const [port, proto] = service.split("/");
    const fits = this.data.ports.filter((p) => p.proto === proto && p.low <= +port && +port <= p.high);
    return fits.map(({ entry }) => entry);
  });

  matches(items: readonly number[], by: MatchedBy): Match[] {
    const entries = items.map((item) => this.data.entries.at(item)).filter((entry) => entry !== undefined);
    return entries.map((entry) => ({ entry, by }));
  }
}

function isMetadata({ entry }: Match): boolean {
  return entry.kind === "cloud-metadata";
}

/** Entries that use this port where there are any, who owns the host before who borrows it. */
function found(matches: readonly Match[], port: number | null, proto: string | null): Lookup {
  const fitting = matches.filter(({ entry }) => usesPort(entry, port, proto));
  const kept = port === null || fitting.length === 0 ? matches : fitting;
  const owners = kept.filter(({ entry }) => entry.through.length === 0);
  const borrowers = kept.filter(({ entry }) => entry.through.length > 0);
  return { matches: [...new Set([...owners, ...borrowers])], shared: null };
}

function usesPort({ ports }: CatalogueEntry, port: number | null, proto: string | null): boolean {
  if (ports.length === 0 || port === null) return true;
  return ports.some((text) => {
    const range = parsePort(text);
    return typeof range !== "string" && text.endsWith(`/${proto}`) && range.low <= port && port <= range.high;
  });
}
