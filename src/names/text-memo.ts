/** Answers that are kept at once, and the longest text that has one. */
const MAX_KEPT = 1024;
const MAX_TEXT = 256;

/**
 * The same function, which asks `answer` once for a text that comes again and again (the few hosts that a host talks
 * to). Answers must depend on the text alone, and nobody may change them.
 */
export function remembering<T>(answer: (text: string) => T): (text: string) => T {
  const kept = new Map<string, T>();
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined || text.length > MAX_TEXT) return known ?? answer(text);
    if (kept.size >= MAX_KEPT) kept.clear();
    const fresh = answer(text);
    // A copy: a part of a text keeps the whole of it in memory.
    kept.set(Buffer.from(text, "utf16le").toString("utf16le"), fresh);
    return fresh;
  };
}
