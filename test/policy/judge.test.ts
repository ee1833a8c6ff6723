import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress, type Words } from "../../src/policy/address-text.ts";
import { loadEnclave } from "../../src/policy/enclave-file.ts";
import { explain } from "../../src/policy/explain.ts";
import { FlowQuestion, Judge } from "../../src/policy/judge.ts";
import { parsePort } from "../../src/policy/ports.ts";

function judgeOf(text: string): Judge {
  const loaded = loadEnclave(`gapwatch: 1\n${text}`, "t.yaml");
  if ("problems" in loaded) throw new Error(loaded.problems.map((p) => p.message).join("; "));
  return new Judge(loaded.policy);
}

function words(text: string): Words {
  const parsed = parseAddress(text);
  if (parsed === null) throw new Error(`not an address: ${text}`);
  return parsed;
}

function sec(time: string): number {
  return Date.parse(time) / 1000;
}

interface Ask {
  from?: string;
  to?: string;
  proto?: number;
  port?: number;
  at?: string;
  direction?: number;
}

function question(ask: Ask): FlowQuestion {
  const q = new FlowQuestion();
  [q.i0, q.i1, q.i2, q.i3] = words(ask.from ?? "10.20.4.9");
  [q.o0, q.o1, q.o2, q.o3] = words(ask.to ?? "203.0.113.10");
  q.proto = ask.proto ?? 6;
  q.responderPort = ask.port ?? 443;
  q.startSec = sec(ask.at ?? "2026-11-20T10:00:00Z");
  q.direction = ask.direction ?? 0;
  q.rule = 99; // stale answers must not survive
  q.expiredRule = 99;
  return q;
}

const RULES = judgeOf(`
enclave: { name: t, inside: [10.20.0.0/16, "fd20:5eed::/48"], resolvers: [10.20.0.53] }
allow:
  - { id: expired, to: [203.0.113.10, "*.example.net"], expires: 2026-06-30 }
  - { id: gate, to: [203.0.113.10, "*.updates.example.org"], ports: [443/tcp], from: [10.20.4.0/24] }
  - { id: office, to: [203.0.113.0/24], ports: [80/tcp, icmp], hours: Mon-Fri 09:00-17:00 UTC }
  - { id: partner, to: [198.51.100.7], ports: [22/tcp], direction: in }
  - { id: v6, to: ["2001:db8:1::/48"], ports: [proto/47] }
  - { id: also, to: [203.0.113.10], ports: [443/tcp] }
`);
const ids = RULES.policy.rules.map((rule) => rule.id);

function verdict(q: FlowQuestion): string {
  if (q.rule !== -1) return `${ids[q.rule]}${q.expiredRule === -1 ? "" : "!"}`;
  return q.expiredRule === -1 ? "none" : `(${ids[q.expiredRule]})`;
}

describe("judgeFlow", () => {
  it.each<[string, Ask]>([
    ["gate", {}],
    ["also", { from: "10.20.5.9" }],
    ["gate", { to: "64:ff9b::203.0.113.10" }],
    ["gate", { to: "2002:cb00:710a::1" }],
    ["gate", { from: "64:ff9b::10.20.4.9" }],
    ["gate", { to: "::ffff:203.0.113.10" }],
    ["(expired)", { port: 8443 }],
    ["expired", { port: 8443, at: "2026-06-30T23:59:59.999Z" }],
    ["(expired)", { port: 8443, at: "2026-07-01T00:00:00Z" }],
    ["none", { port: 8443, to: "203.0.113.11" }],
    ["office", { port: 80, to: "203.0.113.11" }],
    ["none", { port: 80, to: "203.0.113.11", at: "2026-11-20T17:00:00Z" }],
    ["office", { proto: 1, port: 0, to: "203.0.113.11" }],
    ["none", { proto: 17, port: 80, to: "203.0.113.11" }],
    ["partner", { to: "198.51.100.7", port: 22, direction: 1 }],
    ["none", { to: "198.51.100.7", port: 22 }],
    ["none", { direction: 1 }],
    ["v6", { to: "2001:db8:1::5", proto: 47, port: 0 }],
    ["none", { to: "2001:db8:2::5", proto: 47, port: 0 }],
    ["none", { to: "8.8.8.8" }],
  ])("%s for %j", (expected, ask) => {
    const q = question(ask);
    RULES.judgeFlow(q);
    expect(verdict(q)).toBe(expected);
  });
});

