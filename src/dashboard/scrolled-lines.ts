import type { Line } from "./cell-grid.ts";
import type { Area, Frame } from "./frame.ts";
import { DIM } from "./roles.ts";

/** Lines that may be more than there is room for. Returns the scroll position, put within bounds. */
export function drawLines(
  { grid, glyphs }: Frame,
  area: Area,
  lines: readonly Line[],
  scroll: number,
): number {
  const { x, y, width, height } = area;
  const top = Math.max(0, Math.min(scroll, lines.length - height));
  for (let row = 0; row < height && top + row < lines.length; row++) {
    grid.putLine(x + 1, y + row, lines[top + row], x + width - 1);
  }
  if (top > 0) grid.glyph(x + width - 1, y, glyphs.up, DIM);
  if (top + height < lines.length) grid.glyph(x + width - 1, y + height - 1, glyphs.down, DIM);
  return top;
}
