import type { PacketView } from "../dashboard/evidence-view.ts";
import type { FindingRow } from "../dashboard/finding-rows.ts";
import { describePacket } from "../findings/packet-story.ts";
import type { TappedPacket } from "../findings/packet-tap.ts";

/** Findings whose packets are shown with one: a DNS question belongs to the flow that follows it. */
const MAX_RELATED = 6;

/** Ids under which packets of a finding may be kept, with the finding that they belong to now. */
export function relatedIds(row: FindingRow, all: Iterable<FindingRow>): [id: string, finding: string][] {
  const ids: [string, string][] = [];
  const { source, destination } = row.finding;
  let related = 0;
  for (const other of [row, ...all]) {
    const { finding } = other;
    const isOwn = other === row;
    if (isOwn && ids.some(([, id]) => id === row.id)) continue;
    if (!isOwn && (finding.source !== source || finding.destination !== destination)) continue;
    if (!isOwn && ++related > MAX_RELATED) break;
    for (const id of [finding.id, ...finding.aliases]) ids.push([id, finding.id]);
  }
  return ids;
}

export function packetView(packet: Omit<TappedPacket, "maskedBytes">, finding: string): PacketView {
  const story = describePacket(packet.octets, packet.wireLen, packet.linkType);
  const { octets, wireLen, sec, nsec } = packet;
  return { at: { sec, nsec }, finding, ...story, octets, wireLen };
}
