import { isDeepStrictEqual } from "node:util";
import type { RatedFinding } from "../findings/summary.ts";
import { parseAddress } from "../policy/address-text.ts";
import { explain } from "../policy/explain.ts";
import { Judge } from "../policy/judge.ts";
import type { EnclavePolicy, Rule } from "../policy/policy.ts";
import { parsePort } from "../policy/ports.ts";
import { plain } from "../report/text-plain.ts";
import { readEnclave } from "./enclave-option.ts";
import { storedFindings } from "./policy-suggest.ts";

const SAME = 0;
const DIFFERENT = 1;
const COULD_NOT_RUN = 2;

/** Prints what changes from one enclave file to another, for stored findings as well. */
export async function diffPolicies(
  before: string,
  after: string,
  state: string | undefined,
): Promise<number> {
  const [a, b] = [readEnclave(before), readEnclave(after)];
  if (a === null || b === null) return COULD_NOT_RUN;
  const lines = [...ruleLines(a.policy, b.policy), ...settingLines(a.policy, b.policy)];
  if (state !== undefined) lines.push(...findingLines(a.policy, b.policy, await storedFindings(state)));
  process.stdout.write(lines.length === 0 ? "no difference in what is allowed\n" : `${lines.join("\n")}\n`);
  return lines.length === 0 ? SAME : DIFFERENT;
}

function ruleLines(before: EnclavePolicy, after: EnclavePolicy): string[] {
  const old = new Map(before.rules.map((rule) => [rule.id, rule]));
  const now = new Set(after.rules.map(({ id }) => id));
  const gone = before.rules.filter(({ id }) => !now.has(id)).map((rule) => `- rule ${ruleText(rule)}`);
  const changed = after.rules.flatMap((rule) => {
    const was = old.get(rule.id);
    if (was === undefined) return [`+ rule ${ruleText(rule)}`];
    const fields = fieldsOf(was).filter(([name, value]) =>
      fieldsOf(rule).some(([other, now]) => other === name && now !== value),
    );
    const texts = fields.map(
      ([name, value]) => `    ${name}: ${value} -> ${new Map(fieldsOf(rule)).get(name)}`,
    );
    return texts.length === 0 ? [] : [`~ rule ${plain(rule.id)}`, ...texts];
  });
  return [...gone, ...changed];
}

function ruleText(rule: Rule): string {
  const { to, ports, from, direction, expires } = rule.text;
  const until = expires === null ? "" : `, expires ${expires}`;
  return plain(`${rule.id}: ${direction} to ${to}, ports ${ports}, from ${from}${until}`);
}

function fieldsOf({ text, owner, reason }: Rule): [name: string, value: string][] {
  return [
    ["to", text.to],
    ["ports", text.ports],
    ["from", text.from],
    ["direction", text.direction],
    ["expires", text.expires ?? "not stated"],
    ["hours", text.hours],
    ["max_bytes_out", text.maxBytesOut],
    ["max_bytes_in", text.maxBytesIn],
    ["owner", owner ?? "not stated"],
    ["reason", reason ?? "not stated"],
  ].map(([name, value]) => [name, plain(value)]);
}

/** Settings of the enclave by their names in the file, as far as they decide what is allowed or seen. */
const SETTINGS: Readonly<Partial<Record<keyof EnclavePolicy, string>>> = {
  stage: "stage",
  inside: "inside",
  resolvers: "resolvers",
  names: "names",
  search: "search",
  mirrored: "mirrored",
  hosts: "hosts",
  services: "services",
  relays: "relays",
  nat: "nat",
  mirrors: "mirrors",
  coverage: "coverage",
  crownJewelsBytes: "crown_jewels_bytes",
  overlapping: "overlapping",
  dnsGraceSec: "dns_grace",
  catalogue: "catalogue",
};

function settingLines(before: EnclavePolicy, after: EnclavePolicy): string[] {
  return (Object.keys(SETTINGS) as (keyof EnclavePolicy)[]).flatMap((key) =>
    isDeepStrictEqual(before[key], after[key])
      ? []
      : [`~ enclave.${SETTINGS[key]}${listChange(before[key], after[key])}`],
  );
}

/** What came and went of a list whose entries have a text of their own. */
function listChange(before: unknown, after: unknown): string {
  if (!Array.isArray(before) || !Array.isArray(after)) return "";
  const textOf = (entry: unknown): string =>
    typeof entry === "string" ? entry : String((entry as { text?: string; name?: string }).text ?? "");
  const [old, now] = [before.map(textOf), after.map(textOf)];
  const parts = [
    ...now.filter((text) => text !== "" && !old.includes(text)).map((text) => `+${text}`),
    ...old.filter((text) => text !== "" && !now.includes(text)).map((text) => `-${text}`),
  ];
  return parts.length === 0 ? "" : `: ${plain(parts.join(", "))}`;
}

/** Stored findings that one of the files allows and the other does not. */
function findingLines(before: EnclavePolicy, after: EnclavePolicy, found: readonly RatedFinding[]): string[] {
  const [a, b] = [new Judge(before), new Judge(after)];
  return found.flatMap((finding) => {
    const [was, is] = [isAllowed(a, finding), isAllowed(b, finding)];
    if (was === is) return [];
    const who = plain(finding.sourceName ?? finding.source ?? "any host");
    const service = finding.port === null ? (finding.proto ?? "") : `${finding.port}/${finding.proto}`;
    const what = `${finding.kind} ${who} -> ${plain(finding.destination)} ${service}, finding ${finding.id}`;
    return [`${is ? "newly allowed" : "newly forbidden"}: ${what}`];
  });
}

/** Whether a policy would allow what a finding shows, at the time that it was seen last. */
function isAllowed(
  judge: Judge,
  { source, destination, port, proto, kind, lastSeen }: RatedFinding,
): boolean {
  const parsed = port === null || kind === "dns.name" ? null : parsePort(`${port}/${proto}`);
  return explain(judge, {
    destination: parseAddress(destination) ?? destination,
    from: source === null ? null : parseAddress(source),
    port: typeof parsed === "string" ? null : parsed,
    atSec: lastSeen.sec,
  }).allowed;
}
