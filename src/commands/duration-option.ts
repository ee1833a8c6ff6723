import { InvalidArgumentError } from "commander";
import { DURATION_EXPECTED, parseDuration } from "../policy/amount.ts";

/** Seconds of an option such as `--for 30m`, at least one. Throws what commander reports. */
export function durationOption(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === null || seconds < 1) throw new InvalidArgumentError(`expected ${DURATION_EXPECTED}`);
  return seconds;
}
