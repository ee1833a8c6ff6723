import { describe, expect, it } from "vitest";
import type { RatedFinding, Summary } from "../../src/findings/summary.ts";
import { textReport } from "../../src/report/text.ts";
import { sampleRun } from "../report/sample-run.ts";
import { AGENT, enclave, GPU, OUTSIDE, Scene } from "./scene.ts";

function found(summary: Summary, destination: string, kind = "egress.flow"): RatedFinding {
  const finding = summary.findings.find((each) => each.destination === destination && each.kind === kind);
  if (finding === undefined) throw new Error(`no ${kind} to ${destination}`);
  return finding;
}

describe("what the catalogue says of findings", () => {
  it("names the component, its kind and what turns it off", () => {
    const summary = new Scene().works().tls(GPU, OUTSIDE, "stats.vllm.ai").seen();
    expect(found(summary, "stats.vllm.ai").catalogue).toMatchObject({
      component: "vLLM usage stats",
      kind: "telemetry",
      group: "telemetry",
      setting: expect.stringContaining("VLLM_NO_USAGE_STATS=1"),
      interval: "10m",
    });
  });

  it("says nothing of what it does not know, and whose hosting a name is", () => {
    const summary = new Scene()
      .works()
      .tls(GPU, OUTSIDE, "host.acme-unknown.com")
      .tls(GPU, OUTSIDE, "d111111abcdef8.cloudfront.net")
      .seen();
    expect(found(summary, "host.acme-unknown.com").catalogue).toBeNull();
    const delivery = found(summary, "d111111abcdef8.cloudfront.net");
    expect(delivery.catalogue).toBeNull();
    expect(delivery.sharedHosting).toContain("AWS");
  });

  it("ranks components that share a back end by what else their host did", () => {
    const posthog = "us.i.posthog.com";
    const alone = new Scene().works().tls(GPU, OUTSIDE, posthog).seen();
    expect(found(alone, posthog).catalogue?.component).toBe("PostHog Cloud");
    const scene = new Scene().works().tls(GPU, OUTSIDE, posthog).tls(AGENT, OUTSIDE, posthog);
    const summary = scene.tls(AGENT, OUTSIDE, "api.mem0.ai").seen();
    const [first, second] = summary.findings.filter(({ destination }) => destination === posthog);
    const byHost = new Map([first, second].map((finding) => [finding.source, finding.catalogue?.component]));
    expect(byHost).toEqual(
      new Map([
        [GPU, "PostHog Cloud"],
        [AGENT, "mem0 telemetry"],
      ]),
    );
  });

  it("keeps who owns a host first where it is more than a back end", () => {
    const scene = new Scene()
      .works()
      .tls(AGENT, OUTSIDE, "registry.npmjs.org")
      .tls(AGENT, OUTSIDE, "api.openai.com");
    expect(found(scene.seen(), "registry.npmjs.org").catalogue?.vendor).toBe("GitHub");
  });

  const SHIFTS: [name: string, severity: string][] = [
    ["host.acme-unknown.com", "critical"],
    ["captive.apple.com", "high"],
    ["huggingface.co", "critical"],
    ["time.google.com", "critical"], // on 443: no clock speaks TLS there
  ];
  it.each(SHIFTS)("rates data that left to %s as %s", (name, severity) => {
    const summary = new Scene().works().tls(GPU, OUTSIDE, name).seen();
    expect(found(summary, name).severityName).toBe(severity);
  });

  const ASKED: [name: string, severity: string][] = [
    ["host.acme-unknown.com", "medium"],
    ["api.openai.com", "high"],
    ["connect.ngrok-agent.com", "high"],
    ["kms.eu-central-1.amazonaws.com", "high"],
    ["time.windows.com", "low"],
  ];
  it.each(ASKED)("rates a question for %s as %s", (name, severity) => {
    const summary = new Scene().works().asks(GPU, name, { rcode: 3 }).seen();
    expect(found(summary, name, "dns.name").severityName).toBe(severity);
  });

  it("makes nothing worse for a port alone, and says that it was the port", () => {
    const summary = new Scene()
      .works()
      .talks(GPU, OUTSIDE, 22, (talk) => talk.syn())
      .seen();
    const { severityName, catalogue } = found(summary, OUTSIDE);
    expect([severityName, catalogue?.component, catalogue?.matchedBy]).toEqual([
      "medium",
      "SSH (by port)",
      "port",
    ]);
  });

  it("takes a scan of a port for no need of anybody", () => {
    const scene = new Scene().works();
    for (let i = 0; i < 201; i++) scene.talks(GPU, `198.51.100.${i}`, 22, (talk) => talk.syn());
    const { findings, dependencies } = scene.seen();
    expect(findings.map(({ destination, catalogue }) => [destination, catalogue])).toEqual([["*", null]]);
    expect(dependencies.groups).toEqual([]);
  });

  it("does not take a flood of data for a connectivity check, whatever it calls itself", () => {
    const scene = new Scene().works().talks(GPU, OUTSIDE, 80, (talk) => {
      talk.open();
      talk.client("POST / HTTP/1.1\r\nHost: captive.apple.com\r\nContent-Length: 99999\r\n\r\n");
      talk.server("HTTP/1.1 100 Continue\r\n\r\n");
      for (let i = 0; i < 70; i++) talk.client("x".repeat(1000));
      talk.close();
    });
    expect(found(scene.seen(), "captive.apple.com").severityName).toBe("critical");
  });

  it("sums up by kind of dependency, and says what keeps it from being air-gapped", () => {
    const scene = new Scene()
      .works()
      .tls(GPU, OUTSIDE, "pypi.org")
      .tls(GPU, OUTSIDE, "login.microsoftonline.com")
      .tls(GPU, OUTSIDE, "stats.vllm.ai")
      .tls(GPU, OUTSIDE, "host.acme-unknown.com");
    const { dependencies } = scene.seen();
    expect(dependencies.groups.map(({ group }) => group)).toEqual(["identity", "update", "telemetry"]);
    expect(dependencies.unknown).toEqual(["host.acme-unknown.com"]);
    expect(dependencies.notAirGapped).toEqual(["identity", "update"]);
    const text = textReport(sampleRun(scene.seen()), { columns: 200, color: false });
    expect(text).toContain(
      "This enclave is not air-gapped: it still needs identity, and update and packages from outside.",
    );
    const telemetry = new Scene().works().tls(GPU, OUTSIDE, "stats.vllm.ai").seen();
    expect(telemetry.dependencies.notAirGapped).toEqual([]);
    expect(textReport(sampleRun(telemetry), { columns: 200, color: false })).not.toContain("air-gapped");
  });

  it("counts a resolver inside that nobody approved as no need from outside", () => {
    const scene = new Scene()
      .works()
      .asks(GPU, "host.enclave.internal", { resolver: "10.20.9.53", answer: null });
    const { findings, dependencies } = scene.asks(GPU, "a.acme-unknown.com", { resolver: OUTSIDE }).seen();
    expect(findings.map(({ kind }) => kind)).toEqual(["dns.resolver", "dns.resolver"]);
    expect(dependencies.unknown).toEqual([OUTSIDE]);
  });

  it("leaves what a rule allows, and names that are for information, out of the sum", () => {
    const file = enclave(['id: gate, to: ["pypi.org"]']);
    const scene = new Scene()
      .works()
      .asks(GPU, "pypi.org", { answer: [OUTSIDE] })
      .tls(GPU, OUTSIDE, "pypi.org");
    scene.tls(GPU, "10.20.9.9", "login.microsoftonline.com");
    const summary = scene.seen(file);
    expect(summary.findings.map(({ kind }) => kind)).toEqual(["name.inside"]);
    expect(summary.findings[0].catalogue?.group).toBe("identity");
    expect(summary.dependencies.groups).toEqual([]);
  });
});

describe("frameworks of a finding", () => {
  it("claims no exfiltration where nothing left", () => {
    const summary = new Scene()
      .works()
      .asks(GPU, "api.openai.com", { rcode: 3 })
      .tls(GPU, OUTSIDE, "huggingface.co")
      .seen();
    const asked = found(summary, "api.openai.com", "dns.name").frameworks;
    expect(asked).toEqual(
      expect.arrayContaining(["SC-7", "SC-7(5)", "SI-4(4)", "M1", "A2", "ASI02", "T1071.004"]),
    );
    expect(asked).not.toContain("SC-7(10)");
    const left = found(summary, "huggingface.co").frameworks;
    expect(left).toEqual(expect.arrayContaining(["SC-7(10)", "T1041", "AML.T0025", "AML.T0010", "ASI04"]));
    expect(left).not.toContain("A2");
  });

  it("files credentials of a cloud under NHI-02", () => {
    const summary = new Scene()
      .works()
      .talks(GPU, "169.254.169.254", 80, (talk) => talk.open())
      .seen();
    expect(found(summary, "169.254.169.254").frameworks).toEqual(
      expect.arrayContaining(["NHI-02", "NHI2:2025", "T1552.005", "IA-5"]),
    );
  });
});
