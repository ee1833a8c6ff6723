import { createRequire } from "node:module";

/** The part of dns-packet that the tests use; the package brings no types. */
export interface OraclePacket {
  readonly id?: number;
  readonly type?: "query" | "response";
  readonly flags?: number;
  readonly questions?: readonly { name: string; type: string; class?: string }[];
  readonly answers?: readonly OracleRecord[];
  readonly authorities?: readonly OracleRecord[];
  readonly additionals?: readonly OracleRecord[];
}

export interface OracleRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl?: number;
  readonly data?: unknown;
  readonly udpPayloadSize?: number;
}

interface DnsPacket {
  encode(packet: OraclePacket): Uint8Array;
  decode(bytes: Uint8Array): OraclePacket;
}

export const dnsPacket = createRequire(import.meta.url)("dns-packet") as DnsPacket;
