import { bytesText, numberText } from "../report/text-figures.ts";
import { fitName } from "./cell-grid.ts";
import type { SortColumn } from "./finding-order.ts";
import type { FindingRow } from "./finding-rows.ts";
import type { Area, Frame } from "./frame.ts";
import {
  ACCENT,
  BAD,
  DIM,
  FRESH,
  GOOD,
  HEADING,
  SELECTED,
  STRONG,
  severityRole,
  TEXT,
  WARN,
} from "./roles.ts";
import { momentText } from "./times.ts";

/** A row stands out for so long after it came, or got worse. */
const FRESH_MS = 10_000;

interface Column {
  readonly sort: SortColumn;
  readonly title: string;
  readonly width: number;
  readonly right?: boolean;
  readonly text: (row: FindingRow, width: number) => string;
  readonly role: (row: FindingRow) => number;
}

const plainRole = (): number => TEXT;
const dimRole = (): number => DIM;

const OUTCOME_ROLE: Readonly<Record<string, number>> = {
  transferred: BAD,
  connected: WARN,
  answered: WARN,
};

const SHORT_SEVERITY = ["info", "low", "med", "high", "crit"];
/** In the order of OUTCOMES. */
const SHORT_OUTCOME = ["named", "tried", "refused", "answered", "connected", "data left"];

/** Columns for a table of this width; the destination takes what is left. */
function columnsFor(width: number): Column[] {
  const isWide = width >= 118;
  const isNarrow = width < 90;
  const columns: Column[] = [
    {
      sort: "severity",
      title: isNarrow ? "SEV" : "SEVERITY",
      width: isNarrow ? 4 : 9,
      text: ({ finding }, room) => (room < 8 ? SHORT_SEVERITY[finding.severity] : finding.severityName),
      role: ({ finding }) => severityRole(finding.severity),
    },
    {
      sort: "last",
      title: "LAST",
      width: 8,
      text: ({ finding }) => momentText(finding.lastSeen),
      role: dimRole,
    },
    {
      sort: "source",
      title: "SOURCE",
      width: isWide ? 22 : 11,
      text: ({ finding }, room) => sourceText(finding.sourceName, finding.source, room),
      role: plainRole,
    },
    {
      sort: "destination",
      title: "DESTINATION",
      width: 0,
      text: ({ finding }, room) => fitName(finding.destination, room),
      role: () => STRONG,
    },
    { sort: "service", title: "SERVICE", width: isWide ? 10 : 7, text: serviceOf, role: plainRole },
    {
      sort: "outcome",
      title: "OUTCOME",
      width: isNarrow ? 9 : 11,
      text: ({ finding }, room) => (room < 11 ? SHORT_OUTCOME[finding.outcome] : finding.outcomeName),
      role: ({ finding }) => OUTCOME_ROLE[finding.outcomeName] ?? DIM,
    },
    {
      sort: "attempts",
      title: isWide ? "ATTEMPTS" : "TRY",
      width: isWide ? 8 : 4,
      right: true,
      text: ({ finding }, room) => countText(finding.attempts, room),
      role: plainRole,
    },
  ];
  if (width >= 90) {
    columns.push({
      sort: "out",
      title: "OUT",
      width: 8,
      right: true,
      text: ({ finding }) => bytesText(finding.bytesOut),
      role: ({ finding }) => (finding.bytesOut > 0 ? TEXT : DIM),
    });
  } else {
    columns.push({
      sort: "out",
      title: "OUT",
      width: 5,
      right: true,
      text: ({ finding }) => shortBytes(finding.bytesOut),
      role: ({ finding }) => (finding.bytesOut > 0 ? TEXT : DIM),
    });
  }
  if (width >= 104) {
    columns.push({
      sort: "kind",
      title: "KIND",
      width: 14,
      text: ({ finding }) => finding.kind,
      role: dimRole,
    });
  }
  return withRest(columns, width);
}

function withRest(columns: readonly Column[], width: number): Column[] {
  const taken = columns.reduce((sum, column) => sum + column.width + 1, 0);
  return columns.map((column) =>
    column.width === 0 ? { ...column, width: Math.max(8, width - taken - 2) } : column,
  );
}

