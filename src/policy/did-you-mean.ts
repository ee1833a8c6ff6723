const MAX_KEY = 64;

/** The known key that a mistyped one most likely means, or null. */
export function didYouMean(key: string, known: readonly string[]): string | null {
  if (key.length > MAX_KEY) return null;
  let best: string | null = null;
  // One slip in a short key; two letters changed places count as two in a longer one.
  let bestDistance = key.length < 4 ? 2 : Math.max(2, Math.floor(key.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(key.toLowerCase(), candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
