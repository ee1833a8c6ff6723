import { CellGrid } from "./cell-grid.ts";
import { drawCoverage } from "./coverage-panel.ts";
import { drawDetail } from "./detail-panel.ts";
import type { EvidenceView } from "./evidence-view.ts";
import { drawFindings } from "./findings-panel.ts";
import { drawFlows } from "./flows-panel.ts";
import type { Area, Frame } from "./frame.ts";
import type { Glyphs } from "./glyphs.ts";
import { drawHeader, HEADER_ROWS } from "./header-panel.ts";
import { drawHelp } from "./help-panel.ts";
import { drawHosts } from "./hosts-panel.ts";
import { drawLog } from "./log-panel.ts";
import { drawNames } from "./names-panel.ts";
import { drawPrompt } from "./prompt-panel.ts";
import { STRONG } from "./roles.ts";
import type { Snapshot } from "./snapshot.ts";
import { drawStrip, stripRows } from "./strip-panel.ts";
import { drawTabs, type TabPlace } from "./tabs-panel.ts";
import type { UiState } from "./ui-state.ts";

/** Smaller screens cannot hold it. */
const MIN_COLUMNS = 40;
const MIN_ROWS = 10;
/** From here on the details stand beside the table, or below it. */
const BESIDE_COLUMNS = 150;
const BELOW_ROWS = 34;

/** A screen, and where on it the mouse can do what. */
export interface DrawnScreen {
  readonly grid: CellGrid;
  readonly tabs: readonly TabPlace[];
  readonly tabsRow: number;
  /** First row of the table; the rows below are findings from `ui.place - ui.line` on. */
  readonly table: Area | null;
}

/**
 * lamp, since when                      enclave  time
 * severities · exceptions · blind intervals
 * inputs · rates · losses · policy
 * critical  ▁ ▂    attempts over time
 * high      ▂  █
 * attempts  08:17:59 ──────────────── 1 s a column
 * 1 findings 30  2 hosts  …                by severity
 * SEVERITY LAST  SOURCE  DESTINATION …
 * …
 * ? help  / filter  …
 */
export function drawScreen(
  snapshot: Snapshot,
  ui: UiState,
  glyphs: Glyphs,
  evidence: EvidenceView | null,
  size: { readonly width: number; readonly height: number },
): DrawnScreen {
  const { width, height } = size;
  const grid = new CellGrid(Math.max(1, width), Math.max(1, height));
  const frame: Frame = { grid, snapshot, ui, glyphs, evidence };
  if (width < MIN_COLUMNS || height < MIN_ROWS) {
    grid.put(0, 0, `${snapshot.lamp.word}: at least ${MIN_COLUMNS} x ${MIN_ROWS} needed`, STRONG);
    return { grid, tabs: [], tabsRow: -1, table: null };
  }
  const strip = stripRows(height);
  const tabsRow = HEADER_ROWS + strip;
  drawHeader(frame, { x: 0, y: 0, width, height: HEADER_ROWS });
  drawStrip(frame, { x: 0, y: HEADER_ROWS, width, height: strip });
  const tabs = drawTabs(frame, { x: 0, y: tabsRow, width, height: 1 });
  const body = { x: 0, y: tabsRow + 1, width, height: height - tabsRow - 2 };
  const table = drawBody(frame, body);
  drawPrompt(frame, { x: 0, y: height - 1, width, height: 1 });
  if (ui.isHelpOpen) drawHelp(frame, { x: 0, y: 0, width, height: height - 1 });
  return { grid, tabs, tabsRow, table };
}

function drawBody(frame: Frame, body: Area): Area | null {
  switch (frame.ui.view) {
    case "findings":
      return drawFindingsView(frame, body);
    case "hosts":
      drawHosts(frame, body);
      return null;
    case "names":
      drawNames(frame, body);
      return null;
    case "flows":
      drawFlows(frame, body);
      return null;
    case "coverage":
      drawCoverage(frame, body);
      return null;
    case "log":
      drawLog(frame, body);
      return null;
  }
}

/** Details fill the screen where it is small, and stand beside or below the table where it is large. */
function drawFindingsView(frame: Frame, body: Area): Area | null {
  const { grid, ui, glyphs, snapshot } = frame;
  const { x, y, width, height } = body;
  const hasRows = snapshot.rows.shown().length > 0;
  if (width >= BESIDE_COLUMNS && hasRows && !ui.isDetailOpen) {
    const left = Math.floor(width * 0.56);
    const table = { ...body, width: left };
    drawFindings(frame, table);
    for (let row = y; row < y + height; row++) grid.rule(left, row, left + 1, glyphs.bar);
    drawDetail(frame, { x: left + 1, y, width: width - left - 1, height });
    return table;
  }
  if (ui.isDetailOpen && grid.height >= BELOW_ROWS && width < BESIDE_COLUMNS) {
    const top = Math.floor(height * 0.45);
    const table = { ...body, height: top };
    drawFindings(frame, table);
    grid.rule(x, y + top, x + width, glyphs.rule);
    drawDetail(frame, { x, y: y + top + 1, width, height: height - top - 1 });
    return table;
  }
  if (ui.isDetailOpen) {
    ui.pageRows = Math.max(1, height - 1);
    drawDetail(frame, body);
    return null;
  }
  drawFindings(frame, body);
  return body;
}

/** Whether details are on the screen at all, beside the table or in its place. */
export function showsDetail(ui: UiState, size: { readonly width: number }): boolean {
  return ui.isDetailOpen || size.width >= BESIDE_COLUMNS;
}

/** Whether the details fill the screen, so that moving scrolls them. */
export function detailFills(ui: UiState, size: { readonly width: number; readonly height: number }): boolean {
  return ui.isDetailOpen && (size.height < BELOW_ROWS || size.width >= BESIDE_COLUMNS);
}
