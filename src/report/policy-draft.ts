import { type Document, isSeq, parseDocument, type YAMLMap, YAMLSeq } from "yaml";
import { INFO } from "../findings/severity.ts";
import type { RatedFinding } from "../findings/summary.ts";
import { loadEnclave } from "../policy/enclave-file.ts";
import type { EnclavePolicy } from "../policy/policy.ts";
import { counted } from "./text-figures.ts";
import { plain } from "./text-plain.ts";
import { rfc3339 } from "./time-text.ts";

/** An enclave file with rules that wait for a person. */
export interface PolicyDraft {
  readonly text: string;
  /** How many rules were drafted. */
  readonly rules: number;
  /** What no rule was drafted for, in words. */
  readonly left: readonly string[];
}

/** Flows and names that a rule can allow, by who initiates. */
const OUT_KINDS: ReadonlySet<string> = new Set([
  "egress.flow",
  "dns.name",
  "dns.resolver",
  "name.proxy",
  "policy.expired",
]);
const IN_KINDS: ReadonlySet<string> = new Set(["ingress.flow"]);

interface Suggestion {
  readonly to: string;
  readonly direction: "out" | "in";
  readonly findings: RatedFinding[];
}

/**
 * Drafts rules from findings, one for each outside party, each with its evidence. Owner, reason and expiry are
 * left empty, which no enclave file may: what was seen is no permission. A rule that would be refused anyhow (a
 * public suffix, a name without a resolver) is left out.
 */
export function draftPolicy(
  text: string,
  policy: EnclavePolicy,
  found: readonly RatedFinding[],
): PolicyDraft {
  const document = parseDocument(text);
  const existing = document.get("allow");
  const allow = isSeq(existing) ? existing : new YAMLSeq();
  if (!isSeq(existing)) document.set("allow", allow);
  allow.flow = false;
  const ids = new Set(policy.rules.map(({ id }) => id));
  const left: string[] = [];
  let rules = 0;
  for (const suggestion of suggestionsFrom(found, left)) {
    const id = freeId(suggestion.to, ids);
    const fields = fieldsOf(suggestion, id);
    const fault = faultOf(text, fields);
    if (fault !== null) {
      left.push(`${suggestion.to}: ${fault}`);
      continue;
    }
    ids.add(id);
    rules++;
    allow.add(ruleNode(document, fields, suggestion));
  }
  return {
    text: document.toString({ lineWidth: 0, nullStr: "", flowCollectionPadding: false }),
    rules,
    left,
  };
}

function suggestionsFrom(found: readonly RatedFinding[], left: string[]): Suggestion[] {
  const byParty = new Map<string, Suggestion>();
  for (const finding of found) {
    if (finding.severity === INFO) continue;
    const direction = OUT_KINDS.has(finding.kind) ? "out" : IN_KINDS.has(finding.kind) ? "in" : null;
    const to = direction === "in" ? finding.source : partyOf(finding);
    if (direction === null || to === null) {
      left.push(`${finding.kind} ${plain(finding.destination)}: a rule cannot or should not allow it`);
      continue;
    }
    const key = `${direction} ${to}`;
    const known = byParty.get(key) ?? { to, direction, findings: [] };
    known.findings.push(finding);
    byParty.set(key, known);
  }
  return [...byParty.values()];
}

/** The outside party of what left: its name where that is sure, else its one address. A flood has none. */
function partyOf({ destination, name, evidence, ips }: RatedFinding): string | null {
  if (destination.startsWith("*")) return null;
  if (name !== null && evidence !== "ambiguous") return name;
  return ips.length === 1 ? ips[0] : name;
}

type Fields = Record<string, string | string[] | null>;

function fieldsOf({ to, direction, findings }: Suggestion, id: string): Fields {
  const services = findings.flatMap(({ kind, port, proto }) =>
    kind === "dns.name" ? [] : [serviceOf(port, proto)],
  );
  const ports = [...new Set(services)].sort();
  const insiders = findings.map((finding) => (direction === "in" ? finding.destination : finding.source));
  const from = [...new Set(insiders.filter((each) => each !== null))].sort();
  return {
    id,
    to: [to],
    ...(ports.length === 0 || ports.includes(null) ? {} : { ports: ports.filter((port) => port !== null) }),
    from,
    ...(direction === "in" ? { direction } : {}),
    reason: null,
    owner: null,
    expires: null,
  };
}

function serviceOf(port: number | null, proto: string | null): string | null {
  if (proto === "icmp" || proto === "icmpv6") return "icmp";
  return port === null || (proto !== "tcp" && proto !== "udp" && proto !== "sctp")
    ? null
    : `${port}/${proto}`;
}

/** Why the loader would refuse the rule when it is filled in; null where it would not. */
function faultOf(text: string, fields: Fields): string | null {
  const document = parseDocument(text);
  const filled = { ...fields, reason: "a reason", owner: "an owner", expires: "never" };
  document.set("allow", document.createNode([filled]));
  const loaded = loadEnclave(document.toString(), "draft");
  return "problems" in loaded ? loaded.problems.map(({ message }) => message).join("; ") : null;
}

function ruleNode(document: Document, fields: Fields, { findings }: Suggestion): YAMLMap {
  const node = document.createNode(fields) as YAMLMap;
  for (const key of ["to", "ports", "from"]) {
    const list = node.get(key);
    if (isSeq(list)) list.flow = true;
  }
  const evidence = findings.flatMap((finding) => [evidenceText(finding), ...catalogueText(finding)]);
  node.commentBefore = [...new Set(evidence)].map((line) => ` ${line}`).join("\n");
  return node;
}

function evidenceText(finding: RatedFinding): string {
  const { kind, severityName, outcomeName, attempts, source, sourceName, id } = finding;
  const who = plain(sourceName ?? source ?? "any host");
  const when = `${rfc3339(finding.firstSeen, 0)} to ${rfc3339(finding.lastSeen, 0)}`;
  return `${kind} by ${who}: ${outcomeName}, ${severityName}, ${counted(attempts, "attempt")}, ${when}, finding ${id}`;
}

/** Better than a rule: what makes it unneeded. */
function catalogueText({ catalogue }: RatedFinding): string[] {
  if (catalogue === null) return [];
  const how = catalogue.setting ?? catalogue.remedy;
  const off = how === null ? "" : `; without a rule: ${plain(how)}`;
  return [`${plain(catalogue.component)} (${catalogue.kind})${off}`];
}

/** An id that says what the rule is for and that no other rule has. */
function freeId(to: string, taken: ReadonlySet<string>): string {
  const base = `draft-${to
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")}`.slice(0, 56);
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base}-${n}`;
    if (!taken.has(id)) return id;
  }
}
