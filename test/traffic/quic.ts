/** QUIC datagrams for tests: Initial packets sealed as RFC 9001 §5 says, and the other long headers. */
import { createCipheriv, createHmac } from "node:crypto";
import {
  alpn,
  handshake,
  clientHello as helloBody,
  serverName,
  supportedVersions,
  vector16,
} from "../names/tls-octets.ts";
import { be, join } from "./octets.ts";

export const V1 = 0x00000001;
export const V2 = 0x6b3343cf;

/** Salts of RFC 9001 §5.2, RFC 9369 §3.3.1 and the drafts of the former. */
const SALTS: readonly (readonly [from: number, to: number, salt: string])[] = [
  [V1, V1, "38762cf7f55934b34d179ae6a4c80cadccbb7f0a"],
  [V2, V2, "0dede3def700a6db819381be6e269dcbf9bd2ed9"],
  [0xff000016, 0xff000016, "7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a"],
  [0xff000017, 0xff00001c, "c3eef712c72ebb5a11a7d2432bb46365bef9f502"],
  [0xff00001d, 0xff000020, "afbfec289993d24c9e9786f19c6111e04390a899"],
  [0xff000021, 0xff000022, "38762cf7f55934b34d179ae6a4c80cadccbb7f0a"],
  [0x51303530, 0x51303530, "504574efd066fe2f9d945cfcdbd3a7f0d3b56b45"],
  [0x54303530, 0x54303530, "7ff579e5acd072915580304c43a2367c60488310"],
  [0x54303531, 0x54303531, "7a4edef4e7ccee5fa4506c19124fc8ccda6e033d"],
];

/** A variable-length integer (RFC 9000 §16), in the shortest form or in `lenBytes`. */
export function varint(value: number, lenBytes?: number): Buffer {
  const length = lenBytes ?? (value < 64 ? 1 : value < 16384 ? 2 : value < 2 ** 30 ? 4 : 8);
  const out = be(value, length);
  out[0] |= Math.log2(length) << 6;
  return out;
}

export function crypto(offset: number, data: Uint8Array): Buffer {
  return join([0x06], varint(offset), varint(data.length), data);
}

export function ack(
  largest: number,
  ranges: readonly (readonly [gap: number, length: number])[] = [],
): Buffer {
  const pairs = ranges.map(([gap, length]) => join(varint(gap), varint(length)));
  return join([0x02], varint(largest), varint(0), varint(ranges.length), varint(0), ...pairs);
}

export interface Initial {
  readonly version?: number;
  readonly dcid: Uint8Array;
  readonly scid?: Uint8Array;
  readonly token?: Uint8Array;
  readonly pn?: number;
  readonly pnLen?: number;
  /** Side whose keys seal it, and the connection id that they come from (by default `dcid`). */
  readonly side?: "client" | "server";
  readonly keysFrom?: Uint8Array;
  /** Frames, in order. */
  readonly frames: readonly Uint8Array[];
  /** The packet is padded to this, inside; 0: not at all. */
  readonly size?: number;
}

/** A protected Initial packet. */
export function initial(of: Initial): Buffer {
  const { version = V1, dcid, scid = Buffer.alloc(0), token = Buffer.alloc(0), pn = 0, pnLen = 4 } = of;
  const { side = "client", keysFrom = dcid, size = 1200 } = of;
  const type = version === V2 ? 1 : 0;
  const head = join(
    [0xc0 | (type << 4) | (pnLen - 1)],
    be(version, 4),
    [dcid.length],
    dcid,
    [scid.length],
    scid,
    varint(token.length),
    token,
  );
  const frames = join(...of.frames);
  const smallest = Math.max(0, 4 - pnLen + 4 - frames.length); // RFC 9001 §5.4.2: enough to sample
  const padBytes = Math.max(smallest, size - head.length - 2 - pnLen - 16 - frames.length);
  const payload = join(frames, Buffer.alloc(padBytes));
  const header = join(head, varint(pnLen + payload.length + 16, 2), be(pn, pnLen));
  return seal(version, keysFrom, side, header, pn, pnLen, payload);
}

