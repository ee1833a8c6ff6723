import { isHidden } from "../names/credential-name.ts";
import { findTokensAnywhere } from "../names/credential-tokens.ts";
import { findCredentials } from "../names/credentials.ts";
import { DNS_HEADER_LEN, DnsQuestion, readDnsQuestion } from "../names/dns.ts";
import { ldapPassword } from "../names/ldap-bind.ts";

const MASK = 0x2a;
/** Of the length that stands before a message on TCP (RFC 1035 §4.2.2). */
const DNS_LENGTH_LEN = 2;
/** What may stand in evidence of a text protocol: the first line of these, and lines that hold no credentials. */
const KNOWN_START =
  /^(?:[A-Z-]{3,17} [^\r\n]{1,8192} HTTP\/1\.\d\r?\n|HTTP\/1\.\d \d{3}|SSH-\d|\d{3}[ -]|\* |\+OK|-ERR)/;
const TELLING_LINE =
  /^(?:[\w-]*(?:authorization|cookie|token|key|secret|auth|password|credential)[\w-]*:|PASS |AUTH)([^\r\n]*)/gim;
const QUERY = /^[A-Z-]{3,17} [^\s?]*\?([^\s]*)/;
const TLS_RECORD_TYPES = [0x14, 0x15, 0x16, 0x17];

/** A run of octets, from `at` to before `end`. */
interface Run {
  readonly at: number;
  readonly end: number;
}

/** A packet as it was captured. */
export interface CapturedPacket {
  readonly octets: Uint8Array;
  /** Where the payload begins in them, above transport; their length where there is none. */
  readonly payloadAt: number;
  readonly isTcp: boolean;
  /** A fragment: what the payload is was seen in others. */
  readonly isFragment: boolean;
}

/** A packet fit to be shown and kept, and how many octets of it were overwritten. */
export interface MaskedPacket {
  readonly octets: Uint8Array;
  readonly maskedBytes: number;
}

const question = new DnsQuestion();

/**
 * The packet's octets with what is or may be a part of a credential overwritten, in a copy; lengths stay. More is
 * masked than the detector finds, for a packet may hold one end of a credential: of a text protocol nothing is left
 * but first lines that are known, headers that tell nothing, and names.
 */
export function maskCredentials({ octets, payloadAt, isTcp, isFragment }: CapturedPacket): MaskedPacket {
  const whole = { at: payloadAt, end: octets.length };
  const runs = isFragment ? [whole] : runsOf(octets, payloadAt, isTcp);
  if (runs.length === 0) return { octets, maskedBytes: 0 };
  const copy = Uint8Array.from(octets);
  let maskedBytes = 0;
  for (const { at, end } of runs) {
    for (let i = at; i < end; i++) {
      if (copy[i] !== MASK) maskedBytes++;
      copy[i] = MASK;
    }
  }
  return { octets: copy, maskedBytes };
}

function runsOf(octets: Uint8Array, payloadAt: number, isTcp: boolean): Run[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const all = latin1(octets);
  const runs: Run[] = [...findCredentials(all), ...findTokensAnywhere(all)];
  if (payloadAt >= octets.length) return runs;
  const bind = ldapPassword(view, payloadAt, octets.length);
  if (bind !== null) runs.push(bind);
  for (const messageAt of isTcp ? [payloadAt + DNS_LENGTH_LEN, payloadAt] : [payloadAt]) {
    readDnsQuestion(question, view, messageAt, octets.length);
    if (isHidden(question.qname)) runs.push({ at: messageAt + DNS_HEADER_LEN, end: octets.length });
  }
  if (isTcp && isText(octets, payloadAt)) runs.push(...runsOfText(all.slice(payloadAt), payloadAt));
  return runs;
}

/** Of what was said in a text protocol. `offset`: of the text in the packet. */
function runsOfText(text: string, offset: number): Run[] {
  const runs: Run[] = [];
  const add = (at: number, end: number): void => {
    if (end > at) runs.push({ at: offset + at, end: offset + end });
  };
  if (!KNOWN_START.test(text)) add(0, ending(text, text.indexOf("\n")));
  const query = QUERY.exec(text);
  if (query !== null) add(query[0].length - query[1].length, query[0].length);
  for (const line of text.matchAll(TELLING_LINE))
    add(line.index + line[0].length - line[1].length, line.index + line[0].length);
  const body = text.search(/\r?\n\r?\n/);
  if (body >= 0) add(body, text.length);
  // A line that ends in the next packet.
  if (!text.endsWith("\n")) add(text.lastIndexOf("\n") + 1, text.length);
  return runs;
}

function ending(text: string, at: number): number {
  return at < 0 ? text.length : at;
}

/** Neither TLS nor another protocol of which the first octet is none that people read. */
function isText(octets: Uint8Array, at: number): boolean {
  const first = octets[at];
  if (TLS_RECORD_TYPES.includes(first) && octets[at + 1] === 3) return false;
  return (first >= 0x20 && first < 0x7f) || first === 0x0d || first === 0x0a || first === 0x09;
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");
}
