import type { PacketTime } from "../capture/frame-source.ts";
import type { Run, RunInput } from "./run.ts";
import { coverageLines } from "./text-coverage.ts";
import { dependencyLines } from "./text-dependencies.ts";
import { exceptionLines } from "./text-exceptions.ts";
import { bytesText, Clock, counted, durationText, windowText } from "./text-figures.ts";
import { findingLines, infoLines } from "./text-findings.ts";
import { type Line, labelled, renderLines, span } from "./text-layout.ts";
import { plain } from "./text-plain.ts";
import { verdictLines } from "./text-verdict.ts";

/** Narrower than this nothing is laid out sensibly. */
export const MIN_COLUMNS = 60;
const LABEL_WIDTH = 7;
/** Inputs that are listed one by one; hashed ones always are. */
const MAX_INPUTS = 10;

export interface TextStyle {
  /** Width of the terminal. */
  readonly columns: number;
  /** Whether to colour; nothing is said by colour alone. */
  readonly color: boolean;
}

/**
 * The report for people: verdict, enclave, what was read, findings by what was contacted, exceptions,
 * coverage. Printable ASCII (and colours) only; no line is longer than the terminal is wide.
 */
export function textReport(run: Run, { columns, color }: TextStyle): string {
  const width = Math.max(MIN_COLUMNS, columns);
  const clock = new Clock(firstOf(run.inputs), lastOf(run.inputs));
  const sections = [
    verdictLines(run, width),
    aboutLines(run, width),
    dependencyLines(run, width),
    findingLines(run, clock, width),
    infoLines(run, clock, width),
    exceptionLines(run, clock, width),
    coverageLines(run, width),
  ];
  const shown = sections.filter((section) => section.length > 0);
  return renderLines(
    shown.flatMap((section, i) => (i === 0 ? section : [[], ...section])),
    color,
  );
}

/** Which enclave, which captures, which time. */
export function aboutLines({ policy, inputs, summary }: Run, width: number): Line[] {
  const line = (label: string, text: string): Line[] =>
    labelled(span(label, "heading"), LABEL_WIDTH, text, width);
  const lines = line("Enclave", `${plain(policy.name)} (${policy.stage})`);
  const listed = inputs.filter((input, i) => i < MAX_INPUTS || input.sha256 !== null);
  for (const [i, input] of listed.entries()) lines.push(...line(i === 0 ? "Read" : "", inputText(input)));
  if (listed.length < inputs.length) {
    const rest = inputs.length - listed.length;
    const { packets, bytes } = summary.totals;
    const all = `${counted(packets, "packet")} and ${bytesText(bytes)} in all`;
    lines.push(...line("", `and ${counted(rest, "more capture")}; ${all}`));
  }
  const first = firstOf(inputs);
  const last = lastOf(inputs);
  if (first === null || last === null) return lines;
  const seconds = last.sec - first.sec + (last.nsec - first.nsec) / 1e9;
  return [...lines, ...line("Window", `${windowText(first, last)} (${durationText(seconds)})`)];
}

function inputText(input: RunInput): string {
  const name = input.path === "-" ? "standard input" : plain(input.path);
  if (input.format === null) return `${name}: not read`;
  const facts = [input.format, counted(input.packets, "packet"), bytesText(input.bytes)];
  if (input.damage !== null) facts.push("incomplete");
  if (input.sha256 !== null) facts.push(`sha256 ${input.sha256}`);
  return `${name}: ${facts.join(", ")}`;
}

function firstOf(inputs: readonly RunInput[]): PacketTime | null {
  const times = inputs.flatMap(({ first }) => (first === null ? [] : [first]));
  return times.reduce<PacketTime | null>((a, b) => (a === null || compare(b, a) < 0 ? b : a), null);
}

function lastOf(inputs: readonly RunInput[]): PacketTime | null {
  const times = inputs.flatMap(({ last }) => (last === null ? [] : [last]));
  return times.reduce<PacketTime | null>((a, b) => (a === null || compare(b, a) > 0 ? b : a), null);
}

function compare(a: PacketTime, b: PacketTime): number {
  return a.sec - b.sec || a.nsec - b.nsec;
}
