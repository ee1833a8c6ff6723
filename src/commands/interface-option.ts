/** Puts the values of `-i` into a list, each once: what commander calls for every one. */
export function gatherInterfaces(value: string, before: string[] = []): string[] {
  return before.includes(value) ? before : [...before, value];
}
