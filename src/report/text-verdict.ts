import type { FindingKind } from "../findings/finding-kinds.ts";
import { INFO } from "../findings/severity.ts";
import type { RatedFinding, Summary, Verdict } from "../findings/summary.ts";
import { classifyAddress, INSIDE } from "../policy/address-class.ts";
import { parseAddress } from "../policy/address-text.ts";
import type { EnclavePolicy } from "../policy/policy.ts";
import { PrefixTable } from "../policy/prefix-table.ts";
import type { Run } from "./run.ts";
import { airGapSentence } from "./text-dependencies.ts";
import { counted } from "./text-figures.ts";
import { type Line, paragraph, type Style, span } from "./text-layout.ts";

const STYLE_OF_VERDICT: Readonly<Record<Verdict, Style>> = {
  clean: "good",
  reachback: "worst",
  inconclusive: "warning",
};

/** The verdict in one word, and in sentences: who, how many destinations, how many got through. */
export function verdictLines({ summary, policy }: Run, width: number): Line[] {
  const word = summary.verdict.toUpperCase();
  const used = summary.exceptions.length;
  const exceptions = used === 0 ? "" : `, ${counted(used, "exception")} used`;
  const lines: Line[] = [[span(word, STYLE_OF_VERDICT[summary.verdict]), span(exceptions)]];
  for (const sentence of sentencesOf(summary, policy)) lines.push(...paragraph(sentence, 0, width));
  return lines;
}

function sentencesOf(summary: Summary, policy: EnclavePolicy): string[] {
  const reasons = `${counted(summary.reasons.length, "reason")} below`;
  if (summary.verdict === "clean") {
    const who = summary.exceptions.length === 0 ? "Nothing" : "Nothing but what the enclave file allows";
    return [`${who} tried to get out, and the sensor saw what it had to see.`];
  }
  if (summary.verdict === "inconclusive") {
    return [`No reachback was seen, but the sensor was partly blind (${reasons}): this proves nothing.`];
  }
  const found = summary.findings.filter((finding) => finding.severity > INFO);
  const inside = new PrefixTable(policy.inside);
  const outgoing = found.filter((finding) => OUTGOING.has(finding.kind) && !isWithin(inside, finding));
  const airGap = airGapSentence(summary.dependencies);
  const sentences = [
    ...outgoingSentences(outgoing),
    ...(airGap === null ? [] : [airGap]),
    ...otherSentences(found, outgoing),
  ];
  if (summary.reasons.length > 0) {
    sentences.push(`The sensor was partly blind as well (${reasons}): there may be more.`);
  }
  const hosts = found.filter(isAboutHost).length;
  if (hosts > 0)
    sentences.push(`${counted(hosts, "inside host")} sent more than the size of the crown jewels.`);
  return sentences;
}

/** A budget that no rule states. */
function isAboutHost({ kind, rule }: RatedFinding): boolean {
  return kind === "volume.budget" && rule === null;
}

const OUTGOING: ReadonlySet<FindingKind> = new Set([
  "egress.flow",
  "tunnel.encapsulated",
  "dns.name",
  "dns.resolver",
  "dns.encrypted",
  "name.proxy",
  "policy.expired",
]);

/** How far the attempts on a destination came, furthest first. */
const LADDER = [
  "took data",
  "connected",
  "answered",
  "refused",
  "gave no answer",
  "only asked for by name",
] as const;
type Rung = (typeof LADDER)[number];
/** The first rungs count as through. */
const RUNGS_THROUGH = 3;

const RUNG_OF_OUTCOME: Readonly<Record<RatedFinding["outcomeName"], Rung>> = {
  transferred: "took data",
  connected: "connected",
  answered: "answered",
  refused: "refused",
  attempted: "gave no answer",
  named: "only asked for by name",
};

/** Whether the destination is an inside address: a resolver that nobody approved, an expired way in. */
function isWithin(inside: PrefixTable, { destination }: RatedFinding): boolean {
  const words = parseAddress(destination);
  return words !== null && classifyAddress(inside, ...words) === INSIDE;
}

function outgoingSentences(outgoing: readonly RatedFinding[]): string[] {
  if (outgoing.length === 0) return [];
  const hosts = new Set(outgoing.map((finding) => finding.sourceName ?? finding.source));
  const rungs = [...furthestRungs(outgoing).values()];
  const counts = LADDER.map((_, rung) => rungs.filter((each) => each === rung).length);
  const parts = LADDER.flatMap((word, rung) => (counts[rung] === 0 ? [] : [`${counts[rung]} ${word}`]));
  const through = rungs.filter((rung) => rung < RUNGS_THROUGH).length;
  const result = through === 0 ? "none got through" : `${through} got through`;
  const who = counted(hosts.size, "inside host");
  // A flood of names or addresses was counted as one.
  const atLeast = outgoing.some(({ destination }) => destination.startsWith("*")) ? "at least " : "";
  return [
    `${who} tried to reach ${atLeast}${counted(rungs.length, "outside destination")}; ${result}.`,
    `Of these ${parts.join(", ")}.`,
  ];
}

/** Index into LADDER by destination; a DNS question counts where there was nothing else. */
function furthestRungs(findings: readonly RatedFinding[]): Map<string, number> {
  const furthest = new Map<string, number>();
  for (const { kind, outcomeName, destination } of findings) {
    const rung = LADDER.indexOf(RUNG_OF_OUTCOME[kind === "dns.name" ? "named" : outcomeName]);
    furthest.set(destination, Math.min(rung, furthest.get(destination) ?? rung));
  }
  return furthest;
}

/** What else a run can find, in words for one source (or rule) and for several. */
const OTHERS: readonly (readonly [kind: FindingKind, one: string, several: string])[] = [
  ["ingress.flow", "outside source reached into the enclave", "outside sources reached into the enclave"],
  [
    "tunnel.encapsulated",
    "outside source tunnelled into the enclave",
    "outside sources tunnelled into the enclave",
  ],
  ["transit.flow", "undeclared source was seen on the wire", "undeclared sources were seen on the wire"],
  [
    "inside.unapproved",
    "inside host went beyond what it may reach",
    "inside hosts went beyond what they may reach",
  ],
  [
    "dns.resolver",
    "inside host asked a resolver inside that is not approved",
    "inside hosts asked resolvers inside that are not approved",
  ],
  [
    "dns.encrypted",
    "inside host used encrypted DNS inside that is not approved",
    "inside hosts used encrypted DNS inside that is not approved",
  ],
  [
    "policy.expired",
    "outside source came in by a rule that has expired",
    "outside sources came in by rules that have expired",
  ],
  [
    "protocol.mismatch",
    "inside host spoke another protocol than its port stands for",
    "inside hosts spoke other protocols than their ports stand for",
  ],
  ["volume.budget", "rule exceeded its byte budget", "rules exceeded their byte budgets"],
  ["icmp.stray", "source sent ICMP errors for no known flow", "sources sent ICMP errors for no known flow"],
];

function otherSentences(found: readonly RatedFinding[], outgoing: readonly RatedFinding[]): string[] {
  const sentences: string[] = [];
  const told = new Set(outgoing);
  for (const [kind, one, several] of OTHERS) {
    const ofKind = found.filter(
      (finding) => finding.kind === kind && !told.has(finding) && !isAboutHost(finding),
    );
    const subjects = new Set(ofKind.map((finding) => finding.rule ?? finding.sourceName ?? finding.source));
    if (subjects.size > 0) sentences.push(`${counted(subjects.size, one, several)}.`);
  }
  return sentences;
}
