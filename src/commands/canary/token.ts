import { createHmac, timingSafeEqual } from "node:crypto";

/** The paths that a canary exercises, in the order of their numbers on the wire: append, never reorder. */
export const PATHS = [
  "dns-resolver",
  "dns-outside-ipv4",
  "dns-outside-ipv6",
  "tcp-ipv4",
  "tcp-ipv6",
  "udp-ipv4",
  "udp-ipv6",
  "quic-ipv4",
  "quic-ipv6",
  "icmp-ipv4",
  "icmp-ipv6",
  "tls-inside",
] as const;
export type Path = (typeof PATHS)[number];

/** A documentation name (RFC 2606 section 3): nobody uses it, and it ends in a public suffix as names outside do. */
export const ZONE = "gapwatch-canary.example.net";

/** One run of a canary: when it began by its clock, a random number, and the paths that it exercises, a bit each. */
export interface CanaryRun {
  readonly sec: number;
  readonly run: number;
  readonly paths: number;
}

/** Numbers tell runs apart that begin in the same second. Few: who saw only a SYN has to try them all. */
export const RUN_NUMBERS = 16;
/** Octets of a token: time 4, run 1, paths 2, then what authenticates them and the path that it is for. */
export const TOKEN_LEN = 16;
const HEAD_LEN = 7;
const ALL_PATHS = 2 ** PATHS.length - 1;

/**
 * What a probe carries: HMAC-SHA-256 over the shared secret, the run and its time. Who has no secret can make
 * none, and an old one is of no use, because its time is in it.
 */
export function tokenOf(secret: Uint8Array, run: CanaryRun, path: Path): Buffer {
  const head = Buffer.alloc(HEAD_LEN);
  head.writeUInt32BE(run.sec, 0);
  head.writeUInt8(run.run, 4);
  head.writeUInt16BE(run.paths, 5);
  return Buffer.concat([head, hmac(secret, "token", head, path)]).subarray(0, TOKEN_LEN);
}

/** The run that a token is of, and its path; null where it was not made with this secret. */
export function readToken(secret: Uint8Array, token: Uint8Array): { run: CanaryRun; path: Path } | null {
  if (token.length !== TOKEN_LEN) return null;
  const octets = Buffer.from(token);
  const run = { sec: octets.readUInt32BE(0), run: octets[4], paths: octets.readUInt16BE(5) & ALL_PATHS };
  for (const path of PATHS) {
    if (timingSafeEqual(tokenOf(secret, run, path), octets)) return { run, path };
  }
  return null;
}

/** Where a probe goes, and from which port. */
export interface Place {
  readonly address: string;
  /** The same as octets, as they stand in a packet. */
  readonly octets: Buffer;
  readonly port: number;
  readonly sourcePort: number;
}

/** RFC 5737; of each the upper addresses, which examples and labs rarely use. */
const NETS_V4 = [
  [192, 0, 2],
  [198, 51, 100],
  [203, 0, 113],
] as const;
const HOSTS_FROM = 200;
const HOSTS = 55;
/** RFC 3849. */
const NET_V6 = [0x20, 0x01, 0x0d, 0xb8] as const;
const PORTS = 10_000;
const PORTS_FROM = 20_000;
const SOURCE_PORTS_FROM = 10_000;

/** The documentation address and the ports of a path's probe: bits of the nonce where a packet has no room for it. */
export function placeOf(secret: Uint8Array, { sec, run }: Pick<CanaryRun, "sec" | "run">, path: Path): Place {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(sec, 0);
  head.writeUInt8(run, 4);
  const bits = hmac(secret, "place", head, path);
  const octets = path.endsWith("ipv6")
    ? Buffer.from([...NET_V6, ...bits.subarray(8, 20)])
    : Buffer.from([...NETS_V4[bits[4] % NETS_V4.length], HOSTS_FROM + (bits[5] % HOSTS)]);
  return {
    address: path.endsWith("ipv6") ? ipv6Text(octets) : octets.join("."),
    octets,
    port: PORTS_FROM + (bits.readUInt16BE(0) % PORTS),
    sourcePort: SOURCE_PORTS_FROM + (bits.readUInt16BE(2) % PORTS),
  };
}

function hmac(secret: Uint8Array, purpose: string, head: Uint8Array, path: Path): Buffer {
  const mac = createHmac("sha256", secret).update(`gapwatch canary 1 ${purpose} ${path}\n`);
  return mac.update(head).digest();
}

function ipv6Text(octets: Buffer): string {
  return Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(2 * i).toString(16)).join(":");
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** The name that carries a token: base 32 (RFC 4648 section 6) as its first label. */
export function nameOf(token: Uint8Array): string {
  let label = "";
  let bits = 0;
  let held = 0;
  for (const octet of token) {
    held = (held << 8) | octet;
    for (bits += 8; bits >= 5; bits -= 5) label += ALPHABET[(held >> (bits - 5)) & 31];
    held &= 0xff;
  }
  if (bits > 0) label += ALPHABET[(held << (5 - bits)) & 31];
  return `${label}.${ZONE}`;
}

/** The token in a name, null where there is none. */
export function tokenIn(name: string): Buffer | null {
  if (!name.endsWith(`.${ZONE}`)) return null;
  const label = name.slice(0, -ZONE.length - 1);
  if (label.length !== Math.ceil((TOKEN_LEN * 8) / 5)) return null;
  const octets: number[] = [];
  let held = 0;
  let bits = 0;
  for (const char of label) {
    const value = ALPHABET.indexOf(char);
    if (value < 0) return null;
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    octets.push((held >> bits) & 0xff);
  }
  const token = Buffer.from(octets);
  return nameOf(token) === name ? token : null;
}
