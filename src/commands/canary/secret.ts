import { systemMessage } from "../../capture/system-message.ts";
import { readBounded } from "../../records/bounded-file.ts";

const MIN_OCTETS = 16;
const MAX_MIB = 1;

/** A secret that cannot be used. The message is for people. */
export class SecretError extends Error {}

/** The secret that canary and monitor share: a file's octets, blanks around them aside. Throws SecretError. */
export function readSecret(path: string): Buffer {
  let octets: Buffer;
  try {
    octets = readBounded(path, MAX_MIB);
  } catch (error) {
    throw new SecretError(`cannot read the secret ${path}: ${systemMessage(error)}`);
  }
  const secret = Buffer.from(octets.toString("latin1").trim(), "latin1");
  if (secret.length < MIN_OCTETS) {
    throw new SecretError(
      `the secret ${path} is shorter than ${MIN_OCTETS} octets: openssl rand -hex 32 makes one`,
    );
  }
  return secret;
}
