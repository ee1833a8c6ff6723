// A terminal's screen, as `tmux capture-pane -e` prints it, drawn as SVG. The same text gives the same picture.

const CELL = { width: 8.4, height: 19, baseline: 14 };
const PADDING = 14;
const FOREGROUND = "#c5cdd9";
const BACKGROUND = "#10141b";
const FONT = "ui-monospace, 'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace";
const SYSTEM = [
  ...["#1c2128", "#e5534b", "#57ab5a", "#c69026", "#539bf5", "#b083f0", "#39c5cf", "#c5cdd9"],
  ...["#636e7b", "#ff6b63", "#6bc46d", "#daaa3f", "#6cb6ff", "#dcbdfb", "#56d4dd", "#ffffff"],
];
const LEVELS = "▁▂▃▄▅▆▇█";

/**
 * @typedef {{ fg: string, bg: string, bold: boolean, underline: boolean }} Look
 * @typedef {{ char: string, look: Look }} Cell
 */

/** @param {string} ansi @param {number} columns @param {string} title what the picture shows, for who cannot see it */
export function svgOf(ansi, columns, title) {
  const rows = ansi
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => cellsOf(line));
  const width = round(columns * CELL.width + 2 * PADDING);
  const height = round(rows.length * CELL.height + 2 * PADDING);
  const parts = rows.flatMap((cells, y) => [...backgrounds(cells, y), ...texts(cells, y)]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="9" fill="${BACKGROUND}"/>`,
    `<g font-family="${FONT}" font-size="14" fill="${FOREGROUND}">`,
    ...parts,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** @param {string} line @returns {Cell[]} */
function cellsOf(line) {
  /** @type {Cell[]} */
  const cells = [];
  const sgr = { fg: -1, bg: -1, bold: false, underline: false, inverse: false };
  for (const [, codes, char] of line.matchAll(/\x1b\[([\d;]*)m|(.)/gu)) {
    if (char === undefined) apply(sgr, codes);
    else cells.push({ char, look: lookOf(sgr) });
  }
  return cells;
}

/** @param {{ fg: number, bg: number, bold: boolean, underline: boolean, inverse: boolean }} sgr @param {string} codes */
function apply(sgr, codes) {
  const numbers = codes === "" ? [0] : codes.split(";").map(Number);
  for (let i = 0; i < numbers.length; i++) {
    const code = numbers[i];
    if (code === 0) Object.assign(sgr, { fg: -1, bg: -1, bold: false, underline: false, inverse: false });
    else if (code === 1) sgr.bold = true;
    else if (code === 4) sgr.underline = true;
    else if (code === 7) sgr.inverse = true;
    else if (code === 22) sgr.bold = false;
    else if (code === 24) sgr.underline = false;
    else if (code === 27) sgr.inverse = false;
    else if (code === 39) sgr.fg = -1;
    else if (code === 49) sgr.bg = -1;
    else if (code === 38 || code === 48) {
      sgr[code === 38 ? "fg" : "bg"] = numbers[i + 2]; // 38;5;N and 48;5;N, as blessed writes them
      i += 2;
    } else if (code >= 30 && code <= 37) sgr.fg = code - 30;
    else if (code >= 40 && code <= 47) sgr.bg = code - 40;
    else if (code >= 90 && code <= 97) sgr.fg = code - 82;
    else if (code >= 100 && code <= 107) sgr.bg = code - 92;
  }
}

/** @param {{ fg: number, bg: number, bold: boolean, underline: boolean, inverse: boolean }} sgr @returns {Look} */
function lookOf({ fg, bg, bold, underline, inverse }) {
  const front = fg < 0 ? FOREGROUND : colorOf(fg);
  const back = bg < 0 ? BACKGROUND : colorOf(bg);
  return { fg: inverse ? back : front, bg: inverse ? front : back, bold, underline };
}

/** xterm's 256 colours: sixteen of the terminal, a cube of six, 24 greys. @param {number} index */
function colorOf(index) {
  if (index < 16) return SYSTEM[index];
  const octet = (/** @type {number} */ value) => value.toString(16).padStart(2, "0");
  if (index >= 232) return `#${octet(8 + 10 * (index - 232)).repeat(3)}`;
  const level = (/** @type {number} */ n) => octet(n === 0 ? 0 : 55 + 40 * n);
  const cube = index - 16;
  return `#${level(Math.trunc(cube / 36))}${level(Math.trunc(cube / 6) % 6)}${level(cube % 6)}`;
}

/** Runs of cells that look the same. @param {Cell[]} cells @param {(cell: Cell) => string} key */
function* runs(cells, key) {
  for (let from = 0; from < cells.length; ) {
    let to = from + 1;
    while (to < cells.length && key(cells[to]) === key(cells[from])) to++;
    yield { from, to, first: cells[from] };
    from = to;
  }
}

/** @param {Cell[]} cells @param {number} y */
function backgrounds(cells, y) {
  const parts = [];
  for (const { from, to, first } of runs(cells, ({ look }) => look.bg)) {
    if (first.look.bg !== BACKGROUND) parts.push(rect(from, y, to - from, 0, 1, first.look.bg));
  }
  return parts;
}

/** @param {Cell[]} cells @param {number} y */
function texts(cells, y) {
  const parts = [];
  const key = (/** @type {Cell} */ { char, look }) =>
    `${look.fg} ${look.bold} ${look.underline} ${isDrawn(char) ? char : ""}`;
  for (const { from, to, first } of runs(cells, key)) {
    const text = cells
      .slice(from, to)
      .map(({ char }) => char)
      .join("");
    if (isDrawn(first.char)) parts.push(drawn(first.char, from, to, y, first.look.fg));
    else if (text.trim() !== "") parts.push(textRun(text, from, y, first.look));
  }
  return parts;
}

/** @param {string} text @param {number} from @param {number} y @param {Look} look */
function textRun(text, from, y, { fg, bold, underline }) {
  const start = text.length - text.trimStart().length;
  const shown = text.trim();
  const x = round(PADDING + (from + start) * CELL.width);
  const at = round(PADDING + y * CELL.height + CELL.baseline);
  const weight = bold ? ' font-weight="bold"' : "";
  const line = underline ? ' text-decoration="underline"' : "";
  const fill = fg === FOREGROUND ? "" : ` fill="${fg}"`;
  const length = round(shown.length * CELL.width);
  return `<text x="${x}" y="${at}" textLength="${length}" xml:space="preserve"${fill}${weight}${line}>${escaped(shown)}</text>`;
}

/** Bars and rules are drawn: no font joins them well. @param {string} char */
function isDrawn(char) {
  return LEVELS.includes(char) || char === "─" || char === "│" || char === "▌";
}

/** @param {string} char @param {number} from @param {number} to @param {number} y @param {string} color */
function drawn(char, from, to, y, color) {
  if (char === "─") return rect(from, y, to - from, 0.5, 0.06, color);
  if (char === "│") return rect(from + 0.45, y, 0.12, 0, 1, color);
  if (char === "▌") return rect(from, y, 0.35, 0, 1, color);
  const level = (LEVELS.indexOf(char) + 1) / LEVELS.length;
  return rect(from, y, to - from, 1 - level, level, color);
}

/** In cells: a part of the rows' height. @param {number} x @param {number} y @param {number} width @param {number} top @param {number} height @param {string} color */
function rect(x, y, width, top, height, color) {
  const [left, up] = [PADDING + x * CELL.width, PADDING + (y + top) * CELL.height].map(round);
  return `<rect x="${left}" y="${up}" width="${round(width * CELL.width)}" height="${round(height * CELL.height)}" fill="${color}"/>`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 100) / 100;
}
