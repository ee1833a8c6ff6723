import type { EvidenceView, PacketView } from "../dashboard/evidence-view.ts";
import type { FindingRow } from "../dashboard/finding-rows.ts";
import type { PacketTap, TappedPacket } from "../findings/packet-tap.ts";
import { packetView, relatedIds } from "./packet-views.ts";

const PACKETS_EACH = 16;
const OCTETS_EACH = 512;
/** Of all findings together. */
const MAX_OCTETS = 32 * 1024 * 1024;

/** The first packets of each finding, in memory: what a replay without a state directory shows as evidence. */
export class FirstPackets implements PacketTap {
  private readonly kept = new Map<string, (TappedPacket & { readonly finding: string })[]>();
  private octets = 0;

  wants(finding: string): boolean {
    return this.octets < MAX_OCTETS && (this.kept.get(finding)?.length ?? 0) < PACKETS_EACH;
  }

  add(finding: string, packet: TappedPacket): void {
    const octets = Uint8Array.from(packet.octets.subarray(0, OCTETS_EACH));
    this.octets += octets.length;
    const packets = this.kept.get(finding) ?? [];
    packets.push({ ...packet, octets, finding });
    this.kept.set(finding, packets);
  }

  /** The packets of a finding, and of others that tell the same story. */
  evidenceOf(row: FindingRow, all: Iterable<FindingRow>): EvidenceView {
    const packets: PacketView[] = [];
    for (const [id, finding] of relatedIds(row, all)) {
      for (const packet of this.kept.get(id) ?? []) packets.push(packetView(packet, finding));
    }
    packets.sort((a, b) => a.at.sec - b.at.sec || a.at.nsec - b.at.nsec);
    const missing = packets.length > 0 ? null : "none were kept";
    return { id: row.id, packets, files: [], missing };
  }
}
