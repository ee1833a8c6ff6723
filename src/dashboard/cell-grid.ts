import { plain } from "../report/text-plain.ts";
import type { Look } from "./palette.ts";
import { RULE, TEXT } from "./roles.ts";

/** A piece of text and what it stands for. */
export interface Span {
  readonly text: string;
  readonly role: number;
  /** Our own drawing (glyphs.ts), which does not pass `plain`. */
  readonly isDrawn?: boolean;
}

export function span(text: string, role: number = TEXT): Span {
  return { text, role };
}

/** Glyphs of our own: never text from anywhere else. */
export function drawn(glyphs: string, role: number): Span {
  return { text: glyphs, role, isDrawn: true };
}

/** One line of a panel. */
export type Line = readonly Span[];

/**
 * The screen as cells of one column each. Everything that is put here passes `plain`, so that no text from the
 * wire, from files or from keys can be anything but printable ASCII: nothing is interpreted, and a character is
 * a column. What the dashboard draws itself (rules, bars) goes through `glyph`.
 */
export class CellGrid {
  readonly width: number;
  readonly height: number;
  readonly chars: string[];
  /** Roles, one a cell (roles.ts). */
  readonly roles: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.chars = new Array<string>(width * height).fill(" ");
    this.roles = new Uint8Array(width * height);
  }

  /** Writes text from a column on, at most `room` columns of it, and returns the column after it. */
  put(x: number, y: number, text: string, role: number = TEXT, room: number = this.width - x): number {
    if (y < 0 || y >= this.height || x >= this.width) return x;
    const shown = shorten(plain(text), Math.min(room, this.width - x));
    const at = y * this.width + x;
    for (let i = 0; i < shown.length; i++) {
      this.chars[at + i] = shown[i];
      this.roles[at + i] = role;
    }
    return x + shown.length;
  }

  /** The same, ending before the column `end`. */
  putRight(end: number, y: number, text: string, role: number = TEXT, room: number = end): void {
    const shown = shorten(plain(text), Math.min(room, end));
    this.put(end - shown.length, y, shown, role);
  }

  /** Several pieces, one after another. */
  putLine(x: number, y: number, line: Line, end: number = this.width): number {
    let at = x;
    for (const { text, role, isDrawn } of line) {
      if (at >= end) break;
      if (isDrawn) for (const char of text) this.glyph(at++, y, char, role);
      else at = this.put(at, y, text, role, end - at);
    }
    return at;
  }

  /** One character of our own drawing. */
  glyph(x: number, y: number, char: string, role: number): void {
    if (x < 0 || x >= this.width || y < 0 || y >= this.height) return;
    this.chars[y * this.width + x] = char;
    this.roles[y * this.width + x] = role;
  }

  /** A horizontal rule. */
  rule(x: number, y: number, end: number, char: string): void {
    for (let at = x; at < end; at++) this.glyph(at, y, char, RULE);
  }

  /** Adds to the roles of a row of cells: a selected row. */
  mark(x: number, y: number, end: number, bit: number): void {
    if (y < 0 || y >= this.height) return;
    for (let at = x; at < end; at++) this.roles[y * this.width + at] |= bit;
  }

  /** Blanks a part of the screen, to draw something over it. */
  clear(x: number, y: number, width: number, height: number): void {
    for (let row = y; row < Math.min(this.height, y + height); row++) {
      for (let at = x; at < Math.min(this.width, x + width); at++) this.glyph(at, row, " ", TEXT);
    }
  }

  /** The text of it, a line each, without what would only be blank. */
  toText(): string {
    let text = "";
    for (let y = 0; y < this.height; y++) {
      text += `${this.chars
        .slice(y * this.width, (y + 1) * this.width)
        .join("")
        .trimEnd()}\n`;
    }
    return text;
  }

  /** The same with SGR sequences, for a file that can be shown with `cat`. */
  toAnsi(palette: readonly Look[]): string {
    let text = "";
    for (let y = 0; y < this.height; y++) {
      let role = TEXT;
      for (let at = y * this.width; at < (y + 1) * this.width; at++) {
        if (this.roles[at] !== role) {
          role = this.roles[at];
          text += sgr(palette[role]);
        }
        text += this.chars[at];
      }
      text += role === TEXT ? "\n" : "\x1b[0m\n";
    }
    return text;
  }
}

/** What fits, with an ellipsis where something is left out. */
export function shorten(text: string, room: number): string {
  if (text.length <= room) return text;
  return room < 4 ? text.slice(0, Math.max(0, room)) : `${text.slice(0, room - 2)}..`;
}

/** A name cut at the front: who owns it stands at its end. */
export function fitName(text: string, room: number): string {
  const shown = plain(text);
  if (shown.length <= room) return shown;
  return room < 4 ? shown.slice(shown.length - Math.max(0, room)) : `..${shown.slice(2 - room)}`;
}

function sgr({ fg, bg, bold, underline, inverse }: Look): string {
  let codes = "0";
  if (bold) codes += ";1";
  if (underline) codes += ";4";
  if (inverse) codes += ";7";
  if (fg >= 0) codes += `;38;5;${fg}`;
  if (bg >= 0) codes += `;48;5;${bg}`;
  return `\x1b[${codes}m`;
}
