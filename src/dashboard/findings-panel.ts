import { numberText } from "../report/text-figures.ts";
import type { FindingRow } from "./finding-rows.ts";
import { type FindingColumn, findingColumns } from "./findings-columns.ts";
import type { Area, Frame } from "./frame.ts";
import { ACCENT, DIM, FRESH, GOOD, HEADING, SELECTED, TEXT } from "./roles.ts";

/** A row stands out for so long after it came, or got worse. */
const FRESH_MS = 10_000;
/** Columns before the first: for the selection, and for what is new, worse or acknowledged. */
const MARGIN = 3;

/** The findings table. Sets where the selected row stands, for the next time and for the mouse. */
export function drawFindings(frame: Frame, area: Area): void {
  const { grid, ui, snapshot, glyphs } = frame;
  const { x, y, width, height } = area;
  const rows = snapshot.rows.shown();
  const columns = findingColumns(width, MARGIN);
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

function drawHeadings({ grid, ui, glyphs }: Frame, { x, y }: Area, columns: readonly FindingColumn[]): void {
  let at = x + MARGIN;
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
  columns: readonly FindingColumn[],
  x: number,
  y: number,
): void {
  const isFresh = snapshot.exitCode === null && (snapshot.clockMs ?? 0) - row.freshMs < FRESH_MS;
  if (row.ack !== null) grid.glyph(x + 1, y, glyphs.acked, GOOD);
  else if (isFresh) grid.glyph(x + 1, y, row.isWorse ? glyphs.worse : glyphs.fresh, FRESH);
  let at = x + MARGIN;
  for (const { width, right, text, role } of columns) {
    const shown = text(row.finding, width);
    const own = role(row.finding);
    const look = row.ack !== null ? DIM : isFresh && own === TEXT ? FRESH : own;
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
