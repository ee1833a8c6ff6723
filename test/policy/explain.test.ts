import { describe, expect, it } from "vitest";
import { parseAddress } from "../../src/policy/address-text.ts";
import { loadEnclave } from "../../src/policy/enclave-file.ts";
import { explain } from "../../src/policy/explain.ts";
import { Judge } from "../../src/policy/judge.ts";
import { parsePort } from "../../src/policy/ports.ts";

const FILE = `
gapwatch: 1
enclave:
  name: lab
  inside: [10.20.0.0/16]
  resolvers: [10.20.0.53]
  names: [enclave.internal]
  search: [enclave.internal]
  mirrored: [{ name: "*.pypi.org", to: 10.20.9.1 }]
  hosts: [{ name: gpu-01, address: 10.20.1.11, may_reach: [10.20.9.0/24] }]
allow:
  - { id: old, to: [203.0.113.10], expires: 2026-01-01 }
  - id: gate
    to: [203.0.113.10, "*.updates.example.org"]
    ports: [443/tcp, icmp]
    from: [10.20.4.0/24]
    hours: Mon-Fri 09:00-17:00 UTC
  - { id: named, to: [www.example.org] }
  - { id: later, to: [203.0.113.0/24] }
  - { id: partner, to: [198.51.100.0/24], direction: in }
`;

const loaded = loadEnclave(FILE, "f");
if ("problems" in loaded) throw new Error(loaded.problems[0].message);
const judge = new Judge(loaded.policy);

interface Options {
  from?: string;
  port?: string;
  at?: string;
}

function explained(destination: string, options: Options = {}) {
  const port = options.port === undefined ? null : parsePort(options.port);
  if (typeof port === "string") throw new Error(port);
  const answer = explain(judge, {
    destination: parseAddress(destination) ?? destination,
    from: options.from === undefined ? null : parseAddress(options.from),
    port,
    atSec: Date.parse(options.at ?? "2026-11-20T10:00:00Z") / 1000,
  });
  return {
    allowed: answer.allowed,
    by: answer.deciding?.id ?? null,
    destination: answer.destination,
    notes: answer.notes.join(" | "),
    rules: answer.rules.map(({ rule, matches, why }) => `${rule.id} ${matches ? "yes" : "no"}: ${why}`),
  };
}

describe("explain", () => {
  it("gives every rule its reason", () => {
    const { allowed, by, rules } = explained("203.0.113.10", { from: "10.20.4.9", port: "443/tcp" });
    expect([allowed, by]).toEqual([true, "gate"]);
    expect(rules).toEqual([
      "old no: it expired on 2026-01-01: policy.expired",
      "gate yes: every condition is met",
      "named no: it needs a name (www.example.org): ask for that name",
      "later yes: would allow it too, but comes later",
      "partner no: it is for direction: in",
    ]);
  });

  it.each<[string, Options, string]>([
    [
      "203.0.113.11",
      {},
      "203.0.113.11 is not among its addresses (203.0.113.10); to test its names, ask for a name",
    ],
    ["203.0.113.10", { port: "80/tcp" }, "80/tcp is not among its ports (443/tcp, icmp)"],
    ["203.0.113.10", { from: "10.20.5.9" }, "10.20.5.9 is not among its sources (10.20.4.0/24)"],
    [
      "203.0.113.10",
      { at: "2026-11-21T10:00:00Z" },
      "the time is outside its hours (Mon-Fri 09:00-17:00 UTC)",
    ],
    ["203.0.113.10", { port: "icmp" }, "only from 10.20.4.0/24"],
    ["203.0.113.10", {}, "only on 443/tcp, icmp, from 10.20.4.0/24"],
    ["64:ff9b::203.0.113.10", { from: "10.20.4.9", port: "443/tcp" }, "every condition is met"],
    ["www.example.org", {}, "it is not among its names (*.updates.example.org)"],
    ["a.updates.example.org", { from: "10.20.4.9", port: "443/tcp" }, "every condition is met"],
  ])("%s %j of rule gate: %s", (destination, options, why) => {
    expect(explained(destination, options).rules[1].replace(/^gate (yes|no): /, "")).toBe(why);
  });

  it("says what confirmation a name needs", () => {
    const answer = explained("a.updates.example.org");
    expect([answer.allowed, answer.by]).toEqual([true, "gate"]);
    expect(answer.notes).toContain("approved resolver has answered the name to this host");
    expect(explained("huggingface.co")).toMatchObject({ allowed: false, by: null, notes: "" });
  });

  it.each<[string, Options, boolean, string]>([
    ["10.20.9.4", {}, true, "10.20.9.4 is inside"],
    ["10.20.9.4", { from: "10.20.1.11" }, true, "no may_reach of gpu-01"],
    ["10.20.8.4", { from: "10.20.1.11" }, false, "may_reach of gpu-01 does not list it"],
    ["169.254.1.1", {}, true, "local"],
    ["169.254.169.254", {}, false, "a cloud metadata address"],
    ["8.8.8.8", { from: "198.51.100.7" }, false, "transit.flow"],
    ["10.20.1.11", { from: "198.51.100.7" }, true, "only rules with direction: in"],
    ["10.20.1.11", { from: "192.0.2.7" }, false, "only rules with direction: in"],
    ["gate.enclave.internal", {}, true, "an inside name"],
    ["huggingface.co.enclave.internal", {}, true, "asks for huggingface.co"],
    ["printer.local", {}, true, "outside nowhere"],
    ["files.pypi.org", {}, true, "internal mirror"],
    ["8.8.8.8.in-addr.arpa", {}, false, "is an outside name"],
    ["huggingface.co", { from: "198.51.100.7" }, false, "198.51.100.7 is outside"],
  ])("%s %j: %s, %s", (destination, options, allowed, text) => {
    const answer = explained(destination, options);
    expect(answer.allowed).toBe(allowed);
    expect(`${answer.destination} | ${answer.notes}`).toContain(text);
  });
});
