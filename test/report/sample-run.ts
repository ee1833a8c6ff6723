import { dependenciesOf } from "../../src/findings/dependencies.ts";
import type { Finding } from "../../src/findings/finding.ts";
import type { RatedFinding } from "../../src/findings/summary.ts";
import { loadEnclave } from "../../src/policy/enclave-file.ts";
import type { EnclavePolicy } from "../../src/policy/policy.ts";
import type { Run } from "../../src/report/run.ts";

const ENCLAVE = `gapwatch: 1
enclave:
  name: sample
  inside: [10.20.0.0/16, "fd20:5eed::/48"]
  resolvers: [10.20.0.53]
  hosts:
    - { name: gpu-01, address: [10.20.1.11, "fd20:5eed::1:11"] }
    - { name: agent-01, address: 10.20.1.21 }
allow:
  - id: transfer-gate
    to: [203.0.113.10, "*.updates.example.org"]
    ports: [443/tcp]
    reason: offline patch transfer, signed off for the whole of next year by the board
    owner: platform-team
    expires: 2027-01-31
  - { id: old-gate, to: [203.0.113.20] }
  - { id: lapsed, to: [203.0.113.30], expires: 2026-01-31 }
`;

export function samplePolicy(): EnclavePolicy {
  const loaded = loadEnclave(ENCLAVE, "sample.yaml", 0);
  if ("problems" in loaded) throw new Error(JSON.stringify(loaded.problems));
  return loaded.policy;
}

/** A day that nobody will mistake: 2026-11-20 08:00:00 UTC and `sec` seconds. */
export function moment(sec: number, nsec = 0): { sec: number; nsec: number } {
  return { sec: 1_795_161_600 + sec, nsec };
}

const NOTHING: Finding = {
  id: "0123456789ab",
  kind: "egress.flow",
  source: "10.20.1.11",
  destination: "192.0.2.1",
  port: 443,
  proto: "tcp",
  name: null,
  evidence: "none",
  rule: null,
  aliases: [],
  ips: [],
  asked: [],
  via: [],
  details: [],
  mac: null,
  firstSeen: moment(0),
  lastSeen: moment(0),
  attempts: 1,
  bytesOut: 0,
  bytesIn: 0,
  oneWayBytes: 0,
  outcome: 0,
  severityCap: 4,
  severityShift: 0,
};

const SEVERITY = { info: 0, low: 1, medium: 2, high: 3, critical: 4 } as const;

/** A finding of the given severity and outcome; whatever else matters is in `rest`. */
export function finding(
  severityName: RatedFinding["severityName"],
  outcomeName: RatedFinding["outcomeName"],
  rest: Partial<RatedFinding>,
): RatedFinding {
  return {
    ...NOTHING,
    severity: SEVERITY[severityName],
    severityName,
    outcomeName,
    sourceName: "gpu-01",
    catalogue: null,
    sharedHosting: null,
    frameworks: [],
    ...rest,
  };
}

const hub = {
  destination: "huggingface.co",
  name: "huggingface.co",
  ips: ["192.0.2.10"],
  catalogue: {
    component: "Hugging Face Hub client",
    vendor: "Hugging Face",
    kind: "model-hub",
    group: "model",
    what: "resolves models",
    setting: "HF_HUB_OFFLINE=1",
    settingChecked: true,
    remedy: null,
    interval: null,
    confidence: "verified",
    matchedBy: "name",
    also: [{ component: "Hugging Face Hub telemetry", kind: "telemetry" }],
  },
} as const satisfies Partial<RatedFinding>;

