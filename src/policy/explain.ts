import { INSIDE, isMetadata, judgedAddress, LOCAL, OUTSIDE } from "./address-class.ts";
import { formatAddress, type Words } from "./address-text.ts";
import type { Judge } from "./judge.ts";
import { NameSet } from "./name-set.ts";
import { IN, OUT, type Rule } from "./policy.ts";
import { coversPort, type PortRange } from "./ports.ts";
import type { Prefix } from "./prefix.ts";
import { PrefixTable } from "./prefix-table.ts";
import { hasIcannSuffix } from "./public-suffix.ts";

/** What somebody wants to know: may this be reached? Null leaves a condition untested. */
export interface ExplainQuestion {
  readonly destination: Words | string;
  readonly from: Words | null;
  /** One port, or a protocol without ports. */
  readonly port: PortRange | null;
  readonly atSec: number;
}

export interface RuleAnswer {
  readonly rule: Rule;
  readonly matches: boolean;
  /** Direction and destination match: where the rule does not, it was near. */
  readonly covers: boolean;
  /** The first condition that fails, or the conditions that were not tested. */
  readonly why: string;
}

export interface Explanation {
  readonly allowed: boolean;
  /** What the destination is, and why that decides or does not. */
  readonly destination: string;
  /** The rule that decides; null where none does. */
  readonly deciding: Rule | null;
  /** What must be seen before the decision holds, and other remarks. */
  readonly notes: readonly string[];
  /** One for each rule, in file order; empty where no rule is asked. */
  readonly rules: readonly RuleAnswer[];
}

/** Explains how the policy judges a destination (for `policy explain`; the sensor asks the judge itself). */
export function explain(judge: Judge, question: ExplainQuestion): Explanation {
  const { destination, from } = question;
  if (typeof destination === "string") return explainName(judge, destination, question);
  const to = judge.addressClass(...destination);
  const source = from === null ? INSIDE : judge.addressClass(...from);
  const what = `${formatAddress(destination)} is ${classText(to, destination)}`;
  if (source === OUTSIDE && to === OUTSIDE) {
    return plain(false, what, ["both ends are outside: transit.flow, which no rule can allow"]);
  }
  if (to === LOCAL) return plain(true, what, ["local traffic is nothing by itself"]);
  if (source === OUTSIDE && from !== null) {
    const party = { inside: destination, outside: from, name: null, direction: IN };
    return byRules(judge, question, party, what, [
      "a connection that comes in: only rules with direction: in",
    ]);
  }
  if (to === INSIDE) return explainInside(judge, destination, from, what);
  return byRules(
    judge,
    question,
    { inside: from, outside: destination, name: null, direction: OUT },
    what,
    [],
  );
}

/** The two parties as rules see them. */
interface Parties {
  readonly inside: Words | null;
  readonly outside: Words | null;
  readonly name: string | null;
  readonly direction: number;
}

function explainInside(judge: Judge, destination: Words, from: Words | null, what: string): Explanation {
  if (from === null) return plain(true, what, ["inside traffic needs no rule; may_reach needs --from"]);
  const allowed = judge.mayReach(...from, ...destination);
  const host = judge.hostName(...from) ?? formatAddress(from);
  return plain(allowed, what, [
    allowed
      ? `no may_reach of ${host} is against it`
      : `may_reach of ${host} does not list it: inside.unapproved`,
  ]);
}

function explainName(judge: Judge, name: string, question: ExplainQuestion): Explanation {
  if (question.from !== null && judge.addressClass(...question.from) === OUTSIDE) {
    return plain(false, name, [
      `${formatAddress(question.from)} is outside: names are judged for inside hosts`,
    ]);
  }
  const notes = judge
    .searchStems(name)
    .filter(({ stem, longest }) => longest && hasIcannSuffix(stem))
    .map(({ stem }) => `with a search suffix taken away it asks for ${stem}, unless it is answered inside`);
  switch (judge.nameClass(name)) {
    case "inside":
      return plain(true, `${name} is an inside name`, notes);
    case "exempt":
      return plain(true, `${name} is outside nowhere: a special-use, local or single-label name`, notes);
    case "mirrored":
      notes.push("questions are fine; any outside answer or flow for it is a finding");
      return plain(true, `${name} is served by an internal mirror`, notes);
    case "reverse-outside":
      notes.push("a question about an outside address: dns.name, unless a rule covers it");
      break;
    case "outside":
      notes.push(
        "a name rule holds for a flow once an approved resolver has answered the name to this host " +
          "with that address, and no name in the flow contradicts it",
      );
  }
  const parties = { inside: question.from, outside: null, name, direction: OUT };
  return byRules(judge, question, parties, `${name} is an outside name`, notes);
}

