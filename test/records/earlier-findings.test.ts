import { describe, expect, it } from "vitest";
import type { RatedFinding } from "../../src/findings/summary.ts";
import { EarlierFindings } from "../../src/records/earlier-findings.ts";

const FINDING: RatedFinding = {
  kind: "egress.flow",
  source: "10.20.1.11",
  destination: "huggingface.co",
  port: 443,
  proto: "tcp",
  name: "huggingface.co",
  evidence: "in-flow",
  rule: null,
  id: "23d7aaeb401c",
  aliases: [],
  ips: ["192.0.2.10"],
  asked: [],
  via: [],
  details: [],
  mac: null,
  firstSeen: { sec: 100, nsec: 5 },
  lastSeen: { sec: 200, nsec: 0 },
  attempts: 3,
  bytesOut: 1000,
  bytesIn: 10,
  oneWayBytes: 0,
  outcome: 5,
  severityCap: 4,
  severityShift: 0,
  severity: 4,
  severityName: "critical",
  outcomeName: "transferred",
  sourceName: "gpu-01",
  catalogue: null,
  sharedHosting: null,
  frameworks: [],
};

describe("EarlierFindings", () => {
  const earlier = new EarlierFindings([FINDING]);
  const now: RatedFinding = {
    ...FINDING,
    ips: ["192.0.2.11"],
    mac: "02:00:00:00:00:01",
    firstSeen: { sec: 900, nsec: 0 },
    lastSeen: { sec: 901, nsec: 0 },
    attempts: 1,
    bytesOut: 0,
    outcome: 1,
    outcomeName: "attempted",
    severity: 2,
    severityName: "medium",
  };

  it("does not count what is read a second time, alone or among more", () => {
    expect(earlier.with(FINDING)).toMatchObject({ attempts: 3, bytesOut: 1000, bytesIn: 10 });
    const part = { ...FINDING, lastSeen: { sec: 150, nsec: 0 }, attempts: 2, bytesOut: 400 };
    expect(earlier.with(part)).toMatchObject({ attempts: 3, bytesOut: 1000 });
    const other = { ...part, firstSeen: { sec: 120, nsec: 0 } };
    expect(earlier.with(other)).toMatchObject({ attempts: 5, bytesOut: 1400 });
  });

  it("goes on where earlier runs were, the worst seen wins", () => {
    expect(earlier.with(now)).toMatchObject({
      firstSeen: { sec: 100, nsec: 5 },
      lastSeen: { sec: 901, nsec: 0 },
      attempts: 4,
      bytesOut: 1000,
      bytesIn: 20,
      outcomeName: "transferred",
      severityName: "critical",
      ips: ["192.0.2.10", "192.0.2.11"],
      mac: "02:00:00:00:00:01",
    });
  });

  it("counts the same run once, however often it is asked", () => {
    expect(earlier.with({ ...now, attempts: 2 }).attempts).toBe(5);
    expect(earlier.with({ ...now, attempts: 3 }).attempts).toBe(6);
  });

  it("takes what got worse in this run", () => {
    const quiet = new EarlierFindings([{ ...FINDING, outcome: 1, outcomeName: "attempted", severity: 2 }]);
    expect(quiet.with({ ...FINDING, severity: 4 })).toMatchObject({
      outcomeName: "transferred",
      severity: 4,
    });
  });

  it("leaves alone what no earlier run saw", () => {
    const other = { ...now, id: "000000000000" };
    expect(earlier.with(other)).toBe(other);
  });
});
