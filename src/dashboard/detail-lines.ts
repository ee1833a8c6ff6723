import { DEPENDENCY_KINDS } from "../catalogue/kinds.ts";
import type { RatedFinding } from "../findings/summary.ts";
import type { EnclavePolicy } from "../policy/policy.ts";
import { bytesText, counted } from "../report/text-figures.ts";
import { type Line, shorten, span } from "./cell-grid.ts";
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
/** Packets of the story: what comes later is more of the same. */
const TRAIL_PACKETS = 24;

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
  lines.push(...componentLines(finding, width));
  lines.push([], ...trailLines(finding, input.evidence, width));
  lines.push([], ...timelineLines(row, width, input.glyphs));
  lines.push([], ...factLines(finding, width));
  lines.push([], ...ruleLines(finding, input.policy, width));
  lines.push([], ...packetLines(input.evidence, width));
  return lines;
}

/** What the catalogue knows: who asks, and the setting that turns it off. */
function componentLines({ catalogue, sharedHosting }: RatedFinding, width: number): Line[] {
  if (catalogue === null) {
    return sharedHosting === null ? [] : labelled("belongs to", sharedHosting, width, DIM, TEXT);
  }
  const { component, vendor, kind, what, setting, settingChecked, remedy, also } = catalogue;
  const others = also.slice(0, OTHER_COMPONENTS).map((other) => other.component);
  const whose = vendor === null || vendor === component ? "" : ` (${vendor})`;
  const facts: [label: string, text: string, role: number][] = [
    [
      "component",
      `${component}${whose}, ${DEPENDENCY_KINDS[kind].title}${what === null ? "" : `: ${what}`}`,
      TEXT,
    ],
    [
      "turn it off",
      setting === null ? "" : `${setting}${settingChecked ? "" : " (as reported, not checked)"}`,
      GOOD,
    ],
    ["remedy", remedy ?? "", TEXT],
    ["also used by", others.join(", "), DIM],
  ];
  return facts.flatMap(([label, text, role]) => (text === "" ? [] : labelled(label, text, width, DIM, role)));
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
    ["outcome", finding.outcomeName],
    ["octets", `${bytesText(finding.bytesOut)} out, ${bytesText(finding.bytesIn)} in`],
    ["frameworks", finding.frameworks.join(", ")],
    ["id", aliases.length === 0 ? id : `${id}, before that ${aliases.join(", ")}`],
  ];
  return facts.flatMap(([label, text]) => (text === "" ? [] : labelled(label, text, width, DIM, TEXT)));
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
    const seen = `${dayText(msOf(firstSeen))} to ${momentText(lastSeen)} UTC`;
    const why = evidence === null ? "reading packets" : (evidence.missing ?? "no packets were kept");
    return [
      heading,
      ...labelled("seen", seen, width, DIM, TEXT),
      ...labelled("packets", why, width, DIM, DIM),
    ];
  }
  const shown = evidence.packets.slice(0, TRAIL_PACKETS);
  const source = finding.source ?? "";
  const ends = shown.map((packet) => endOf(packet, source));
  const endColumns = Math.min(44, Math.max(...ends.map((end) => end.length)));
  const lines = shown.map((packet, i): Line => {
    const isOwn = packet.finding === finding.id;
    return [
      span(`${momentText(packet.at, MICROSECONDS)}  `, DIM),
      span(`${shorten(ends[i], endColumns).padEnd(endColumns)}  `, isOwn ? TEXT : DIM),
      span(packet.summary, isOwn ? TEXT : ACCENT),
    ];
  });
  const more = evidence.packets.length - shown.length;
  return [heading, ...lines, ...(more > 0 ? [[span(`and ${counted(more, "packet")} more`, DIM)]] : [])];
}

/** The other end, seen from the source: `> 192.0.2.10:443` for what it sent, `<` for what came back. */
function endOf({ from, to }: PacketView, source: string): string {
  if (isOf(from, source)) return `> ${to}`;
  return isOf(to, source) ? `< ${from}` : `${from} > ${to}`;
}

function isOf(end: string, address: string): boolean {
  return end === address || end.startsWith(`${address}:`) || end.startsWith(`[${address}]:`);
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
      span(`${packet.from} > ${packet.to}  `, TEXT),
      span(packet.summary, STRONG),
      span(`  ${packet.wireLen} octets${cut}`, DIM),
    ],
    ...packet.headers.flatMap(({ name, fields }) => labelled(`  ${name}`, fields, width, ACCENT, TEXT)),
    ...hexLines(packet.octets, width),
    [],
  ];
}
