import { existsSync } from "node:fs";
import { join } from "node:path";
import { CaptureError } from "../capture/frame-source.ts";
import { openCapture } from "../capture/open-capture.ts";
import type { EvidenceView, PacketView } from "../dashboard/evidence-view.ts";
import type { FindingRow } from "../dashboard/finding-rows.ts";
import { packetView, relatedIds } from "./packet-views.ts";

/** Files that are read for one finding. */
const MAX_FILES = 12;
/** The octets of a packet that are kept for the screen. */
const MAX_OCTETS = 2048;

/** The first packets of a finding, and of others that tell the same story, from the state directory. */
export async function evidencePackets(
  directory: string | null,
  row: FindingRow,
  all: Iterable<FindingRow>,
): Promise<EvidenceView> {
  if (directory === null)
    return { id: row.id, packets: [], files: [], missing: "there is no state directory" };
  const files: string[] = [];
  const packets: PacketView[] = [];
  for (const [id, finding] of relatedIds(row, all)) {
    const path = join(directory, `${id}.pcapng`);
    if (files.length === MAX_FILES || !existsSync(path)) continue;
    files.push(path);
    packets.push(...(await packetsOf(path, finding)));
  }
  packets.sort((a, b) => a.at.sec - b.at.sec || a.at.nsec - b.at.nsec);
  return { id: row.id, packets, files, missing: packets.length > 0 ? null : "none were kept" };
}

/** Those that can be read: the file may be written to, or go, at any time. */
async function packetsOf(path: string, finding: string): Promise<PacketView[]> {
  const packets: PacketView[] = [];
  try {
    const source = await openCapture(path);
    try {
      for (let batch = await source.next(); batch !== null; batch = await source.next()) {
        for (let i = 0; i < batch.count; i++) {
          const end = batch.offset[i] + Math.min(batch.caplen[i], MAX_OCTETS);
          const packet = {
            octets: batch.bytes.slice(batch.offset[i], end),
            wireLen: batch.wireLen[i],
            sec: batch.tsSec[i],
            nsec: batch.tsNsec[i],
            linkType: batch.linkType[i],
          };
          packets.push(packetView(packet, finding));
        }
      }
    } finally {
      source.close();
    }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
  }
  return packets;
}
