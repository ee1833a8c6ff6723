import { isHidden } from "../names/credential-name.ts";
import { findTokensAnywhere } from "../names/credential-tokens.ts";
import { findCredentials } from "../names/credentials.ts";
import { DNS_HEADER_LEN, DnsQuestion, readDnsQuestion } from "../names/dns.ts";
import { ldapPassword } from "../names/ldap-bind.ts";
import { socksPassword } from "../names/socks-password.ts";

const MASK = 0x2a;
/** Of the length that stands before a message on TCP (RFC 1035 §4.2.2). */
const DNS_LENGTH_LEN = 2;
/** What may stand in evidence of a text protocol: the first line of these, and lines that hold no credentials. */
const KNOWN_START =
  /^(?:[A-Z-]{3,17} [^\r\n]{1,8192} HTTP\/1\.\d\r?\n|HTTP\/1\.\d \d{3}|SSH-\d|\d{3}[ -]|\* |\+OK|-ERR)/;
const TELLING_LINE =
  /^(?:[\w-]*(?:authorization|cookie|token|key|secret|auth|password|credential)[\w-]*:|PASS |AUTH)([^\r\n]*)/gim;
const QUERY = /^[A-Z-]{3,17} [^\s?]*\?([^\s]*)/;
/** Share of visible octets from which a payload is text: of what is encrypted four in ten are visible. */
const MIN_VISIBLE = 0.7;
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
  if (isTcp && isLogin(view, payloadAt, octets.length)) runs.push({ at: payloadAt, end: octets.length });
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
  if (!KNOWN_START.test(text)) add(0, text.length);
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

/** Messages of binary protocols that hold credentials in the clear, or in a code that is none. */
function isLogin(view: DataView, at: number, end: number): boolean {
  return (
    socksPassword(view, at, end) !== null || isMqttConnect(view, at, end) || isHttp2Headers(view, at, end)
  );
}

/** MQTT 3.1.1 §3.1: the name of the protocol stands behind one to four octets of length. */
function isMqttConnect(view: DataView, at: number, end: number): boolean {
  if (end - at < 12 || view.getUint8(at) !== 0x10) return false;
  for (let i = at + 2; i < at + 6; i++) if (view.getUint32(i + 2) === 0x4d515454) return true;
  return false;
}

/** RFC 9113 §4.1: a frame of HEADERS or CONTINUATION. */
function isHttp2Headers(view: DataView, at: number, end: number): boolean {
  if (end - at < 10) return false;
  const type = view.getUint8(at + 3);
  const stream = view.getInt32(at + 5);
  return (
    view.getUint8(at) === 0 && view.getUint16(at + 1) <= 0x4000 && (type === 1 || type === 9) && stream > 0
  );
}

/** Most of it can be read by people, and it does not begin like TLS. */
function isText(octets: Uint8Array, at: number): boolean {
  if (TLS_RECORD_TYPES.includes(octets[at]) && octets[at + 1] === 3) return false;
  let visible = 0;
  for (let i = at; i < octets.length; i++) {
    const octet = octets[i];
    if ((octet >= 0x20 && octet < 0x7f) || octet === 0x09 || octet === 0x0a || octet === 0x0d) visible++;
  }
  return visible > MIN_VISIBLE * (octets.length - at);
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");
}
