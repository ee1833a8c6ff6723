import { plain } from "../report/text-plain.ts";
import { type Line, span } from "./cell-grid.ts";

/** Text in lines of at most `room` columns, broken at spaces, in the middle of words that are too long. */
export function wrapText(text: string, room: number): string[] {
  const width = Math.max(8, room);
  const lines: string[] = [];
  let line = "";
  for (const word of plain(text).split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    let rest = line === "" ? word : `${line} ${word}`;
    while (rest.length > width) {
      lines.push(rest.slice(0, width));
      rest = rest.slice(width);
    }
    line = rest;
  }
  if (line !== "") lines.push(line);
  return lines;
}

/** A label and a text that wraps beside it. */
export function labelled(
  label: string,
  text: string,
  width: number,
  labelRole: number,
  textRole: number,
): Line[] {
  const room = width - LABEL_COLUMNS;
  return wrapText(text, room).map((part, i) => [
    span((i === 0 ? label : "").padEnd(LABEL_COLUMNS), labelRole),
    span(part, textRole),
  ]);
}

const LABEL_COLUMNS = 13;
