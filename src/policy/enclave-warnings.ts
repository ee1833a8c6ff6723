import { classifyAddress, LOCAL_RANGES, OUTSIDE } from "./address-class.ts";
import { formatAddress } from "./address-text.ts";
import { isUnder, NameSet } from "./name-set.ts";
import { type EnclavePolicy, IN, type Rule } from "./policy.ts";
import { coversPort } from "./ports.ts";
import { covers, type Prefix } from "./prefix.ts";
import { type AddressRange, PrefixTable } from "./prefix-table.ts";
import type { Problem, YamlPath, YamlSource } from "./yaml-source.ts";

/** A prefix with fewer bits is more than one site: an exception that wide is hardly one. */
const BROAD_BITS = { 4: 16, 6: 32 } as const;

/** What a sound file may hold but a reviewer should know. */
export function enclaveWarnings(source: YamlSource, policy: EnclavePolicy, nowSec: number): Problem[] {
  const warnings = policy.rules.flatMap((rule, index) => ruleWarnings(source, rule, index, nowSec));
  warnings.push(...shadowWarnings(source, policy.rules));
  const inside = new PrefixTable(policy.inside);
  const insideOrLocal = new PrefixTable([...policy.inside, ...LOCAL_RANGES]);
  for (const [i, prefix] of policy.inside.entries()) {
    warnings.push(...broadWarning(source, ["enclave", "inside", i], prefix));
  }
  for (const [i, prefix] of policy.resolvers.entries()) {
    if (insideOrLocal.covers(prefix) && classifyAddress(inside, ...prefix.first) !== OUTSIDE) continue;
    const message = inside.intersects(prefix)
      ? `the resolvers ${prefix.text} lie in part outside: questions to those leave the enclave`
      : `the resolver ${prefix.text} is outside: every question to it leaves the enclave`;
    warnings.push(source.at(["enclave", "resolvers", i], message));
  }
  for (const [i, suffix] of policy.search.entries()) {
    const bare = suffix.startsWith("*.") ? suffix.slice(2) : suffix;
    if (policy.names.some((name) => isUnder(bare, name))) continue;
    const message = `the search suffix ${suffix} is under none of enclave.names: names in it count as outside`;
    warnings.push(source.at(["enclave", "search", i], message));
  }
  return [...warnings, ...strayWarnings(source, policy)];
}

/** Entries about the enclave's own machines whose addresses are not inside: they never take effect. */
function strayWarnings(source: YamlSource, policy: EnclavePolicy): Problem[] {
  const inside = new PrefixTable(policy.inside);
  const warnings: Problem[] = [];
  const check = (range: AddressRange, what: string, ...path: (string | number)[]) => {
    if (inside.intersects(range)) return;
    warnings.push(source.at(["enclave", ...path], `${what} lies outside enclave.inside`));
  };
  for (const [i, host] of policy.hosts.entries()) {
    for (const words of host.addresses) {
      check(
        { first: words, last: words },
        `${formatAddress(words)} of host ${host.name}`,
        "hosts",
        i,
        "address",
      );
    }
  }
  for (const [i, { role, address }] of policy.services.entries()) {
    check({ first: address, last: address }, `the service for ${role}`, "services", i, "address");
  }
  for (const [i, relay] of policy.relays.entries()) check(relay, `the relay ${relay.text}`, "relays", i);
  for (const [i, { name, to }] of policy.mirrored.entries()) {
    for (const prefix of to)
      check(prefix, `${prefix.text}, the mirror of ${name.text},`, "mirrored", i, "to");
  }
  return warnings;
}

function ruleWarnings(source: YamlSource, rule: Rule, index: number, nowSec: number): Problem[] {
  const path: YamlPath = ["allow", index];
  const warn = (message: string, key?: string) => {
    return source.at(key === undefined ? path : [...path, key], `rule ${rule.id} ${message}`);
  };
  const warnings: Problem[] = [];
  if (nowSec >= rule.expiresSec) warnings.push(warn(`expired on ${rule.text.expires}`, "expires"));
  if (rule.text.expires === null) warnings.push(warn("has no expires (a date, or never)"));
  if (rule.owner === null) warnings.push(warn("has no owner"));
  if (rule.reason === null) warnings.push(warn("has no reason"));
  if (rule.ports === null) warnings.push(warn("has no ports: it allows every protocol"));
  if (rule.from === null) warnings.push(warn("has no source (from): it allows every inside host"));
  if (rule.maxBytesOut === null && rule.maxBytesIn === null) {
    warnings.push(warn("has no byte budget (max_bytes_out, max_bytes_in)"));
  }
  if (rule.direction === IN && rule.toNames.length > 0) {
    warnings.push(warn("comes in: its names never match, its addresses do", "to"));
  }
  for (const prefix of rule.toPrefixes) {
    warnings.push(...broadWarning(source, [...path, "to"], prefix));
  }
  return warnings;
}

function broadWarning(source: YamlSource, path: YamlPath, prefix: Prefix): Problem[] {
  const limit = BROAD_BITS[prefix.family];
  return prefix.bits < limit ? [source.at(path, `${prefix.text} is broader than /${limit}`)] : [];
}

function shadowWarnings(source: YamlSource, rules: readonly Rule[]): Problem[] {
  const warnings: Problem[] = [];
  const nameSets = rules.map((rule) => new NameSet(rule.toNames));
  for (const [index, rule] of rules.entries()) {
    const above = rules.findIndex((earlier, i) => i < index && shadows(earlier, nameSets[i], rule));
    if (above === -1) continue;
    const message = `rule ${rule.id} is shadowed: ${rules[above].id} above it allows all of it`;
    warnings.push(source.at(["allow", index], message));
  }
  return warnings;
}

/** Whether the earlier rule alone allows all that the later one does, for at least as long. */
function shadows(earlier: Rule, earlierNames: NameSet, later: Rule): boolean {
  if (earlier.direction !== later.direction || earlier.expiresSec < later.expiresSec) return false;
  if (earlier.hours !== null && earlier.hours.text !== later.hours?.text) return false;
  return (
    coversAll(earlier.toPrefixes, later.toPrefixes) &&
    later.toNames.every((name) => earlierNames.covers(name)) &&
    (earlier.from === null || (later.from !== null && coversAll(earlier.from, later.from))) &&
    (earlier.ports === null || isWithinPorts(earlier.ports, later.ports))
  );
}

function coversAll(outer: readonly Prefix[], inner: readonly Prefix[]): boolean {
  return inner.every((prefix) => outer.some((candidate) => covers(candidate, prefix)));
}

function isWithinPorts(outer: NonNullable<Rule["ports"]>, inner: Rule["ports"]): boolean {
  return inner?.every((range) => outer.some((candidate) => coversPort(candidate, range))) ?? false;
}
