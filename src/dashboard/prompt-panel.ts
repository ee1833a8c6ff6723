import type { Area, Frame } from "./frame.ts";
import { ACCENT, BAD, DIM, KEY, LAMP_BLIND, PROMPT, STRONG, TEXT, WARN } from "./roles.ts";

/** The bottom line: what is being typed, a question, a message, or the most useful keys. */
export function drawPrompt(frame: Frame, { x, y, width }: Area): void {
  const { grid, ui, glyphs } = frame;
  const end = x + width - 1;
  if (ui.question === "quit") {
    grid.putLine(x + 1, y, [
      { text: "stop watching? ", role: WARN },
      { text: "y", role: KEY },
      { text: " ends the run with its verdict, any other key goes on", role: TEXT },
    ]);
    return;
  }
  if (ui.prompt !== null) {
    const { kind, text, at, problem } = ui.prompt;
    const label = kind === "filter" ? "/" : "acknowledge, because: ";
    let column = grid.put(x + 1, y, label, ACCENT);
    const room = Math.max(4, end - column - (problem === null ? 1 : problem.length + 3));
    const from = Math.max(0, at - room + 1);
    const shown = text.slice(from, from + room);
    grid.put(column, y, shown, PROMPT);
    grid.glyph(column + at - from, y, at < text.length ? text[at] : glyphs.cursor, KEY);
    column += shown.length + 2;
    if (problem !== null) grid.put(column, y, problem, BAD, end - column);
    return;
  }
  if (ui.message !== null) {
    grid.put(x + 1, y, ui.message.text, ui.message.isBad ? BAD : STRONG, end - x - 1);
    return;
  }
  drawHints(frame, x, y, end);
}

function drawHints({ grid, snapshot, ui }: Frame, x: number, y: number, end: number): void {
  let at = x + 1;
  const [alarm] = snapshot.alarms;
  if (alarm !== undefined) {
    const more = snapshot.alarms.length - 1;
    at = grid.put(at, y, " ALARM ", LAMP_BLIND);
    at = grid.put(at, y, ` ${alarm}${more > 0 ? ` (and ${more} more)` : ""}   `, WARN, end - at);
  }
  if (snapshot.replay !== null) {
    const { speed, isPaused, isEnded, share } = snapshot.replay;
    const pace = speed === Infinity ? "max" : `x${speed}`;
    const state = isEnded ? "end" : isPaused ? "stopped" : pace;
    const done = share === null ? "" : ` ${Math.floor(share * 100)}%`;
    at = grid.put(at, y, `${state}${isEnded ? "" : done}  `, isPaused || isEnded ? WARN : ACCENT);
  }
  if (ui.isPaused) at = grid.put(at, y, `paused, ${ui.passedBy} updates went by  `, WARN);
  const hints = snapshot.replay === null || snapshot.replay.isEnded ? HINTS : REPLAY_HINTS;
  for (const [key, what] of hints) {
    if (at + key.length + what.length + 3 > end) break;
    at = grid.put(at, y, key, KEY);
    at = grid.put(at, y, ` ${what}   `, DIM);
  }
}

const HINTS = [
  ["?", "help"],
  ["/", "filter"],
  ["Enter", "details"],
  ["s", "sort"],
  ["a", "ack"],
  ["y", "draft rule"],
  ["p", "pause"],
  ["q", "quit"],
  ["e", "export"],
  ["c", "copy"],
] as const;

const REPLAY_HINTS = [
  ["?", "help"],
  ["space", "stop/go"],
  ["+ -", "speed"],
  ["n", "next finding"],
  ["m", "minute"],
  ["/", "filter"],
  ["q", "quit"],
  ["Enter", "details"],
] as const;
