/** What http-start.ts takes for a method, so that a chunk's cut makes no difference. */
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;
const TAB = 0x09;
const VT = 0x0b;
const FF = 0x0c;
const CR = 0x0d;
const SP = 0x20;
/** Of any number, for there are proxies that take any. */
const VERSION = /^HTTP\/\d\.\d$/;

/**
 * By any white space (RFC 9112 §3), also in the target: what that is then, readers differ on. Without a regular
 * expression: one with two runs of spaces takes quadratic time on a line of them.
 */
export function splitRequestLine(line: string): { method: string; target: string; version: string } | null {
  const trimmed = line.trim();
  const versionAt = trimmed.length - "HTTP/1.1".length;
  const methodEnd = endOfWord(trimmed);
  if (methodEnd === 0 || versionAt <= methodEnd || !isBlank(trimmed, versionAt - 1)) return null;
  const version = trimmed.slice(versionAt).toUpperCase();
  if (!VERSION.test(version)) return null;
  const target = trimmed.slice(methodEnd, versionAt).trim();
  const method = trimmed.slice(0, methodEnd);
  if (target === "" || !METHOD.test(method)) return null;
  return { method: method.toUpperCase(), target, version };
}

function endOfWord(text: string): number {
  let end = 0;
  while (end < text.length && !isBlank(text, end)) end++;
  return end;
}

/** White space of request lines; in headers only a space or a tab is some. */
function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === SP || code === TAB || code === CR || code === VT || code === FF;
}
