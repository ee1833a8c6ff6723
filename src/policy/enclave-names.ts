import { remembering } from "../text-memo.ts";
import { classifyAddress, holdsMetadata, INSIDE, LOCAL, LOCAL_RANGES, OUTSIDE } from "./address-class.ts";
import { parseAddress } from "./address-text.ts";
import { canonicalName, isUnder, NameSet } from "./name-set.ts";
import type { EnclavePolicy } from "./policy.ts";
import { PrefixTable } from "./prefix-table.ts";
import { type ReverseZone, reverseZone } from "./reverse-zone.ts";

/** What a name seen inside means: `exempt` names are of no place, `mirrored` ones are served inside. */
export type NameClass = "inside" | "exempt" | "mirrored" | "reverse-outside" | "outside";

/** What is left of a name when a search suffix is taken away. */
export interface SearchStem {
  readonly stem: string;
  /** The stem of the longest suffix: the one to judge. */
  readonly longest: boolean;
}

/** RFC 6761 (localhost, test, invalid), 6762 (local), 8375, 9462, 7050, and the DNS-SD service zone. */
const EXEMPT = [
  "localhost",
  "local",
  "test",
  "invalid",
  "home.arpa",
  "resolver.arpa",
  "ipv4only.arpa",
  "service.arpa",
];

/** Judges names against the enclave's own names, search suffixes and mirrors. */
export class EnclaveNames {
  readonly #names: readonly string[];
  readonly #mirrored: NameSet;
  /** Labels of each search suffix, `*` for one of any kind; longest first. */
  readonly #search: readonly (readonly string[])[];
  readonly #inside: PrefixTable;
  readonly #insideOrLocal: PrefixTable;

  constructor(policy: EnclavePolicy) {
    this.#names = policy.names;
    this.#mirrored = new NameSet(policy.mirrored.map((m) => m.name));
    this.#search = searchSuffixes(policy.search);
    this.#inside = new PrefixTable(policy.inside);
    this.#insideOrLocal = new PrefixTable([...policy.inside, ...LOCAL_RANGES]);
  }

  /** Class of a name or of an address written as one (DESIGN §3, "Judging names seen inside"). */
  readonly classOf: (name: string) => NameClass = remembering((name) => this.#classOf(name));

  /**
   * Stems of the name under every search suffix that it ends in, longest suffix first. A `*` stands
   * for exactly one label, and the suffix behind it counts on its own.
   */
  readonly searchStems: (name: string) => readonly SearchStem[] = remembering((name) =>
    this.#search.length === 0 ? NO_STEMS : this.#searchStems(name),
  );

  #classOf(name: string): NameClass {
    const canonical = canonicalName(name);
    const literal = this.#classOfLiteral(canonical);
    if (literal !== null) return literal;
    if (this.#names.some((suffix) => isUnder(canonical, suffix))) return "inside";
    if (this.#mirrored.has(canonical)) return "mirrored";
    if (!canonical.includes(".")) return "exempt"; // the root and single labels
    if (EXEMPT.some((suffix) => isUnder(canonical, suffix))) return "exempt";
    const reverse = reverseZone(canonical);
    if (reverse !== null) return this.#isExemptZone(reverse) ? "exempt" : "reverse-outside";
    return "outside";
  }

  #searchStems(name: string): SearchStem[] {
    const stems: SearchStem[] = [];
    const labels = canonicalName(name).split(".");
    for (const suffix of this.#search) {
      const at = labels.length - suffix.length;
      if (at <= 0 || !suffix.every((label, i) => label === "*" || label === labels[at + i])) continue;
      stems.push({ stem: labels.slice(0, at).join("."), longest: stems.length === 0 });
    }
    return stems;
  }

  #classOfLiteral(name: string): NameClass | null {
    const last = name.charCodeAt(name.length - 1);
    const bracketed = name.startsWith("[") && name.endsWith("]");
    const mayBeAddress = bracketed || name.includes(":") || (last >= 0x30 && last <= 0x39);
    if (!mayBeAddress) return null;
    const words = parseAddress(bracketed ? name.slice(1, -1) : name);
    if (words === null) return null;
    const found = classifyAddress(this.#inside, ...words);
    if (found === OUTSIDE) return "outside";
    return found === INSIDE ? "inside" : "exempt";
  }

  /**
   * A zone that only holds inside or local addresses is exempt. So is the bare name of a zone above
   * one (its few names carry nothing), but not what lies below such a zone.
   */
  #isExemptZone(zone: ReverseZone): boolean {
    if (!zone.isBelow && zone.first.every((word, i) => word === zone.last[i])) {
      const found = classifyAddress(this.#inside, ...zone.first);
      return found === INSIDE || found === LOCAL;
    }
    if (!zone.isBelow) return this.#insideOrLocal.intersects(zone);
    return this.#insideOrLocal.covers(zone) && !holdsMetadata(zone);
  }
}

const NO_STEMS: readonly SearchStem[] = [];

function searchSuffixes(search: readonly string[]): string[][] {
  const texts = new Set<string>();
  for (const suffix of search) {
    texts.add(suffix);
    if (suffix.startsWith("*.")) texts.add(suffix.slice(2));
  }
  return [...texts].map((text) => text.split(".")).sort((a, b) => b.length - a.length);
}
