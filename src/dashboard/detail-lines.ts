import { DEPENDENCY_KINDS } from "../catalogue/kinds.ts";
import type { RatedFinding } from "../findings/summary.ts";
import type { EnclavePolicy } from "../policy/policy.ts";
import { bytesText, counted } from "../report/text-figures.ts";
import { type Line, span } from "./cell-grid.ts";
import type { EvidenceView, PacketView } from "./evidence-view.ts";
import type { FindingRow } from "./finding-rows.ts";
import type { Glyphs } from "./glyphs.ts";
import { hexLines } from "./hex-lines.ts";
import { explainFinding } from "./near-rule.ts";
import { ACCENT, DIM, GOOD, HEADING, STRONG, severityRole, TEXT, WARN } from "./roles.ts";
import { sentenceOf } from "./sentence.ts";
import { timelineLines } from "./timeline.ts";
import { dayText, momentText, msOf } from "./times.ts";
import { labelled, wrapText } from "./wrap.ts";

/** Decimals of a second in trails. */
const MICROSECONDS = 6;
/** Packets that are shown as hex. */
const HEX_PACKETS = 8;
/** Other components of the same host that are named. */
const OTHER_COMPONENTS = 4;

export interface DetailInput {
  readonly row: FindingRow;
  readonly policy: EnclavePolicy;
  readonly evidence: EvidenceView | null;
  readonly glyphs: Glyphs;
}

/** Everything that is known of a finding, in lines of at most `width` columns. */
export function detailLines(input: DetailInput, width: number): Line[] {
  const { row } = input;
  const { finding } = row;
  const lines: Line[] = [
    [
      span(finding.severityName, severityRole(finding.severity)),
      span(`  ${finding.kind}  `, DIM),
      span(finding.destination, STRONG),
    ],
    ...wrapText(sentenceOf(finding), width).map((text) => [span(text)]),
  ];
  if (row.ack !== null) {
    lines.push(...labelled("acknowledged", `by ${row.ack.by}: ${row.ack.reason}`, width, GOOD, TEXT));
  }
  lines.push([], ...factLines(finding, width));
  lines.push([], ...timelineLines(row, width, input.glyphs));
  lines.push([], ...trailLines(finding, input.evidence, width));
  lines.push([], ...ruleLines(finding, input.policy, width));
  lines.push([], ...packetLines(input.evidence, width));
  return lines;
}

function factLines(finding: RatedFinding, width: number): Line[] {
  const { source, sourceName, mac, port, proto, ips, asked, via, aliases, evidence, id } = finding;
  const facts: [label: string, text: string][] = [
    [
      "source",
      [sourceName, source, mac === null ? null : `MAC ${mac}`].filter((part) => part !== null).join("  "),
    ],
    ["service", port === null ? (proto ?? "") : `${port}/${proto}`],
    ["addresses", ips.join(", ")],
    ["asked for", asked.join(", ")],
    ["by way of", via.join(", ")],
    ["name", EVIDENCE_TEXT[evidence] ?? ""],
    ...catalogueFacts(finding),
    ["outcome", finding.outcomeName],
    ["octets", `${bytesText(finding.bytesOut)} out, ${bytesText(finding.bytesIn)} in`],
    ["id", aliases.length === 0 ? id : `${id}, before that ${aliases.join(", ")}`],
  ];
  return facts.flatMap(([label, text]) => (text === "" ? [] : labelled(label, text, width, DIM, TEXT)));
}

/** Who the destination belongs to, and what turns it off. */
function catalogueFacts({ catalogue, sharedHosting }: RatedFinding): [label: string, text: string][] {
  if (catalogue === null) return sharedHosting === null ? [] : [["shared host", sharedHosting]];
  const { kind, component, setting, settingChecked, remedy, also } = catalogue;
  const others = also.slice(0, OTHER_COMPONENTS).map((other) => other.component);
  return [
    ["component", component],
    ["is a", DEPENDENCY_KINDS[kind].title],
    ["or", others.join(", ")],
    ["turn off", setting === null ? (remedy ?? "") : `${setting}${settingChecked ? "" : " (reported)"}`],
  ];
}

const EVIDENCE_TEXT: Readonly<Record<string, string>> = {
  "in-flow": "told in the flow itself: the client's claim, not proof",
  answer: "from a DNS answer to this host",
  "answer-other-host": "from a DNS answer to another host",
  ambiguous: "ambiguous: several names, or answers that contradict each other",
};

function trailLines(finding: RatedFinding, evidence: EvidenceView | null, width: number): Line[] {
  const heading: Line = [span("what happened", HEADING)];
  const { firstSeen, lastSeen } = finding;
  if (evidence === null || evidence.packets.length === 0) {
    const span2 = `${dayText(msOf(firstSeen))} to ${momentText(lastSeen)} UTC`;
    const why = evidence === null ? "reading packets" : (evidence.missing ?? "no packets were kept");
    return [
      heading,
      ...labelled("seen", span2, width, DIM, TEXT),
      ...labelled("packets", why, width, DIM, DIM),
    ];
  }
  return [
    heading,
    ...evidence.packets.map((packet): Line => {
      const isOwn = packet.finding === finding.id;
      return [
        span(`${momentText(packet.at, MICROSECONDS)}  `, DIM),
        span(packet.summary, isOwn ? TEXT : ACCENT),
      ];
    }),
  ];
}

function ruleLines(finding: RatedFinding, policy: EnclavePolicy, width: number): Line[] {
  const heading: Line = [span("what the enclave file says", HEADING)];
  const explanation = explainFinding(policy, finding);
  if (explanation === null) return [heading, [span("no rule is asked about this", DIM)]];
  const lines: Line[] = [heading];
  for (const text of wrapText(explanation.destination, width)) lines.push([span(text)]);
  const near = explanation.rules.filter(({ covers }) => covers);
  for (const { rule, matches, why } of near) {
    const said = matches ? `would allow it: ${why}` : `nearly allows it: ${why}`;
    lines.push(...labelled(rule.id, said, width, matches ? GOOD : WARN, TEXT));
  }
  if (near.length === 0) {
    lines.push([span(`none of ${counted(policy.rules.length, "rule")} covers it; y drafts one`, DIM)]);
  }
  for (const note of explanation.notes)
    for (const text of wrapText(note, width)) lines.push([span(text, DIM)]);
  return lines;
}

function packetLines(evidence: EvidenceView | null, width: number): Line[] {
  if (evidence === null || evidence.packets.length === 0) return [];
  const own = evidence.packets.filter(({ finding }) => finding === evidence.id);
  const shown = own.slice(0, HEX_PACKETS);
  const lines: Line[] = [[span(`packets (${shown.length} of ${own.length} that were kept)`, HEADING)]];
  for (const packet of shown) lines.push(...onePacket(packet, width));
  for (const file of evidence.files) lines.push(...labelled("evidence", file, width, DIM, ACCENT));
  return lines;
}

function onePacket(packet: PacketView, width: number): Line[] {
  const cut = packet.wireLen > packet.octets.length ? `, ${packet.octets.length} shown` : "";
  return [
    [
      span(`${momentText(packet.at, MICROSECONDS)}  `, DIM),
      span(packet.summary, STRONG),
      span(`  ${packet.wireLen} octets${cut}`, DIM),
    ],
    ...packet.headers.flatMap(({ name, fields }) => labelled(`  ${name}`, fields, width, ACCENT, TEXT)),
    ...hexLines(packet.octets, width),
    [],
  ];
}
