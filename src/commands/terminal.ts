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