function byRules(
  judge: Judge,
  question: ExplainQuestion,
  parties: Parties,
  destination: string,
  notes: readonly string[],
): Explanation {
  let deciding: Rule | null = null;
  const rules = judge.policy.rules.map((rule): RuleAnswer => {
    const elsewhere = wrongDestination(rule, parties);
    if (elsewhere !== null) return { rule, matches: false, covers: false, why: elsewhere };
    const fault = whyNot(rule, question, parties);
    if (fault !== null) return { rule, matches: false, covers: true, why: fault };
    const why = deciding === null ? untested(rule, question, parties) : "would allow it too, but comes later";
    deciding ??= rule;
    return { rule, matches: true, covers: true, why };
  });
  const confirmation = parties.name !== null && deciding === null ? [] : notes;
  return { allowed: deciding !== null, destination, deciding, notes: confirmation, rules };
}

function wrongDestination(rule: Rule, parties: Parties): string | null {
  if (rule.direction !== parties.direction) return `it is for direction: ${rule.text.direction}`;
  return parties.name === null ? wrongAddress(rule, parties.outside) : wrongName(rule, parties.name);
}

/** The first condition beside the destination that the question does not meet. */
function whyNot(rule: Rule, question: ExplainQuestion, { inside }: Parties): string | null {
  const { port, atSec } = question;
  if (port !== null && rule.ports?.some((range) => coversPort(range, port)) === false) {
    return `${port.text} is not among its ports (${rule.text.ports})`;
  }
  if (inside !== null && rule.from !== null && !new PrefixTable(rule.from).has(...judgedAddress(inside))) {
    return `${formatAddress(inside)} is not among its sources (${rule.text.from})`;
  }
  if (rule.hours?.include(atSec) === false) return `the time is outside its hours (${rule.text.hours})`;
  return atSec >= rule.expiresSec ? `it expired on ${rule.text.expires}: policy.expired` : null;
}

function wrongAddress(rule: Rule, address: Words | null): string | null {
  if (address === null) return null;
  const judged = judgedAddress(address);
  if (new PrefixTable(rule.toPrefixes).has(...judged)) return null;
  if (rule.toPrefixes.length === 0) return `it needs a name (${rule.text.to}): ask for that name`;
  const names = rule.toNames.length === 0 ? "" : "; to test its names, ask for a name";
  return `${formatAddress(judged)} is not among its addresses (${listOf(rule.toPrefixes)})${names}`;
}

function wrongName(rule: Rule, name: string): string | null {
  if (new NameSet(rule.toNames).has(name)) return null;
  if (rule.toNames.length === 0) return `its destinations are addresses (${rule.text.to})`;
  return `it is not among its names (${rule.toNames.map(({ text }) => text).join(", ")})`;
}

function untested(rule: Rule, question: ExplainQuestion, parties: Parties): string {
  const conditions: string[] = [];
  if (rule.ports !== null && question.port === null) conditions.push(`on ${rule.text.ports}`);
  if (rule.from !== null && parties.inside === null) conditions.push(`from ${rule.text.from}`);
  return conditions.length === 0 ? "every condition is met" : `only ${conditions.join(", ")}`;
}

function classText(found: number, words: Words): string {
  if (found === INSIDE) return "inside";
  if (found === LOCAL) return "local (this link, this host, or a group of local scope)";
  return isMetadata(...words) ? "outside: a cloud metadata address" : "outside";
}

function listOf(prefixes: readonly Prefix[]): string {
  return prefixes.map(({ text }) => text).join(", ");
}

function plain(allowed: boolean, destination: string, notes: readonly string[]): Explanation {
  return { allowed, destination, deciding: null, notes, rules: [] };
}
