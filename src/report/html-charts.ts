import { SEVERITIES } from "../findings/severity.ts";
import { destinationOf } from "./dependency-statement.ts";
import { html, type Markup } from "./html-markup.ts";
import { counted, durationText, numberText } from "./text-figures.ts";
import { fitName } from "./text-names.ts";
import { plain } from "./text-plain.ts";
import type { Report, ReportFinding, Validation } from "./validation-shape.ts";

/** Units of the drawings; they scale to the width of the page. */
const WIDTH = 720;
const MARGIN = 12;
const PLOT = WIDTH - 2 * MARGIN;
const BARS_HEIGHT = 90;
const AXIS_Y = 110;

const MAX_ROWS = 30;
const MAX_COLUMNS = 12;
const NAME_COLUMNS = 40;
const ROW_HEIGHT = 18;
const LABEL_WIDTH = 280;
const HEAD_HEIGHT = 110;

type Bins = Validation["activity"];

/** Attempts to reach outside, by when they began. */
export function attemptsChart({ activity, window }: Validation): Markup {
  const total = activity.attempts.reduce((sum, each) => sum + each, 0);
  const most = Math.max(1, ...activity.attempts);
  const bars = barsOf(activity.attempts, most, "attempts", BARS_HEIGHT, AXIS_Y);
  const text = `${counted(total, "attempt")}, at most ${numberText(total === 0 ? 0 : most)} in ${binText(activity)}`;
  return figure("Attempts over time", text, 130, html`${bars}${axis(window)}`);
}

/** What the sensor saw and where it was blind: bars for packets, marks below them for what may have hidden something. */
export function coverageChart({ activity, window }: Validation): Markup {
  const most = Math.max(1, ...activity.packets);
  const bars = barsOf(activity.packets, most, "packets", BARS_HEIGHT - 14, AXIS_Y - 14);
  const marks = activity.blind.map((blind, i) => {
    const { x, width } = place(i, activity.blind.length);
    return blind === 0
      ? html``
      : html`<rect class="blind" x="${x}" y="${AXIS_Y - 12}" width="${width}" height="10"/>`;
  });
  const blindBins = activity.blind.filter((blind) => blind > 0).length;
  const silent = activity.packets.filter((packets) => packets === 0).length;
  const text =
    `Bars: packets, at most ${numberText(most)} in ${binText(activity)}; ${numberText(silent)} of ` +
    `${counted(activity.packets.length, "interval")} without a packet. ` +
    (blindBins === 0
      ? "No interval shows blindness."
      : `Marks below: ${counted(blindBins, "interval")} in which something may have been hidden.`);
  return figure("Coverage timeline", text, 130, html`${bars}${marks}${axis(window)}`);
}

/** Who tried what, as a matrix: destinations down, hosts across, attempts in the cells. */
export function matrixChart({ findings }: Report): Markup {
  const shown = findings.filter(({ source, severity }) => source.ip !== null && severity !== "info");
  const hosts = [...new Set(shown.map(hostOf))];
  const destinations = [...new Set(shown.map(destinationOf))];
  const columns = hosts.slice(0, MAX_COLUMNS);
  const rows = destinations.slice(0, MAX_ROWS);
  const cellWidth = Math.min(60, (WIDTH - LABEL_WIDTH - MARGIN) / Math.max(1, columns.length));
  const cells = rows.flatMap((row, y) =>
    columns.map((column, x) => cell(shown, row, column, LABEL_WIDTH + x * cellWidth, y, cellWidth)),
  );
  const rest = [
    ...(rows.length < destinations.length
      ? [counted(destinations.length - rows.length, "more destination")]
      : []),
    ...(columns.length < hosts.length ? [counted(hosts.length - columns.length, "more host")] : []),
  ];
  const text =
    `Attempts by ${counted(hosts.length, "host")} to ${counted(destinations.length, "destination")}, shaded by the worst severity` +
    (rest.length === 0 ? "." : `; not drawn: ${rest.join(", ")}.`);
  const labels = [
    ...rows.map(
      (name, y) =>
        html`<text x="${LABEL_WIDTH - 8}" y="${HEAD_HEIGHT + y * ROW_HEIGHT + 13}" text-anchor="end">${fitName(plain(name), NAME_COLUMNS)}</text>`,
    ),
    ...columns.map((name, x) => columnLabel(name, LABEL_WIDTH + (x + 0.5) * cellWidth)),
  ];
  const height = HEAD_HEIGHT + Math.max(1, rows.length) * ROW_HEIGHT + MARGIN;
  return figure("Hosts and destinations", text, height, html`${labels}${cells}`);
}

function columnLabel(name: string, x: number): Markup {
  const at = `translate(${round(x)} ${HEAD_HEIGHT - 8}) rotate(-40)`;
  return html`<text transform="${at}">${fitName(plain(name), 20)}</text>`;
}

function cell(
  findings: readonly ReportFinding[],
  row: string,
  column: string,
  x: number,
  y: number,
  width: number,
): Markup {
  const here = findings.filter((finding) => destinationOf(finding) === row && hostOf(finding) === column);
  if (here.length === 0) return html``;
  const attempts = here.reduce((sum, finding) => sum + finding.attempts, 0);
  const worst = SEVERITIES[Math.max(...here.map(({ severity }) => SEVERITIES.indexOf(severity)))];
  const top = HEAD_HEIGHT + y * ROW_HEIGHT;
  return html`<rect class="cell-${worst}" x="${round(x + 1)}" y="${top + 1}" width="${round(width - 2)}" height="${ROW_HEIGHT - 2}"/><text class="on-cell" x="${round(x + width / 2)}" y="${top + 13}" text-anchor="middle">${numberText(attempts)}</text>`;
}

function hostOf({ source }: ReportFinding): string {
  return source.name ?? source.ip ?? "any host";
}

function figure(title: string, text: string, height: number, drawing: Markup): Markup {
  return html`<figure>
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${`${title}: ${text}`}">${drawing}</svg>
<figcaption>${title}. ${text}</figcaption>
</figure>
`;
}

function barsOf(
  values: readonly number[],
  most: number,
  style: string,
  height: number,
  bottom: number,
): Markup[] {
  return values.map((value, i) => {
    if (value === 0) return html``;
    const { x, width } = place(i, values.length);
    const tall = Math.max(1.5, (value / most) * height);
    return html`<rect class="${style}" x="${x}" y="${round(bottom - tall)}" width="${width}" height="${round(tall)}"/>`;
  });
}

function place(i: number, count: number): { x: number; width: number } {
  const each = PLOT / Math.max(1, count);
  return { x: round(MARGIN + i * each), width: round(Math.max(0.8, Math.min(each * 0.9, 24))) };
}

function axis({ first, last }: Validation["window"]): Markup {
  return html`<line class="axis" x1="${MARGIN}" y1="${AXIS_Y}" x2="${WIDTH - MARGIN}" y2="${AXIS_Y}"/><text class="faint" x="${MARGIN}" y="${AXIS_Y + 15}">${timeText(first)}</text><text class="faint" x="${WIDTH - MARGIN}" y="${AXIS_Y + 15}" text-anchor="end">${timeText(last)}</text>`;
}

function timeText(time: string | null): string {
  return time === null ? "no packet" : `${time.slice(0, 19).replace("T", " ")} UTC`;
}

function binText({ bin_seconds }: Bins): string {
  return durationText(bin_seconds);
}

/** Two decimals are finer than any screen. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
