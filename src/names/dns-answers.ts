import { DNS_HEADER_LEN, type DnsQuestion, type DnsStatus } from "./dns.ts";
import { DnsName, readDnsName, skipDnsName } from "./dns-name.ts";
import { rdataText } from "./dns-rdata.ts";
import { readSvcb, Svcb } from "./dns-svcb.ts";
import {
  CLASS_IN,
  PRIVATE_TYPES_FROM,
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_DNAME,
  TYPE_HTTPS,
  TYPE_KEY,
  TYPE_MX,
  TYPE_NULL,
  TYPE_SRV,
  TYPE_SVCB,
  TYPE_TXT,
} from "./dns-types.ts";

export interface DnsRecord {
  /** Owner name, lower-case, escaped, without trailing dot. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Seconds, as claimed. */
  readonly ttl: number;
  /** Of A and AAAA in class IN: four big-endian words as int32, IPv4 as ::ffff:a.b.c.d. */
  readonly address: Int32Array | null;
  /** Of CNAME and DNAME: where it leads. Of SVCB and HTTPS: another name that offers the service. */
  readonly target: string | null;
  /** Of SVCB and HTTPS: addresses of the service, as `address` has one. */
  readonly hints: readonly Int32Array[];
  /** Of the other types that events show, else "". */
  readonly text: string;
}

/** Records of a response. Reused by its owner; the records are not. */
export class DnsAnswers {
  records: DnsRecord[] = [];
  /**
   * The first question's name and all names that CNAME, DNAME, SVCB and HTTPS records lead to from it, in that order;
   * empty without a question (as in mDNS).
   */
  chain: string[] = [];
  /** Of the sections after the answers: records that give an address or another name. */
  further: DnsRecord[] = [];
  /** Octets of RDATA in which anything may stand: texts, names, and what no type defines; no addresses or keys. */
  freeBytes = 0;
}

/** RFC 2136 §2. */
const OPCODE_UPDATE = 5;
/** A 64 KiB message has room for 5,957 records; real answers are far below this. */
const MAX_RECORDS = 1024;
/** Type, class, TTL and RDLENGTH (RFC 1035 §4.1.3). */
const RECORD_FIXED_LEN = 10;
/** A chain longer than resolvers follow is cut: names beyond it are still in the records. */
const MAX_CHAIN = 64;

const NO_HINTS: readonly Int32Array[] = [];
const NO_TARGETS: readonly string[] = [];

const name = new DnsName();
const svcb = new Svcb();

/**
 * Answer records of the message view[at, end) whose header and questions `question` holds (RFC 1035 §4.1.3).
 * Records before a break are delivered, and the status names the break.
 */
export function readDnsAnswers(
  out: DnsAnswers,
  question: DnsQuestion,
  view: DataView,
  at: number,
  end: number,
): DnsStatus {
  out.records = [];
  out.further = [];
  out.chain = [];
  out.freeBytes = 0;
  if (end - at < DNS_HEADER_LEN) return "dns.header_truncated";
  if (question.next === 0) return "dns.question_truncated";
  if (question.opcode === OPCODE_UPDATE) return "ok"; // its sections are conditions and changes, no answers
  const status = readRecords(out, question, view, at, end);
  if (question.questions > 0) out.chain = followChain(question.qname, out.records);
  return status;
}

function readRecords(
  out: DnsAnswers,
  question: DnsQuestion,
  view: DataView,
  at: number,
  end: number,
): DnsStatus {
  let next = question.next;
  let note: DnsStatus = "ok";
  for (let n = 0; n < question.anCount; n++) {
    if (n === MAX_RECORDS) return "dns.too_many_records";
    if (next >= end) return "dns.record_truncated";
    const ownerStatus = readOwner(question, view, at, next, end);
    if (ownerStatus !== "ok") return ownerStatus;
    const fixed = name.next;
    if (end - fixed < RECORD_FIXED_LEN) return "dns.record_truncated";
    const rdata = fixed + RECORD_FIXED_LEN;
    const rdLength = view.getUint16(fixed + 8);
    if (end - rdata < rdLength) return "dns.rdata_truncated";
    next = rdata + rdLength;
    if (isFree(view.getUint16(fixed))) out.freeBytes += rdLength;
    const status = readRecord(out.records, name.text, view, at, fixed, next);
    if (status !== "ok") note = status; // the record's own length still leads to the next one
  }
  readFurther(out.further, question, view, at, next, end);
  return note;
}

/** Authority and additional records view[next, end). No destination hides in a break here: it ends the reading. */
function readFurther(
  records: DnsRecord[],
  question: DnsQuestion,
  view: DataView,
  at: number,
  next: number,
  end: number,
): void {
  const count = Math.min(MAX_RECORDS, question.nsCount + question.arCount);
  for (let n = 0; n < count; n++) {
    const fixed = skipDnsName(view, at, next, end, false);
    if (fixed < 0 || end - fixed < RECORD_FIXED_LEN) return;
    const stop = fixed + RECORD_FIXED_LEN + view.getUint16(fixed + 8);
    if (stop > end) return;
    if (leadsOn(view.getUint16(fixed)) && readOwner(question, view, at, next, end) === "ok") {
      readRecord(records, name.text, view, at, fixed, stop);
    }
    next = stop;
  }
}

