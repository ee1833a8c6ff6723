import { bytesText, counted, durationText, numberText } from "../report/text-figures.ts";
import { type Line, span } from "./cell-grid.ts";
import type { Area, Frame } from "./frame.ts";
import { BAD, DIM, GOOD, HEADING, TEXT, WARN } from "./roles.ts";
import { drawLines } from "./scrolled-lines.ts";
import type { Snapshot } from "./snapshot.ts";
import { sinceText } from "./times.ts";
import { labelled, wrapText } from "./wrap.ts";

/** Why a run without findings would not be clean, when the sensor was blind, and what was counted. */
export function drawCoverage(frame: Frame, area: Area): void {
  const { snapshot, ui } = frame;
  const width = area.width - 3;
  const lines: Line[] = [
    ...reasonLines(snapshot, width),
    [],
    ...intervalLines(snapshot, width),
    [],
    ...inputLines(snapshot),
    [],
    ...exceptionLines(snapshot),
    [],
    ...counterLines(snapshot, width),
  ];
  ui.scroll.coverage = drawLines(frame, area, lines, ui.scroll.coverage);
}

function reasonLines({ reasons, clockMs }: Snapshot, width: number): Line[] {
  if (reasons.length === 0) {
    return [[span("the sensor saw what it had to see", GOOD)]];
  }
  const lines: Line[] = [
    [
      span(counted(reasons.length, "reason"), HEADING),
      span("  why a run without findings would be inconclusive", DIM),
    ],
  ];
  for (const { text, firstMs, lastMs } of reasons) {
    const colon = text.indexOf(":");
    const now = clockMs ?? lastMs;
    const since =
      firstMs === lastMs
        ? `since ${sinceText(firstMs, now)}`
        : `since ${sinceText(firstMs, now)}, grew until ${sinceText(lastMs, now)}`;
    lines.push([span(text.slice(0, colon), WARN), span(`  ${since}`, DIM)]);
    for (const part of wrapText(text.slice(colon + 1).trim(), width - 2)) lines.push([span(`  ${part}`)]);
  }
  return lines;
}

function intervalLines({ lamp, clockMs }: Snapshot, width: number): Line[] {
  if (lamp.blindCount === 0) return [[span("blind", HEADING), span("  never", DIM)]];
  const lines: Line[] = [[span("blind", HEADING), span(`  ${counted(lamp.blindCount, "time")}`, DIM)]];
  for (const { fromMs, toMs, why } of [...lamp.intervals].reverse()) {
    const end = toMs ?? clockMs ?? fromMs;
    const text = `${sinceText(fromMs, end)} to ${toMs === null ? "now" : sinceText(toMs, end)}, ${durationText((end - fromMs) / 1000)}: ${why}`;
    for (const [i, part] of wrapText(text, width - 2).entries()) {
      lines.push([span(i === 0 ? "" : "  "), span(part, toMs === null ? BAD : TEXT)]);
    }
  }
  return lines;
}

function inputLines({ inputs, mode }: Snapshot): Line[] {
  const lines: Line[] = [[span(mode === "live" ? "interfaces" : "captures", HEADING)]];
  for (const { name, state, packets, dropped } of inputs) {
    lines.push([
      span(`${name}  `),
      span(state, state === "up" || mode === "replay" ? GOOD : BAD),
      span(`  ${counted(packets, "packet")}, `, DIM),
      span(`${numberText(dropped)} lost`, dropped > 0 ? BAD : DIM),
    ]);
  }
  return lines;
}

function exceptionLines({ exceptions, enclave }: Snapshot): Line[] {
  const lines: Line[] = [
    [
      span("exceptions used", HEADING),
      span(`  ${exceptions.length} of ${counted(enclave.policy.rules.length, "rule")}`, DIM),
    ],
  ];
  for (const { ruleId, attempts, bytesOut, bytesIn } of exceptions) {
    const used = `${counted(attempts, "attempt")}, ${bytesText(bytesOut)} out, ${bytesText(bytesIn)} in`;
    lines.push([span(`${ruleId}  `), span(used, DIM)]);
  }
  return lines;
}

function counterLines({ coverage }: Snapshot, width: number): Line[] {
  const counters = Object.entries(coverage).filter(([, count]) => count > 0);
  return [
    [span("counters", HEADING)],
    ...counters.flatMap(([name, count]) => labelled(numberText(count).padStart(11), name, width, TEXT, DIM)),
  ];
}
