import { canonicalName } from "../policy/name-set.ts";
import { fitsTemplate, type HostPattern } from "./host-pattern.ts";

/** Longer texts are no names: 255 octets (RFC 1035 section 2.3.4), each at most four characters when escaped. */
const MAX_TEXT = 1020;

/** Where an item's patterns lead, as plain data: keys with the numbers of the items behind them. */
export interface HostIndexData {
  readonly exact: readonly (readonly [name: string, items: readonly number[]])[];
  readonly below: readonly (readonly [suffix: string, items: readonly number[]])[];
  readonly templates: readonly (readonly [tail: string, templates: readonly IndexedTemplate[]])[];
}

type IndexedTemplate = readonly [labels: readonly string[], item: number];

/** How a name was recognised, and the items behind the pattern. */
export interface HostMatch {
  readonly by: "name" | "pattern" | "suffix";
  /** The closer the pattern, the higher; comparable between indexes. */
  readonly weight: number;
  readonly items: readonly number[];
}

const EXACT = 3000;
const TEMPLATE = 2000;
const BELOW = 1000;

/** Puts the patterns of each item into an index. */
export function indexHosts(items: readonly (readonly HostPattern[])[]): HostIndexData {
  const exact = new Map<string, number[]>();
  const below = new Map<string, number[]>();
  const templates = new Map<string, IndexedTemplate[]>();
  for (const [item, patterns] of items.entries()) {
    for (const pattern of patterns) {
      if (pattern.form === "template") append(templates, pattern.tail, [pattern.labels, item]);
      else append(pattern.form === "exact" ? exact : below, pattern.name, item);
    }
  }
  return { exact: [...exact], below: [...below], templates: [...templates] };
}

/** Looks names up: one hash a label, whatever the number of patterns. */
export class HostIndex {
  private readonly exact: ReadonlyMap<string, readonly number[]>;
  private readonly below: ReadonlyMap<string, readonly number[]>;
  private readonly templates: ReadonlyMap<string, readonly IndexedTemplate[]>;
  /** Labels of the longest suffix or tail. */
  private readonly maxLabels: number;

  constructor(data: HostIndexData) {
    this.exact = new Map(data.exact);
    this.below = new Map(data.below);
    this.templates = new Map(data.templates);
    const tails = [...this.below.keys(), ...this.templates.keys()];
    this.maxLabels = tails.reduce((most, tail) => Math.max(most, tail.split(".").length), 0);
  }

  /** The closest pattern that fits the name: itself, then a template, then the longest suffix; null for none. */
  find(name: string): HostMatch | null {
    if (name.length > MAX_TEXT) return null;
    const canonical = canonicalName(name);
    const items = this.exact.get(canonical);
    if (items !== undefined) return { by: "name", weight: EXACT, items };
    let suffix: HostMatch | null = null;
    let template: HostMatch | null = null;
    // From the shortest tail to the longest that any pattern has: hostile names have hundreds of labels.
    let dot = canonical.length;
    for (let labels = 0; labels < this.maxLabels; labels++) {
      dot = canonical.lastIndexOf(".", dot - 1);
      if (dot <= 0) break;
      const tail = canonical.slice(dot + 1);
      template = this.findTemplate(canonical, tail) ?? template;
      const under = this.below.get(tail);
      if (under !== undefined) suffix = { by: "suffix", weight: BELOW + tail.length, items: under };
    }
    return template ?? suffix;
  }

  names(): Iterable<string> {
    return this.exact.keys();
  }

  private findTemplate(name: string, tail: string): HostMatch | null {
    const fitting = (this.templates.get(tail) ?? []).filter(([labels]) => fitsTemplate(name, labels));
    if (fitting.length === 0) return null;
    // Of several the one that spells out most.
    const lengths = fitting.map(([labels]) => labels.join(".").length);
    const longest = Math.max(...lengths);
    const items = fitting.filter((_, i) => lengths[i] === longest).map(([, item]) => item);
    return { by: "pattern", weight: TEMPLATE + longest, items };
  }
}

function append<T>(into: Map<string, T[]>, key: string, value: T): void {
  const list = into.get(key);
  if (list === undefined) into.set(key, [value]);
  else list.push(value);
}
