/** A failed system call in people's words, without the path: "permission denied (EACCES)". */
export function systemMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const match = /^([A-Z][A-Z0-9]+): ([^,]+)/.exec(error.message);
  return match ? `${match[2]} (${match[1]})` : error.message;
}
