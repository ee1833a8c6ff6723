import { remembering } from "../text-memo.ts";

/** A name as a pattern: exactly this name, or any name below it (`*.name`: any depth, not the apex). */
export interface NamePattern {
  readonly text: string;
  /** Lower-case, without `*.` and trailing dot. */
  readonly name: string;
  readonly below: boolean;
}

// 255 octets (RFC 1035 §2.3.4), each at most four characters when escaped as \DDD.
const MAX_TEXT = 1020;

/** Lower-case and without the trailing dot: the form in which names are compared. */
export function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

/** Whether `name` is `suffix` or lies below it; both canonical. */
export function isUnder(name: string, suffix: string): boolean {
  if (!name.endsWith(suffix)) return false;
  return name.length === suffix.length || name.charCodeAt(name.length - suffix.length - 1) === 0x2e;
}

// Letters, digits, hyphens (RFC 1123 §2.1), and the underscores of services; at most one dot between two labels.
const HOST_NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/i;

/**
 * Whether a host can have the name. What a server or a proxy makes of any other (`evil.example%00.allowed.example`,
 * `evil.example..allowed.example`) is unknown.
 */
export const isHostName: (name: string) => boolean = remembering((name) => HOST_NAME.test(name));

/** Lists of name patterns, and which of them match a name. A look-up costs one hash per label. */
export class NameIndex {
  readonly #exact = new Map<string, number[]>();
  readonly #below = new Map<string, number[]>();

  constructor(lists: readonly (readonly NamePattern[])[]) {
    for (const [list, patterns] of lists.entries()) {
      for (const { name, below } of patterns) {
        const index = below ? this.#below : this.#exact;
        const lists = index.get(name);
        if (lists === undefined) index.set(name, [list]);
        else if (lists.at(-1) !== list) lists.push(list);
      }
    }
  }

  get isEmpty(): boolean {
    return this.#exact.size === 0 && this.#below.size === 0;
  }

  /** Numbers of the lists with a pattern that matches the name in any case, ascending, each once. */
  listsOf(name: string): readonly number[] {
    if (this.isEmpty || name.length > MAX_TEXT) return NONE;
    const canonical = canonicalName(name);
    let found: readonly number[] = this.#exact.get(canonical) ?? NONE;
    if (this.#below.size === 0) return found;
    for (let dot = canonical.indexOf("."); dot !== -1; dot = canonical.indexOf(".", dot + 1)) {
      const lists = dot > 0 ? this.#below.get(canonical.slice(dot + 1)) : undefined;
      if (lists !== undefined) found = found === NONE ? lists : union(found, lists);
    }
    return found;
  }
}

/** A set of name patterns. */
export class NameSet {
  readonly #index: NameIndex;

  constructor(patterns: readonly NamePattern[]) {
    this.#index = new NameIndex([patterns]);
  }

  /** Whether a pattern matches the name, in any case, with or without the trailing dot. */
  has(name: string): boolean {
    return this.#index.listsOf(name).length > 0;
  }

  /** Whether the set matches every name that the pattern matches. */
  covers(pattern: NamePattern): boolean {
    // A label that no pattern spells out stands for every label that `*` may stand for.
    return this.has(pattern.below ? `*.${pattern.name}` : pattern.name);
  }
}

const NONE: readonly number[] = [];

function union(a: readonly number[], b: readonly number[]): number[] {
  return [...new Set([...a, ...b])].sort((x, y) => x - y);
}
