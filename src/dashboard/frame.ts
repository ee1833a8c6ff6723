import type { CellGrid } from "./cell-grid.ts";
import type { EvidenceView } from "./evidence-view.ts";
import type { Glyphs } from "./glyphs.ts";
import type { Snapshot } from "./snapshot.ts";
import type { UiState } from "./ui-state.ts";

/** What every panel draws from, and onto. */
export interface Frame {
  readonly grid: CellGrid;
  readonly snapshot: Snapshot;
  readonly ui: UiState;
  readonly glyphs: Glyphs;
  /** Of the selected finding; null until it is there. */
  readonly evidence: EvidenceView | null;
}

/** A part of the screen, in cells. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
