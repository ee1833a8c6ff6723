import type { GlyphSet } from "./glyphs.ts";
import type { Depth } from "./palette.ts";

/** What is known of a terminal from its environment: nothing is asked of the terminal itself. */
export interface TerminalTraits {
  /** Terminal type for blessed, which knows 256 colours by the name xterm-256color alone. */
  readonly terminal: string;
  readonly depth: Depth;
  readonly glyphs: GlyphSet;
  readonly light: boolean;
  /** Whether OSC 52 may be sent: elsewhere it would be printed. */
  readonly clipboard: boolean;
  readonly multiplexer: "tmux" | "screen" | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function terminalTraits(env: Environment): TerminalTraits {
  const term = (env["TERM"] ?? "").toLowerCase();
  const colors = colorsOf(term, env);
  const isConsole = term === "linux";
  const unicode = isUtf8(env);
  return {
    terminal: typeFor(term, colors),
    depth: env["NO_COLOR"] ? 0 : colors, // https://no-color.org: any value but an empty one
    glyphs: !unicode ? "ascii" : isConsole ? "console" : "unicode",
    light: isLight(env),
    clipboard: !isConsole && !term.startsWith("vt"),
    multiplexer: env["TMUX"] ? "tmux" : env["STY"] ? "screen" : null,
  };
}

function colorsOf(term: string, env: Environment): Depth {
  if (/256|kitty|alacritty|ghostty|wezterm|foot|direct/.test(term)) return 256;
  if (/^(truecolor|24bit)$/.test(env["COLORTERM"] ?? "")) return 256;
  if (/^vt[1-4]\d\d/.test(term)) return 0;
  return /16color/.test(term) ? 16 : 8;
}

/** A type of which blessed has, or brings, a description with these colours. */
function typeFor(term: string, colors: Depth): string {
  if (colors === 256) return "xterm-256color";
  if (/^(screen|tmux)/.test(term) || term === "") return "xterm";
  return term;
}

/** By the first of the three that is set, as setlocale(3) has it. */
function isUtf8(env: Environment): boolean {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return /utf-?8/i.test(locale);
}

/** COLORFGBG, which rxvt, Konsole and others set: the last number is the background. */
function isLight(env: Environment): boolean {
  const background = Number(/(\d+)$/.exec(env["COLORFGBG"] ?? "")?.[1] ?? "0");
  return background === 7 || background === 15;
}

/** Whether a screen can be drawn at all; else plain lines are written. */
export function canDraw(stdout: { readonly isTTY?: boolean }, env: Environment): boolean {
  const term = (env["TERM"] ?? "").toLowerCase();
  return stdout.isTTY === true && term !== "" && term !== "dumb";
}
