import { TlsClientReader } from "../flow/tls-reader.ts";
import { DnsQuestion, readDnsQuestion } from "../names/dns.ts";
import { DnsAnswers, readDnsAnswers } from "../names/dns-answers.ts";
import { looksLikeDns } from "../names/dns-recognise.ts";
import { rcodeName, rrtypeName } from "../names/dns-types.ts";
import { escapeText } from "../names/escape.ts";
import { isHttpResponseStart, isHttpStart } from "../names/http-start.ts";
import { isQuicLong, QuicPacket, readLongHeader } from "../names/quic-header.ts";
import { isTlsStart } from "../names/tls-records.ts";
import { formatAddress, type Words } from "../policy/address-text.ts";

/** What a payload says, for people. */
export interface Story {
  readonly protocol: string;
  readonly summary: string;
  readonly fields: string;
}

/** Records, and octets of a line, that are shown. */
const MAX_RECORDS = 8;
const MAX_LINE = 200;
/** TLS content types (RFC 8446 §5.1) and handshake types (§4). */
const TLS_CONTENT: Readonly<Record<number, string>> = {
  20: "change cipher spec",
  21: "alert",
  22: "handshake",
  23: "application data",
};
const SERVER_HELLO = 2;

const question = new DnsQuestion();
const answers = new DnsAnswers();
const quic = new QuicPacket();

/** `trusted`: the port says DNS. */
export function dnsStory(view: DataView, at: number, end: number, trusted: boolean): Story | null {
  if (!trusted && !looksLikeDns(view, at, end)) return null;
  readDnsQuestion(question, view, at, end);
  if (question.questions === 0) return null;
  const asked = `${rrtypeName(question.qtype)} ${question.qname === "" ? "." : question.qname}`;
  const id = `id ${question.id}`;
  if (!question.response)
    return { protocol: "dns", summary: `DNS question ${asked}`, fields: `question ${asked}, ${id}` };
  readDnsAnswers(answers, question, view, at, end);
  const records = answers.records.slice(0, MAX_RECORDS).map(({ type, target, address, text }) => {
    const value = address === null ? (target ?? text) : formatAddress([...address] as unknown as Words);
    return `${rrtypeName(type)} ${value}`;
  });
  const rcode = rcodeName(question.rcode);
  const said = records.length > 0 ? records.join(", ") : rcode;
  return {
    protocol: "dns",
    summary: `DNS answer ${asked}: ${said}`,
    fields: `answer to ${asked}, ${id}, ${rcode}, ${answers.records.length} records${records.length > 0 ? `: ${records.join(", ")}` : ""}`,
  };
}

/** A ClientHello, as far as this packet has it, or the record that a packet begins with. */
export function tlsStory(view: DataView, at: number, end: number): Story | null {
  if (isTlsStart(view, at, end) === "yes") return clientHelloStory(view, at, end);
  if (end - at < 6 || view.getUint8(at + 1) !== 3 || view.getUint8(at + 2) > 4) return null;
  const content = TLS_CONTENT[view.getUint8(at)];
  if (content === undefined) return null;
  const isServerHello = view.getUint8(at) === 22 && view.getUint8(at + 5) === SERVER_HELLO;
  const what = isServerHello ? "ServerHello" : content;
  return {
    protocol: "tls",
    summary: `TLS ${what}`,
    fields: `${what}, record of ${view.getUint16(at + 3)} octets`,
  };
}

function clientHelloStory(view: DataView, at: number, end: number): Story {
  let sni = "";
  let alpn = "";
  const reader = new TlsClientReader(
    (hello) => {
      sni = hello.sni;
      alpn = hello.alpn.map((protocol) => escapeText(protocol, 32)).join(" ");
    },
    () => {},
  );
  reader.read(view, at, end);
  reader.close();
  const name = sni === "" ? "no server name" : `server name ${sni}`;
  return {
    protocol: "tls",
    summary: `TLS ClientHello${sni === "" ? "" : ` ${sni}`}`,
    fields: `ClientHello, ${name}${alpn === "" ? "" : `, ALPN ${alpn}`}`,
  };
}

/** Request or status line. */
export function httpStory(view: DataView, at: number, end: number): Story | null {
  const isRequest = isHttpStart(view, at, end) === "yes";
  if (!isRequest && isHttpResponseStart(view, at, end) !== "yes") return null;
  let stop = at;
  while (stop < end && stop - at < MAX_LINE && view.getUint8(stop) !== 0x0d && view.getUint8(stop) !== 0x0a)
    stop++;
  const octets = new Uint8Array(view.buffer, view.byteOffset + at, stop - at);
  const line = escapeText(Buffer.from(octets).toString("latin1"), MAX_LINE);
  return { protocol: "http", summary: `HTTP ${line}`, fields: line };
}

export function quicStory(view: DataView, at: number, end: number): Story | null {
  if (!isQuicLong(view, at, end)) return null;
  readLongHeader(quic, view, at, end);
  const version = `version 0x${(quic.version >>> 0).toString(16).padStart(8, "0")}`;
  return { protocol: "quic", summary: `QUIC ${quic.kind}`, fields: `${quic.kind}, ${version}` };
}
