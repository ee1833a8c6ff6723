import { describe, expect, it } from "vitest";
import { type Figures, prometheusText } from "../../src/report/prometheus.ts";

const FIGURES: Figures = {
  packets: 12,
  bytes: 3400,
  flows: 5,
  openFlows: 2,
  undecoded: 1,
  findings: [0, 0, 3, 0, 1],
  interfaces: [{ name: "mirror0", up: true, received: 14, dropped: 2, missed: 5 }],
  coverage: { "ipv4.fragment": 1 },
  raised: [{ name: "sensor.drops", subject: 'mirror"0\n\\', raised: true, atMs: 0, text: "" }],
};

describe("prometheusText", () => {
  it("writes one help, one type and the samples of each metric", () => {
    const lines = prometheusText(FIGURES).split("\n");
    expect(lines).toContain("# TYPE gapwatch_packets_total counter");
    expect(lines).toContain("gapwatch_packets_total 12");
    expect(lines).toContain('gapwatch_findings{severity="critical"} 1');
    expect(lines).toContain('gapwatch_findings{severity="info"} 0');
    expect(lines).toContain('gapwatch_interface_dropped_total{interface="mirror0"} 2');
    expect(lines).toContain('gapwatch_interface_missed_total{interface="mirror0"} 5');
    expect(lines).toContain('gapwatch_coverage_total{name="ipv4.fragment"} 1');
    expect(lines.at(-1)).toBe("");
  });

  it("escapes what could break out of a label", () => {
    expect(prometheusText(FIGURES)).toContain(
      'gapwatch_sensor_state{state="sensor.drops",subject="mirror\\"0\\n\\\\"} 1\n',
    );
  });

  it("has every line in the shape that a scraper reads", () => {
    for (const line of prometheusText(FIGURES).trimEnd().split("\n")) {
      expect(line).toMatch(/^(# (HELP|TYPE) gapwatch_[a-z_]+ .+|gapwatch_[a-z_]+(\{.*\})? \d+)$/);
    }
  });
});
