import { setTimeout as pause } from "node:timers/promises";

/** Longer than anything takes on a machine that has other things to do; only what will never come takes so long. */
export const PATIENCE_MS = 60_000;
const LOOK_MS = 20;

/** Waits until it is so; `instead`: what there is in its place, for when it never comes. */
export async function until(isSo: () => boolean | Promise<boolean>, instead: () => string): Promise<void> {
  for (const endMs = performance.now() + PATIENCE_MS; !(await isSo()); await pause(LOOK_MS)) {
    if (performance.now() > endMs) throw new Error(`it never came:\n${instead()}`);
  }
}
