import { readFileSync } from "node:fs";
import type { Disagreement } from "./comparison.ts";

/** A line of disagreements.tsv. */
export interface Listed {
  readonly capture: string;
  readonly how: string;
  readonly count: number;
  /** A fact; "*" in it stands for anything. */
  readonly pattern: string;
  readonly side: string;
  readonly reason: string;
}

const SIDES = new Set(["oracle", "reading", "later"]);
const COLUMNS = 6;

/** Reads the list; throws where a line is not as its head says. */
export function readDisagreements(path: string): Listed[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const columns = line.split("\t");
      const [capture, how, count, pattern, side, reason] = columns;
      if (columns.length !== COLUMNS || !SIDES.has(side) || reason.length < 5) {
        throw new Error(`disagreements.tsv: ${line}`);
      }
      return { capture, how, count: Number(count), pattern, side, reason };
    });
}

/** The first line that a disagreement fits, or null. */
export function lineFor(
  listed: readonly Listed[],
  capture: string,
  { how, fact }: Disagreement,
): Listed | null {
  return (
    listed.find((line) => line.capture === capture && line.how === how && fits(line.pattern, fact)) ?? null
  );
}

function fits(pattern: string, fact: string): boolean {
  if (pattern === fact) return true;
  const escaped = pattern.replace(/[\\^$.|?+()[\]{}]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`, "s").test(fact);
}
