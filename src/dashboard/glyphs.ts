/** What the dashboard draws beside text. */
export interface Glyphs {
  readonly rule: string;
  readonly bar: string;
  /** Eighths of a cell from the bottom: one to eight. */
  readonly levels: readonly string[];
  /** New, and worse than before. */
  readonly fresh: string;
  readonly worse: string;
  readonly acked: string;
  readonly selected: string;
  readonly up: string;
  readonly down: string;
  readonly separator: string;
  readonly cursor: string;
}

const UNICODE: Glyphs = {
  rule: "─",
  bar: "│",
  levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
  fresh: "+",
  worse: "▲",
  acked: "✓",
  selected: "▌",
  up: "▲",
  down: "▼",
  separator: "·",
  cursor: "▏",
};

const ASCII: Glyphs = {
  rule: "-",
  bar: "|",
  levels: [".", ".", ":", ":", "+", "+", "#", "#"],
  fresh: "+",
  worse: "^",
  acked: "a",
  selected: ">",
  up: "^",
  down: "v",
  separator: "-",
  cursor: "_",
};

/** The Linux console's fonts have no check mark. */
const CONSOLE: Glyphs = { ...UNICODE, acked: "a", cursor: "_", selected: ">" };

export type GlyphSet = "unicode" | "ascii" | "console";

export function glyphsOf(set: GlyphSet): Glyphs {
  if (set === "ascii") return ASCII;
  return set === "console" ? CONSOLE : UNICODE;
}
