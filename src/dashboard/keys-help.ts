import { FILTER_FIELDS } from "./filter.ts";

export type Entry = readonly [keys: string, what: string];

export const MOVE: readonly Entry[] = [
  ["1-6, Tab", "views: findings, hosts, names, flows, coverage, log"],
  ["arrows, hjkl", "move; PgUp, PgDn, g, G by pages and to the ends"],
  ["Enter, l", "details of the finding; Esc, h closes them"],
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

/** The keys in a line or two, for --help. */
export const KEYS_HELP = `
Keys of the dashboard:
${[...MOVE, ...ACT].map(([keys, what]) => `  ${keys.padEnd(15)} ${what}`).join("\n")}
Keys of a replay:
${REPLAY.map(([keys, what]) => `  ${keys.padEnd(15)} ${what}`).join("\n")}
Filters (all words must match; ! negates, a comma is or, * any characters):
${Object.values(FILTER_FIELDS)
  .map((text) => `  ${text}`)
  .join("\n")}`;
