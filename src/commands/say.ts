import { plain } from "../report/text-plain.ts";

const CLEAR_LINE = "\r\x1b[2K";

let statusShown = false;
let divertTo: ((line: string) => void) | null = null;

/** While a screen is open, notices go there; null: to stderr again. */
export function divertNotices(to: ((line: string) => void) | null): void {
  divertTo = to;
}

/** A notice for people, on stderr: stdout carries the result alone. A status line makes room for it. */
export function say(line: string): void {
  if (divertTo !== null) {
    divertTo(line);
    return;
  }
  clearStatus();
  process.stderr.write(`gapwatch: ${plain(line)}\n`);
}

/** Shows a line on the terminal behind stderr that the next status or notice replaces. */
export function showStatus(line: string): void {
  if (divertTo !== null) return;
  process.stderr.write(`${CLEAR_LINE}${line}`);
  statusShown = true;
}

export function clearStatus(): void {
  if (statusShown) process.stderr.write(CLEAR_LINE);
  statusShown = false;
}
