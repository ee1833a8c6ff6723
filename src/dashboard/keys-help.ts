import { FILTER_FIELDS } from "./filter.ts";
import { wrapText } from "./wrap.ts";

export type Entry = readonly [keys: string, what: string];

export const MOVE: readonly Entry[] = [
  ["1-6, Tab", "views: findings, hosts, names, flows, coverage, log"],
  ["arrows, hjkl", "move; PgUp, PgDn, g, G by pages and to the ends"],
  ["Enter, right", "details of the finding, then the next one; Esc closes them"],
  ["J, K", "scroll the details beside the table"],
];

export const ACT: readonly Entry[] = [
  ["/", "filter; up and down go through earlier ones"],
  ["s, S", "sort by the next column; the other way round"],
  ["p", "pause the table; what goes by is counted"],
  ["a", "acknowledge, with a reason; changes no verdict"],
  ["c", "copy the finding (OSC 52)"],
  ["y", "draft an allow rule into a file, to be completed"],
  ["e", "export the findings shown into a file"],
  ["t", "light or dark background"],
  ["Ctrl-L, Ctrl-Z", "draw anew; suspend"],
  ["q", "end, with the verdict's exit code"],
];

export const REPLAY: readonly Entry[] = [
  ["space", "stop and go on"],
  ["+, -", "faster, slower, up to max"],
  ["m", "jump a minute of capture time"],
  ["n", "jump to the next finding"],
];

/** The filter language. */
export const FILTER_HELP: readonly string[] = [
  "all words must match; ! negates, a comma is or, * any characters",
  Object.values(FILTER_FIELDS).join("  "),
];

const HELP_WIDTH = 76;

/** The same for --help. */
export const KEYS_HELP = `
Keys of the dashboard:
${entryLines([...MOVE, ...ACT])}
Keys of a replay:
${entryLines(REPLAY)}
Filters:
${FILTER_HELP.flatMap((text) => wrapText(text, HELP_WIDTH))
  .map((text) => `  ${text}`)
  .join("\n")}`;

function entryLines(entries: readonly Entry[]): string {
  return entries.map(([keys, what]) => `  ${keys.padEnd(15)} ${what}`).join("\n");
}
