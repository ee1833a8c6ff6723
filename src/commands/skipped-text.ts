/** Skipped files that are told by name. */
const NAMED = 3;

/** One line, however many files lie beside the captures of a directory. */
export function skippedText(skipped: readonly string[]): string {
  const named = skipped.slice(0, NAMED).join(", ");
  const more = skipped.length - NAMED;
  return `skipped, not captures: ${named}${more > 0 ? ` and ${more} more` : ""}`;
}
