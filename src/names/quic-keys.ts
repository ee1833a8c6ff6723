import { createCipheriv, createDecipheriv, hash } from "node:crypto";
import type { QuicVersion } from "./quic-versions.ts";

const TAG_LEN = 16;
const SAMPLE_LEN = 16;
/** RFC 9001 §5.4.2: the sample begins as if the packet number had this many octets. */
const MAX_PN_LEN = 4;

/** Keys of one direction's Initial packets: AEAD_AES_128_GCM and AES-128-ECB (RFC 9001 §5). */
export interface InitialKeys {
  readonly key: Buffer;
  readonly iv: Buffer;
  /** Header protection. No cipher is kept: one for each flow would cost the collector more than making it. */
  readonly hp: Buffer;
  /** Highest packet number opened so far, -1 before the first. */
  largest: number;
}

/** The keys that follow from the destination connection id of a client's first Initial (RFC 9001 §5.2). */
export function initialKeys(version: QuicVersion, dcid: Uint8Array, side: "client" | "server"): InitialKeys {
  const initial = hmac(version.salt, dcid); // HKDF-Extract
  const secret = expandLabel(initial, side === "client" ? "client in" : "server in", 32);
  return {
    key: expandLabel(secret, `${version.labelPrefix} key`, 16),
    iv: expandLabel(secret, `${version.labelPrefix} iv`, 12),
    hp: expandLabel(secret, `${version.labelPrefix} hp`, 16),
    largest: -1,
  };
}

const infos = new Map<string, Buffer>();

/** HKDF-Expand-Label (RFC 8446 §7.1) without a context, of at most one block. */
function expandLabel(secret: Buffer, label: string, lenBytes: number): Buffer {
  let info = infos.get(label);
  if (info === undefined) {
    const full = Buffer.from(`tls13 ${label}`);
    info = Buffer.concat([Buffer.from([0, lenBytes, full.length]), full, Buffer.from([0, 1])]);
    infos.set(label, info);
  }
  return hmac(secret, info).subarray(0, lenBytes);
}

const SHA256 = "sha256";
const SHA256_BLOCK_LEN = 64;
const SHA256_LEN = 32;
/** The longest of what is hashed here is a salt's block and a connection id, or a label. */
const inner = Buffer.alloc(SHA256_BLOCK_LEN + 64);
const outer = Buffer.alloc(SHA256_BLOCK_LEN + SHA256_LEN);

/**
 * HMAC (RFC 2104 §2) of at most 64 octets with a key of at most a block, of two plain hashes: a flood of connections
 * wants five each, and every Hmac object costs the collector more than its hashing costs.
 */
function hmac(key: Uint8Array, data: Uint8Array): Buffer {
  for (let i = 0; i < SHA256_BLOCK_LEN; i++) {
    const octet = i < key.length ? key[i] : 0;
    inner[i] = octet ^ 0x36;
    outer[i] = octet ^ 0x5c;
  }
  inner.set(data, SHA256_BLOCK_LEN);
  // As text of one character an octet: three times as fast as into a buffer of its own.
  const first = hash(SHA256, inner.subarray(0, SHA256_BLOCK_LEN + data.length), "binary");
  outer.write(first, SHA256_BLOCK_LEN, "latin1");
  return Buffer.from(hash(SHA256, outer, "binary"), "latin1");
}

/**
 * The payload of the Initial packet view[at, end) whose protected packet number begins at `pnAt`, or null
 * when it was not made with these keys (RFC 9001 §5.3 and §5.4).
 */
export function openInitial(
  keys: InitialKeys,
  view: DataView,
  at: number,
  pnAt: number,
  end: number,
): Buffer | null {
  const sampleAt = pnAt + MAX_PN_LEN;
  if (end - sampleAt < SAMPLE_LEN) return null;
  const cipher = createCipheriv("aes-128-ecb", keys.hp, null);
  const mask = cipher.update(octets(view, sampleAt, sampleAt + SAMPLE_LEN));
  const first = view.getUint8(at) ^ (mask[0] & 0x0f);
  const pnLen = (first & 3) + 1;
  const bodyAt = pnAt + pnLen;
  const header = Buffer.from(octets(view, at, bodyAt)); // a copy, to be unmasked
  header[0] = first;
  let truncated = 0;
  for (let i = 0; i < pnLen; i++) {
    header[pnAt - at + i] ^= mask[1 + i];
    truncated = truncated * 256 + header[pnAt - at + i];
  }
  const pn = decodePacketNumber(keys.largest, truncated, pnLen);
  const decipher = createDecipheriv("aes-128-gcm", keys.key, nonceOf(keys.iv, pn), {
    authTagLength: TAG_LEN,
  });
  decipher.setAAD(header).setAuthTag(octets(view, end - TAG_LEN, end));
  const payload = decipher.update(octets(view, bodyAt, end - TAG_LEN));
  try {
    decipher.final();
  } catch {
    return null;
  }
  if (pn > keys.largest) keys.largest = pn;
  return payload;
}

function octets(view: DataView, at: number, end: number): Buffer {
  return Buffer.from(view.buffer, view.byteOffset + at, end - at);
}

/** The packet number nearest to the one that is expected (RFC 9000 §17.1, App. A.3). */
function decodePacketNumber(largest: number, truncated: number, pnLen: number): number {
  const window = 2 ** (8 * pnLen);
  const expected = largest + 1;
  const candidate = expected - (expected % window) + truncated;
  if (candidate <= expected - window / 2 && candidate < 2 ** 62 - window) return candidate + window;
  if (candidate > expected + window / 2 && candidate >= window) return candidate - window;
  return candidate;
}

function nonceOf(iv: Buffer, pn: number): Buffer {
  const nonce = Buffer.from(iv);
  nonce.writeInt32BE(nonce.readInt32BE(8) ^ (pn | 0), 8);
  nonce.writeInt32BE(nonce.readInt32BE(4) ^ Math.floor(pn / 2 ** 32), 4);
  return nonce;
}
