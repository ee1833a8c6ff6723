/** Application messages for tests: DNS, TLS and HTTP, whole and well-formed. */
import {
  alpn,
  handshake,
  clientHello as helloBody,
  record,
  serverName,
  supportedVersions,
  vector16,
} from "../names/tls-octets.ts";
import { addressOctets, be, join } from "./octets.ts";

const TYPE_NUMBERS = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  SVCB: 64,
  HTTPS: 65,
} as const;
export type DnsType = keyof typeof TYPE_NUMBERS;

export interface DnsRecord {
  /** Omitted: the question's name. */
  readonly name?: string;
  readonly type: DnsType;
  /** An address (A, AAAA), a name (CNAME, NS, PTR), a text (TXT) or hex (SVCB, HTTPS). */
  readonly data: string;
  readonly ttl?: number;
}

/** A DNS question with recursion desired (RFC 1035 §4.1). */
export function dnsQuery(name: string, type: DnsType = "A", id = 1): Buffer {
  return join(be(id, 2), be(0x0100, 2), be(1, 2), be(0, 6), dnsQuestion(name, type));
}

/** The response to that question. */
export function dnsAnswer(
  name: string,
  type: DnsType = "A",
  id = 1,
  answers: readonly DnsRecord[] = [],
  rcode = 0,
): Buffer {
  const records = answers.map((answer) => {
    const rdata = dnsRdata(answer);
    const owner = answer.name === undefined ? be(0xc00c, 2) : dnsName(answer.name);
    const fixed = [be(TYPE_NUMBERS[answer.type], 2), be(1, 2), be(answer.ttl ?? 300, 4), be(rdata.length, 2)];
    return join(owner, ...fixed, rdata);
  });
  const counts = [be(1, 2), be(answers.length, 2), be(0, 4)];
  return join(be(id, 2), be(0x8180 | rcode, 2), ...counts, dnsQuestion(name, type), ...records);
}

/** A message with the length that goes before it on TCP (RFC 1035 §4.2.2). */
export function dnsOverTcp(message: Uint8Array): Buffer {
  return join(be(message.length, 2), message);
}

function dnsQuestion(name: string, type: DnsType): Buffer {
  return join(dnsName(name), be(TYPE_NUMBERS[type], 2), be(1, 2));
}

function dnsRdata({ type, data }: DnsRecord): Buffer {
  if (type === "A" || type === "AAAA") return addressOctets(data);
  if (type === "TXT") return join(be(data.length, 1), data);
  if (type === "SVCB" || type === "HTTPS") return Buffer.from(data, "hex");
  return dnsName(data);
}

/** RDATA of SVCB and HTTPS in hex (RFC 9460 §2.2): target "." is the owner; parameters by their keys. */
export function svcb(
  priority: number,
  target: string,
  params: readonly (readonly [key: number, value: ArrayLike<number> | string])[] = [],
): string {
  const octets = params.map(([key, value]) => join(be(key, 2), be(value.length, 2), join(value)));
  return join(be(priority, 2), dnsName(target), ...octets).toString("hex");
}

/** A name in NetBIOS's code (RFC 1001 §14.1), with the octet that tells the kind of service. */
export function netbiosEncoded(name: string, suffix = 0x20): string {
  const octets = join(name.toUpperCase().padEnd(15, " "), [suffix]);
  return [...octets].map((octet) => String.fromCharCode(0x41 + (octet >> 4), 0x41 + (octet & 15))).join("");
}

/** "a.example" in labels; "" and "." are the root. */
export function dnsName(name: string): Buffer {
  const labels = name.split(".").filter((label) => label !== "");
  return join(...labels.map((label) => join(be(label.length, 1), label)), [0]);
}

/** A ClientHello in one record. Without a name it has no SNI; `padBytes` makes it long (RFC 7685). */
export function clientHello(sni: string | null, alpns: readonly string[] = [], padBytes = 0): Buffer {
  const extensions = [
    ...(sni === null ? [] : serverName(sni)),
    ...(alpns.length === 0 ? [] : alpn(...alpns)),
    ...supportedVersions(0x0304, 0x0303),
    ...(padBytes === 0 ? [] : [...be(21, 2), ...vector16(Array<number>(padBytes).fill(0))]),
  ];
  return join(record(22, handshake(1, helloBody([0x1301, 0xc02f], extensions))));
}

const RETRY_RANDOM = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"; // RFC 8446 §4.1.3

/** A ServerHello in one record, or a HelloRetryRequest. */
export function serverHello(isRetry = false): Buffer {
  const random = isRetry ? Buffer.from(RETRY_RANDOM, "hex") : Buffer.alloc(32, 0x77);
  const extensions = vector16([...be(43, 2), ...vector16([0x03, 0x04])]);
  const body = join([0x03, 0x03], random, [0], be(0x1301, 2), [0], extensions);
  return join(record(22, handshake(2, body), 0x0303));
}

/** TLS application data: opaque octets in a record. */
export function tlsData(lenBytes: number): Buffer {
  return join(record(23, Buffer.alloc(lenBytes, 0x99), 0x0303));
}

/** An HTTP/1.1 request; `target` as it stands in the request line. */
export function httpRequest(host: string, target = "/", method = "GET", body = ""): Buffer {
  const length = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
  return join(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${length}\r\n${body}`);
}

export function httpResponse(status = 200, body = ""): Buffer {
  return join(`HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
}

/** What a proxy says before the tunnel of a CONNECT begins. */
export function httpTunnelOpens(): Buffer {
  return join("HTTP/1.1 200 Connection established\r\n\r\n");
}
