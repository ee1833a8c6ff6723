import type { Scene } from "../../findings/scene.ts";
import type { Random } from "./random.ts";

/** Traffic of one host of which it is known whether a detector has to speak up. */
export interface Labelled {
  readonly name: string;
  /** Whether the traffic is what the detector looks for. */
  readonly isWanted: boolean;
  /** Wanted, and known to be out of reach: it counts as missed, and shows where the reach ends. */
  readonly isBeyond?: true;
  /** Adds the traffic to a scene. */
  readonly play: (scene: Scene, random: Random) => void;
}
