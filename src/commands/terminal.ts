const DEFAULT_COLUMNS = 80;

/** How text for people is to look on stdout: as wide as the terminal, coloured where that is wanted. */
export function stdoutStyle(): { columns: number; color: boolean } {
  const { isTTY, columns } = process.stdout;
  // https://no-color.org: any value but an empty one.
  const color = isTTY === true && !process.env["NO_COLOR"];
  return { columns: columns || DEFAULT_COLUMNS, color };
}
