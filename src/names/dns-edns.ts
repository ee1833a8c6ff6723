import type { DnsQuestion } from "./dns.ts";
import { skipDnsName } from "./dns-name.ts";
import { TYPE_OPT } from "./dns-types.ts";

/** RFC 7871 §6. */
const OPTION_CLIENT_SUBNET = 8;
const FAMILY_IPV4 = 1;
const FAMILY_IPV6 = 2;
const RECORD_FIXED_LEN = 10;
const MAX_RECORDS = 64;
const MAX_OPTIONS = 64;

/** The network that a resolver says it asks for. */
export interface ClientSubnet {
  /** Four big-endian words as int32, IPv4 as ::ffff:a.b.c.d; bits beyond the prefix are zero. */
  readonly words: Int32Array;
  readonly prefixLen: number;
}

/** The client subnet of the message view[at, end) whose questions `question` holds; null where it has none. */
export function readClientSubnet(
  question: DnsQuestion,
  view: DataView,
  at: number,
  end: number,
): ClientSubnet | null {
  const records = question.anCount + question.nsCount + question.arCount;
  if (question.arCount === 0 || question.next === 0 || records > MAX_RECORDS) return null;
  let next = question.next;
  for (let n = 0; n < records; n++) {
    const fixed = skipDnsName(view, at, next, end, false);
    if (fixed < 0 || end - fixed < RECORD_FIXED_LEN) return null;
    const rdata = fixed + RECORD_FIXED_LEN;
    next = rdata + view.getUint16(fixed + 8);
    if (next > end) return null;
    if (view.getUint16(fixed) === TYPE_OPT) return subnetOf(view, rdata, next);
  }
  return null;
}

/** Options view[at, end) of an OPT record (RFC 6891 §6.1.2). */
function subnetOf(view: DataView, at: number, end: number): ClientSubnet | null {
  for (let n = 0; n < MAX_OPTIONS && end - at >= 4; n++) {
    const valueAt = at + 4;
    const stop = valueAt + view.getUint16(at + 2);
    if (stop > end) return null;
    if (view.getUint16(at) === OPTION_CLIENT_SUBNET) return readSubnet(view, valueAt, stop);
    at = stop;
  }
  return null;
}

function readSubnet(view: DataView, at: number, end: number): ClientSubnet | null {
  if (end - at < 4) return null;
  const family = view.getUint16(at);
  const prefixLen = view.getUint8(at + 2);
  const isV4 = family === FAMILY_IPV4;
  if ((!isV4 && family !== FAMILY_IPV6) || prefixLen > (isV4 ? 32 : 128)) return null;
  const octets = new DataView(new ArrayBuffer(16));
  if (isV4) octets.setUint16(10, 0xffff);
  const from = isV4 ? 12 : 0;
  const lenBytes = Math.min(end - at - 4, Math.ceil(prefixLen / 8));
  for (let i = 0; i < lenBytes; i++) octets.setUint8(from + i, view.getUint8(at + 4 + i));
  return { words: Int32Array.from({ length: 4 }, (_, i) => octets.getInt32(4 * i)), prefixLen };
}