describe("judgeName, nameAllowed and couldMatchByName", () => {
  it.each<[string, string, Ask]>([
    ["gate", "a.updates.example.org", { to: "192.0.2.1" }],
    ["gate", "A.B.Updates.Example.Org.", { to: "192.0.2.1" }],
    ["none", "updates.example.org", { to: "192.0.2.1" }],
    ["none", "a.updates.example.org", { from: "10.20.5.9" }],
    ["none", "a.updates.example.org", { port: 80 }],
    ["(expired)", "a.example.net", {}],
    ["expired", "a.example.net", { at: "2026-06-30T12:00:00Z" }],
    ["none", "203.0.113.10", {}],
  ])("%s for %s %j", (expected, name, ask) => {
    const q = question(ask);
    RULES.judgeName(q, name);
    expect(verdict(q)).toBe(expected);
  });

  it("covers questions whatever the port, but not from other hosts or after the expiry", () => {
    const now = sec("2026-11-20T10:00:00Z");
    const host = words("10.20.4.9");
    expect(RULES.nameAllowed("a.updates.example.org", ...host, now)).toBe(1);
    expect(RULES.nameAllowed("a.updates.example.org", ...words("10.20.5.9"), now)).toBe(-1);
    expect(RULES.nameAllowed("a.example.net", ...host, now)).toBe(-1);
    expect(RULES.nameAllowedOnceBy("a.example.net", ...host, now)).toBe(0);
    expect(RULES.nameAllowedOnceBy("a.updates.example.org", ...host, now)).toBe(-1);
    expect(RULES.nameAllowed("a.example.net", ...host, sec("2026-06-30T23:59:59Z"))).toBe(0);
  });

  it("judges the hours of a question, and ignores rules for connections that come in", () => {
    const judge = judgeOf(`
enclave: { name: t, inside: [10.0.0.0/8], resolvers: [10.0.0.1] }
allow:
  - { id: in, to: [203.0.113.1, a.example.org], direction: in }
  - { id: office, to: [a.example.org], hours: Fri 09:00-17:00 UTC }
`);
    const host = words("10.0.0.2");
    expect(judge.nameAllowed("a.example.org", ...host, sec("2026-11-20T10:00:00Z"))).toBe(1);
    expect(judge.nameAllowed("a.example.org", ...host, sec("2026-11-20T08:00:00Z"))).toBe(-1);
  });

  it("knows which flows a name could still allow", () => {
    expect(RULES.couldMatchByName(question({ to: "192.0.2.1" }))).toBe(true);
    const judge = judgeOf(`
enclave: { name: t, inside: [10.0.0.0/8], resolvers: [10.0.0.1] }
allow: [{ id: a, to: [a.example.org], ports: [443/tcp], from: [10.20.4.0/24] }]
`);
    expect(judge.couldMatchByName(question({}))).toBe(true);
    expect(judge.couldMatchByName(question({ port: 80 }))).toBe(false);
    expect(judge.couldMatchByName(question({ from: "10.20.5.9" }))).toBe(false);
    expect(judge.couldMatchByName(question({ direction: 1 }))).toBe(false);
  });
});

describe("inventory", () => {
  const judge = judgeOf(`
enclave:
  name: t
  inside: [10.20.0.0/16, "fd20::/16"]
  resolvers: [10.20.0.53, 10.20.7.0/24]
  hosts:
    - { name: gpu-01, address: [10.20.1.11, "fd20::b"], may_reach: [10.20.9.0/24] }
    - { name: cell, address: 10.20.1.12, may_reach: [] }
    - { name: free, address: 10.20.1.13 }
    - { name: twin, address: "fd20:1::b" }
  relays: [10.20.9.30]
  nat: [{ address: 10.20.255.1, for: [10.20.1.0/24] }]
`);
  const reaches = (from: string, to: string) => judge.mayReach(...words(from), ...words(to));

  it("limits hosts with may_reach to the list, themselves and the resolvers", () => {
    expect(reaches("10.20.1.11", "10.20.9.200")).toBe(true);
    expect(reaches("10.20.1.11", "10.20.8.1")).toBe(false);
    expect(reaches("fd20::b", "10.20.8.1")).toBe(false);
    expect(reaches("10.20.1.11", "fd20::b")).toBe(true); // its other address
    expect(reaches("10.20.1.11", "10.20.0.53")).toBe(true);
    expect(reaches("10.20.1.12", "10.20.9.200")).toBe(false);
    expect(reaches("10.20.1.12", "10.20.0.53")).toBe(true);
    expect(reaches("10.20.1.13", "10.20.8.1")).toBe(true);
    expect(reaches("10.20.1.99", "10.20.8.1")).toBe(true);
    expect(reaches("fd20:1::b", "10.20.8.1")).toBe(true); // shares its last word with gpu-01
  });

  it("names hosts, resolvers, relays and what stands behind an address", () => {
    expect(judge.hostName(...words("fd20::b"))).toBe("gpu-01");
    expect(judge.hostName(...words("fd20:1::b"))).toBe("twin");
    expect(judge.hostName(...words("10.20.1.99"))).toBeNull();
    expect(judge.isResolver(...words("10.20.7.9"))).toBe(true);
    expect(judge.isResolver(...words("10.20.0.54"))).toBe(false);
    expect(judge.isRelay(...words("10.20.9.30"))).toBe(true);
    expect(judge.isNat(...words("10.20.255.1"))).toBe(true);
    expect(judge.isNat(...words("10.20.255.2"))).toBe(false);
    expect(judge.standsBehind(...words("10.20.1.7"), ...words("10.20.255.1"))).toBe(true);
    expect(judge.standsBehind(...words("10.20.2.7"), ...words("10.20.255.1"))).toBe(false);
    expect(judge.standsBehind(...words("10.20.1.7"), ...words("10.20.255.2"))).toBe(false);
  });
});

