/**
 * A value as JSON in ASCII alone, which says the same: what is foreign in it (names of captures, texts of the
 * user's own catalogue) may hold C1 controls and bidirectional marks, which JSON would let through to a terminal.
 */
export function jsonText(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(/[\u007f-\uffff]/g, escaped);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
