import { createCipheriv, randomBytes } from "node:crypto";
import { initialKeys } from "../../names/quic-keys.ts";
import { quicVersion } from "../../names/quic-versions.ts";

const QUIC_V1 = 1;
/** RFC 9000 section 14.1: a client's first datagram is no smaller. */
const DATAGRAM_LEN = 1200;
const TAG_LEN = 16;
const PN_LEN = 4;

/** A ClientHello (RFC 8446 section 4.1.2) that asks for a name. Nobody needs to be able to answer it. */
export function clientHello(name: string): Buffer {
  const host = Buffer.from(name, "latin1");
  const extensions = Buffer.concat([
    extension(0x0000, vector(2, Buffer.concat([Buffer.from([0]), vector(2, host)]))), // server_name (RFC 6066)
    extension(0x002b, vector(1, Buffer.from([0x03, 0x04]))), // supported_versions: TLS 1.3
    extension(0x000d, vector(2, Buffer.from([0x04, 0x03, 0x08, 0x04]))), // signature_algorithms
    extension(0x000a, vector(2, Buffer.from([0x00, 0x1d]))), // supported_groups: x25519
    extension(0x0033, vector(2, Buffer.concat([Buffer.from([0x00, 0x1d]), vector(2, randomBytes(32))]))), // key_share
    extension(0x0010, vector(2, vector(1, Buffer.from("gapwatch")))), // ALPN
  ]);
  const body = Buffer.concat([
    Buffer.from([0x03, 0x03]),
    randomBytes(32),
    vector(1, Buffer.alloc(0)), // no session
    vector(2, Buffer.from([0x13, 0x01, 0x13, 0x02])),
    vector(1, Buffer.from([0])), // no compression
    vector(2, extensions),
  ]);
  return Buffer.concat([Buffer.from([1]), number(3, body.length), body]);
}

/** The same in a TLS record (RFC 8446 section 5.1). */
export function tlsRecord(hello: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x16, 0x03, 0x01]), vector(2, hello)]);
}

/** The same in a QUIC version 1 Initial packet, sealed with the keys that follow from `dcid` (RFC 9001 section 5). */
export function quicInitial(dcid: Buffer, hello: Buffer): Buffer {
  const head = Buffer.concat([
    Buffer.from([0xc0 | (PN_LEN - 1)]),
    number(4, QUIC_V1),
    vector(1, dcid),
    vector(1, Buffer.alloc(0)), // no source connection id
    Buffer.from([0]), // no token
  ]);
  const crypto = Buffer.concat([Buffer.from([0x06, 0x00]), varint2(hello.length), hello]);
  const padded = Buffer.alloc(DATAGRAM_LEN - head.length - 2 - PN_LEN - TAG_LEN);
  crypto.copy(padded);
  const header = Buffer.concat([head, varint2(PN_LEN + padded.length + TAG_LEN), Buffer.alloc(PN_LEN)]);
  const version = quicVersion(QUIC_V1);
  if (version === undefined) throw new Error("QUIC version 1 is not known");
  const keys = initialKeys(version, dcid, "client");
  const gcm = createCipheriv("aes-128-gcm", keys.key, keys.iv); // packet number 0: the nonce is the IV
  gcm.setAAD(header);
  const packet = Buffer.concat([header, gcm.update(padded), gcm.final(), gcm.getAuthTag()]);
  const pnAt = header.length - PN_LEN;
  const mask = createCipheriv("aes-128-ecb", keys.hp, null).update(packet.subarray(pnAt + 4, pnAt + 20));
  packet[0] ^= mask[0] & 0x0f;
  for (let i = 0; i < PN_LEN; i++) packet[pnAt + i] ^= mask[1 + i];
  return packet;
}

/** A DNS question for a name's address, class IN (RFC 1035 section 4.1). */
export function dnsQuestion(name: string): Buffer {
  const labels = name.split(".").map((label) => vector(1, Buffer.from(label, "latin1")));
  const head = Buffer.concat([randomBytes(2), Buffer.from([0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0])]);
  return Buffer.concat([head, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}

function extension(type: number, data: Buffer): Buffer {
  return Buffer.concat([number(2, type), vector(2, data)]);
}

/** Octets behind their length. */
function vector(lenOctets: number, data: Buffer): Buffer {
  return Buffer.concat([number(lenOctets, data.length), data]);
}

function number(octets: number, value: number): Buffer {
  const out = Buffer.alloc(octets);
  out.writeUIntBE(value, 0, octets);
  return out;
}

/** A variable-length integer of two octets (RFC 9000 section 16). */
function varint2(value: number): Buffer {
  return number(2, 0x4000 | value);
}
