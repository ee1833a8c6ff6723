import { type Line, span } from "./cell-grid.ts";
import type { Area, Frame } from "./frame.ts";
import { BAD, DIM, GOOD, TEXT, WARN } from "./roles.ts";
import { drawLines } from "./scrolled-lines.ts";
import { dayText } from "./times.ts";
import { wrapText } from "./wrap.ts";

const LEVEL_ROLE = { info: TEXT, warn: WARN, bad: BAD, good: GOOD } as const;
const TIME_COLUMNS = 21;

/** What was told, the latest first. */
export function drawLog(frame: Frame, area: Area): void {
  const { snapshot, ui } = frame;
  const lines: Line[] = [];
  const enough = ui.scroll.log + area.height;
  for (let i = snapshot.log.length - 1; i >= 0 && lines.length <= enough; i--) {
    const { atMs, level, text } = snapshot.log[i];
    for (const [n, part] of wrapText(text, area.width - TIME_COLUMNS - 2).entries()) {
      const time = n === 0 ? dayText(atMs) : "";
      lines.push([span(time.padEnd(TIME_COLUMNS), DIM), span(part, LEVEL_ROLE[level])]);
    }
  }
  if (lines.length === 0) lines.push([span("nothing was told yet", DIM)]);
  ui.scroll.log = drawLines(frame, area, lines, ui.scroll.log);
}
