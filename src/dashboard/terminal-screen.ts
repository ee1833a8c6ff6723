import type { ReadStream, WriteStream } from "node:tty";
import blessed, { type Widgets } from "blessed";
import type { CellGrid } from "./cell-grid.ts";
import type { Key } from "./keys.ts";
import type { Look } from "./palette.ts";
import type { TerminalTraits } from "./terminal-traits.ts";

/** What the user did. */
export interface TerminalListener {
  key(key: Key): void;
  mouse(action: "click" | "up" | "down", x: number, y: number): void;
  resized(): void;
  /** The terminal is gone: nobody looks any more. */
  gone(): void;
}

/** blessed's own screen memory, which its types leave out: a cell is its attribute and its character. */
interface ScreenMemory {
  lines: ([attribute: number, char: string][] & { dirty: boolean })[];
}

type BlessedScreen = Widgets.Screen & ScreenMemory;

/** blessed's "colour of the terminal", in its nine bits of an attribute. */
const BLESSED_DEFAULT = 0x1ff;
const OSC52_MAX = 8192;
const WAKE_MS = 100;

/**
 * The terminal, by blessed 0.1.81: alternate screen, keys, mouse, sizes, and what changed between two screens. We
 * draw into its screen memory ourselves, so that nothing ever passes its parser of tags and escape sequences.
 */
export class TerminalScreen {
  private readonly screen: BlessedScreen;
  private readonly traits: TerminalTraits;
  private readonly listener: TerminalListener;
  private attributes: Int32Array;
  private isClosed = false;

  constructor(
    traits: TerminalTraits,
    palette: readonly Look[],
    streams: { readonly input: ReadStream; readonly output: WriteStream },
    listener: TerminalListener,
  ) {
    this.traits = traits;
    this.listener = listener;
    this.attributes = attributesOf(palette);
    this.screen = openScreen(traits, streams);
    this.screen.on(
      "keypress",
      (char: string | undefined, key: { full?: string; ctrl?: boolean; meta?: boolean }) => {
        // blessed tells a carriage return twice, as `return` and as `enter`.
        if (key.full === "return") return;
        const isTyped = char !== undefined && char >= " " && char !== "\x7f" && !key.ctrl && !key.meta;
        this.listener.key({ full: key.full ?? "", char: isTyped ? char : "" });
      },
    );
    this.screen.program.on("mouse", ({ action, x, y }: { action: string; x: number; y: number }) => {
      if (action === "mousedown") listener.mouse("click", x, y);
      if (action === "wheelup") listener.mouse("up", x, y);
      if (action === "wheeldown") listener.mouse("down", x, y);
    });
    this.listenToMouse(true);
    this.screen.on("resize", () => listener.resized());
    const gone = (): void => (this.isClosed ? undefined : listener.gone());
    for (const stream of [streams.input, streams.output]) stream.on("error", gone).on("close", gone);
    streams.input.on("end", gone);
  }

  get width(): number {
    return Math.max(1, Number(this.screen.width));
  }

  get height(): number {
    return Math.max(1, Number(this.screen.height));
  }

  setPalette(palette: readonly Look[]): void {
    this.attributes = attributesOf(palette);
  }

  /** Shows a screen; only cells that changed are sent. */
  show(grid: CellGrid): void {
    if (this.isClosed) return;
    const { lines } = this.screen;
    const rows = Math.min(lines.length, grid.height);
    for (let y = 0; y < rows; y++) {
      const line = lines[y];
      const columns = Math.min(line.length, grid.width);
      for (let x = 0, at = y * grid.width; x < columns; x++, at++) {
        const attribute = this.attributes[grid.roles[at]];
        const cell = line[x];
        if (cell[0] === attribute && cell[1] === grid.chars[at]) continue;
        cell[0] = attribute;
        cell[1] = grid.chars[at];
        line.dirty = true;
      }
    }
    this.screen.draw(0, rows - 1);
    this.screen.program.flush();
  }

  /** Forgets what the terminal shows, so that the next screen is sent whole. */
  repaint(): void {
    this.screen.realloc();
  }

  /** Puts text on the clipboard; false where the terminal would print the sequence, or it is too long. */
  copy(text: string): boolean {
    const data = Buffer.from(text).toString("base64");
    if (!this.traits.clipboard || data.length > OSC52_MAX) return false;
    const sequence = `\x1b]52;c;${data}\x07`;
    const { multiplexer } = this.traits;
    this.write(sequence);
    if (multiplexer === "tmux") this.write(`\x1bPtmux;${sequence.replaceAll("\x1b", "\x1b\x1b")}\x1b\\`);
    if (multiplexer === "screen") this.write(`\x1bP${sequence}\x1b\\`);
    return true;
  }

  /**
   * Gives the terminal back while the process sleeps. blessed's own `pause` keeps what should restore the terminal
   * in a buffer that it then throws away.
   */
  suspend(sleep: () => void): void {
    const { program } = this.screen;
    const input = program.input as ReadStream;
    this.listenToMouse(false);
    program.showCursor();
    program.normalBuffer();
    program.flush();
    input.setRawMode(false);
    input.pause();
    sleep();
    // Whoever was stopped goes on here when it is continued; who cannot be (no job control) does so at once.
    setTimeout(() => {
      if (this.isClosed) return;
      input.setRawMode(true);
      input.resume();
      program.alternateBuffer();
      program.hideCursor();
      this.listenToMouse(true);
      this.screen.realloc();
      this.listener.resized();
    }, WAKE_MS);
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.listenToMouse(false);
    this.screen.destroy();
    const input = this.screen.program.input as ReadStream;
    if (input !== process.stdin) input.destroy(); // a terminal opened beside stdin would keep the process
  }

  /** Clicks and the wheel alone, in the encoding that knows wide screens; blessed would ask for every movement. */
  private listenToMouse(isWanted: boolean): void {
    const { program } = this.screen;
    program.setMouse({ vt200Mouse: isWanted, sgrMouse: isWanted }, isWanted);
    program.flush();
  }

  private write(sequence: string): void {
    (this.screen.program as unknown as { _owrite(text: string): void })._owrite(sequence);
  }
}

function openScreen(
  traits: TerminalTraits,
  { input, output }: { readonly input: ReadStream; readonly output: WriteStream },
): BlessedScreen {
  // It would run `tmux -V`; and it writes complaints about terminal descriptions to stderr.
  const { TMUX } = process.env;
  // biome-ignore lint/suspicious/noConsole: blessed's complaints, not ours
  const complain = console.error;
  delete process.env["TMUX"];
  console.error = () => {};
  process.env["NCURSES_NO_UTF8_ACS"] = "1"; // frames in Unicode, not by switching character sets
  try {
    return blessed.screen({
      input,
      output,
      terminal: traits.terminal,
      forceUnicode: traits.glyphs !== "ascii",
      fullUnicode: false,
      smartCSR: false,
      resizeTimeout: 50,
      warnings: false,
    } as Widgets.IScreenOptions) as BlessedScreen;
  } finally {
    console.error = complain;
    if (TMUX !== undefined) process.env["TMUX"] = TMUX;
  }
}

/** blessed packs flags, foreground and background into an integer. */
function attributesOf(palette: readonly Look[]): Int32Array {
  return Int32Array.from(palette, ({ fg, bg, bold, underline, inverse }) => {
    const flags = (bold ? 1 : 0) | (underline ? 2 : 0) | (inverse ? 8 : 0);
    return (flags << 18) | ((fg < 0 ? BLESSED_DEFAULT : fg) << 9) | (bg < 0 ? BLESSED_DEFAULT : bg);
  });
}
