import type { RatedFinding } from "../findings/summary.ts";
import { bytesText, numberText } from "../report/text-figures.ts";
import { fitName } from "./cell-grid.ts";
import type { SortColumn } from "./finding-order.ts";
import { BAD, DIM, STRONG, severityRole, TEXT, WARN } from "./roles.ts";
import { momentText } from "./times.ts";

/** How wide a table is, in words: what has no room is shortened, then left out. */
type Breadth = "narrow" | "middle" | "wide";

const MIDDLE_FROM = 90;
const KIND_FROM = 104;
const WIDE_FROM = 118;

/** A column of the findings table as it is drawn. */
export interface FindingColumn {
  readonly sort: SortColumn;
  readonly title: string;
  readonly width: number;
  readonly right: boolean;
  readonly text: (finding: RatedFinding, width: number) => string;
  readonly role: (finding: RatedFinding) => number;
}

/** The same for every breadth: titles and widths from narrow to wide; 0: what the others leave. */
interface ColumnKind extends Omit<FindingColumn, "title" | "width" | "right"> {
  readonly titles: Readonly<Record<Breadth, string>>;
  readonly widths: Readonly<Record<Breadth, number>>;
  readonly right?: boolean;
}

const OUTCOME_ROLE: Readonly<Record<string, number>> = {
  transferred: BAD,
  connected: WARN,
  answered: WARN,
};
const SHORT_SEVERITY = ["info", "low", "med", "high", "crit"];
const SHORT_OUTCOME: Readonly<Record<string, string>> = { attempted: "tried", transferred: "data left" };

const plainRole = (): number => TEXT;
const dimRole = (): number => DIM;

const KINDS: readonly ColumnKind[] = [
  {
    sort: "severity",
    titles: { narrow: "SEV", middle: "SEVERITY", wide: "SEVERITY" },
    widths: { narrow: 4, middle: 9, wide: 9 },
    text: ({ severity, severityName }, room) => (room < 8 ? SHORT_SEVERITY[severity] : severityName),
    role: ({ severity }) => severityRole(severity),
  },
  {
    sort: "last",
    titles: same("LAST"),
    widths: same(8),
    text: ({ lastSeen }) => momentText(lastSeen),
    role: dimRole,
  },
  {
    sort: "source",
    titles: same("SOURCE"),
    widths: { narrow: 11, middle: 11, wide: 22 },
    text: sourceText,
    role: plainRole,
  },
  {
    sort: "destination",
    titles: same("DESTINATION"),
    widths: same(0),
    text: ({ destination }, room) => fitName(destination, room),
    role: () => STRONG,
  },
  {
    sort: "service",
    titles: same("SERVICE"),
    widths: { narrow: 7, middle: 7, wide: 10 },
    text: ({ port, proto }) => (port === null ? (proto ?? "") : `${port}/${proto}`),
    role: plainRole,
  },
  {
    sort: "outcome",
    titles: same("OUTCOME"),
    widths: { narrow: 9, middle: 11, wide: 11 },
    text: ({ outcomeName }, room) => (room < 11 ? (SHORT_OUTCOME[outcomeName] ?? outcomeName) : outcomeName),
    role: ({ outcomeName }) => OUTCOME_ROLE[outcomeName] ?? DIM,
  },
  {
    sort: "attempts",
    titles: { narrow: "TRY", middle: "TRY", wide: "ATTEMPTS" },
    widths: { narrow: 4, middle: 4, wide: 8 },
    right: true,
    text: ({ attempts }, room) => countText(attempts, room),
    role: plainRole,
  },
  {
    sort: "out",
    titles: same("OUT"),
    widths: { narrow: 5, middle: 8, wide: 8 },
    right: true,
    text: ({ bytesOut }, room) => (room < 8 ? shortBytes(bytesOut) : bytesText(bytesOut)),
    role: ({ bytesOut }) => (bytesOut > 0 ? TEXT : DIM),
  },
  { sort: "kind", titles: same("KIND"), widths: same(14), text: ({ kind }) => kind, role: dimRole },
];

/** Columns for a table of this width with this margin before them; the destination takes what is left. */
export function findingColumns(width: number, margin: number): FindingColumn[] {
  const breadth: Breadth = width >= WIDE_FROM ? "wide" : width >= MIDDLE_FROM ? "middle" : "narrow";
  const kinds = KINDS.filter(({ sort }) => sort !== "kind" || width >= KIND_FROM);
  const taken = kinds.reduce((sum, { widths }) => sum + widths[breadth] + 1, 0);
  const rest = Math.max(8, width - taken - margin);
  return kinds.map(({ sort, titles, widths, right = false, text, role }) => {
    return { sort, title: titles[breadth], width: widths[breadth] || rest, right, text, role };
  });
}

function same<T>(value: T): Readonly<Record<Breadth, T>> {
  return { narrow: value, middle: value, wide: value };
}

/** Inventory name, and the address where there is room for both. */
function sourceText({ sourceName, source }: RatedFinding, room: number): string {
  if (sourceName === null) return source ?? "a rule";
  const both = `${sourceName} ${source}`;
  return both.length <= room ? both : sourceName;
}

/** A count in at most `room` columns: 1234, 12k, 3M. */
function countText(count: number, room: number): string {
  const text = numberText(count);
  if (text.length <= room) return text;
  if (String(count).length <= room) return String(count);
  return count < 1e6 ? `${Math.floor(count / 1e3)}k` : `${Math.floor(count / 1e6)}M`;
}

/** Octets in five columns: 757, 1.6k, 108M. */
function shortBytes(bytes: number): string {
  if (bytes < 1000) return String(bytes);
  const [figure, unit] = bytesText(bytes).split(" ");
  const short = Number(figure) >= 100 ? String(Math.round(Number(figure))) : figure;
  return `${short}${unit.replace("B", "")}`;
}