/** A rule small enough that another, plainer reading of it fits in a test. */
interface TinyRule {
  to: number;
  toBits: number;
  ports: number[];
  fromBits: number;
  in: boolean;
  expired: boolean;
}

const tinyRule = fc.record<TinyRule>({
  to: fc.integer({ min: 0, max: 15 }),
  toBits: fc.integer({ min: 28, max: 32 }),
  ports: fc.subarray([80, 443, 8080]),
  fromBits: fc.constantFrom(0, 30, 32),
  in: fc.boolean(),
  expired: fc.boolean(),
});

function tinyYaml(rule: TinyRule, id: number): string {
  const base = rule.to & ~((1 << (32 - rule.toBits)) - 1);
  const parts = [
    `id: r${id}`,
    `to: [203.0.113.${base}/${rule.toBits}]`,
    `direction: ${rule.in ? "in" : "out"}`,
  ];
  if (rule.ports.length > 0) parts.push(`ports: [${rule.ports.map((p) => `${p}/tcp`).join(", ")}]`);
  if (rule.fromBits > 0) parts.push(`from: [10.20.0.0/${rule.fromBits}]`);
  if (rule.expired) parts.push("expires: 2020-01-01");
  return `  - { ${parts.join(", ")} }`;
}

describe("the judge against a plain reading of the rules", () => {
  const flow = fc.record({
    to: fc.integer({ min: 0, max: 15 }),
    port: fc.constantFrom(80, 443, 22),
    from: fc.integer({ min: 0, max: 4 }),
    direction: fc.constantFrom(0, 1),
  });

  it("finds the same rule, and explains the same", () => {
    let allowed = 0;
    let expired = 0;
    fc.assert(
      fc.property(
        fc.array(tinyRule, { minLength: 1, maxLength: 6 }),
        fc.array(flow, { minLength: 5 }),
        (rules, flows) => {
          const judge = judgeOf(
            `enclave: { name: t, inside: [10.20.0.0/16] }\nallow:\n${rules.map(tinyYaml).join("\n")}`,
          );
          for (const f of flows) {
            const fits = (rule: TinyRule) =>
              rule.in === (f.direction === 1) &&
              f.to >> (32 - rule.toBits) === rule.to >> (32 - rule.toBits) &&
              (rule.ports.length === 0 || rule.ports.includes(f.port)) &&
              (rule.fromBits === 0 || f.from < 1 << (32 - rule.fromBits));
            const live = rules.findIndex((rule) => fits(rule) && !rule.expired);
            const past = live === -1 ? rules.findIndex(fits) : -1;
            const ask = {
              from: `10.20.0.${f.from}`,
              to: `203.0.113.${f.to}`,
              port: f.port,
              direction: f.direction,
            };
            const q = question(ask);
            judge.judgeFlow(q);
            expect([q.rule, q.expiredRule]).toEqual([live, past]);
            if (live !== -1) allowed++;
            if (past !== -1) expired++;
            const port = parsePort(`${f.port}/tcp`);
            if (f.direction === 1 || typeof port === "string") continue;
            const answer = explain(judge, {
              destination: words(ask.to),
              from: words(ask.from),
              port,
              atSec: q.startSec,
            });
            expect(answer.deciding?.id ?? null).toBe(live === -1 ? null : `r${live}`);
          }
        },
      ),
      { numRuns: 150 },
    );
    expect(allowed).toBeGreaterThan(100);
    expect(expired).toBeGreaterThan(50);
  });
});
