import { NOTES } from "../../decode/note.ts";
import { STATUSES } from "../../decode/status.ts";
import { TROUBLES } from "../../findings/troubles.ts";
import { type Line, labelled, paragraph, renderLines, type Style, span } from "../../report/text-layout.ts";

/** What a status is counted of: frames have one each, packets any number of notes, messages any number of troubles. */
type Scope = "frame" | "packet" | "message";

interface DecodeStatus {
  /** The counter's name under `coverage` in the JSON report. */
  readonly name: string;
  readonly of: Scope;
  /** `ok`: decoded. `exempt`: cannot route. `note`: hides nothing. `blind`: a run without findings is not clean. */
  readonly effect: "ok" | "exempt" | "note" | "blind";
  readonly meaning: string;
}

const STYLES: Readonly<Record<DecodeStatus["effect"], Style>> = {
  ok: "good",
  exempt: "faint",
  note: "plain",
  blind: "warning",
};

const HEADINGS: Readonly<Record<Scope, string>> = {
  frame: "Frames: each has one",
  packet: "Packets that were decoded: remarks on them",
  message: "Streams, messages and tables above the transport header",
};

const INTRODUCTION =
  "Each is a counter under `coverage` in the JSON report. Blind: it may have hidden a destination, so that a " +
  "run without findings is inconclusive. Note: it hides nothing. Exempt: on the closed list of what cannot route.";

/** Every status, note and trouble that reading a frame can lead to, frames' first. */
export function decodeStatuses(): DecodeStatus[] {
  const messages = Object.entries(TROUBLES).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...STATUSES.map(({ name, effect, meaning }) => ({ name, of: "frame" as const, effect, meaning })),
    ...NOTES.map(({ name, effect, meaning }) => ({ name, of: "packet" as const, effect, meaning })),
    ...messages.map(([name, { effect, meaning }]) => ({ name, of: "message" as const, effect, meaning })),
  ];
}

/** One JSON document of all statuses. */
export function decodeStatusesJson(): string {
  return `${JSON.stringify({ schema: "gapwatch/decode-statuses/1", statuses: decodeStatuses() }, null, 2)}\n`;
}

/** All statuses as a table, `columns` wide. */
export function decodeStatusesText(columns: number, color: boolean): string {
  const all = decodeStatuses();
  const width = Math.max(...all.map(({ name }) => name.length));
  const lines: Line[] = paragraph(INTRODUCTION, 0, columns);
  for (const scope of ["frame", "packet", "message"] as const) {
    lines.push([], [span(HEADINGS[scope], "heading")]);
    for (const { name, of, effect, meaning } of all) {
      if (of !== scope) continue;
      const [first, ...more] = labelled(span(`  ${name}`), width + 2, `${effect}: ${meaning}`, columns);
      lines.push(styled(first, STYLES[effect]), ...more);
    }
  }
  return renderLines(lines, color);
}

function styled([name, words]: Line, style: Style): Line {
  return [{ text: name.text, style }, words];
}
