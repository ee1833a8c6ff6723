import type { Moment } from "../finding.ts";
import type { Service } from "./series.ts";

/** How much of each detector's memory outlives a run: what was silent for longest goes first. */
export const MOST_KEPT = { beacon: 8192, "tunnel.dns": 2048 } as const;

interface KeptThing {
  /** What the detector follows: a source, and where it goes. */
  readonly key: string;
  /** Packet time of the last of it, in seconds. What is later replaces what is earlier. */
  readonly lastSec: number;
  /** What there is most of: moments in seconds; hashes of names. */
  readonly numbers: Float64Array;
}

/** What a detector learned of one thing that it follows, for the runs after this one. `facts` are fit for JSON. */
export type KeptMemory =
  | (KeptThing & { readonly detector: "beacon"; readonly facts: SeriesFacts })
  | (KeptThing & { readonly detector: "tunnel.dns"; readonly facts: ZoneFacts });

/** What one source tries toward one destination, its moments aside. */
export interface SeriesFacts {
  /** Packet time in seconds of the first of all, also where its moment is forgotten. */
  readonly earliestSec: number;
  readonly first: Moment;
  readonly rank: number;
  /** Those that no finding has counted yet. */
  readonly attempts: number;
  readonly outcome: number;
  readonly services: readonly Service[];
}

/** What one source asked below one registrable domain, the names aside. */
export interface ZoneFacts {
  readonly first: Moment;
  readonly halvedSec: number;
  readonly asked: number;
  readonly encoded: number;
  readonly chars: number;
  readonly identifiers: number;
  readonly rare: number;
  readonly answers: number;
  readonly answerBytes: number;
  /** A finding has counted them. */
  readonly isTold: boolean;
}
