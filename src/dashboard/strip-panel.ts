import { durationText, numberText } from "../report/text-figures.ts";
import type { Area, Frame } from "./frame.ts";
import { DIM, severityRole } from "./roles.ts";
import { clockText, dayText } from "./times.ts";

/** Columns of the names at the left. */
const LABEL = 10;
/** A live strip shows the last hours, a column a minute at the most; a replay shows all of the capture. */
const LIVE_SCALE = 60;
/** Columns of the broadest bar. */
const MAX_BROAD = 4;

interface StripRow {
  readonly label: string;
  /** Severities that it counts together; the first gives the colour. */
  readonly severities: readonly number[];
}

const THREE_ROWS: readonly StripRow[] = [
  { label: "critical", severities: [4] },
  { label: "high", severities: [3] },
  { label: "medium", severities: [2, 1, 0] },
];
const FOUR_ROWS: readonly StripRow[] = [
  { label: "critical", severities: [4] },
  { label: "high", severities: [3] },
  { label: "medium", severities: [2] },
  { label: "low, info", severities: [1, 0] },
];

/** Rows of the strip and its axis. */
export function stripRows(height: number): number {
  if (height < 18) return 0;
  return height < 36 ? 4 : 5;
}

/** Attempts over time: a row for each severity, heights by the logarithm, the axis below. */
export function drawStrip({ grid, snapshot, glyphs }: Frame, { x, y, width, height }: Area): void {
  if (height === 0) return;
  const { attempts, clockMs, mode } = snapshot;
  const room = width - LABEL - 2;
  const endSec = (clockMs ?? 0) / 1000;
  const bars = attempts.barsFor(endSec);
  // A short time has broad bars.
  const broad = Math.max(1, Math.min(MAX_BROAD, Math.floor(room / bars)));
  const columns = Math.floor(room / broad);
  const scale = attempts.scaleFor(columns, endSec, mode === "live" ? LIVE_SCALE : Infinity);
  const startSec = attempts.isEmpty ? Math.floor(endSec) : attempts.startFor(columns, scale, endSec);
  const bins = attempts.isEmpty ? [] : attempts.columns(startSec, scale, columns);
  const rows = height === 4 ? THREE_ROWS : FOUR_ROWS;
  const countIn = (bin: Float64Array, row: StripRow): number =>
    row.severities.reduce((sum, severity) => sum + bin[severity], 0);
  let peak = 0;
  for (const bin of bins) for (const row of rows) peak = Math.max(peak, countIn(bin, row));
  for (const [i, row] of rows.entries()) {
    const role = severityRole(row.severities[0]);
    grid.put(x + 1, y + i, row.label, DIM, LABEL - 1);
    for (const [column, bin] of bins.entries()) {
      const count = countIn(bin, row);
      if (count === 0) continue;
      // The highest bar leaves a gap to the row above.
      const level = levelOf(count, peak, glyphs.levels.slice(0, -1));
      for (let n = 0; n < broad; n++) grid.glyph(x + 1 + LABEL + column * broad + n, y + i, level, role);
    }
  }
  const axis = y + rows.length;
  grid.rule(x + 1 + LABEL, axis, x + width - 1, glyphs.rule);
  grid.put(x + 1, axis, "attempts", DIM, LABEL - 1);
  if (clockMs === null) return;
  const what = ` ${durationText(scale)} a bar, ${peak === 0 ? "none" : `peak ${numberText(peak)}`} `;
  const start = scale * columns > 86_400 ? dayText(startSec * 1000) : clockText(startSec * 1000);
  grid.put(x + 1 + LABEL, axis, `${start} `, DIM);
  grid.putRight(x + width - 1, axis, what, DIM, width - LABEL - start.length - 4);
}

function levelOf(count: number, peak: number, levels: readonly string[]): string {
  const height = Math.log1p(count) / Math.log1p(Math.max(peak, levels.length - 1));
  return levels[Math.min(levels.length - 1, Math.max(0, Math.ceil(height * levels.length) - 1))];
}
