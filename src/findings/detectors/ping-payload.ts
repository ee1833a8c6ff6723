/** What a ping program may put first: a time stamp of 4 to 16 octets, or one of 8 and a tracker of 16. */
const MAX_LEAD = 24;
/** Longest pattern that is repeated: Windows' alphabet has 23 letters, `ping -p` takes 16 octets. */
const MAX_PERIOD = 32;
/** Longer payloads are looked at so far. */
const MAX_LOOKED = 2048;

/**
 * How many octets of the payload view[at, end) of an echo no ping program would send. Those fill it with what goes
 * on from octet to octet: counting up (Linux, BSD, macOS), an alphabet (Windows), zeros or one octet (busybox,
 * fping, hping), a pattern that the user gave. The first 24 may be a time and are never counted.
 */
export function oddPingBytes(view: DataView, at: number, end: number): number {
  const from = at + MAX_LEAD;
  const to = Math.min(end, at + MAX_LOOKED);
  if (to - from <= 1) return 0;
  let least = countOdd(view, from, to, 1, 1, to - from);
  for (let period = 1; period <= MAX_PERIOD && least > 0 && from + period < to; period++) {
    least = Math.min(least, countOdd(view, from, to, period, 0, least));
  }
  return least;
}

/** Octets that are not the one `period` before plus `step`; no more than `enough` are counted. */
function countOdd(
  view: DataView,
  from: number,
  to: number,
  period: number,
  step: number,
  enough: number,
): number {
  let odd = 0;
  for (let i = from + period; i < to && odd < enough; i++) {
    if (view.getUint8(i) !== ((view.getUint8(i - period) + step) & 0xff)) odd++;
  }
  return odd;
}