/** Something of everything that a report can show. */
export const FINDINGS: readonly RatedFinding[] = [
  finding("critical", "transferred", {
    ...hub,
    attempts: 12,
    bytesOut: 757,
    bytesIn: 1_571_000_000,
    firstSeen: moment(2, 392_000_000),
    lastSeen: moment(3725),
  }),
  finding("critical", "transferred", {
    kind: "transit.flow",
    source: "172.16.99.9",
    sourceName: null,
    destination: "192.0.2.41",
    ips: ["192.0.2.41"],
    mac: "02:00:0a:14:01:15",
    bytesOut: 74,
    bytesIn: 197,
    port: 80,
    firstSeen: moment(10),
    lastSeen: moment(10),
  }),
  finding("high", "answered", {
    ...hub,
    kind: "dns.name",
    ips: [],
    port: 53,
    proto: "udp",
    attempts: 2,
    via: ["10.20.0.53"],
    firstSeen: moment(2),
    lastSeen: moment(2),
  }),
  finding("high", "answered", {
    kind: "dns.resolver",
    source: "fd20:5eed::1:11",
    destination: "192.0.2.53",
    ips: ["192.0.2.53"],
    port: 53,
    proto: "udp",
    asked: ["telemetry.qdrant.io", "a.example.net", "b.example.net", "c.example.net", "d.example.net"],
    bytesOut: 60,
    bytesIn: 83,
    firstSeen: moment(4),
    lastSeen: moment(4),
  }),
  finding("high", "transferred", {
    kind: "volume.budget",
    source: null,
    sourceName: null,
    destination: "transfer-gate",
    rule: "transfer-gate",
    port: null,
    proto: null,
    bytesOut: 60_000_000,
    bytesIn: 3224,
    firstSeen: moment(5),
    lastSeen: moment(5),
  }),
  finding("medium", "refused", {
    kind: "ingress.flow",
    source: "192.0.2.66",
    sourceName: null,
    destination: "10.20.1.21",
    port: 22,
    firstSeen: moment(6),
    lastSeen: moment(6),
  }),
  finding("medium", "attempted", {
    kind: "policy.expired",
    source: "10.20.1.21",
    sourceName: "agent-01",
    destination: "203.0.113.30",
    ips: ["203.0.113.30"],
    rule: "lapsed",
    evidence: "ambiguous",
    firstSeen: moment(7),
    lastSeen: moment(9),
  }),
  finding("medium", "attempted", {
    destination: "*",
    ips: Array.from({ length: 64 }, (_, i) => `198.51.100.${i}`),
    attempts: 1234,
    proto: "icmp",
    port: null,
    bytesOut: 69_104,
    firstSeen: moment(8),
    lastSeen: moment(8),
  }),
  finding("info", "transferred", {
    kind: "name.inside",
    destination: "mirror.example.com",
    name: "mirror.example.com",
    firstSeen: moment(9),
    lastSeen: moment(9),
  }),
];

/** A run over `FINDINGS`, blind for two reasons; parts may be given otherwise. */
export function sampleRun(summary: Partial<Run["summary"]> = {}, run: Partial<Run> = {}): Run {
  return {
    policy: samplePolicy(),
    policySha256: "ab".repeat(32),
    inputs: [
      {
        path: "monday.pcapng",
        sha256: null,
        format: "pcapng+zstd",
        linkTypes: [1],
        packets: 1_234_567,
        bytes: 987_654_321,
        first: moment(0),
        last: moment(3600),
        damage: null,
      },
      {
        path: "tuesday.pcap",
        sha256: null,
        format: "pcap",
        linkTypes: [1],
        packets: 1,
        bytes: 60,
        first: moment(3730, 5),
        last: moment(3730, 5),
        damage: "cut short at byte 84",
      },
    ],
    tsDigits: 9,
    summary: {
      verdict: "reachback",
      reasons: [
        "capture.incomplete: tuesday.pcap: cut short at byte 84",
        "quic.version_unknown: 3 times: QUIC flow of a version that is not known: its name is unknown",
      ],
      totals: {
        packets: 1_234_568,
        bytes: 987_654_381,
        flows: 4321,
        dnsQueries: 99,
        tlsHellos: 88,
        quicInitials: 3,
        httpRequests: 7,
        undecoded: 0,
        duplicates: 617,
      },
      coverage: {
        unroutable: 44,
        "capture.dropped": 0,
        "inside.tcp_one_way": 1,
        "inside.tcp_both_ways": 40,
        "inside.dns_asked": 99,
        "inside.dns_answered": 98,
        "tcp.unseen_bytes": 1460,
      },
      wideInside: [],
      exceptions: [
        {
          rule: samplePolicy().rules[0],
          attempts: 2,
          questions: 1,
          bytesOut: 60_000_000,
          bytesIn: 3224,
          firstSeen: moment(1),
          lastSeen: moment(5),
        },
      ],
      findings: FINDINGS,
      dependencies: dependenciesOf(summary.findings ?? FINDINGS, () => true),
      ...summary,
    },
    ...run,
  };
}
