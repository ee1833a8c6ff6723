import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemMessage } from "../capture/system-message.ts";
import { readBounded } from "./bounded-file.ts";
import { isThere } from "./is-there.ts";
import { makeFolder } from "./make-folder.ts";
import { adoptOwner } from "./ownership.ts";

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const MAX_MIB = 1;
const PRIVATE_FILE = "audit.key";
const PUBLIC_FILE = "audit.pub";
/** Octets of an Ed25519 public key, the last of its SubjectPublicKeyInfo (RFC 8410 §4). */
const RAW_LEN = 32;

/** What a head's signature covers; its first line keeps it from meaning anything else. */
interface SignedHead {
  readonly seq: number;
  readonly time: string;
  readonly prev: string;
}

/** A key of which the private half is here. */
export interface SigningKey {
  readonly fingerprint: string;
  /** Ed25519 (RFC 8032) over a head, in base64. */
  sign(head: SignedHead): string;
}

/** A key of which both halves are here, that signs files as well. */
export interface FileSigningKey extends SigningKey {
  /** The public half as a file (PEM). */
  readonly publicPem: string;
  /** Ed25519 over a file's octets, as `openssl pkeyutl -rawin` makes and checks it. */
  signFile(octets: Uint8Array): Buffer;
}

/** A key that signatures are checked with. */
export interface CheckingKey {
  readonly fingerprint: string;
  verify(head: SignedHead, signature: string): boolean;
  verifyFile(octets: Uint8Array, signature: Uint8Array): boolean;
}

/** A key that cannot be used. The message is for people. */
export class KeyError extends Error {}

function headText({ seq, time, prev }: SignedHead): Buffer {
  return Buffer.from(`gapwatch audit head 1\n${seq}\n${time}\n${prev}\n`);
}

/** SHA-256 over the 32 octets of the public key, in hex. */
function fingerprintOf(publicKey: KeyObject): string {
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-RAW_LEN);
  return createHash("sha256").update(raw).digest("hex");
}

/** The public key as one word: its SubjectPublicKeyInfo (RFC 8410) in base64. */
export function publicKeyText(publicKey: KeyObject): string {
  return publicKey.export({ format: "der", type: "spki" }).toString("base64");
}

export interface NewKey {
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly publicPath: string;
  readonly privatePath: string;
}

/** Writes a new pair into a directory, the private half readable by its owner only. Throws KeyError rather
 * than overwrite, and what writing throws. */
export function createKeyPair(directory: string): NewKey {
  const privatePath = join(directory, PRIVATE_FILE);
  const publicPath = join(directory, PUBLIC_FILE);
  for (const path of [privatePath, publicPath]) {
    if (existsSync(path)) throw new KeyError(`${path} is there already: it is not overwritten`);
  }
  makeFolder(directory, 0o700);
  adoptOwner(directory);
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  try {
    writePair(privatePath, privateKey, publicPath, publicKey);
  } catch (error) {
    // Half a key would keep the next attempt, and whoever signs, from working.
    for (const path of [privatePath, publicPath]) rmSync(path, { force: true });
    throw error;
  }
  return {
    publicKey: publicKeyText(publicKey),
    fingerprint: fingerprintOf(publicKey),
    publicPath,
    privatePath,
  };
}

function writePair(
  privatePath: string,
  privateKey: KeyObject,
  publicPath: string,
  publicKey: KeyObject,
): void {
  writeFileSync(privatePath, privateKey.export({ format: "pem", type: "pkcs8" }), {
    flag: "wx",
    mode: 0o600,
    flush: true,
  });
  chmodSync(privatePath, 0o600); // whatever the umask says
  writeFileSync(publicPath, publicKey.export({ format: "pem", type: "spki" }), { flag: "wx", flush: true });
  adoptOwner(privatePath);
  adoptOwner(publicPath);
}

/** The key of a directory, null where there is none. Throws KeyError where it cannot be used. */
export function loadSigningKey(directory: string): FileSigningKey | null {
  const path = join(directory, PRIVATE_FILE);
  if (!existsSync(path)) return null;
  const privateKey = readKey(path, createPrivateKey);
  const publicKey = createPublicKey(privateKey);
  return {
    fingerprint: fingerprintOf(publicKey),
    publicPem: publicKey.export({ format: "pem", type: "spki" }).toString(),
    sign: (head) => sign(null, headText(head), privateKey).toString("base64"),
    signFile: (octets) => sign(null, octets, privateKey),
  };
}

/** A public key as a file (PEM) or as `publicKeyText` writes it. Throws KeyError. */
export function loadCheckingKey(pathOrText: string): CheckingKey {
  const isText = BASE64.test(pathOrText) && !mayBeThere(pathOrText);
  const key = !isText
    ? readKey(pathOrText, createPublicKey)
    : decode(pathOrText, () =>
        createPublicKey({ key: Buffer.from(pathOrText, "base64"), format: "der", type: "spki" }),
      );
  return {
    fingerprint: fingerprintOf(key),
    verify: (head, signature) => verify(null, headText(head), key, Buffer.from(signature, "base64")),
    verifyFile: (octets, signature) => verify(null, octets, key, signature),
  };
}

/** Also what may not be looked at. */
function mayBeThere(path: string): boolean {
  try {
    return isThere(path);
  } catch {
    return true;
  }
}

function readKey(path: string, create: (pem: Buffer) => KeyObject): KeyObject {
  let pem: Buffer;
  try {
    pem = readBounded(path, MAX_MIB);
  } catch (error) {
    throw new KeyError(`cannot read the key ${path}: ${systemMessage(error)}`);
  }
  return decode(path, () => create(pem));
}

function decode(what: string, create: () => KeyObject): KeyObject {
  let key: KeyObject | null = null;
  try {
    key = create();
  } catch {
    // Whatever OpenSSL says of it means nothing to the reader.
  }
  if (key === null || key.asymmetricKeyType !== "ed25519") {
    throw new KeyError(`${what} is no Ed25519 key; expected what gapwatch keygen wrote or printed`);
  }
  return key;
}
