import type { Run } from "./run.ts";
import { adviceFor } from "./text-advice.ts";
import { bytesText, counted, numberText, shareText } from "./text-figures.ts";
import { cellsInWords, type Line, paragraph, span } from "./text-layout.ts";
import { plain } from "./text-plain.ts";

const INDENT = 2;
const HANG = 4;

/** What the sensor could see: each reason why not with what to do about it, and the figures. */
export function coverageLines(run: Run, width: number): Line[] {
  const { reasons } = run.summary;
  const whole = reasons.length === 0;
  const title = whole ? ": the sensor saw what it had to see" : ": the sensor was partly blind";
  const lines: Line[] = [[span("Coverage", "heading"), span(title, whole ? "good" : "warning")]];
  for (const reason of reasons) {
    const { name, rest } = partsOf(reason);
    lines.push([span(" ".repeat(INDENT)), span(name, "warning")]);
    lines.push(...paragraph(rest, HANG, width), ...paragraph(`What to do: ${adviceFor(name)}.`, HANG, width));
  }
  for (const { prefix, seen } of run.summary.wideInside) {
    const text = `${prefix} is declared inside, but every host that spoke is in ${seen}`;
    lines.push([span(" ".repeat(INDENT)), span("inside.wide", "warning")]);
    lines.push(...paragraph(`${text}: what lies between would pass as inside.`, HANG, width));
    lines.push(...paragraph(`What to do: ${adviceFor("inside.wide")}.`, HANG, width));
  }
  return [
    ...lines,
    ...cellsInWords(
      figuresOf(run).map((text) => span(text, "faint")),
      INDENT,
      width,
    ),
  ];
}

/** `name: sentence`, as coverage writes its reasons. */
function partsOf(reason: string): { name: string; rest: string } {
  const at = reason.indexOf(": ");
  const name = plain(at === -1 ? reason : reason.slice(0, at));
  const rest = at === -1 ? "" : plain(reason.slice(at + 2));
  return { name, rest: rest.endsWith("?") ? rest : `${rest}.` };
}

function figuresOf(run: Run): string[] {
  const { totals, coverage } = run.summary;
  const count = (name: string): number => coverage[name] ?? 0;
  const tcpOneWay = count("inside.tcp_one_way");
  const asked = count("inside.dns_asked");
  const oneWay = tcpOneWay + asked - count("inside.dns_answered");
  const conversations = tcpOneWay + count("inside.tcp_both_ways") + asked;
  return [
    `${counted(totals.packets, "packet")} in ${counted(totals.flows, "flow")}`,
    `${numberText(totals.undecoded)} not decoded`,
    `${numberText(count("unroutable"))} that cannot route (ARP and the like)`,
    `${numberText(count("capture.dropped"))} reported lost`,
    `${counted(totals.duplicates, "duplicate")} (${shareText(totals.duplicates, totals.packets)})`,
    `${numberText(oneWay)} of ${counted(conversations, "inside conversation")} one-sided`,
    `${bytesText(count("tcp.unseen_bytes"))} of TCP data never seen`,
  ];
}
