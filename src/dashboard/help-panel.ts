import { type Line, span } from "./cell-grid.ts";
import type { Area, Frame } from "./frame.ts";
import { ACT, type Entry, FILTER_HELP, MOVE, REPLAY } from "./keys-help.ts";
import { ACCENT, DIM, HEADING, KEY, TEXT } from "./roles.ts";
import { drawLines } from "./scrolled-lines.ts";
import { wrapText } from "./wrap.ts";

/** Keys and the filter language, over the middle of the screen. */
export function drawHelp(frame: Frame, area: Area): void {
  const { grid, ui, snapshot, glyphs } = frame;
  const lines = helpLines(snapshot.mode === "replay");
  const width = Math.min(area.width, 76);
  const height = Math.min(area.height, lines.length + 2);
  const x = area.x + Math.floor((area.width - width) / 2);
  const y = area.y + Math.floor((area.height - height) / 2);
  grid.clear(x, y, width, height);
  grid.rule(x, y, x + width, glyphs.rule);
  grid.rule(x, y + height - 1, x + width, glyphs.rule);
  grid.put(x + 2, y, " keys ", HEADING);
  grid.putRight(x + width - 2, y + height - 1, " Esc closes ", DIM);
  ui.helpScroll = drawLines(frame, { x, y: y + 1, width, height: height - 2 }, lines, ui.helpScroll);
}

function helpLines(isReplay: boolean): Line[] {
  return [
    ...entries(MOVE),
    ...entries(ACT),
    ...(isReplay ? entries(REPLAY) : []),
    [span("filter", HEADING), span(`  ${FILTER_HELP[0]}`, DIM)],
    ...wrapText(FILTER_HELP[1], 72).map((text): Line => [span(`  ${text}`, ACCENT)]),
  ];
}

function entries(list: readonly Entry[]): Line[] {
  return list.map(([keys, what]) => [span(keys.padEnd(16), KEY), span(what, TEXT)]);
}
