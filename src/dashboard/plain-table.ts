import { plain } from "../report/text-plain.ts";
import { shorten } from "./cell-grid.ts";
import type { Area, Frame } from "./frame.ts";
import { DIM, HEADING } from "./roles.ts";
import type { View } from "./ui-state.ts";

/** A column of a table without a selection. */
export interface PlainColumn<T> {
  readonly title: string;
  /** 0: takes what the others leave; one column may. */
  readonly width: number;
  readonly right?: boolean;
  /** Shown from this width of the table on. */
  readonly from?: number;
  readonly text: (row: T, width: number) => string;
  readonly role: (row: T) => number;
}

/** Draws rows in columns below their headings, from the view's scroll position on. */
export function drawTable<T>(
  { grid, ui, glyphs }: Frame,
  { x, y, width, height }: Area,
  view: View,
  columns: readonly PlainColumn<T>[],
  rows: readonly T[],
): void {
  const shown = columns.filter(({ from = 0 }) => width >= from);
  const taken = shown.reduce((sum, column) => sum + column.width + 1, 0);
  const rest = Math.max(8, width - taken - 2);
  const room = Math.max(1, height - 1);
  const top = Math.max(0, Math.min(ui.scroll[view], rows.length - room));
  ui.scroll[view] = top;
  ui.pageRows = room;
  let at = x + 1;
  for (const column of shown) {
    const columnWidth = column.width === 0 ? rest : column.width;
    if (column.right) grid.putRight(at + columnWidth, y, column.title, HEADING, columnWidth);
    else grid.put(at, y, column.title, HEADING, columnWidth);
    for (let line = 0; line < room && top + line < rows.length; line++) {
      const row = rows[top + line];
      const text = shorten(plain(column.text(row, columnWidth)), columnWidth);
      const begin = column.right ? at + columnWidth - text.length : at;
      grid.put(begin, y + 1 + line, text, column.role(row), columnWidth);
    }
    at += columnWidth + 1;
  }
  if (top > 0) grid.glyph(x + width - 1, y + 1, glyphs.up, DIM);
  if (top + room < rows.length) grid.glyph(x + width - 1, y + height - 1, glyphs.down, DIM);
}

/** Says in the middle why a table is empty. */
export function drawEmpty({ grid }: Frame, { x, y, width, height }: Area, text: string): void {
  grid.put(
    x + Math.max(1, Math.floor((width - text.length) / 2)),
    y + Math.floor(height / 2),
    text,
    DIM,
    width - 2,
  );
}
