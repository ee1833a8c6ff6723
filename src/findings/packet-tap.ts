/** A packet as it was captured, credentials aside; its octets are valid during the call alone. */
export interface TappedPacket {
  readonly octets: Uint8Array;
  readonly wireLen: number;
  readonly sec: number;
  readonly nsec: number;
  readonly linkType: number;
  /** Octets that were overwritten because they may belong to a credential. */
  readonly maskedBytes: number;
}

/** Is given the packets by which findings came about, for evidence. */
export interface PacketTap {
  /** Whether another packet of this finding is of use: asked before one is looked up. */
  wants(finding: string): boolean;
  /** `what`: what it shows, in a few words. */
  add(finding: string, packet: TappedPacket, what: string): void;
}
