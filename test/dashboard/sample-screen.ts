import type { EvidenceView } from "../../src/dashboard/evidence-view.ts";
import { ScreenModel, type SensorFigures } from "../../src/dashboard/screen-model.ts";
import type { Snapshot } from "../../src/dashboard/snapshot.ts";
import { describePacket } from "../../src/findings/packet-story.ts";
import type { RatedFinding } from "../../src/findings/summary.ts";
import { captured, inRepository } from "../captured-frames.ts";
import { FINDINGS, moment, samplePolicy } from "../report/sample-run.ts";

/** 2026-11-20 09:02:05 UTC, a few seconds after the sample's last finding. */
export const NOW_MS = moment(3725).sec * 1000 + 4000;

export const FIGURES: SensorFigures = {
  inputs: [
    { name: "mirror0", state: "up", packets: 1_234_567, dropped: 0 },
    { name: "mirror1", state: "down", packets: 1, dropped: 17 },
  ],
  packets: 1_234_568,
  bytes: 987_654_381,
  flows: 4321,
  packetsPerSec: 81_234,
  bitsPerSec: 612e6,
  reasons: ["capture.drops: mirror1: the capturing side lost 17 packets"],
  raised: [],
  coverage: { unroutable: 44, "capture.dropped": 17, "inside.dns_asked": 99, "tcp.unseen_bytes": 0 },
  exceptions: [{ ruleId: "transfer-gate", attempts: 2, bytesOut: 60_000_000, bytesIn: 3224 }],
};

/** A model with an id of its own for each finding of the sample. */
export function sampleModel(
  mode: Snapshot["mode"] = "live",
  findings: readonly RatedFinding[] = FINDINGS,
  clock: () => number = () => NOW_MS,
): ScreenModel {
  const enclave = {
    policy: samplePolicy(),
    sha256: "ab".repeat(32),
    path: "sample.yaml",
    loadedMs: mode === "live" ? NOW_MS - 3_700_000 : null,
  };
  const model = new ScreenModel(mode, enclave, null, clock);
  model.found(withIds(findings), []);
  model.look(FIGURES);
  return model;
}

export function withIds(findings: readonly RatedFinding[]): RatedFinding[] {
  return findings.map((finding, i) => ({ ...finding, id: i.toString(16).padStart(12, "0") }));
}

/** Evidence of the finding `id`: the first packets of the quickstart capture. */
export async function sampleEvidence(id: string): Promise<EvidenceView> {
  const frames = await captured(inRepository("captures/quickstart.pcapng"));
  const packets = frames
    .filter(({ data }) => data.length > 70)
    .slice(0, 4)
    .map(({ data, wireLen = data.length, sec, nsec }) => ({
      at: { sec, nsec },
      finding: id,
      ...describePacket(data, wireLen, 1),
      octets: data,
      wireLen,
    }));
  return { id, packets, files: [`/var/lib/gapwatch/evidence/${id}.pcapng`], missing: null };
}
