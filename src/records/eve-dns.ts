import type { DnsQuestion } from "../names/dns.ts";
import type { DnsAnswers, DnsRecord } from "../names/dns-answers.ts";
import { rcodeName, rrtypeName, TYPE_HTTPS, TYPE_SOA, TYPE_SRV, TYPE_SVCB } from "../names/dns-types.ts";
import { formatAddress } from "../policy/address-text.ts";

/** The form with `type` "query" or "answer" and the question's name beside it. */
const VERSION = 2;
/** A compressed message of 16 KiB can hold names of megabytes in text: what is beyond is counted only. */
const MAX_ANSWERS = 64;

const FLAG_AA = 0x0400;
const FLAG_TC = 0x0200;
const FLAG_RD = 0x0100;
const FLAG_RA = 0x0080;

/** `dns` of one question of a message. */
export function dnsQueryObject(question: DnsQuestion, qname: string, qtype: number): object {
  return {
    version: VERSION,
    type: "query",
    id: question.id,
    opcode: question.opcode,
    rrname: qname,
    rrtype: typeText(qtype),
  };
}

/** `dns` of a response, by its first question. */
export function dnsAnswerObject(question: DnsQuestion, answers: DnsAnswers): object {
  const { flags } = question;
  const asked = question.questions > 0;
  const records = answers.records.slice(0, MAX_ANSWERS).map(answerObject);
  return {
    version: VERSION,
    type: "answer",
    id: question.id,
    flags: flags.toString(16).padStart(4, "0"),
    qr: true,
    aa: bit(flags, FLAG_AA),
    tc: bit(flags, FLAG_TC),
    rd: bit(flags, FLAG_RD),
    ra: bit(flags, FLAG_RA),
    opcode: question.opcode,
    rrname: asked ? question.qname : undefined,
    rrtype: asked ? typeText(question.qtype) : undefined,
    rcode: rcodeName(question.rcode),
    answers: records.length === 0 ? undefined : records,
  };
}

/** Who the question was asked for, undefined when it does not say. */
export function dnsQueryDetail({ clientSubnet }: DnsQuestion): object | undefined {
  if (clientSubnet === null) return undefined;
  const [w0, w1, w2, w3] = clientSubnet.words;
  return { client_subnet: `${formatAddress([w0, w1, w2, w3])}/${clientSubnet.prefixLen}` };
}

/** How many answers of a response are not listed, undefined when all are. */
export function dnsAnswerDetail(answers: DnsAnswers): object | undefined {
  const omitted = answers.records.length - MAX_ANSWERS;
  return omitted > 0 ? { answers_omitted: omitted } : undefined;
}

function answerObject(record: DnsRecord): object {
  const owner = { rrname: record.name, rrtype: rrtypeName(record.type), ttl: record.ttl };
  if (record.address !== null) {
    const [w0, w1, w2, w3] = record.address;
    return { ...owner, rdata: formatAddress([w0, w1, w2, w3]) };
  }
  if (record.type === TYPE_SVCB || record.type === TYPE_HTTPS)
    return { ...owner, rdata: serviceText(record) };
  if (record.target !== null) return { ...owner, rdata: record.target };
  if (record.text === "") return owner;
  if (record.type === TYPE_SOA) return { ...owner, soa: { mname: record.text } };
  if (record.type === TYPE_SRV) return { ...owner, srv: { name: record.text } };
  return { ...owner, rdata: record.text };
}

/** In the form of a zone file (RFC 9460 §2.1), hints of both families under one word. */
function serviceText({ text, hints }: DnsRecord): string {
  if (hints.length === 0) return text;
  return `${text} hints=${hints.map(([w0, w1, w2, w3]) => formatAddress([w0, w1, w2, w3])).join(",")}`;
}

/** A set flag is written, one that is not set is left out, as Suricata does. */
function bit(flags: number, mask: number): true | undefined {
  return (flags & mask) !== 0 || undefined;
}

/** Nothing where the message ended before the type. */
function typeText(type: number): string | undefined {
  return type === 0 ? undefined : rrtypeName(type);
}
