import type { PacketTap, TappedPacket } from "./packet-tap.ts";

/** Gives packets to several taps, to each what it wants. */
export class PacketTaps implements PacketTap {
  private readonly all: readonly PacketTap[];

  constructor(all: readonly PacketTap[]) {
    this.all = all;
  }

  wants(finding: string): boolean {
    return this.all.some((tap) => tap.wants(finding));
  }

  add(finding: string, packet: TappedPacket, what: string): void {
    for (const tap of this.all) if (tap.wants(finding)) tap.add(finding, packet, what);
  }
}
