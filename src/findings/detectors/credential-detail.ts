import { createHmac } from "node:crypto";
import type { Credential } from "../../names/credentials.ts";

// A token cannot be guessed, so that its hash may stand in a report. A password can: so little of its hash is shown
// that thousands of likely ones share it, and nothing of itself.
const TOKEN_DIGITS = 12;
const PASSWORD_DIGITS = 3;
const SHOWN_CHARS = 4;
/** Shorter ones would be shown in large part. */
const MIN_SHOWN = 16;

/**
 * All that is ever kept of a credential, which stands in `text`: its kind, its last characters where it is no
 * password, and a fingerprint keyed with `salt`.
 */
export function credentialDetail(
  { kind, at, end, isPassword }: Credential,
  text: string,
  salt: string,
): string {
  if (at === end) return kind; // it was hidden where it was read
  const secret = text.slice(at, end).trimEnd();
  const digest = createHmac("sha256", salt).update(secret, "latin1").digest("hex");
  const fingerprint = digest.slice(0, isPassword ? PASSWORD_DIGITS : TOKEN_DIGITS);
  const isShown = !isPassword && secret.length >= MIN_SHOWN && kind !== "private key";
  const ending = isShown ? ` ...${secret.slice(-SHOWN_CHARS).replace(/[^!-~]/g, "?")}` : "";
  return `${kind}${ending}, fingerprint ${fingerprint}`;
}
