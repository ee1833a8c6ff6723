import { createRequire } from "node:module";
import { remembering } from "../text-memo.ts";

// Loaded at first use: the suffix list costs more start-up than the rest of a short replay.
let tldts: typeof import("tldts") | undefined;

interface SuffixFacts {
  readonly isIcann: boolean;
  readonly domain: string | null;
}

/** Whether the name ends in a suffix of the ICANN section of the Public Suffix List and has a label below it. */
export function hasIcannSuffix(name: string): boolean {
  return name.includes(".") && factsOf(name).isIcann;
}

/**
 * The domain that somebody registered: one label below the ICANN suffix. Private suffixes
 * (github.io) do not count, else a flood of names below one of them would be a flood of domains.
 * Null where there is none.
 */
export function registrableDomain(name: string): string | null {
  return factsOf(name).domain;
}

/**
 * Whether strangers can register directly below the name: it is a public suffix, private ones
 * (s3.amazonaws.com) included, or an unknown top-level name.
 */
export function isPublicSuffix(name: string): boolean {
  return load().parse(name, { ...OPTIONS, allowPrivateDomains: true }).domain === null;
}

/** Whether the name itself stands in the Public Suffix List. */
export function isListedSuffix(name: string): boolean {
  const parsed = load().parse(name, { ...OPTIONS, allowPrivateDomains: true });
  return parsed.domain === null && (parsed.isIcann === true || parsed.isPrivate === true);
}

// The names come from the wire: no URL parsing, and no verdict on their spelling.
const OPTIONS = { extractHostname: false, validateHostname: false, detectIp: false };

const factsOf: (name: string) => SuffixFacts = remembering((name) => {
  const { isIcann, domain } = load().parse(name, OPTIONS);
  return { isIcann: isIcann === true, domain };
});

function load(): typeof import("tldts") {
  tldts ??= createRequire(import.meta.url)("tldts") as typeof import("tldts");
  return tldts;
}
