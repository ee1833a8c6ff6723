import type { EvidenceView } from "../../src/dashboard/evidence-view.ts";
import { ScreenModel, type SensorFigures } from "../../src/dashboard/screen-model.ts";
import type { Snapshot } from "../../src/dashboard/snapshot.ts";
import type { OpenFlow } from "../../src/findings/live-flows.ts";
import type { SeenHost, SeenName } from "../../src/findings/live-traffic.ts";
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

const NAMES: readonly SeenName[] = [
  name("10.20.1.21", "agent-01", "db.enclave.internal", "A", "inside", "10.20.9.9", 3600),
  {
    ...name("10.20.4.10", null, "a.updates.example.org", "TLS", "allowed", "203.0.113.10", 3650),
    rule: "gate",
  },
  name("10.20.1.11", "gpu-01", "huggingface.co", "AAAA", "outside", "192.0.2.10", 3725),
];

function name(
  host: string,
  hostName: string | null,
  text: string,
  what: string,
  verdict: SeenName["verdict"],
  answer: string,
  sec: number,
): SeenName {
  return { host, hostName, name: text, what, verdict, answer, rule: null, count: 3, last: moment(sec) };
}

const HOSTS: readonly SeenHost[] = [
  {
    address: "10.20.1.11",
    name: "gpu-01",
    began: 40,
    reached: 2,
    names: 9,
    spoke: true,
    heard: true,
    lastSec: moment(3725).sec,
  },
  {
    address: "10.20.1.21",
    name: "agent-01",
    began: 4,
    reached: 0,
    names: 1,
    spoke: true,
    heard: false,
    lastSec: moment(3600).sec,
  },
  {
    address: "10.20.7.7",
    name: null,
    began: 0,
    reached: 1,
    names: 0,
    spoke: false,
    heard: true,
    lastSec: moment(3720).sec,
  },
];

const FLOWS: readonly OpenFlow[] = [
  flow({
    destination: "huggingface.co",
    address: "192.0.2.10",
    outside: true,
    judged: "finding",
    outcome: "transferred",
  }),
  flow({
    destination: "203.0.113.10",
    address: "203.0.113.10",
    outside: true,
    judged: "allowed: transfer-gate",
  }),
  flow({ destination: "agent-01", address: "10.20.1.21", port: 8080 }),
];

function flow(rest: Partial<OpenFlow>): OpenFlow {
  return {
    source: "10.20.1.11",
    sourceName: "gpu-01",
    destination: "",
    address: "",
    port: 443,
    proto: "tcp",
    outside: false,
    outcome: "connected",
    judged: "",
    packets: 12,
    bytesOut: 757,
    bytesIn: 1600,
    first: moment(3700),
    last: moment(3725),
    ...rest,
  };
}

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
  model.traffic({ names: NAMES, hosts: HOSTS }, FLOWS);
  model.say(
    "bad",
    "2026-11-20T09:02:05Z new critical egress.flow gpu-01 (10.20.1.11) -> huggingface.co 443/tcp",
  );
  model.say("good", "mirror1: delivers");
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
