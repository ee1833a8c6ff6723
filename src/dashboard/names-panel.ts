import type { NameVerdict, SeenName } from "../findings/live-traffic.ts";
import { numberText } from "../report/text-figures.ts";
import { fitName } from "./cell-grid.ts";
import type { Area, Frame } from "./frame.ts";
import { drawEmpty, drawTable, type PlainColumn } from "./plain-table.ts";
import { BAD, DIM, GOOD, STRONG, TEXT, WARN } from "./roles.ts";
import { momentText } from "./times.ts";

const VERDICT_ROLE: Readonly<Record<NameVerdict, number>> = {
  inside: DIM,
  local: DIM,
  mirrored: GOOD,
  allowed: WARN,
  outside: BAD,
};

const COLUMNS: readonly PlainColumn<SeenName>[] = [
  { title: "LAST", width: 8, text: ({ last }) => momentText(last), role: () => DIM },
  { title: "HOST", width: 12, text: ({ host, hostName }) => hostName ?? host, role: () => TEXT },
  { title: "BY", width: 5, text: ({ what }) => what, role: () => DIM },
  {
    title: "NAME",
    width: 0,
    text: ({ name }, width) => fitName(name === "" ? "." : name, width),
    role: ({ verdict }) => (verdict === "outside" ? STRONG : TEXT),
  },
  {
    title: "VERDICT",
    width: 22,
    text: ({ verdict, rule }, room) => {
      const full = `${verdict}: ${rule}`;
      return rule === null || full.length > room ? verdict : full;
    },
    role: ({ verdict }) => VERDICT_ROLE[verdict],
  },
  { title: "TIMES", width: 5, right: true, text: ({ count }) => numberText(count), role: () => DIM },
  { title: "ANSWER", width: 32, from: 110, text: ({ answer }) => answer, role: () => DIM },
];

/** Names that were asked for, and names told in flows, with the verdict on each; the latest first. */
export function drawNames(frame: Frame, area: Area): void {
  const { snapshot, ui } = frame;
  const names = [...snapshot.names.values()].reverse().filter(({ name, host, hostName, verdict, what }) =>
    ui.filter.matches({
      host: `${hostName ?? ""} ${host}`.toLowerCase(),
      name,
      kind: what.toLowerCase(),
      outcome: verdict,
    }),
  );
  if (names.length === 0)
    drawEmpty(frame, area, ui.filter.text === "" ? "no name was seen yet" : "no name matches");
  else drawTable(frame, area, "names", COLUMNS, names);
}
