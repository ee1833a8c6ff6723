import { plain } from "../report/text-plain.ts";

const CLEAR_LINE = "\r\x1b[2K";

let statusShown = false;

/** A notice for people, on stderr: stdout carries the result alone. A status line makes room for it. */
export function say(line: string): void {
  clearStatus();
  process.stderr.write(`gapwatch: ${plain(line)}\n`);
}

/** Shows a line on the terminal behind stderr that the next status or notice replaces. */
export function showStatus(line: string): void {
  process.stderr.write(`${CLEAR_LINE}${line}`);
  statusShown = true;
}

export function clearStatus(): void {
  if (statusShown) process.stderr.write(CLEAR_LINE);
  statusShown = false;
}
