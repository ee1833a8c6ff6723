import { describe, expect, it } from "vitest";
import { draftText } from "../../src/commands/dashboard-files.ts";
import { loadEnclave } from "../../src/policy/enclave-file.ts";
import { finding } from "../report/sample-run.ts";

const ENCLAVE = `# our enclave
gapwatch: 1
enclave:
  name: sample
  inside: [10.20.0.0/16]   # everything else is outside
  resolvers: [10.20.0.53]
allow:
  - id: gate
    to: [203.0.113.10]
    owner: platform
    reason: patches
    expires: never
`;

function problems(text: string): string[] {
  const loaded = loadEnclave(text, "draft.yaml", 0);
  return "problems" in loaded ? loaded.problems.map(({ message }) => message) : [];
}

function completed(text: string): string {
  return text
    .replace(/owner: (null|~)?$/m, "owner: me")
    .replace(/reason: (null|~)?$/m, "reason: because")
    .replace(/expires: (null|~)?$/m, "expires: 2027-01-31");
}

describe("draftText", () => {
  const cases = [
    ["a name", finding("critical", "transferred", { destination: "a.example.com", name: "a.example.com" })],
    ["an address", finding("high", "connected", { destination: "192.0.2.7" })],
    [
      "a question",
      finding("medium", "named", { kind: "dns.name", destination: "a.example.com", port: 53, proto: "udp" }),
    ],
    [
      "a way in",
      finding("high", "connected", { kind: "ingress.flow", source: "192.0.2.9", destination: "10.20.1.1" }),
    ],
    ["many addresses", finding("high", "connected", { destination: "*", ips: ["192.0.2.7", "192.0.2.8"] })],
    ["many names", finding("high", "connected", { destination: "*.example.com" })],
    ["pings", finding("high", "answered", { destination: "192.0.2.7", port: null, proto: "icmp" })],
  ] as const;
  for (const [what, about] of cases) {
    it(`drafts a rule for ${what} that loads when a person has completed it, not before`, () => {
      const text = draftText(about, ENCLAVE);
      expect(problems(text).length).toBeGreaterThanOrEqual(3);
      expect(problems(completed(text))).toEqual([]);
      expect(text).toContain("# everything else is outside");
      expect(text).toContain(`draft-${about.id}`);
    });
  }

  it("makes the register where there is none", () => {
    const text = draftText(cases[0][1], ENCLAVE.slice(0, ENCLAVE.indexOf("allow:")));
    expect(problems(completed(text))).toEqual([]);
  });
});
