import type { ClientSubnet } from "./dns-edns.ts";
import { DnsName, type DnsNameStatus, readDnsName } from "./dns-name.ts";

/** How far a message could be read. Everything but "ok" is counted by its name. */
export type DnsStatus =
  | DnsNameStatus
  | "dns.header_truncated"
  | "dns.no_question"
  | "dns.question_truncated"
  | "dns.too_many_questions"
  | "dns.record_truncated"
  | "dns.rdata_truncated"
  | "dns.rdata_bad"
  | "dns.too_many_records";

export interface DnsQuestionEntry {
  /** Lower-case, escaped, without trailing dot; the root is "". */
  readonly qname: string;
  /** 0 when the message ends before them. */
  readonly qtype: number;
  readonly qclass: number;
}

/** Header and question section of a message (RFC 1035 §4.1.1, §4.1.2). Reused by its owner. */
export class DnsQuestion {
  id = 0;
  /** True for a response (QR). */
  response = false;
  opcode = 0;
  /** The header's second sixteen bits as they are, for events. */
  flags = 0;
  truncated = false;
  /** The header's four bits; an OPT record's upper bits are not in here. */
  rcode = 0;
  qdCount = 0;
  anCount = 0;
  nsCount = 0;
  arCount = 0;
  /** How many questions were read, at least in part. 0: no qname is known. */
  questions = 0;
  /** The first question. In mDNS the top bit of qclass asks for a unicast answer (RFC 6762 §5.4). */
  qname = "";
  qtype = 0;
  qclass = 0;
  /** The second question and those after it. */
  readonly others: DnsQuestionEntry[] = [];
  /** Who a resolver says it asks for (RFC 7871); read where the caller asks for it. */
  clientSubnet: ClientSubnet | null = null;
  /** Offset after the question section, 0 when it could not be read to its end. */
  next = 0;
}

export const DNS_HEADER_LEN = 12;
/** Nobody asks several questions in one message; more than these are counted, not read. */
const MAX_QUESTIONS = 64;

const name = new DnsName();

/**
 * Header and questions of the message view[at, end), also when what follows them is broken. On a bad
 * question the labels that were whole are in its qname (`questions` counts it) and the status says why.
 */
export function readDnsQuestion(out: DnsQuestion, view: DataView, at: number, end: number): DnsStatus {
  clearQuestion(out);
  if (end - at < DNS_HEADER_LEN) return "dns.header_truncated";
  readHeader(out, view, at);
  if (out.qdCount === 0) {
    out.next = at + DNS_HEADER_LEN;
    return "dns.no_question";
  }
  let next = at + DNS_HEADER_LEN;
  for (let n = 0; n < out.qdCount; n++) {
    if (n === MAX_QUESTIONS) return "dns.too_many_questions";
    if (next >= end) return "dns.question_truncated";
    const status = readDnsName(name, view, at, next, end);
    const whole = status === "ok" && end - name.next >= 4;
    addQuestion(out, whole ? view.getUint16(name.next) : 0, whole ? view.getUint16(name.next + 2) : 0);
    if (status !== "ok") return status;
    if (!whole) return "dns.question_truncated";
    next = name.next + 4;
  }
  out.next = next;
  return "ok";
}

function clearQuestion(out: DnsQuestion): void {
  out.id = 0;
  out.response = false;
  out.opcode = 0;
  out.flags = 0;
  out.truncated = false;
  out.rcode = 0;
  out.qdCount = 0;
  out.anCount = 0;
  out.nsCount = 0;
  out.arCount = 0;
  out.questions = 0;
  out.qname = "";
  out.qtype = 0;
  out.qclass = 0;
  if (out.others.length > 0) out.others.length = 0;
  out.clientSubnet = null;
  out.next = 0;
}

function readHeader(out: DnsQuestion, view: DataView, at: number): void {
  out.id = view.getUint16(at);
  const flags = view.getUint16(at + 2);
  out.flags = flags;
  out.response = flags >> 15 === 1;
  out.opcode = (flags >> 11) & 0xf;
  out.truncated = (flags & 0x0200) !== 0;
  out.rcode = flags & 0xf;
  out.qdCount = view.getUint16(at + 4);
  out.anCount = view.getUint16(at + 6);
  out.nsCount = view.getUint16(at + 8);
  out.arCount = view.getUint16(at + 10);
}

function addQuestion(out: DnsQuestion, qtype: number, qclass: number): void {
  if (out.questions++ === 0) {
    out.qname = name.text;
    out.qtype = qtype;
    out.qclass = qclass;
  } else {
    out.others.push({ qname: name.text, qtype, qclass });
  }
}
