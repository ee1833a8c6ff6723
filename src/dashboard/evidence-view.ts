import type { Moment } from "../findings/finding.ts";

/** A packet of a finding, decoded for people. */
export interface PacketView {
  readonly at: Moment;
  /** Id of the finding that kept it: related ones belong to the same story. */
  readonly finding: string;
  /** Who sent it to whom: addresses, with ports where there are any; "" where it has none. */
  readonly from: string;
  readonly to: string;
  /** What happens in it, in a few words. */
  readonly summary: string;
  /** Decoded fields, a header each. */
  readonly headers: readonly { readonly name: string; readonly fields: string }[];
  /** The first octets of it. */
  readonly octets: Uint8Array;
  readonly wireLen: number;
}

/** What was kept of a finding. */
export interface EvidenceView {
  readonly id: string;
  /** In order of time, those of related findings included. */
  readonly packets: readonly PacketView[];
  /** Paths of the files that hold them. */
  readonly files: readonly string[];
  /** Why there is nothing, where there is nothing. */
  readonly missing: string | null;
}
