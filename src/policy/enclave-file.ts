import { crossProblems, idProblems, type PlacedRule } from "./enclave-checks.ts";
import { type EnclaveInput, enclaveShape, outlineShape, type RuleInput, ruleShape } from "./enclave-shape.ts";
import { enclaveWarnings } from "./enclave-warnings.ts";
import { type EnclavePolicy, IN, type MirrorTransport, OUT, type Rule, type RuleText } from "./policy.ts";
import type { Prefix } from "./prefix.ts";
import { shapeProblems } from "./shape-problems.ts";
import { type Problem, YamlSource } from "./yaml-source.ts";

const DNS_GRACE_SEC = 300;

/** A policy with what is odd in its file, or everything that is wrong with the file. */
export type LoadedEnclave =
  | { readonly policy: EnclavePolicy; readonly warnings: readonly Problem[] }
  | { readonly problems: readonly Problem[] };

/**
 * Reads an enclave file (DESIGN §4). `path` only names the file in messages; `nowSec` decides which
 * rules are warned about as expired, never what a rule allows.
 */
export function loadEnclave(text: string, path: string, nowSec: number = Date.now() / 1000): LoadedEnclave {
  const source = new YamlSource(text, path);
  if (source.problems.length > 0) return { problems: source.problems };
  const problems = outlineProblems(source);
  const enclave = readEnclave(source, problems);
  const rules = readRules(source, problems);
  if (enclave !== null) problems.push(...crossProblems(source, enclave, rules));
  if (problems.length > 0 || enclave === null) return { problems: inOrder(problems) };
  const policy: EnclavePolicy = { ...enclave, rules: rules.map(({ rule }) => rule) };
  return { policy, warnings: inOrder(enclaveWarnings(source, policy, nowSec)) };
}

function outlineProblems(source: YamlSource): Problem[] {
  const parsed = outlineShape.safeParse(source.value);
  return parsed.success ? [] : shapeProblems(source, [], outlineShape, source.value, parsed.error.issues);
}

function readEnclave(source: YamlSource, problems: Problem[]): Omit<EnclavePolicy, "rules"> | null {
  const value = partOf(source.value, "enclave");
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const parsed = enclaveShape.safeParse(value);
  if (parsed.success) return toEnclave(source, parsed.data, problems);
  problems.push(...shapeProblems(source, ["enclave"], enclaveShape, value, parsed.error.issues));
  return null;
}

function readRules(source: YamlSource, problems: Problem[]): PlacedRule[] {
  const list = partOf(source.value, "allow");
  const rules: PlacedRule[] = [];
  if (!Array.isArray(list)) return rules;
  problems.push(...idProblems(source, list));
  for (const [index, value] of list.entries()) {
    const parsed = ruleShape.safeParse(value);
    if (parsed.success) rules.push({ index, rule: toRule(parsed.data), to: parsed.data.to });
    else problems.push(...shapeProblems(source, ["allow", index], ruleShape, value, parsed.error.issues));
  }
  return rules;
}

function partOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Record<string, unknown>)[key];
}

function toEnclave(
  source: YamlSource,
  input: EnclaveInput,
  problems: Problem[],
): Omit<EnclavePolicy, "rules"> {
  return {
    name: input.name,
    stage: input.stage ?? "production",
    inside: input.inside,
    resolvers: input.resolvers ?? [],
    names: input.names ?? [],
    search: input.search ?? [],
    mirrored: input.mirrored ?? [],
    hosts: (input.hosts ?? []).map((host) => ({
      name: host.name,
      addresses: host.address.map(({ first }) => first),
      mustBeSeen: host.must_be_seen ?? false,
      mayReach: host.may_reach ?? null,
    })),
    services: (input.services ?? []).map((service) => ({
      role: service.role,
      address: service.address.first,
      port: service.port,
      mustBeUsed: service.must_be_used ?? false,
    })),
    relays: input.relays ?? [],
    nat: (input.nat ?? []).map((entry) => ({ address: entry.address.first, hosts: entry.for })),
    mirrors: toMirrors(source, input, problems),
    coverage: {
      maxGapSec: input.coverage?.max_gap ?? null,
      maxSilenceSec: input.coverage?.max_silence ?? null,
      minWindowSec: input.coverage?.min_window ?? null,
    },
    crownJewelsBytes: input.crown_jewels_bytes ?? null,
    overlapping: input.overlapping ?? false,
    dnsGraceSec: input.dns_grace ?? DNS_GRACE_SEC,
    catalogue: input.catalogue ?? [],
  };
}

function toMirrors(source: YamlSource, input: EnclaveInput, problems: Problem[]): MirrorTransport[] {
  const mirrors: MirrorTransport[] = [];
  const kinds = ["vxlan", "geneve", "gre", "erspan", "ipip"] as const;
  for (const [i, entry] of (input.mirrors ?? []).entries()) {
    const stated = kinds.filter((kind) => entry[kind] !== undefined);
    if (stated.length === 1) {
      const port = entry[stated[0]];
      mirrors.push({
        kind: stated[0],
        port: typeof port === "number" ? port : null,
        from: entry.from,
        to: entry.to,
      });
    } else {
      const found = stated.length === 0 ? "states no kind of transport" : `states ${stated.join(" and ")}`;
      problems.push(
        source.at(["enclave", "mirrors", i], `the mirror ${found}`, `exactly one of ${kinds.join(", ")}`),
      );
    }
  }
  return mirrors;
}

function toRule(input: RuleInput): Rule {
  const direction = input.direction ?? "out";
  const prefixes = (list: readonly Prefix[]) => list.map(({ text }) => text).join(", ");
  const text: RuleText = {
    to: input.to.map((party) => party.text).join(", "),
    ports: input.ports?.map((range) => range.text).join(", ") ?? "any",
    from: input.from === undefined ? "any inside host" : prefixes(input.from),
    direction,
    expires: input.expires?.text ?? null,
    hours: input.hours?.text ?? "always",
    maxBytesOut: input.max_bytes_out?.text ?? "none",
    maxBytesIn: input.max_bytes_in?.text ?? "none",
  };
  return {
    id: input.id,
    reason: input.reason ?? null,
    owner: input.owner ?? null,
    toPrefixes: input.to.filter((party) => "family" in party),
    toNames: input.to.filter((party) => "below" in party),
    ports: input.ports ?? null,
    from: input.from ?? null,
    direction: direction === "in" ? IN : OUT,
    expiresSec: input.expires?.expiresSec ?? Number.POSITIVE_INFINITY,
    hours: input.hours ?? null,
    maxBytesOut: input.max_bytes_out?.bytes ?? null,
    maxBytesIn: input.max_bytes_in?.bytes ?? null,
    text,
  };
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}
