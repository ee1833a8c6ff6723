import { hideInName } from "./credential-name.ts";

const BACKSLASH = 0x5c;
const DOT = 0x2e;

/**
 * Writes one octet of a DNS label, lower-case, into `out` at `length` and returns the new length. Dots and
 * backslashes inside a label and everything that is not visible ASCII (the space included) become
 * `\DDD`, as in a zone file (RFC 1035 §5.1), so that an escaped name has dots between labels only.
 */
export function putLabelOctet(out: Buffer, length: number, octet: number): number {
  if (octet === DOT) return putEscape(out, length, octet);
  return putHostOctet(out, length, octet);
}

function putHostOctet(out: Buffer, length: number, octet: number): number {
  if (octet <= 0x20 || octet >= 0x7f || octet === BACKSLASH) return putEscape(out, length, octet);
  out[length] = octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet;
  return length + 1;
}

function putEscape(out: Buffer, length: number, octet: number): number {
  out[length] = BACKSLASH;
  out[length + 1] = 0x30 + Math.trunc(octet / 100);
  out[length + 2] = 0x30 + (Math.trunc(octet / 10) % 10);
  out[length + 3] = 0x30 + (octet % 10);
  return length + 4;
}

/** Longest host name that is passed on, in octets before escaping (RFC 1035 §2.3.4). */
export const MAX_HOST_OCTETS = 255;

const hostScratch = Buffer.alloc(4 * MAX_HOST_OCTETS);

/**
 * The octets view[at, end) as a host name in text form: lower-case, one trailing dot dropped, escaped like
 * a zone file, without credentials in it. Dots separate labels here. At most 255 octets are shown; the caller notes longer ones.
 */
export function hostText(view: DataView, at: number, end: number): string {
  const stop = Math.min(end, at + MAX_HOST_OCTETS);
  let length = 0;
  for (let i = at; i < stop; i++) length = putHostOctet(hostScratch, length, view.getUint8(i));
  if (length > 0 && stop === end && hostScratch[length - 1] === DOT) length--;
  return hideInName(hostScratch.toString("latin1", 0, length));
}

/** `text` (one character an octet) as a host name, as `hostText` does it for octets. */
export function escapeHost(text: string): string {
  const stop = Math.min(text.length, MAX_HOST_OCTETS);
  let length = 0;
  for (let i = 0; i < stop; i++) length = putHostOctet(hostScratch, length, text.charCodeAt(i) & 0xff);
  if (length > 0 && stop === text.length && hostScratch[length - 1] === DOT) length--;
  return hideInName(hostScratch.toString("latin1", 0, length));
}

const UNPRINTABLE = /[^\x20-\x5b\x5d-\x7e]/;

/**
 * `text` (one character an octet) with everything that is not printable ASCII, and the backslash, as
 * `\DDD`. Case and spaces stay. Only the first `maxOctets` are shown.
 */
export function escapeText(text: string, maxOctets: number): string {
  const shown = text.length > maxOctets ? text.slice(0, maxOctets) : text;
  if (!UNPRINTABLE.test(shown)) return shown;
  return shown.replace(/[^\x20-\x5b\x5d-\x7e]/g, (c) => `\\${String(c.charCodeAt(0)).padStart(3, "0")}`);
}
