import { counted, durationText } from "../report/text-figures.ts";
import { drawn, type Line, span } from "./cell-grid.ts";
import type { FindingRow } from "./finding-rows.ts";
import type { Glyphs } from "./glyphs.ts";
import { DIM, HEADING, severityRole } from "./roles.ts";
import { clockText, msOf } from "./times.ts";

const MAX_COLUMNS = 60;
/** Steps that a finding's timeline keeps. */
const MAX_STEPS = 64;

/** Attempts of one finding over time: pairs of second and count, the oldest joined when there are too many. */
export class Timeline {
  private steps: { sec: number; attempts: number }[] = [];

  add(sec: number, attempts: number): void {
    const last = this.steps.at(-1);
    if (last !== undefined && last.sec >= sec) {
      last.attempts += attempts;
      return;
    }
    this.steps.push({ sec, attempts });
    if (this.steps.length > MAX_STEPS) this.halve();
  }

  /** Attempts in columns of equal time between two moments. */
  columns(fromSec: number, toSec: number, count: number): number[] {
    const columns = new Array<number>(count).fill(0);
    const each = Math.max(1, toSec - fromSec) / count;
    for (const { sec, attempts } of this.steps) {
      columns[Math.min(count - 1, Math.max(0, Math.floor((sec - fromSec) / each)))] += attempts;
    }
    return columns;
  }

  private halve(): void {
    const halved: { sec: number; attempts: number }[] = [];
    for (let i = 0; i < this.steps.length; i += 2) {
      const { sec, attempts } = this.steps[i];
      halved.push({ sec, attempts: attempts + (this.steps[i + 1]?.attempts ?? 0) });
    }
    this.steps = halved;
  }
}

export function timelineLines({ finding, timeline }: FindingRow, width: number, glyphs: Glyphs): Line[] {
  const { firstSeen, lastSeen, attempts } = finding;
  const seconds = lastSeen.sec - firstSeen.sec;
  const text = `${counted(attempts, "attempt")} in ${durationText(seconds)}`;
  const heading: Line = [span("attempts", HEADING), span(`  ${text}`, DIM)];
  const count = Math.min(MAX_COLUMNS, width - 20, seconds + 1);
  if (count < 2) return [heading];
  const columns = timeline.columns(firstSeen.sec, lastSeen.sec, count);
  const peak = Math.max(1, ...columns);
  const bars = columns.map((n) => {
    if (n === 0) return glyphs.rule;
    return glyphs.levels[Math.max(0, Math.ceil((n / peak) * glyphs.levels.length) - 1)];
  });
  return [
    heading,
    [
      span(`${clockText(msOf(firstSeen))} `, DIM),
      ...bars.map((glyph) => drawn(glyph, glyph === glyphs.rule ? DIM : severityRole(finding.severity))),
      span(` ${clockText(msOf(lastSeen))}`, DIM),
    ],
  ];
}