/** The findings table. Sets where the selected row stands, for the next time and for the mouse. */
export function drawFindings(frame: Frame, area: Area): void {
  const { grid, ui, snapshot, glyphs } = frame;
  const { x, y, width, height } = area;
  const rows = snapshot.rows.shown();
  const columns = columnsFor(width);
  drawHeadings(frame, area, columns);
  ui.pageRows = Math.max(1, height - 1);
  if (rows.length === 0) {
    drawNothing(frame, area);
    return;
  }
  const top = placeRows(frame, rows);
  for (let line = 0; line < ui.pageRows && top + line < rows.length; line++) {
    drawRow(frame, rows[top + line], columns, x, y + 1 + line);
    if (top + line !== ui.place) continue;
    grid.mark(x, y + 1 + line, x + width, SELECTED);
    grid.glyph(x, y + 1 + line, glyphs.selected, SELECTED | ACCENT);
  }
}

/** The first row to show, so that the selected one stays where it stood as long as it can. */
function placeRows({ ui }: Frame, rows: readonly FindingRow[]): number {
  const found = ui.selectedId === null ? 0 : rows.findIndex(({ id }) => id === ui.selectedId);
  ui.place = found >= 0 ? found : Math.min(ui.place, rows.length - 1);
  if (found < 0) ui.selectedId = rows[ui.place].id;
  ui.line = Math.max(0, Math.min(ui.line, ui.pageRows - 1, ui.place));
  const last = Math.max(0, rows.length - ui.pageRows);
  const top = Math.min(ui.place - ui.line, last);
  ui.line = ui.place - top;
  return top;
}

function drawHeadings({ grid, ui, glyphs }: Frame, { x, y }: Area, columns: readonly Column[]): void {
  let at = x + 2;
  for (const { title, width, right, sort } of columns) {
    const isSorted = sort === ui.sort;
    const arrow = isSorted ? (ui.isReversed ? glyphs.up : glyphs.down) : "";
    const begin = right ? at + width - title.length : at;
    grid.put(begin, y, title, isSorted ? ACCENT : HEADING, width);
    if (isSorted)
      grid.glyph(right ? begin - 1 : Math.min(begin + title.length, at + width), y, arrow, ACCENT);
    at += width + 1;
  }
}

function drawRow(
  { grid, glyphs, snapshot }: Frame,
  row: FindingRow,
  columns: readonly Column[],
  x: number,
  y: number,
): void {
  const isFresh = snapshot.exitCode === null && (snapshot.clockMs ?? 0) - row.freshMs < FRESH_MS;
  if (row.ack !== null) grid.glyph(x + 1, y, glyphs.acked, GOOD);
  else if (isFresh) grid.glyph(x + 1, y, row.isWorse ? glyphs.worse : glyphs.fresh, FRESH);
  let at = x + 2;
  for (const { width, right, text, role } of columns) {
    const shown = text(row, width);
    const look = row.ack !== null ? DIM : isFresh && role(row) === TEXT ? FRESH : role(row);
    if (right) grid.putRight(at + width, y, shown, look, width);
    else grid.put(at, y, shown, look, width);
    at += width + 1;
  }
}

function drawNothing({ grid, snapshot, ui }: Frame, { x, y, width, height }: Area): void {
  const text =
    snapshot.rows.size > 0
      ? `none of ${numberText(snapshot.rows.size)} findings matches /${ui.filter.text} (Esc clears)`
      : "nothing tried to get out";
  const row = y + Math.max(1, Math.floor(height / 2));
  grid.put(x + Math.max(1, Math.floor((width - text.length) / 2)), row, text, DIM, width - 2);
}

/** Inventory name, and the address where there is room for both. */
function sourceText(name: string | null, address: string | null, room: number): string {
  if (name === null) return address ?? "a rule";
  const both = `${name} ${address}`;
  return both.length <= room ? both : name;
}

export function serviceOf({ finding: { port, proto } }: FindingRow): string {
  return port === null ? (proto ?? "") : `${port}/${proto}`;
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
