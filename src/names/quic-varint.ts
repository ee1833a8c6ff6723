/** Octets of the variable-length integer that begins with `first` (RFC 9000 §16). */
export function varintLen(first: number): number {
  return 1 << (first >> 6);
}

/** The variable-length integer at view[at, end), or -1 when it does not end there. Large ones lose precision. */
export function readVarint(view: DataView, at: number, end: number): number {
  if (at >= end) return -1;
  const first = view.getUint8(at);
  switch (first >> 6) {
    case 0:
      return first;
    case 1:
      return end - at < 2 ? -1 : view.getUint16(at) & 0x3fff;
    case 2:
      return end - at < 4 ? -1 : view.getUint32(at) & 0x3fffffff;
    default:
      return end - at < 8 ? -1 : (view.getUint32(at) & 0x3fffffff) * 2 ** 32 + view.getUint32(at + 4);
  }
}
