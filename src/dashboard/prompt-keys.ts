import { NO_FILTER, parseFilter } from "./filter.ts";
import type { Command, Key } from "./keys.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Prompt, UiState } from "./ui-state.ts";

const MAX_TYPED = 400;
const MAX_HISTORY = 50;

export function openPrompt(ui: UiState, kind: Prompt["kind"], text: string): void {
  ui.prompt = { kind, text, at: text.length, problem: null, place: ui.filterHistory.length };
}

/** A key while something is typed. The filter takes effect with every key; Esc takes it back. */
export function promptKey(ui: UiState, key: Key, snapshot: Snapshot): Command | null {
  const { prompt } = ui;
  if (prompt === null) return null;
  if (key.full === "escape") {
    ui.prompt = null;
    if (prompt.kind === "filter") snapshot.rows.filterBy(ui.filter);
    return null;
  }
  if (key.full === "enter" || key.full === "linefeed") return finished(ui, prompt, snapshot);
  edit(prompt, key, ui.filterHistory);
  if (prompt.kind === "filter") tryFilter(prompt, snapshot);
  return null;
}

function finished(ui: UiState, prompt: Prompt, snapshot: Snapshot): Command | null {
  if (prompt.kind === "ack") {
    const reason = prompt.text.trim();
    const id = ui.selectedId;
    if (reason === "" || id === null) {
      prompt.problem = "a reason is needed";
      return null;
    }
    ui.prompt = null;
    return { type: "ack", id, reason };
  }
  const parsed = parseFilter(prompt.text.trim());
  if ("problem" in parsed) {
    prompt.problem = parsed.problem;
    return null;
  }
  ui.filter = parsed.text === "" ? NO_FILTER : parsed;
  snapshot.rows.filterBy(ui.filter);
  if (parsed.text !== "") {
    ui.filterHistory = [...ui.filterHistory.filter((text) => text !== parsed.text), parsed.text].slice(
      -MAX_HISTORY,
    );
  }
  ui.prompt = null;
  return null;
}

function tryFilter(prompt: Prompt, snapshot: Snapshot): void {
  const parsed = parseFilter(prompt.text);
  prompt.problem = "problem" in parsed ? parsed.problem : null;
  if (!("problem" in parsed)) snapshot.rows.filterBy(parsed);
}

function edit(prompt: Prompt, { full, char }: Key, history: readonly string[]): void {
  const { text, at } = prompt;
  prompt.problem = null;
  if (full === "backspace" && at > 0) {
    prompt.text = text.slice(0, at - 1) + text.slice(at);
    prompt.at--;
  } else if (full === "delete") prompt.text = text.slice(0, at) + text.slice(at + 1);
  else if (full === "C-u") {
    prompt.text = text.slice(at);
    prompt.at = 0;
  } else if (full === "C-w") {
    const from = text.slice(0, at).trimEnd().lastIndexOf(" ") + 1;
    prompt.text = text.slice(0, from) + text.slice(at);
    prompt.at = from;
  } else if (full === "left") prompt.at = Math.max(0, at - 1);
  else if (full === "right") prompt.at = Math.min(text.length, at + 1);
  else if (full === "home" || full === "C-a") prompt.at = 0;
  else if (full === "end" || full === "C-e") prompt.at = text.length;
  else if (prompt.kind === "filter" && (full === "up" || full === "down"))
    recall(prompt, history, full === "up" ? -1 : 1);
  else if (char !== "" && text.length < MAX_TYPED) {
    prompt.text = text.slice(0, at) + char + text.slice(at);
    prompt.at += char.length;
  }
}

function recall(prompt: Prompt, history: readonly string[], step: number): void {
  prompt.place = Math.max(0, Math.min(history.length, prompt.place + step));
  prompt.text = history[prompt.place] ?? "";
  prompt.at = prompt.text.length;
}
