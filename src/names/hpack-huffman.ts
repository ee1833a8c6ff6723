/**
 * Lengths in bits of the codes of RFC 7541 Appendix B, by symbol; the last is EOS. The code is canonical:
 * codes of one length follow one another in the order of their symbols, so the lengths say all.
 */
const CODE_LENGTHS = Uint8Array.of(
  ...[13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28],
  ...[28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28],
  ...[6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6],
  ...[5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10],
  ...[13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
  ...[7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6],
  ...[15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5],
  ...[6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28],
  ...[20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23],
  ...[24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24],
  ...[22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23],
  ...[21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23],
  ...[26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25],
  ...[19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27],
  ...[20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23],
  ...[26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26],
  30,
);
const EOS = 256;
const MAX_CODE_LEN = 30;
/** Padding is the beginning of EOS, all ones, and shorter than an octet (§5.2). */
const MAX_PADDING = 7;

/** A binary tree: children of node n at 2n and 2n + 1; a node above 0, or a symbol as ~symbol below. */
const TREE = makeTree();

function makeTree(): Int16Array {
  const tree = new Int16Array(2 * CODE_LENGTHS.length);
  let nodes = 1;
  let code = 0;
  for (let length = 1; length <= MAX_CODE_LEN; length++) {
    code *= 2;
    for (let symbol = 0; symbol < CODE_LENGTHS.length; symbol++) {
      if (CODE_LENGTHS[symbol] !== length) continue;
      let node = 0;
      for (let bit = length - 1; bit > 0; bit--) {
        const at = 2 * node + ((code >>> bit) & 1);
        if (tree[at] === 0) tree[at] = nodes++;
        node = tree[at];
      }
      tree[2 * node + (code & 1)] = ~symbol;
      code++;
    }
  }
  return tree;
}

/**
 * The string that view[at, end) encodes (RFC 7541 §5.2), one character an octet; null where it is none. The
 * shortest code has five bits, so the text is at most 8/5 as long.
 */
export function huffmanText(view: DataView, at: number, end: number): string | null {
  const out = Buffer.allocUnsafe(Math.ceil(((end - at) * 8) / 5));
  let length = 0;
  let node = 0;
  let depth = 0;
  let allOnes = true;
  for (; at < end; at++) {
    const octet = view.getUint8(at);
    for (let bit = 7; bit >= 0; bit--) {
      const value = (octet >>> bit) & 1;
      if (value === 0) allOnes = false;
      const next = TREE[2 * node + value];
      depth++;
      if (next >= 0) {
        node = next;
        continue;
      }
      if (~next === EOS) return null;
      out[length++] = ~next;
      node = 0;
      depth = 0;
      allOnes = true;
    }
  }
  return depth <= MAX_PADDING && allOnes ? out.toString("latin1", 0, length) : null;
}
