import { findingId } from "../../src/findings/finding.ts";
import type { FindingKind } from "../../src/findings/finding-kinds.ts";
import { frameworksOf } from "../../src/findings/frameworks.ts";
import { SEVERITIES } from "../../src/findings/severity.ts";
import type { RatedFinding } from "../../src/findings/summary.ts";
import { OUTCOMES } from "../../src/flow/outcome.ts";

/** A finding about a destination, with something in every field. */
export function sampleFinding(destination: string, change: Partial<RatedFinding> = {}): RatedFinding {
  const kind: FindingKind = "egress.flow";
  const key = { kind, source: "10.20.1.11", destination, port: 443, proto: "tcp" };
  const severity = change.severity ?? 3;
  const outcome = change.outcome ?? 4;
  const finding: RatedFinding = {
    ...key,
    id: findingId(key),
    name: destination,
    evidence: "in-flow",
    rule: null,
    aliases: [],
    ips: ["198.51.100.7", "2001:db8::7"],
    asked: [],
    via: [],
    details: [],
    mac: "02:00:00:00:00:11",
    firstSeen: { sec: 1_795_161_600, nsec: 123_456_789 },
    lastSeen: { sec: 1_795_161_900, nsec: 5 },
    attempts: 3,
    bytesOut: 1200,
    bytesIn: 5_000_000_000,
    oneWayBytes: 0,
    severityCap: 4,
    severityShift: 0,
    sourceName: "gpu-01",
    catalogue: {
      component: "Hugging Face Hub client",
      vendor: "Hugging Face",
      kind: "model-hub",
      group: "model",
      what: null,
      setting: "HF_HUB_OFFLINE=1",
      settingChecked: false,
      remedy: null,
      interval: "24h",
      confidence: "documented",
      matchedBy: "suffix",
      also: [{ component: "Hugging Face Hub telemetry", kind: "telemetry" }],
    },
    sharedHosting: "AWS: object storage of customers",
    frameworks: [],
    ...change,
    severity,
    severityName: SEVERITIES[severity],
    outcome,
    outcomeName: OUTCOMES[outcome],
  };
  return { ...finding, frameworks: frameworksOf(kind, outcome, finding.catalogue) };
}
