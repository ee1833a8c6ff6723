import { bytesText, counted, durationText, numberText } from "../report/text-figures.ts";
import { drawn, type Line, type Span, span } from "./cell-grid.ts";
import type { Area, Frame } from "./frame.ts";
import type { LampWord } from "./lamp.ts";
import {
  ACCENT,
  BAD,
  DIM,
  GOOD,
  LAMP_BLIND,
  LAMP_CLEAN,
  LAMP_REACHBACK,
  LAMP_WAITING,
  STRONG,
  severityRole,
  TEXT,
  WARN,
} from "./roles.ts";
import { clockText, dayText, sinceText } from "./times.ts";

export const HEADER_ROWS = 3;

const LAMP_ROLE: Readonly<Record<LampWord, number>> = {
  CLEAN: LAMP_CLEAN,
  REACHBACK: LAMP_REACHBACK,
  BLIND: LAMP_BLIND,
  INCONCLUSIVE: LAMP_BLIND,
  WAITING: LAMP_WAITING,
};

const SEVERITY_WORDS = ["info", "low", "medium", "high", "critical"];
/** Blind intervals that the header names. */
const INTERVALS_SHOWN = 2;

/**
 *  REACHBACK  since 08:17:59, 11 s  BLIND NOW                   quickstart-lab (staging)  08:18:10 UTC
 *  8 critical  14 high  8 medium · 1 exception used · never blind
 *  quickstart.pcapng 396 packets · 36 packets/s  0.1 Mbit/s · 0 lost · policy 3f2a91c04b7d, 1 rule
 */
export function drawHeader(frame: Frame, { x, y, width }: Area): void {
  const { grid, snapshot } = frame;
  const end = x + width - 1;
  const place = placeLine(frame, width);
  const placeWidth = place.reduce((sum, { text }) => sum + text.length, 0);
  grid.putLine(x + 1, y, lampLine(frame), end - placeWidth - 2);
  grid.putLine(end - placeWidth, y, place, end);
  grid.putLine(x + 1, y + 1, countsLine(frame), end);
  grid.putLine(x + 1, y + 2, [...inputParts(frame, width), ...policyParts(snapshot)], end);
}

function lampLine({ snapshot }: Frame): Line {
  const { lamp, clockMs, exitCode, mode } = snapshot;
  const spans: Span[] = [span(` ${lamp.word} `, LAMP_ROLE[lamp.word]), span("  ")];
  if (clockMs !== null && exitCode === null && lamp.word !== "WAITING") {
    spans.push(span("since ", DIM), span(sinceText(lamp.sinceMs, clockMs)));
    spans.push(span(`, ${durationText((clockMs - lamp.sinceMs) / 1000)}`, DIM));
  }
  if (exitCode !== null) {
    spans.push(
      span(mode === "replay" ? "end of capture" : "ended", STRONG),
      span(`, exit code ${exitCode}`, DIM),
    );
  }
  if (lamp.word === "WAITING") spans.push(span("no packet seen yet", DIM));
  else if (exitCode === null && lamp.blindNow.length > 0 && lamp.word !== "BLIND") {
    spans.push(span("  "), span(" BLIND NOW ", LAMP_BLIND));
  }
  return spans;
}

/** Where and when: ends at the right edge. */
function placeLine({ snapshot, ui }: Frame, width: number): Line {
  const { enclave, clockMs, mode } = snapshot;
  const stage = enclave.policy.stage === "production" ? "" : ` (${enclave.policy.stage})`;
  const time = clockMs === null ? "" : `${width < 110 ? clockText(clockMs) : dayText(clockMs)} UTC`;
  const paused = ui.isPaused ? [span(" PAUSED ", LAMP_WAITING), span("  ")] : [];
  return [
    ...paused,
    span(enclave.policy.name, STRONG),
    span(stage, WARN),
    span(mode === "replay" && width >= 100 ? "  capture time " : "  ", DIM),
    span(time, TEXT),
  ];
}

function countsLine({ snapshot, glyphs }: Frame): Line {
  const { rows, lamp, exceptions } = snapshot;
  const spans: Span[] = [];
  for (let severity = 4; severity >= 0; severity--) {
    const count = rows.counts[severity];
    if (count === 0) continue;
    spans.push(span(`${numberText(count)} ${SEVERITY_WORDS[severity]}  `, severityRole(severity)));
  }
  if (spans.length === 0) spans.push(span("no findings  ", GOOD));
  spans.push(drawn(`${glyphs.separator} `, DIM));
  spans.push(
    span(
      exceptions.length === 0 ? "no exception used" : `${counted(exceptions.length, "exception")} used`,
      exceptions.length === 0 ? DIM : TEXT,
    ),
  );
  spans.push(drawn(` ${glyphs.separator} `, DIM));
  if (lamp.blindNow.length > 0) spans.push(span(lamp.blindNow[0], WARN));
  else if (lamp.blindCount === 0) spans.push(span("never blind", DIM));
  else {
    const shown = lamp.intervals
      .slice(-INTERVALS_SHOWN)
      .map(({ fromMs, toMs }) => `${clockText(fromMs)}-${toMs === null ? "now" : clockText(toMs)}`);
    const more = lamp.blindCount > shown.length ? `${lamp.blindCount} times, last ` : "";
    spans.push(span(`blind ${more}${shown.join(", ")}`, WARN));
  }
  return spans;
}

function inputParts({ snapshot, glyphs }: Frame, width: number): Span[] {
  const { inputs, packetsPerSec, bitsPerSec, packets, bytes, mode } = snapshot;
  const spans: Span[] = [];
  for (const { name, state } of inputs.slice(0, width < 110 ? 2 : 6)) {
    const isGood = state === "up" || mode === "replay";
    spans.push(
      span(baseName(name), isGood ? TEXT : BAD),
      span(mode === "live" ? ` ${state}  ` : "  ", isGood ? GOOD : BAD),
    );
  }
  if (inputs.length > 2 && width < 110) spans.push(span(`+${inputs.length - 2}  `, DIM));
  const dropped = inputs.reduce((sum, input) => sum + input.dropped, 0);
  spans.push(span(`${numberText(packets)} packets`), span(`  ${bytesText(bytes)}  `, DIM));
  spans.push(drawn(`${glyphs.separator} `, DIM), span(`${numberText(Math.round(packetsPerSec))}/s`, ACCENT));
  spans.push(span(`  ${bitRate(bitsPerSec)}`, ACCENT));
  spans.push(
    drawn(` ${glyphs.separator} `, DIM),
    span(`${numberText(dropped)} lost`, dropped > 0 ? BAD : DIM),
  );
  return spans;
}

function policyParts({ enclave, clockMs }: Frame["snapshot"]): Span[] {
  const { policy, sha256, loadedMs } = enclave;
  const age =
    loadedMs === null || clockMs === null ? "" : `, loaded ${durationText((clockMs - loadedMs) / 1000)} ago`;
  return [span(`  policy ${sha256.slice(0, 12)}, ${counted(policy.rules.length, "rule")}${age}`, DIM)];
}

function bitRate(bitsPerSec: number): string {
  if (bitsPerSec < 1e6) return `${Math.round(bitsPerSec / 1e3)} kbit/s`;
  return bitsPerSec < 1e9
    ? `${(bitsPerSec / 1e6).toFixed(1)} Mbit/s`
    : `${(bitsPerSec / 1e9).toFixed(2)} Gbit/s`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
