/** A name as a pattern: exactly this name, or any name below it (`*.name`: any depth, not the apex). */
export interface NamePattern {
  readonly text: string;
  /** Lower-case, without `*.` and trailing dot. */
  readonly name: string;
  readonly below: boolean;
}

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

/** A set of name patterns. A look-up costs one hash per label. */
export class NameSet {
  readonly #exact: ReadonlySet<string>;
  readonly #below: ReadonlySet<string>;

  constructor(patterns: readonly NamePattern[]) {
    this.#exact = new Set(patterns.filter((p) => !p.below).map((p) => p.name));
    this.#below = new Set(patterns.filter((p) => p.below).map((p) => p.name));
  }

  get isEmpty(): boolean {
    return this.#exact.size === 0 && this.#below.size === 0;
  }

  /** Whether a pattern matches the name, in any case, with or without the trailing dot. */
  has(name: string): boolean {
    if (name.length > MAX_TEXT) return false;
    const canonical = canonicalName(name);
    return this.#exact.has(canonical) || this.#isBelow(canonical);
  }

  /** Whether the set matches every name that the pattern matches. */
  covers(pattern: NamePattern): boolean {
    if (!pattern.below) return this.has(pattern.name);
    return this.#below.has(pattern.name) || this.#isBelow(pattern.name);
  }

  #isBelow(canonical: string): boolean {
    if (this.#below.size === 0) return false;
    for (let dot = canonical.indexOf("."); dot !== -1; dot = canonical.indexOf(".", dot + 1)) {
      if (dot > 0 && this.#below.has(canonical.slice(dot + 1))) return true;
    }
    return false;
  }
}

// 255 octets (RFC 1035 §2.3.4), each at most four characters when escaped as \DDD.
const MAX_TEXT = 1020;
