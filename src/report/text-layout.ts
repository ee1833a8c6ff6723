/** What a piece of text is; colours only repeat what the words say. */
export type Style = "plain" | "heading" | "subject" | "faint" | "good" | "warning" | "bad" | "worst";

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

const GAP = 2;
/** Lines break at blanks, but not between a figure and its unit. */
const BREAK = / (?![kMGTP]?B\b|%)/;
const RESET = "\x1b[0m";
const SGR: Readonly<Record<Style, string>> = {
  plain: "",
  heading: "\x1b[1m",
  subject: "\x1b[1m",
  faint: "\x1b[2m",
  good: "\x1b[32m",
  warning: "\x1b[33m",
  bad: "\x1b[31m",
  worst: "\x1b[1;31m",
};

export function span(text: string, style: Style = "plain"): Span {
  return { text, style };
}

/** Lines as text, each with its line feed, without blanks at line ends. */
export function renderLines(lines: readonly Line[], color: boolean): string {
  return lines.map((line) => `${renderLine(line, color)}\n`).join("");
}

function renderLine(line: Line, color: boolean): string {
  const text = line.map((each) => each.text).join("");
  if (!color) return text.trimEnd();
  return line.map(({ text: part, style }) => (SGR[style] === "" ? part : SGR[style] + part + RESET)).join("");
}

/** `text` in lines of at most `width`; a word that is longer is cut where the line ends. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(BREAK)) {
    if (line !== "" && line.length + 1 + word.length <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== "") lines.push(line);
    let at = 0;
    while (word.length - at > width) {
      lines.push(word.slice(at, at + width));
      at += width;
    }
    line = word.slice(at);
  }
  if (line !== "" || lines.length === 0) lines.push(line);
  return lines;
}

/** Words behind a label; further lines hang under the first word. */
export function labelled(label: Span, labelWidth: number, text: string, width: number): Line[] {
  const room = Math.max(1, width - labelWidth - GAP);
  const words = wrapWords(text, room);
  const head = { text: label.text.padEnd(labelWidth + GAP), style: label.style };
  if (label.text.length > labelWidth) {
    return [[label], ...words.map((line) => [span(" ".repeat(labelWidth + GAP)), span(line)])];
  }
  return words.map((line, i) => [i === 0 ? head : span(" ".repeat(labelWidth + GAP)), span(line)]);
}

/** Words without a label, all lines at the same indent. */
export function paragraph(text: string, indent: number, width: number, style: Style = "plain"): Line[] {
  const words = wrapWords(text, Math.max(1, width - indent));
  return words.map((line) => [span(" ".repeat(indent)), span(line, style)]);
}

/**
 * Cells side by side, each padded to its column's width, beginning at `indent`. What does not fit goes
 * on in further lines at `hang`.
 */
export function cellsInColumns(
  cells: readonly Span[],
  widths: readonly number[],
  indent: number,
  hang: number,
  width: number,
): Line[] {
  const lines: Span[][] = [];
  let line: Span[] = [span(" ".repeat(indent))];
  let used = indent;
  let column = indent;
  let gap = 0;
  for (const [i, cell] of cells.entries()) {
    const start = Math.max(column, used + gap);
    column += widths[i] > 0 ? widths[i] + GAP : 0;
    if (cell.text === "") continue;
    gap = GAP;
    if (start + cell.text.length <= width) {
      line.push(span(" ".repeat(start - used)), cell);
      used = start + cell.text.length;
      continue;
    }
    for (const part of wrapWords(cell.text, Math.max(1, width - hang))) {
      lines.push(line);
      line = [span(" ".repeat(hang)), span(part, cell.style)];
      used = hang + part.length;
    }
    column = 0;
  }
  lines.push(line);
  return lines;
}

/** Cells one after another with commas between, broken between cells where that is possible. */
export function cellsInWords(cells: readonly Span[], indent: number, width: number): Line[] {
  const shown = cells.filter((cell) => cell.text !== "");
  const lines: Span[][] = [];
  let line: Span[] = [];
  let used = width;
  for (const [i, cell] of shown.entries()) {
    const text = i < shown.length - 1 ? `${cell.text},` : cell.text;
    if (used + 1 + text.length <= width) {
      line.push(span(" "), span(text, cell.style));
      used += 1 + text.length;
      continue;
    }
    for (const part of wrapWords(text, Math.max(1, width - indent))) {
      line = [span(" ".repeat(indent)), span(part, cell.style)];
      lines.push(line);
      used = indent + part.length;
    }
  }
  return lines;
}

/** Width of each column over all rows, none above its cap. */
export function columnWidths(rows: readonly (readonly Span[])[], caps: readonly number[]): number[] {
  return caps.map((cap, i) =>
    rows.reduce((widest, row) => {
      const length = row[i]?.text.length ?? 0;
      return length <= cap ? Math.max(widest, length) : widest;
    }, 0),
  );
}