/** Types that give an address or another name. */
function leadsOn(type: number): boolean {
  switch (type) {
    case TYPE_A:
    case TYPE_AAAA:
    case TYPE_CNAME:
    case TYPE_DNAME:
    case TYPE_SVCB:
    case TYPE_HTTPS:
      return true;
    default:
      return false;
  }
}

/** Types whose RDATA is free text or names, and those that nothing defines. */
function isFree(type: number): boolean {
  switch (type) {
    case TYPE_CNAME:
    case TYPE_NULL:
    case TYPE_MX:
    case TYPE_TXT:
    case TYPE_KEY:
    case TYPE_SRV:
      return true;
    default:
      return type >= PRIVATE_TYPES_FROM;
  }
}

function readOwner(question: DnsQuestion, view: DataView, at: number, next: number, end: number): DnsStatus {
  // Most owners are a pointer to the first question: its text is known.
  if (end - next >= 2 && question.questions > 0 && view.getUint16(next) === 0xc000 + DNS_HEADER_LEN) {
    name.text = question.qname;
    name.next = next + 2;
    return "ok";
  }
  return readDnsName(name, view, at, next, end);
}

/** `fixed` is where the type stands, `end` where the RDATA ends. */
function readRecord(
  records: DnsRecord[],
  owner: string,
  view: DataView,
  messageAt: number,
  fixed: number,
  end: number,
): DnsStatus {
  const type = view.getUint16(fixed);
  const rrClass = view.getUint16(fixed + 2);
  const rdata = fixed + RECORD_FIXED_LEN;
  // In mDNS the top bit tells to flush the cache (RFC 6762 §10.2).
  const isInternet = (rrClass & 0x7fff) === CLASS_IN;
  let address: Int32Array | null = null;
  let target: string | null = null;
  let hints = NO_HINTS;
  let text = "";
  let status: DnsStatus = "ok";
  if (isInternet && type === TYPE_A) {
    if (end - rdata === 4) address = mappedWords(view.getInt32(rdata));
    else status = "dns.rdata_bad";
  } else if (isInternet && type === TYPE_AAAA) {
    if (end - rdata === 16) address = readWords(view, rdata);
    else status = "dns.rdata_bad";
  } else if (type === TYPE_CNAME || type === TYPE_DNAME) {
    status = readDnsName(name, view, messageAt, rdata, end);
    target = name.text; // the labels before a break are evidence too
    if (status === "ok" && name.next !== end) status = "dns.rdata_bad";
  } else if (isInternet && (type === TYPE_SVCB || type === TYPE_HTTPS)) {
    status = readSvcb(svcb, view, messageAt, rdata, end);
    ({ target, hints, text } = svcb);
  } else {
    text = rdataText(type, view, messageAt, rdata, end);
  }
  records.push({
    name: owner,
    type,
    class: rrClass,
    ttl: view.getUint32(fixed + 4),
    address,
    target,
    hints,
    text,
  });
  return status;
}

function mappedWords(v4: number): Int32Array {
  const words = new Int32Array(4);
  words[2] = 0xffff;
  words[3] = v4;
  return words;
}

function readWords(view: DataView, at: number): Int32Array {
  const words = new Int32Array(4);
  for (let i = 0; i < 4; i++) words[i] = view.getInt32(at + 4 * i);
  return words;
}

/** Names reached from `start`, each once. Several CNAMEs of one name are all followed: one may be forged. */
function followChain(start: string, records: readonly DnsRecord[]): string[] {
  if (!records.some((record) => record.target !== null)) return [start];
  const seen = new Set([start]);
  const [aliases, dnames] = aliasesOf(records);
  for (const current of seen) {
    for (const target of aliases.get(current) ?? NO_TARGETS) if (seen.size < MAX_CHAIN) seen.add(target);
    for (const dname of dnames) {
      const target = rewritten(current, dname);
      if (target !== null && seen.size < MAX_CHAIN) seen.add(target);
    }
  }
  return [...seen];
}

/** Where names lead to, by their owners; and the DNAMEs, of which each leads on from everything below its owner. */
function aliasesOf(records: readonly DnsRecord[]): readonly [Map<string, string[]>, DnsRecord[]] {
  const aliases = new Map<string, string[]>();
  const dnames: DnsRecord[] = [];
  for (const record of records) {
    if (record.target === null) continue;
    const known = aliases.get(record.name);
    if (record.type === TYPE_DNAME) dnames.push(record);
    else if (known === undefined) aliases.set(record.name, [record.target]);
    else known.push(record.target);
  }
  return [aliases, dnames];
}

/** Where a DNAME leads from `current`: from below its owner (RFC 6672 §2.2). */
function rewritten(current: string, alias: DnsRecord): string | null {
  if (alias.target === null) return null;
  if (alias.name === "" || !current.endsWith(`.${alias.name}`)) return null;
  const stem = current.slice(0, current.length - alias.name.length - 1);
  const target = alias.target === "" ? stem : `${stem}.${alias.target}`;
  return target.length > MAX_TEXT ? null : target;
}

/** 255 octets, each escaped. */
const MAX_TEXT = 4 * 255;
