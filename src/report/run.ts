import type { PacketTime } from "../capture/frame-source.ts";
import type { Summary } from "../findings/summary.ts";
import type { EnclavePolicy } from "../policy/policy.ts";

/** One input of a run, as reports show it. */
export interface RunInput {
  readonly path: string;
  /** Null unless asked for: hashing costs more than judging. */
  readonly sha256: string | null;
  /** `pcap`, `pcapng`, with `+gzip` or `+zstd`; null when the input could not be read as a capture. */
  readonly format: string | null;
  readonly linkTypes: readonly number[];
  readonly packets: number;
  readonly bytes: number;
  readonly first: PacketTime | null;
  readonly last: PacketTime | null;
  /** Why it was not read to its end, null when it was. */
  readonly damage: string | null;
}

/** A finished run: everything that a report is made from. */
export interface Run {
  readonly policy: EnclavePolicy;
  /** SHA-256 of the enclave file. */
  readonly policySha256: string;
  readonly inputs: readonly RunInput[];
  /** Decimals of a second in the captures, for printing times as precisely as they were taken. */
  readonly tsDigits: number;
  readonly summary: Summary;
}
