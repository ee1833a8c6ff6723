import { MAX_LISTED } from "../findings/finding.ts";
import { INFO, SEVERITIES } from "../findings/severity.ts";
import type { RatedFinding } from "../findings/summary.ts";
import type { Run } from "./run.ts";
import { componentLines } from "./text-dependencies.ts";
import { bytesText, type Clock, counted } from "./text-figures.ts";
import {
  cellsInColumns,
  cellsInWords,
  columnWidths,
  type Line,
  type Span,
  type Style,
  span,
} from "./text-layout.ts";
import { destinationText, fitName, hostText, inventoryNames } from "./text-names.ts";
import { plain } from "./text-plain.ts";

const GROUP_INDENT = 2;
const ROW_INDENT = 4;
const HANG = 14;
const GAP = 2;
/** Addresses, names and proxies that a line shows before it counts the rest. */
const SHOWN = 3;
/** Names in such a line are cut to this. */
const MAX_ITEM = 60;

/** Widest cells that still make a column: severity, kind, service, source, outcome; counts, bytes, times. */
const HEAD_CAPS = [8, 18, 9, 36, 20];
const TAIL_CAPS = [18, 12, 12, 42];

const STYLE_OF_SEVERITY: Readonly<Record<RatedFinding["severityName"], Style>> = {
  info: "faint",
  low: "plain",
  medium: "warning",
  high: "bad",
  critical: "worst",
};

interface Row {
  readonly head: readonly Span[];
  readonly tail: readonly Span[];
  /** Whatever else there is to say, without a column. */
  readonly more: readonly Span[];
}

/** Findings that count, by what was contacted: the worst first, then the earliest. */
export function findingLines(run: Run, clock: Clock, width: number): Line[] {
  const found = run.summary.findings.filter((finding) => finding.severity > INFO);
  if (found.length === 0) return [];
  const groups = byDestination(found);
  const title: Line = [span(counted(found.length, "finding"), "heading"), span(`: ${severityCounts(found)}`)];
  return [title, ...groupLines(groups, run, clock, width)];
}

/** Findings that change no verdict, one after another. */
export function infoLines(run: Run, clock: Clock, width: number): Line[] {
  const infos = run.summary.findings.filter((finding) => finding.severity === INFO);
  if (infos.length === 0) return [];
  const inventory = inventoryNames(run.policy);
  const title: Line = [span("For information", "heading"), span(": these change no verdict")];
  const rows = infos.map((finding) => [
    span(finding.kind),
    span(destinationText(finding, inventory, width - HANG)),
    span(serviceText(finding)),
    span(`from ${sourceText(finding)}`),
    span(attemptsText(finding)),
    span(clock.span(finding.firstSeen, finding.lastSeen)),
  ]);
  const widths = columnWidths(rows, [18, 40, 9, 36, 18, 42]);
  return [title, ...rows.flatMap((row) => cellsInColumns(row, widths, GROUP_INDENT, HANG, width))];
}

function severityCounts(found: readonly RatedFinding[]): string {
  const counts = [...SEVERITIES].reverse().map((name) => {
    return [found.filter((finding) => finding.severityName === name).length, name] as const;
  });
  return counts.flatMap(([count, name]) => (count === 0 ? [] : [`${count} ${name}`])).join(", ");
}

function byDestination(found: readonly RatedFinding[]): RatedFinding[][] {
  const groups = new Map<string, RatedFinding[]>();
  for (const finding of found) {
    const key = finding.kind === "volume.budget" ? `rule ${finding.destination}` : finding.destination;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()];
}

function groupLines(groups: RatedFinding[][], run: Run, clock: Clock, width: number): Line[] {
  const inventory = inventoryNames(run.policy);
  const rows = groups.map((group) => [...group].sort(byTime).map((finding) => rowOf(finding, clock)));
  const layout = new RowLayout(rows.flat(), width);
  return groups.flatMap((group, i) => [
    ...(layout.isWide && i > 0 ? [] : [[]]), // rows of several lines need air between their groups
    ...groupTitle(group, inventory, width),
    ...componentLines(group, ROW_INDENT, width),
    ...rows[i].flatMap((row) => layout.lines(row)),
  ]);
}

/** Where there is room a row is one line of columns, else a line of columns and the rest in words. */
class RowLayout {
  readonly isWide: boolean;
  private readonly width: number;
  private readonly columns: readonly number[];
  /** Cells of the first line; the rest follows in words. */
  private readonly inFirst: number;

  constructor(rows: readonly Row[], width: number) {
    this.width = width;
    const cells = rows.map(({ head, tail }) => [...head, ...tail]);
    this.columns = columnWidths(cells, [...HEAD_CAPS, ...TAIL_CAPS]);
    this.isWide = this.fits(this.columns.length);
    this.inFirst = this.fits(HEAD_CAPS.length) ? HEAD_CAPS.length : HEAD_CAPS.length - 1;
  }

