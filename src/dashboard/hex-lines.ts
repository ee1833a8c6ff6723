import { type Line, span } from "./cell-grid.ts";
import { DIM, TEXT } from "./roles.ts";

/** Octets that are shown of a packet. */
const MAX_OCTETS = 256;

/** `0010  45 00 …  E.` lines, sixteen octets each, eight where there is little room. */
export function hexLines(octets: Uint8Array, width: number): Line[] {
  const columns = width >= 76 ? 16 : 8;
  const lines: Line[] = [];
  const end = Math.min(octets.length, MAX_OCTETS);
  for (let at = 0; at < end; at += columns) {
    let hex = "";
    let text = "";
    for (let i = at; i < at + columns; i++) {
      if (i === at + 8) hex += " ";
      hex += i < end ? `${octets[i].toString(16).padStart(2, "0")} ` : "   ";
      if (i < end) text += octets[i] >= 0x20 && octets[i] < 0x7f ? String.fromCharCode(octets[i]) : ".";
    }
    lines.push([
      span(`  ${at.toString(16).padStart(4, "0")}  `, DIM),
      span(hex, TEXT),
      span(` ${text}`, DIM),
    ]);
  }
  return lines;
}
