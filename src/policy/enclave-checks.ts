import { holdsMetadata, isTransitionRange, LOCAL_RANGES } from "./address-class.ts";
import { compareWords, formatAddress, MAPPED } from "./address-text.ts";
import { type NamePattern, NameSet } from "./name-set.ts";
import { type EnclavePolicy, IN, type Rule } from "./policy.ts";
import type { Prefix } from "./prefix.ts";
import { type AddressRange, PrefixTable } from "./prefix-table.ts";
import type { Problem, YamlSource } from "./yaml-source.ts";

/** A rule that is sound in itself, with its place in the file's list and its parties in their order. */
export interface PlacedRule {
  readonly index: number;
  readonly rule: Rule;
  readonly to: readonly (Prefix | NamePattern)[];
}

/** What no part shows alone: hosts that share an address, and rules that the rest of the file makes pointless. */
export function crossProblems(
  source: YamlSource,
  enclave: Omit<EnclavePolicy, "rules">,
  rules: readonly PlacedRule[],
): Problem[] {
  return [
    ...insideProblems(source, enclave),
    ...hostProblems(source, enclave),
    ...partyProblems(source, enclave, rules),
  ];
}

/** Unicast of IPv4, and global unicast of IPv6 (RFC 4291 §2.5.4, IANA): several prefixes make the whole as well. */
const WHOLE_FAMILIES: readonly { readonly family: string; readonly range: AddressRange }[] = [
  { family: "IPv4", range: { first: [0, 0, MAPPED, 0x01000000], last: [0, 0, MAPPED, 0xdfffffff | 0] } },
  { family: "IPv6", range: { first: [0x20000000, 0, 0, 0], last: [0x3fffffff, -1, -1, -1] } },
];

function insideProblems(source: YamlSource, enclave: Omit<EnclavePolicy, "rules">): Problem[] {
  const problems: Problem[] = [];
  for (const [i, prefix] of enclave.inside.entries()) {
    const path = ["enclave", "inside", i];
    if (prefix.bits === 0) {
      const message = `${prefix.text} makes every address inside: nothing could reach outside`;
      problems.push(source.at(path, message, "the prefixes that the enclave uses"));
    } else if (isTransitionRange(prefix)) {
      problems.push(source.at(path, `${prefix.text} can never match: ${CARRIED}`, "those IPv4 prefixes"));
    }
  }
  if (problems.length > 0) return problems;
  const inside = new PrefixTable(enclave.inside);
  for (const { family, range } of WHOLE_FAMILIES) {
    if (!inside.covers(range)) continue;
    const message = `these prefixes make every ${family} address inside: nothing could reach outside`;
    problems.push(source.at(["enclave", "inside"], message, "the prefixes that the enclave uses"));
  }
  return problems;
}

function hostProblems(source: YamlSource, enclave: Omit<EnclavePolicy, "rules">): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, string>();
  const names = new Set<string>();
  for (const [i, host] of enclave.hosts.entries()) {
    if (names.has(host.name)) {
      const message = `an earlier host is called ${JSON.stringify(host.name)} as well`;
      problems.push(
        source.at(
          ["enclave", "hosts", i, "name"],
          message,
          "a name of its own, or all addresses in one entry",
        ),
      );
    }
    names.add(host.name);
    for (const words of host.addresses) {
      const address = formatAddress(words);
      const owner = owners.get(address);
      if (owner === undefined) owners.set(address, host.name);
      else {
        const message = `${address} already belongs to host ${JSON.stringify(owner)}`;
        problems.push(source.at(["enclave", "hosts", i, "address"], message, "one host for each address"));
      }
    }
  }
  return problems;
}

/** Ids are compared also between rules that are wrong otherwise. */
export function idProblems(source: YamlSource, list: readonly unknown[]): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const [index, entry] of list.entries()) {
    const id = typeof entry === "object" && entry !== null && "id" in entry ? entry.id : null;
    if (typeof id !== "string") continue;
    if (seen.has(id)) {
      const message = `the id ${JSON.stringify(id)} is already that of an earlier rule`;
      problems.push(source.at(["allow", index, "id"], message, "an id of its own"));
    }
    seen.add(id);
  }
  return problems;
}

const CARRIED = "NAT64, 6to4 and Teredo addresses are judged by the IPv4 address that they carry";

function partyProblems(
  source: YamlSource,
  enclave: Omit<EnclavePolicy, "rules">,
  rules: readonly PlacedRule[],
): Problem[] {
  const problems: Problem[] = [];
  const insideOrLocal = new PrefixTable([...enclave.inside, ...LOCAL_RANGES]);
  const mirrored = new NameSet(enclave.mirrored.map((entry) => entry.name));
  for (const { index, rule, to } of rules) {
    if (rule.toNames.length > 0 && enclave.resolvers.length === 0) {
      const message = "a name rule needs an approved resolver whose answers tie names to addresses";
      problems.push(source.at(["allow", index, "to"], message, "enclave.resolvers, or addresses here"));
    }
    if (rule.direction === IN && rule.toPrefixes.length === 0) {
      const message = `rule ${rule.id} can never match: names say nothing about who comes in`;
      problems.push(source.at(["allow", index, "to"], message, "addresses of the outside party"));
    }
    for (const [i, party] of to.entries()) {
      const fault = "below" in party ? mirrorFault(party, mirrored) : outsideFault(party, insideOrLocal);
      if (fault === null) continue;
      const message = `${party.text} can never match: ${fault}`;
      problems.push(source.at(["allow", index, "to", i], message, "an outside party"));
    }
    for (const [i, prefix] of (rule.from ?? []).entries()) {
      const isMetadata = compareWords(prefix.first, prefix.last) === 0 && holdsMetadata(prefix);
      if (insideOrLocal.intersects(prefix) && !isMetadata) continue;
      const message = `${prefix.text} can never match: it lies outside enclave.inside`;
      problems.push(source.at(["allow", index, "from", i], message, "addresses inside the enclave"));
    }
  }
  return problems;
}

/** Why no packet of the outside party can carry an address of this prefix. */
function outsideFault(prefix: Prefix, insideOrLocal: PrefixTable): string | null {
  if (isTransitionRange(prefix)) return CARRIED;
  if (!insideOrLocal.covers(prefix) || holdsMetadata(prefix)) return null;
  return "it is inside or local";
}

function mirrorFault(name: NamePattern, mirrored: NameSet): string | null {
  return mirrored.covers(name) ? "it is under enclave.mirrored, whose names stay inside" : null;
}
