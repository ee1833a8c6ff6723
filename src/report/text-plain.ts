/**
 * The one gate that foreign text passes on its way to a terminal: names from the wire, paths, texts of
 * the enclave file. What is not printable ASCII becomes `\u{hex}`: escape sequences, line breaks, C1
 * controls, bidirectional overrides and look-alike letters. Names that were escaped before (`\DDD`) stay.
 */
export function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
