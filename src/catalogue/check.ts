import { hasIcannSuffix } from "../policy/public-suffix.ts";
import type { CatalogueEntry, SharedHosting } from "./entry.ts";
import { fitsTemplate, type HostPattern, parseHostPattern } from "./host-pattern.ts";

/** Names that live in a cloud's own resolver, outside the public tree. */
const CLOUD_INTERNAL = /\.internal$/;

/** A pattern with the entry that claims it. */
interface Claim {
  readonly text: string;
  readonly pattern: HostPattern;
  readonly entry: CatalogueEntry;
}

/**
 * What is wrong with a catalogue as a whole, a sentence each: duplicates, patterns that can never decide, names that
 * two vendors claim, shared hosting taken for an identification, statements without their source.
 */
export function catalogueFaults(
  entries: readonly CatalogueEntry[],
  shared: readonly SharedHosting[],
): string[] {
  const claims = entries.flatMap(claimsOf);
  const hosting = shared.flatMap(({ names }) => names.flatMap((text) => parseHostPattern(text) ?? []));
  return [
    ...repeated(entries.map(({ component }) => component)).map((name) => `two entries are called ${name}`),
    ...entries.flatMap(entryFaults),
    ...entries.flatMap((entry) => throughFaults(entry, claims)),
    ...claims.flatMap((claim) => claimFaults(claim, claims, hosting)),
    ...contradictions(claims),
    ...repeated(shared.flatMap(({ names }) => names)).map((name) => `${name} is shared hosting twice`),
  ];
}

function claimsOf(entry: CatalogueEntry): Claim[] {
  return entry.names.flatMap((text) => {
    const pattern = parseHostPattern(text);
    return pattern === null ? [] : [{ text, pattern, entry }];
  });
}

/** Every statement that gapwatch ships says where it is from. */
function entryFaults(entry: CatalogueEntry): string[] {
  const { component, vendor, what, source, setting, confidence, checked, names, addresses, ports } = entry;
  const faults: string[] = [];
  for (const [name, value] of Object.entries({ vendor, what, source })) {
    if (value === null) faults.push(`${component} has no ${name}`);
  }
  if ((confidence === "reported") !== (checked === null)) {
    faults.push(`${component}: \`checked\` goes with every confidence but reported`);
  }
  if (setting === null && !entry.settingChecked) faults.push(`${component} has no setting to be reported`);
  for (const text of repeated([...names, ...addresses, ...ports])) {
    faults.push(`${component} lists ${text} twice`);
  }
  return faults;
}

/** Who an entry says to borrow hosts from must have some of them. */
function throughFaults({ component, names, through }: CatalogueEntry, claims: readonly Claim[]): string[] {
  return through.flatMap((vendor) => {
    const lends = claims.some(
      ({ text, entry }) =>
        entry.vendor === vendor && entry.through.length === 0 && names.some((n) => covers(text, n)),
    );
    return lends ? [] : [`${component} goes through ${vendor}, who has none of its hosts`];
  });
}

function claimFaults(
  { text, pattern, entry }: Claim,
  claims: readonly Claim[],
  hosting: readonly HostPattern[],
): string[] {
  const name = pattern.form === "template" ? pattern.tail : pattern.name;
  const faults: string[] = [];
  const over = entry.names.find((other) => other !== text && covers(other, text));
  const decides = over === undefined || claims.some((other) => other.entry !== entry && other.text === text);
  if (!decides) faults.push(`${entry.component}: ${text} can never decide, ${over} covers it`);
  const isKnownTree = CLOUD_INTERNAL.test(name) || hasIcannSuffix(`x.${name}`);
  if (!isKnownTree) faults.push(`${entry.component}: ${text} is under no public top-level name`);
  if (hosting.some((other) => other.form === pattern.form && sameHosts(other, pattern))) {
    faults.push(`${entry.component}: ${text} is shared hosting: it identifies nobody`);
  }
  return faults;
}

function sameHosts(a: HostPattern, b: HostPattern): boolean {
  if (a.form === "template") return b.form === "template" && a.labels.join(".") === b.labels.join(".");
  return b.form !== "template" && a.name === b.name;
}

/** One host has one owner; who else uses it says so with `through`. */
function contradictions(claims: readonly Claim[]): string[] {
  const byTail = new Map<string, Claim[]>();
  for (const claim of claims) {
    const { pattern } = claim;
    for (const tail of pattern.form === "template" ? [pattern.tail] : tailsOf(pattern.name)) {
      const list = byTail.get(tail);
      if (list === undefined) byTail.set(tail, [claim]);
      else list.push(claim);
    }
  }
  const faults = claims.flatMap((claim) => {
    const { pattern } = claim;
    const near = byTail.get(pattern.form === "template" ? pattern.tail : pattern.name) ?? [];
    return near
      .filter(
        (other) => other.entry !== claim.entry && covers(claim.text, other.text) && disagree(claim, other),
      )
      .map(
        (other) =>
          `${other.text} is claimed by ${other.entry.vendor} and, with ${claim.text}, by ${claim.entry.vendor}`,
      );
  });
  return [...new Set(faults)];
}

function disagree({ entry: a }: Claim, { entry: b }: Claim): boolean {
  if (a.vendor === b.vendor) return false;
  return !lends(a, b) && !lends(b, a) && !a.through.some((vendor) => b.through.includes(vendor));
}

function lends(owner: CatalogueEntry, user: CatalogueEntry): boolean {
  return owner.vendor !== null && user.through.includes(owner.vendor);
}

function tailsOf(name: string): string[] {
  const labels = name.split(".");
  return labels.map((_, i) => labels.slice(i).join("."));
}

/** Whether the first pattern fits every host that the second fits. */
function covers(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  const pattern = parseHostPattern(wide);
  if (pattern === null || pattern.form === "exact") return false;
  const host = narrow.startsWith("*.") ? `x.${narrow.slice(2)}` : narrow;
  if (pattern.form === "template") return fitsTemplate(host, pattern.labels);
  return host.endsWith(`.${pattern.name}`);
}

function repeated(texts: readonly string[]): string[] {
  const seen = new Set<string>();
  return [...new Set(texts.filter((text) => seen.size === seen.add(text).size))];
}
