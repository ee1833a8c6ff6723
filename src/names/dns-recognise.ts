import { DNS_HEADER_LEN } from "./dns.ts";
import { skipDnsName } from "./dns-name.ts";
import {
  CLASS_ANY,
  CLASS_CH,
  CLASS_HS,
  CLASS_IN,
  CLASS_NONE,
  TYPE_A,
  TYPE_AAAA,
  TYPE_OPT,
} from "./dns-types.ts";

const OPCODE_QUERY = 0;
const OPCODE_NOTIFY = 4; // RFC 1996
const OPCODE_UPDATE = 5; // RFC 2136
/** Header, root name, type and class. */
const MIN_MESSAGE_LEN = DNS_HEADER_LEN + 5;
const MAX_MESSAGE_LEN = 0xffff;
/** A record is never shorter: root name and ten fixed octets (RFC 1035 §4.1.3). */
const MIN_RECORD_LEN = 11;

/**
 * Whether view[at, end) is a DNS message beyond reasonable doubt, whatever its port: one question with a
 * printable, uncompressed name, a known opcode and class, the reserved bit zero, and sections that fill the
 * message to its last octet. A reader for port 53 has to be more generous.
 */
export function looksLikeDns(view: DataView, at: number, end: number): boolean {
  if (end - at < MIN_MESSAGE_LEN || end - at > MAX_MESSAGE_LEN) return false;
  if (!plausibleDnsHeader(view, at, end - at)) return false;
  let next = skipDnsName(view, at, at + DNS_HEADER_LEN, end, true);
  if (next < 0 || end - next < 4) return false;
  if (view.getUint16(next) === 0 || !isKnownClass(view.getUint16(next + 2))) return false;
  next += 4;
  const records = view.getUint16(at + 6) + view.getUint16(at + 8) + view.getUint16(at + 10);
  for (let n = 0; n < records; n++) {
    next = skipRecord(view, at, next, end);
    if (next < 0) return false;
  }
  return next === end;
}

/**
 * The same of a message of `lenBytes` octets of which the capture left view[at, end): "yes" when its question is there,
 * "maybe" as long as nothing of it speaks against it.
 */
export function looksLikeCutDns(
  view: DataView,
  at: number,
  end: number,
  lenBytes: number,
): "yes" | "no" | "maybe" {
  if (lenBytes < MIN_MESSAGE_LEN || lenBytes > MAX_MESSAGE_LEN) return "no";
  if (end - at < DNS_HEADER_LEN) return "maybe";
  if (!plausibleDnsHeader(view, at, lenBytes)) return "no";
  const next = skipDnsName(view, at, at + DNS_HEADER_LEN, end, true);
  if (next < 0) return isNameSoFar(view, at + DNS_HEADER_LEN, end) ? "maybe" : "no";
  if (end - next < 4) return "maybe";
  return view.getUint16(next) !== 0 && isKnownClass(view.getUint16(next + 2)) ? "yes" : "no";
}

/** Whether view[at, end) is labels of printable ASCII, of which the last may be cut. */
function isNameSoFar(view: DataView, at: number, end: number): boolean {
  while (at < end) {
    const stop = at + 1 + view.getUint8(at);
    if (stop > at + 64 || stop === at + 1) return false;
    for (let i = at + 1; i < Math.min(stop, end); i++) {
      if (view.getUint8(i) < 0x20 || view.getUint8(i) > 0x7e) return false;
    }
    at = stop;
  }
  return true;
}

/** Header of a message of `lenBytes` octets at `at`; the twelve octets must be there. */
function plausibleDnsHeader(view: DataView, at: number, lenBytes: number): boolean {
  const flags = view.getUint16(at + 2);
  const opcode = (flags >> 11) & 0xf;
  const isQuery = flags >> 15 === 0;
  if (opcode !== OPCODE_QUERY && opcode !== OPCODE_NOTIFY && opcode !== OPCODE_UPDATE) return false;
  if ((flags & 0x0040) !== 0) return false; // Z (RFC 1035 §4.1.1; AD and CD took its neighbours)
  if (isQuery && (flags & 0xf) !== 0) return false;
  if (view.getUint16(at + 4) !== 1) return false;
  const anCount = view.getUint16(at + 6);
  const nsCount = view.getUint16(at + 8);
  const arCount = view.getUint16(at + 10);
  // An IXFR question carries one authority record (RFC 1995 §3), no question an answer.
  if (isQuery && opcode === OPCODE_QUERY && (anCount > 0 || nsCount > 1)) return false;
  return (anCount + nsCount + arCount) * MIN_RECORD_LEN <= lenBytes - MIN_MESSAGE_LEN;
}

function skipRecord(view: DataView, messageAt: number, at: number, end: number): number {
  const next = skipDnsName(view, messageAt, at, end, false);
  if (next < 0 || end - next < 10) return -1;
  const type = view.getUint16(next);
  const rrClass = view.getUint16(next + 2);
  const rdLength = view.getUint16(next + 8);
  // RFC 6891 §6.1.2: an OPT record's class is a size.
  if (type === 0 || (type !== TYPE_OPT && !isKnownClass(rrClass))) return -1;
  if (rrClass === CLASS_IN && type === TYPE_A && rdLength !== 4 && rdLength !== 0) return -1;
  if (rrClass === CLASS_IN && type === TYPE_AAAA && rdLength !== 16 && rdLength !== 0) return -1;
  return end - next - 10 < rdLength ? -1 : next + 10 + rdLength;
}

function isKnownClass(rrClass: number): boolean {
  switch (rrClass) {
    case CLASS_IN:
    case CLASS_CH:
    case CLASS_HS:
    case CLASS_NONE:
    case CLASS_ANY:
      return true;
    default:
      return false;
  }
}

/**
 * Whether a TCP stream that begins with view[at, end) is DNS (RFC 1035 §4.2.2): "maybe" while its first
 * message is not whole but fits so far.
 */
export function looksLikeDnsTcp(view: DataView, at: number, end: number): "yes" | "no" | "maybe" {
  if (end - at < 2) return "maybe";
  const lenBytes = view.getUint16(at);
  if (lenBytes < MIN_MESSAGE_LEN) return "no";
  if (end - at - 2 >= lenBytes) return looksLikeDns(view, at + 2, at + 2 + lenBytes) ? "yes" : "no";
  if (end - at - 2 >= DNS_HEADER_LEN && !plausibleDnsHeader(view, at + 2, lenBytes)) return "no";
  return "maybe";
}