/** RFC 9001 §5.3 and §5.4 for a header that ends with the packet number. */
export function seal(
  version: number,
  dcid: Uint8Array,
  side: "client" | "server",
  header: Buffer,
  pn: number,
  pnLen: number,
  payload: Uint8Array,
): Buffer {
  const prefix = version === V2 ? "quicv2" : "quic";
  const salt = SALTS.find(([from, to]) => from <= version && version <= to)?.[2] ?? "";
  const secret = expand(hmac(Buffer.from(salt, "hex"), dcid), `${side} in`, 32);
  const iv = expand(secret, `${prefix} iv`, 12);
  const counter = be(pn, 12);
  const nonce = iv.map((octet, i) => octet ^ counter[i]);
  const gcm = createCipheriv("aes-128-gcm", expand(secret, `${prefix} key`, 16), nonce);
  gcm.setAAD(header);
  const out = join(header, gcm.update(payload), gcm.final(), gcm.getAuthTag());
  const pnAt = header.length - pnLen;
  const ecb = createCipheriv("aes-128-ecb", expand(secret, `${prefix} hp`, 16), null);
  const mask = ecb.update(out.subarray(pnAt + 4, pnAt + 20));
  out[0] ^= mask[0] & 0x0f;
  for (let i = 0; i < pnLen; i++) out[pnAt + i] ^= mask[1 + i];
  return out;
}

function hmac(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

function expand(secret: Uint8Array, label: string, lenBytes: number): Buffer {
  const full = `tls13 ${label}`;
  return hmac(secret, join(be(lenBytes, 2), [full.length], full, [0, 1])).subarray(0, lenBytes);
}

/** Another packet with a long header and a Length: "0rtt" or "handshake", with opaque content. */
export function longHeader(
  kind: "0rtt" | "handshake",
  dcid: Uint8Array,
  scid: Uint8Array = Buffer.alloc(0),
  version: number = V1,
  lenBytes = 100,
): Buffer {
  const type = (kind === "0rtt" ? 1 : 2) + (version === V2 ? 1 : 0);
  const head = join([0xc0 | (type << 4)], be(version, 4), [dcid.length], dcid, [scid.length], scid);
  return join(head, varint(lenBytes, 2), Buffer.alloc(lenBytes, 0xee));
}

export function retry(dcid: Uint8Array, scid: Uint8Array, version: number = V1): Buffer {
  const type = version === V2 ? 0 : 3;
  const head = join([0xc0 | (type << 4)], be(version, 4), [dcid.length], dcid, [scid.length], scid);
  return join(head, "token", Buffer.alloc(16, 0xdd));
}

export function versionNegotiation(dcid: Uint8Array, scid: Uint8Array, ...versions: number[]): Buffer {
  const list = versions.map((version) => be(version, 4));
  return join([0x80], be(0, 4), [dcid.length], dcid, [scid.length], scid, ...list);
}

/** A packet with a short header: its connection id and opaque content. */
export function shortHeader(dcid: Uint8Array, lenBytes = 60): Buffer {
  return join([0x40], dcid, Buffer.alloc(lenBytes, 0xcc));
}

/** A ClientHello as the CRYPTO stream has it: without a record. */
export function quicHello(sni: string | null, padBytes = 0, random = 0x55): Buffer {
  const extensions = [
    ...(sni === null ? [] : serverName(sni)),
    ...alpn("h3"),
    ...supportedVersions(0x0304),
    ...(padBytes === 0 ? [] : [...be(21, 2), ...vector16(Array<number>(padBytes).fill(0))]),
  ];
  const message = join(handshake(1, helloBody([0x1301], extensions)));
  message.fill(random, 6, 38);
  return message;
}

const RETRY_RANDOM = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"; // RFC 8446 §4.1.3

/** A ServerHello, or a HelloRetryRequest, as the CRYPTO stream has it. */
export function quicServerHello(isRetry = false): Buffer {
  const random = isRetry ? Buffer.from(RETRY_RANDOM, "hex") : Buffer.alloc(32, 0x77);
  const extensions = vector16([...be(43, 2), ...vector16([0x03, 0x04])]);
  return join(handshake(2, join([0x03, 0x03], random, [0], be(0x1301, 2), [0], extensions)));
}

/** A client's packet of Google's QUIC up to Q043, with a CHLO in a stream frame. */
export function googleHello(version: string, sni: string | null, padBytes = 1000): Buffer {
  const head = join([0x09], Buffer.alloc(8, 0xab), version, [1], Buffer.alloc(12, 0x5a));
  return join(head, [0xa0, 0x01], be(padBytes, 2), chlo(sni, padBytes));
}

/** The CHLO of QUIC crypto: padding, name, version. */
export function chlo(sni: string | null, padBytes = 1000): Buffer {
  const values: [tag: string, value: Buffer][] = [["PAD\0", Buffer.alloc(padBytes, 0x2d)]];
  if (sni !== null) values.push(["SNI\0", Buffer.from(sni)]);
  values.push(["VER\0", Buffer.from("Q043")]);
  const le32 = (value: number) => be(value, 4).reverse();
  const table = values.map(([tag], i) => {
    const end = values.slice(0, i + 1).reduce((sum, [, value]) => sum + value.length, 0);
    return join(tag, le32(end));
  });
  return join("CHLO", [values.length, 0, 0, 0], ...table, ...values.map(([, value]) => value));
}
