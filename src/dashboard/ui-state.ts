import { type Filter, NO_FILTER } from "./filter.ts";
import type { SortColumn } from "./finding-order.ts";

export const VIEWS = ["findings", "hosts", "names", "flows", "coverage", "log"] as const;
export type View = (typeof VIEWS)[number];

/** What is being typed in the bottom line. */
export interface Prompt {
  readonly kind: "filter" | "ack";
  text: string;
  /** Column of the cursor in the text. */
  at: number;
  /** Why what was typed will not do. */
  problem: string | null;
  /** Place in the history while going through it; its length for what was typed. */
  place: number;
}

/** Something asked that a key answers. */
export type Question = "quit" | null;

/** What the user chose. Changed by keys (keys.ts), read by the panels. */
export interface UiState {
  view: View;
  /** The selected finding; null: the first one, whichever it is. */
  selectedId: string | null;
  /** Where the selected row stands on the screen, and how many rows there is room for: kept while rows move. */
  line: number;
  pageRows: number;
  /** The selected row's place when it was last drawn. */
  place: number;
  /** Scroll position of the other views. */
  scroll: Record<View, number>;
  isDetailOpen: boolean;
  detailScroll: number;
  isHelpOpen: boolean;
  helpScroll: number;
  isPaused: boolean;
  /** Updates that went by while paused. */
  passedBy: number;
  filter: Filter;
  filterHistory: string[];
  sort: SortColumn;
  isReversed: boolean;
  prompt: Prompt | null;
  question: Question;
  /** Shown in the bottom line until the next key. */
  message: { readonly text: string; readonly isBad: boolean } | null;
  isLight: boolean;
}

export function initialState(isLight: boolean): UiState {
  return {
    view: "findings",
    selectedId: null,
    line: 0,
    pageRows: 1,
    place: 0,
    scroll: { findings: 0, hosts: 0, names: 0, flows: 0, coverage: 0, log: 0 },
    isDetailOpen: false,
    detailScroll: 0,
    isHelpOpen: false,
    helpScroll: 0,
    isPaused: false,
    passedBy: 0,
    filter: NO_FILTER,
    filterHistory: [],
    sort: "severity",
    isReversed: false,
    prompt: null,
    question: null,
    message: null,
    isLight,
  };
}