  lines({ head, tail, more }: Row): Line[] {
    const cells = [...head, ...tail, ...more];
    if (this.isWide) {
      const widths = [...this.columns, ...more.map(() => 0)];
      return cellsInColumns(cells, widths, ROW_INDENT, HANG, this.width);
    }
    const first = cells.slice(0, this.inFirst);
    return [
      ...cellsInColumns(first, this.columns, ROW_INDENT, HANG, this.width),
      ...cellsInWords(cells.slice(this.inFirst), HANG, this.width),
    ];
  }

  private fits(count: number): boolean {
    return (
      this.columns.slice(0, count).reduce((sum, each) => sum + each + GAP, ROW_INDENT) <= this.width + GAP
    );
  }
}

/** The destination, and the addresses behind its name. */
function groupTitle(
  group: readonly RatedFinding[],
  inventory: ReadonlyMap<string, string>,
  width: number,
): Line[] {
  const title = destinationText(group[0], inventory, width - GROUP_INDENT);
  const ips = [...new Set(group.flatMap((finding) => finding.ips))].filter((ip) => !title.includes(ip));
  const isCut = group.some((finding) => finding.ips.length === MAX_LISTED);
  const cells = [span(title, "subject"), span(listText(ips, isCut), "faint")];
  return cellsInColumns(cells, [title.length, 0], GROUP_INDENT, HANG, width);
}

function rowOf(finding: RatedFinding, clock: Clock): Row {
  const { kind, severityName, bytesOut, bytesIn } = finding;
  const head = [
    span(severityName, STYLE_OF_SEVERITY[severityName]),
    span(kind),
    span(serviceText(finding)),
    span(sourceText(finding)),
    span(outcomeText(finding)),
  ];
  const hasBytes = bytesOut + bytesIn > 0;
  const tail = [
    span(attemptsText(finding)),
    span(hasBytes ? `${bytesText(bytesOut)} out` : ""),
    span(hasBytes ? `${bytesText(bytesIn)} in` : ""),
    span(clock.span(finding.firstSeen, finding.lastSeen)),
  ];
  return { head, tail, more: moreOf(finding).map((text) => span(text, "faint")) };
}

function serviceText({ port, proto }: RatedFinding): string {
  return port === null ? (proto ?? "") : `${port}/${proto}`;
}

function sourceText({ source, sourceName }: RatedFinding): string {
  return source === null ? "any host" : hostText(source, sourceName);
}

const OUTCOME_TEXT: Readonly<Record<RatedFinding["outcomeName"], string>> = {
  named: "asked",
  attempted: "no answer seen",
  refused: "refused",
  answered: "answered",
  connected: "connected",
  transferred: "data left",
};

function outcomeText({ kind, outcomeName }: RatedFinding): string {
  if (kind === "volume.budget") return "over its budget";
  if (kind === "dns.name" && outcomeName === "answered") return "asked, answered";
  const leaves = kind !== "transit.flow" && kind !== "inside.unapproved";
  return outcomeName === "transferred" && !leaves ? "data passed" : OUTCOME_TEXT[outcomeName];
}

function attemptsText({ kind, attempts, rule }: RatedFinding): string {
  if (kind === "volume.budget") return rule === null ? "" : counted(attempts, "day");
  if (kind === "dns.name" || kind === "dns.resolver" || kind === "tunnel.dns")
    return counted(attempts, "question");
  return counted(attempts, kind === "name.proxy" ? "request" : "attempt");
}

/** What else is known, in words: where a name was asked, what a resolver was asked, by what proxy. */
function moreOf(finding: RatedFinding): string[] {
  const { kind, via, asked, details, mac, evidence, rule } = finding;
  const more: string[] = [];
  if (via.length > 0) more.push(`${kind === "dns.name" ? "to" : "through"} ${listText(via, false)}`);
  if (asked.length > 0) more.push(`for ${listText(asked, asked.length === MAX_LISTED)}`);
  if (details.length > 0) more.push(listText(details, details.length === MAX_LISTED));
  if (evidence === "ambiguous") more.push("ambiguous name");
  if (evidence === "answer-other-host") more.push("name from another host's DNS answer");
  if (kind === "transit.flow" && mac !== null) more.push(`MAC ${mac}`);
  if (kind !== "volume.budget" && rule !== null) more.push(`rule ${plain(rule)}`);
  return more;
}

/** The first few of a list; `isCut` where there were more than the finding keeps. */
function listText(items: readonly string[], isCut: boolean): string {
  const shown = items.slice(0, SHOWN).map((item) => fitName(plain(item), MAX_ITEM));
  const rest = items.length - shown.length;
  if (rest === 0) return shown.join(", ");
  return `${shown.join(", ")} and ${rest}${isCut ? " or more" : ""} others`;
}

function byTime(a: RatedFinding, b: RatedFinding): number {
  return a.firstSeen.sec - b.firstSeen.sec || a.firstSeen.nsec - b.firstSeen.nsec || b.severity - a.severity;
}
