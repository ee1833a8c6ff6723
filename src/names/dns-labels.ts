import { latin1 } from "./octet-text.ts";

const MAX_LABEL = 63;

/**
 * For each label of the name at view[at, end) (RFC 1035 §3.1) but the last `without`: it and what follows it, case
 * kept, without dots.
 */
export function labelRuns(view: DataView, at: number, end: number, without: number): string[] {
  const labels: string[] = [];
  while (at < end) {
    const length = view.getUint8(at);
    if (length === 0 || length > MAX_LABEL || length > end - at - 1) break;
    labels.push(latin1(view, at + 1, at + 1 + length));
    at += 1 + length;
  }
  const kept = labels.slice(0, Math.max(0, labels.length - without));
  return kept.map((_, i) => kept.slice(i).join(""));
}
