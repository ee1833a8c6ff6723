import { DEPENDENCY_KINDS } from "../catalogue/kinds.ts";
import type { Severity } from "../findings/severity.ts";
import { SEVERITIES } from "../findings/severity.ts";
import type { RatedFinding } from "../findings/summary.ts";
import type { StoredFinding } from "../records/finding-rows.ts";
import { bytesText, Clock, counted, windowText } from "../report/text-figures.ts";
import {
  cellsInColumns,
  cellsInWords,
  columnWidths,
  type Line,
  labelled,
  renderLines,
  type Style,
  span,
} from "../report/text-layout.ts";
import { destinationText, hostText } from "../report/text-names.ts";
import { plain } from "../report/text-plain.ts";
import type { FindingDetail } from "./findings-json.ts";

const HANG = 14;
const LABEL = 12;
/** Widest cells that still make a column: id, severity, kind, destination, service. */
const CAPS = [12, 8, 18, 60, 9];

const STYLE_OF_SEVERITY: Readonly<Record<Severity, Style>> = {
  info: "faint",
  low: "plain",
  medium: "warning",
  high: "bad",
  critical: "worst",
};

interface Look {
  readonly columns: number;
  readonly color: boolean;
}

/** Findings as a table, in the order given; what has no column follows in words. */
export function findingsText(found: readonly StoredFinding[], { columns, color }: Look): string {
  if (found.length === 0) return "no findings\n";
  const rows = found.map(({ finding }) => [
    span(finding.id, "subject"),
    span(finding.severityName, STYLE_OF_SEVERITY[finding.severityName]),
    span(finding.kind),
    span(destinationText(finding, NO_INVENTORY, columns - HANG)),
    span(serviceText(finding)),
  ]);
  const widths = columnWidths(rows, CAPS);
  const title: Line = [
    span(counted(found.length, "finding"), "heading"),
    span(`: ${countsText(found.map(({ finding }) => finding))}`),
  ];
  const lines = found.flatMap((each, i) => [
    ...cellsInColumns(rows[i], widths, 0, HANG, columns),
    ...cellsInWords(factsOf(each), HANG, columns),
  ]);
  return renderLines([title, ...lines], color);
}

const NO_INVENTORY: ReadonlyMap<string, string> = new Map();

/** All that is known of one finding. */
export function findingText(stored: StoredFinding, detail: FindingDetail, { columns, color }: Look): string {
  const { finding, ack } = stored;
  const fields: (readonly [label: string, text: string])[] = [
    ["kind", finding.kind],
    ["severity", finding.severityName],
    ["destination", destinationText(finding, NO_INVENTORY, Number.POSITIVE_INFINITY)],
    ["service", serviceText(finding)],
    ["source", sourceText(finding)],
    ["outcome", finding.outcomeName],
    ["attempts", counted(finding.attempts, "attempt")],
    ["bytes", `${bytesText(finding.bytesOut)} out, ${bytesText(finding.bytesIn)} in`],
    ["seen", seenText(finding)],
    ["addresses", finding.ips.join(", ")],
    ["name from", finding.name === null ? "" : finding.evidence],
    ...componentFields(finding),
    ["rule", finding.rule ?? ""],
    ["asked for", finding.asked.join(", ")],
    ["through", finding.via.join(", ")],
    ["also known", finding.aliases.join(", ")],
    ...detail.history.map((step) => ["history", `${step.time} ${step.outcome}, ${step.severity}`] as const),
    ["evidence", detail.evidence.length === 0 ? "none kept" : detail.evidence.join(", ")],
    ["acknowledged", ack === null ? "no" : `by ${ack.by} at ${ack.time}: ${ack.reason}`],
  ];
  const title: Line = [span(`finding ${finding.id}`, "heading")];
  const lines = fields.flatMap(([label, text]) =>
    text === "" ? [] : labelled(span(label, "faint"), LABEL, plain(text), columns),
  );
  return renderLines([title, ...lines], color);
}

/** Who the destination belongs to, and what turns it off. */
function componentFields({ catalogue, sharedHosting }: RatedFinding): [label: string, text: string][] {
  if (catalogue === null) return [["shared host", sharedHosting ?? ""]];
  const { component, vendor, kind, what, setting, settingChecked, remedy, also } = catalogue;
  return [
    ["component", vendor === null ? component : `${component}, ${vendor}`],
    ["is a", DEPENDENCY_KINDS[kind].title],
    ["which", what ?? ""],
    ["or", also.map((other) => other.component).join(", ")],
    ["to turn off", setting === null ? "" : `${setting}${settingChecked ? "" : " (reported)"}`],
    ["what helps", remedy ?? ""],
  ];
}

function countsText(found: readonly RatedFinding[]): string {
  const counts = [...SEVERITIES].reverse().map((name) => {
    return [found.filter((finding) => finding.severityName === name).length, name] as const;
  });
  return counts.flatMap(([count, name]) => (count === 0 ? [] : [`${count} ${name}`])).join(", ");
}

function factsOf({ finding, ack }: StoredFinding) {
  return [
    span(`from ${sourceText(finding)}`),
    span(finding.outcomeName),
    span(counted(finding.attempts, "attempt")),
    span(seenText(finding)),
    span(ack === null ? "" : `acknowledged by ${plain(ack.by)}`, "good"),
  ];
}

/** One time, or two where the seconds differ. */
function seenText({ firstSeen, lastSeen }: RatedFinding): string {
  const isOne = firstSeen.sec === lastSeen.sec;
  return isOne ? `${new Clock(null, null).span(firstSeen, lastSeen)} UTC` : windowText(firstSeen, lastSeen);
}

function serviceText({ port, proto }: RatedFinding): string {
  return port === null ? (proto ?? "") : `${port}/${proto}`;
}

function sourceText({ source, sourceName }: RatedFinding): string {
  return source === null ? "many hosts" : hostText(source, sourceName);
}
