/** Messages in a path are read up to so many characters: nobody's are longer. */
const IN_PATH = /[?&]dns=([A-Za-z0-9_-]{16,2048})=*(?:[&#]|$)/;

/**
 * The message that a readable request carries in its path (RFC 8484 §4.1: `?dns=`, base 64 for URLs); null where it
 * has none there.
 */
export function dnsInPath(path: string): DataView | null {
  const encoded = IN_PATH.exec(path)?.[1];
  if (encoded === undefined) return null;
  const octets = Buffer.from(encoded, "base64url");
  return new DataView(octets.buffer, octets.byteOffset, octets.length);
}
