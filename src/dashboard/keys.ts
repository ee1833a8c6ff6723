import { NO_FILTER } from "./filter.ts";
import { SORT_COLUMNS } from "./finding-order.ts";
import { openPrompt, promptKey } from "./prompt-keys.ts";
import type { Snapshot } from "./snapshot.ts";
import { type UiState, VIEWS, type View } from "./ui-state.ts";

/** A key as blessed tells it. */
export interface Key {
  /** With modifiers: `up`, `C-c`, `S-tab`. */
  readonly full: string;
  /** The character, where it is one that can be typed; else "". */
  readonly char: string;
}

/** What a key asks of who runs the dashboard. */
export type Command =
  | { readonly type: "quit" }
  | { readonly type: "suspend" }
  | { readonly type: "repaint" }
  | { readonly type: "ack"; readonly id: string; readonly reason: string }
  | { readonly type: "copy" | "draft"; readonly id: string }
  | { readonly type: "export" }
  | { readonly type: "pause" }
  | { readonly type: "replay"; readonly what: "toggle" | "faster" | "slower" | "minute" | "next" };

export interface KeyContext {
  readonly snapshot: Snapshot;
  /** The details fill the screen: moving scrolls them. */
  readonly detailFills: boolean;
}

/** Takes a key: changes what the user chose, or asks for something to be done. */
export function takeKey(ui: UiState, key: Key, context: KeyContext): Command | null {
  if (key.full === "C-c") return { type: "quit" };
  if (key.full === "C-z") return { type: "suspend" };
  if (key.full === "C-l") return { type: "repaint" };
  if (ui.question === "quit") {
    ui.question = null;
    return key.char === "y" || key.char === "Y" || key.char === "q" ? { type: "quit" } : null;
  }
  if (ui.prompt !== null) return promptKey(ui, key, context.snapshot);
  ui.message = null;
  if (ui.isHelpOpen) {
    helpKey(ui, key);
    return null;
  }
  if (moved(ui, key, context) || switched(ui, key)) return null;
  return acted(ui, key, context);
}

function helpKey(ui: UiState, { full, char }: Key): void {
  if (full === "down" || char === "j") ui.helpScroll++;
  else if (full === "up" || char === "k") ui.helpScroll--;
  else if (full === "pagedown" || char === " ") ui.helpScroll += 10;
  else if (full === "pageup") ui.helpScroll -= 10;
  else ui.isHelpOpen = false;
}

/** Steps that a moving key makes, in rows; pages are filled in. Null for other keys. */
function stepsOf({ full, char }: Key, page: number): number | null {
  if (full === "down" || char === "j") return 1;
  if (full === "up" || char === "k") return -1;
  if (full === "pagedown" || full === "C-f" || full === "C-d") return page;
  if (full === "pageup" || full === "C-b" || full === "C-u") return -page;
  if (full === "home" || char === "g") return -Infinity;
  if (full === "end" || char === "G") return Infinity;
  return null;
}

function moved(ui: UiState, key: Key, { snapshot, detailFills }: KeyContext): boolean {
  const steps = stepsOf(key, Math.max(1, ui.pageRows - 1));
  if (steps === null) return false;
  if (ui.view !== "findings") ui.scroll[ui.view] = scrolled(ui.scroll[ui.view], steps);
  else if (detailFills) ui.detailScroll = scrolled(ui.detailScroll, steps);
  else moveSelection(ui, snapshot, steps);
  return true;
}

/** Drawing puts it within bounds from above; infinite stays representable. */
function scrolled(at: number, steps: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, at + steps));
}

/** Selects the finding so many rows away; the row on the screen moves along until an edge is met. */
export function moveSelection(ui: UiState, snapshot: Snapshot, steps: number): void {
  const rows = snapshot.rows.shown();
  if (rows.length === 0) return;
  const place = Math.max(0, Math.min(rows.length - 1, ui.place + steps));
  ui.line = Math.max(0, Math.min(ui.pageRows - 1, ui.line + place - ui.place));
  ui.place = place;
  ui.detailScroll = 0;
  // At the top nothing is selected for good: the first row is shown, whichever it is.
  ui.selectedId = steps === -Infinity ? null : rows[place].id;
}

