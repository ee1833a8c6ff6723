import { InvalidArgumentError } from "commander";

/** A stall of the process of half a second must not cost a packet on a busy mirror. */
const DEFAULT_RING_MB = 256;
/** What a ring can be made of (capture/open-rings.ts). */
const MIN_RING_MB = 2;
const MAX_RING_MB = 1024;

/** `--ring-mb`, the same for all commands that capture. */
export const RING_OPTION = [
  "--ring-mb <megabytes>",
  "size of the capture ring of each interface",
  ringSize,
  DEFAULT_RING_MB,
] as const;

function ringSize(value: string): number {
  const megabytes = Number(value);
  if (!Number.isInteger(megabytes) || megabytes < MIN_RING_MB || megabytes > MAX_RING_MB) {
    throw new InvalidArgumentError(
      `expected a whole number of megabytes from ${MIN_RING_MB} to ${MAX_RING_MB}`,
    );
  }
  return megabytes;
}
