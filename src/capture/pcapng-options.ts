/** Where an option's value lies, or what stands in its place. */
export interface PcapngOption {
  at: number;
  len: number;
}

const END_OF_OPTIONS = 0;
const OPTION_HEADER_LEN = 4;

/**
 * Finds the first option `code` in view[at, end) (draft-ietf-opsawg-pcapng, section 3.5). Null when
 * there is none; options after one that reaches beyond `end` cannot be found.
 */
export function findOption(
  view: DataView,
  at: number,
  end: number,
  littleEndian: boolean,
  code: number,
): PcapngOption | null {
  while (end - at >= OPTION_HEADER_LEN) {
    const found = view.getUint16(at, littleEndian);
    const len = view.getUint16(at + 2, littleEndian);
    at += OPTION_HEADER_LEN;
    if (found === END_OF_OPTIONS || end - at < len) return null;
    if (found === code) return { at, len };
    at += len + (-len & 3);
  }
  return null;
}

/**
 * Value of a 64-bit counter option, rounded to a double (counters beyond 2^53 do not occur), 0 when
 * it is absent or too short.
 */
export function counterOption(
  view: DataView,
  at: number,
  end: number,
  littleEndian: boolean,
  code: number,
): number {
  const option = findOption(view, at, end, littleEndian, code);
  if (!option || option.len < 8) return 0;
  return Number(view.getBigUint64(option.at, littleEndian));
}