function switched(ui: UiState, { full, char }: Key): boolean {
  const at = VIEWS.indexOf(ui.view);
  let view: View | undefined;
  if (char >= "1" && char <= String(VIEWS.length)) view = VIEWS[Number(char) - 1];
  else if (full === "tab") view = VIEWS[(at + 1) % VIEWS.length];
  else if (full === "S-tab") view = VIEWS[(at + VIEWS.length - 1) % VIEWS.length];
  if (view === undefined) return false;
  ui.view = view;
  return true;
}

function acted(ui: UiState, key: Key, context: KeyContext): Command | null {
  const { full, char } = key;
  switch (full) {
    case "enter":
    case "linefeed":
      ui.isDetailOpen = ui.view === "findings" && !ui.isDetailOpen;
      ui.detailScroll = 0;
      return null;
    case "escape":
      escaped(ui, context.snapshot);
      return null;
    case "right":
      return opened(ui, context, 1);
    case "left":
      return opened(ui, context, -1);
  }
  return character(ui, char, context);
}

/** Right opens the details and goes to the next; left goes back, and closes them. */
function opened(ui: UiState, { snapshot, detailFills }: KeyContext, steps: number): null {
  if (ui.view !== "findings") return null;
  if (ui.isDetailOpen && detailFills) moveSelection(ui, snapshot, steps);
  else {
    ui.isDetailOpen = steps > 0;
    ui.detailScroll = 0;
  }
  return null;
}

function escaped(ui: UiState, snapshot: Snapshot): void {
  if (ui.isDetailOpen) ui.isDetailOpen = false;
  else if (ui.filter.text !== "") {
    ui.filter = NO_FILTER;
    snapshot.rows.filterBy(NO_FILTER);
  } else if (ui.view !== "findings") ui.view = "findings";
  else ui.selectedId = null;
}

function character(ui: UiState, char: string, context: KeyContext): Command | null {
  const { snapshot } = context;
  switch (char) {
    case "?":
      ui.isHelpOpen = true;
      ui.helpScroll = 0;
      return null;
    case "/":
      openPrompt(ui, "filter", ui.filter.text);
      return null;
    case "l":
      return opened(ui, context, 1);
    case "h":
      return opened(ui, context, -1);
    case "J":
      ui.detailScroll++;
      return null;
    case "K":
      ui.detailScroll = Math.max(0, ui.detailScroll - 1);
      return null;
    case "s":
    case "S":
      sorted(ui, snapshot, char === "S");
      return null;
    case "t":
      ui.isLight = !ui.isLight;
      return { type: "repaint" };
    case "q":
      if (snapshot.mode === "replay") return { type: "quit" };
      ui.question = "quit";
      return null;
    case "p":
      return { type: "pause" };
    case "e":
      return { type: "export" };
  }
  return replayed(char, snapshot) ?? aboutFinding(ui, char, snapshot);
}

function sorted(ui: UiState, { rows }: Snapshot, reverse: boolean): void {
  if (ui.view !== "findings") return;
  if (reverse) ui.isReversed = !ui.isReversed;
  else {
    ui.sort = SORT_COLUMNS[(SORT_COLUMNS.indexOf(ui.sort) + 1) % SORT_COLUMNS.length];
    ui.isReversed = false;
  }
  rows.sortBy(ui.sort, ui.isReversed);
}

function replayed(char: string, { replay }: Snapshot): Command | null {
  if (replay === null) return null;
  if (char === " ") return { type: "replay", what: "toggle" };
  if (char === "+" || char === "=") return { type: "replay", what: "faster" };
  if (char === "-") return { type: "replay", what: "slower" };
  if (char === "m") return { type: "replay", what: "minute" };
  return char === "n" ? { type: "replay", what: "next" } : null;
}

function aboutFinding(ui: UiState, char: string, { rows }: Snapshot): Command | null {
  if (char !== "a" && char !== "c" && char !== "y") return null;
  const id = ui.selectedId ?? rows.shown()[0]?.id;
  if (id === undefined || ui.view !== "findings") {
    ui.message = { text: "select a finding first", isBad: true };
    return null;
  }
  ui.selectedId = id;
  if (char === "c") return { type: "copy", id };
  if (char === "y") return { type: "draft", id };
  openPrompt(ui, "ack", "");
  return null;
}
