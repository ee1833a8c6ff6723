import { closeSync } from "node:fs";
import { isatty } from "node:tty";

const DEFAULT_COLUMNS = 80;

/** How text for people is to look on stdout: as wide as the terminal, coloured where that is wanted. */
export function stdoutStyle(): { columns: number; color: boolean } {
  // https://no-color.org: any value but an empty one.
  const color = obeysEscapes(process.stdout) && !process.env["NO_COLOR"];
  return { columns: process.stdout.columns || DEFAULT_COLUMNS, color };
}

/** Whether a stream goes to a terminal that would not print escape sequences: a dumb one does. */
export function obeysEscapes({ isTTY }: { readonly isTTY?: boolean }): boolean {
  return isTTY === true && process.env["TERM"] !== "dumb";
}

const STANDARD_STREAMS = [0, 1, 2];

/**
 * To be called at the start. At the end Node sets the terminals that it began on as they were, and aborts where one
 * is gone by then (node::ResetStdio; seen with Node 20.20): no verdict's exit code, but a core dump. A descriptor
 * that is closed it leaves alone.
 */
export function leaveLostTerminalsAlone(): void {
  const terminals = STANDARD_STREAMS.filter((fd) => isatty(fd));
  process.on("exit", () => {
    for (const fd of terminals) if (!isatty(fd)) closeIfOpen(fd);
  });
}

function closeIfOpen(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // It is closed.
  }
}
