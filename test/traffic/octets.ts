/** An unsigned number in `lenBytes` octets, big-endian; what does not fit is cut off at the top. */
export function be(value: number, lenBytes: number): Buffer {
  const out = Buffer.alloc(lenBytes);
  let rest = BigInt.asUintN(8 * lenBytes, BigInt(value));
  for (let i = lenBytes - 1; i >= 0; i--, rest >>= 8n) out[i] = Number(rest & 0xffn);
  return out;
}

/** One byte string of several; texts are taken as Latin-1. */
export function join(...parts: readonly (ArrayLike<number> | string)[]): Buffer {
  return Buffer.concat(
    parts.map((part) =>
      typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(Array.from(part)),
    ),
  );
}

/** The internet checksum (RFC 1071): of data that holds its own checksum it is 0. */
export function checksum(data: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += (i & 1) === 0 ? data[i] << 8 : data[i];
  while (sum > 0xffff) sum = (sum >>> 16) + (sum & 0xffff);
  return ~sum & 0xffff;
}

/** "10.20.1.11" as 4 octets, "fd20::1" as 16. */
export function addressOctets(text: string): Buffer {
  if (!text.includes(":")) return Buffer.from(text.split(".").map(Number));
  const [head, tail] = text.split("::").map((half) => half.split(":").filter((group) => group !== ""));
  const missing = 8 - head.length - (tail?.length ?? 0);
  const groups = [...head, ...Array<string>(missing).fill("0"), ...(tail ?? [])];
  return join(...groups.map((group) => be(Number.parseInt(group, 16), 2)));
}
