/** Answers that are kept at once, and the longest text that has one: what is kept stays small. */
const MAX_KEPT = 1 << 12;
const MAX_TEXT = 128;

/**
 * The same function, which asks `answer` once for a text that comes again and again: hosts talk to the same few
 * names. Answers must depend on the text alone, and nobody may change them; all are forgotten when there is no room.
 */
export function remembering<T>(answer: (text: string) => T): (text: string) => T {
  const kept = new Map<string, T>();
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined || text.length > MAX_TEXT) return known ?? answer(text);
    if (kept.size >= MAX_KEPT) kept.clear();
    const copy = copyOf(text);
    const fresh = answer(copy);
    kept.set(copy, fresh);
    return fresh;
  };
}

const scratch = Buffer.alloc(MAX_TEXT);

/** A part of a text keeps the whole of it in memory, and answers are made of parts. */
function copyOf(text: string): string {
  scratch.write(text, 0, "latin1");
  const copy = scratch.toString("latin1", 0, text.length);
  // Most are texts of octets; what is not is copied in the slow way.
  return copy === text ? copy : Buffer.from(text, "utf16le").toString("utf16le");
}
