import { numberText } from "../report/text-figures.ts";
import { shorten } from "./cell-grid.ts";
import type { Area, Frame } from "./frame.ts";
import { ACCENT, DIM, TAB, TAB_ACTIVE, WARN } from "./roles.ts";
import { VIEWS, type View } from "./ui-state.ts";

/** A view's name on the screen, for the mouse. */
export interface TabPlace {
  readonly view: View;
  readonly x: number;
  readonly end: number;
}

/** ` 1 findings 30   2 hosts   3 names …` and, at the right, the filter and the order. */
export function drawTabs(frame: Frame, { x, y, width }: Area): TabPlace[] {
  const { grid, ui } = frame;
  const places: TabPlace[] = [];
  let at = x + 1;
  for (const [i, view] of VIEWS.entries()) {
    const begin = at;
    at = grid.put(at, y, `${i + 1} `, DIM);
    at = grid.put(at, y, view, ui.view === view ? TAB_ACTIVE : TAB);
    const count = countOf(frame, view);
    if (count !== "") at = grid.put(at, y, ` ${count}`, view === "coverage" ? WARN : DIM);
    places.push({ view, x: begin, end: at });
    at += width < 100 ? 2 : 3;
  }
  const right = rightText(frame);
  const room = x + width - 1 - at;
  if (room > 8) grid.putRight(x + width - 1, y, shorten(right, room), ui.filter.text === "" ? DIM : ACCENT);
  return places;
}

function countOf({ snapshot }: Frame, view: View): string {
  if (view === "findings") {
    const shown = snapshot.rows.shown().length;
    const all = snapshot.rows.size;
    return shown === all ? numberText(all) : `${numberText(shown)}/${numberText(all)}`;
  }
  return view === "coverage" && snapshot.reasons.length > 0 ? numberText(snapshot.reasons.length) : "";
}

function rightText({ ui }: Frame): string {
  if (ui.filter.text !== "") return `/${ui.filter.text}`;
  return ui.view === "findings" ? `by ${ui.sort}${ui.isReversed ? ", reversed" : ""}` : "";
}
