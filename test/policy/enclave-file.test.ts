import { describe, expect, it } from "vitest";
import { loadEnclave } from "../../src/policy/enclave-file.ts";
import { formatProblem } from "../../src/policy/yaml-source.ts";

const NOW = Date.UTC(2026, 10, 20) / 1000;

/** Problems as `line:column message`, or fails when there are none. */
function problemsOf(text: string): string[] {
  const loaded = loadEnclave(text, "f", NOW);
  if (!("problems" in loaded)) throw new Error("loaded without a problem");
  return loaded.problems.map((p) => `${p.line}:${p.column} ${p.message}`);
}

function warningsOf(text: string): string[] {
  const loaded = loadEnclave(text, "f", NOW);
  if ("problems" in loaded) throw new Error(loaded.problems.map(formatProblem).join("\n"));
  return loaded.warnings.map((p) => `${p.line}:${p.column} ${p.message}`);
}

/** A sound file around one line of `enclave:` (line 5) and one rule (from line 7). */
function around(enclaveLine: string, ...ruleLines: string[]): string {
  const rules = ruleLines.length === 0 ? ["  - id: a", "    to: [203.0.113.1]"] : ruleLines;
  return [
    "gapwatch: 1",
    "enclave:",
    "  name: t",
    "  inside: [10.20.0.0/16]",
    enclaveLine,
    "allow:",
    ...rules,
  ].join("\n");
}

const WITH_RESOLVER = "  resolvers: [10.20.0.53]";

describe("files that do not load", () => {
  it.each([
    ["", "1:1 the file is empty"],
    ["- a", "1:1 the file is a list"],
    ["gapwatch: 1", "1:1 enclave is missing"],
    ["gapwatch: 2\nenclave: { name: t, inside: [10.0.0.0/8] }", "1:11 gapwatch is 2"],
    ["gapwatch: 1\nenclave:", "2:9 enclave is empty"],
    ["gapwatch: 1\nenclave: { name: t }", "2:10 enclave.inside is missing"],
    ["gapwatch: 1\nenclave: { name: t, inside: [] }", "2:29 enclave.inside is an empty list"],
    ["gapwatch: 1\nenclave: { name: t, inside: 10.0.0.0/8 }", '2:29 enclave.inside is "10.0.0.0/8"'],
    [around("  stage: prod"), '5:10 enclave.stage is "prod"'],
    [around("  insid: [10.0.0.0/8]"), '5:3 unknown key "insid"'],
    [around("  inside: [10.0.0.0/8]"), "5:3 not valid YAML: Map keys must be unique"],
    [
      around("  resolvers: [10.20.0.53"),
      "6:1 not valid YAML: Flow sequence in block collection must be sufficiently indented",
    ],
    [around("  relays: !!python/object [a]"), "5:11 not valid YAML: Unresolved tag"],
    [around("  resolvers: [10.20.1.1/16]"), '5:15 "10.20.1.1/16" has host bits set'],
    [around("  resolvers: [10.1/16]"), '5:15 "10.1/16" is no address and no CIDR prefix'],
    [around("  resolvers: [53]"), "5:15 enclave.resolvers[0] is 53"],
    [around("  relays: [10.20.0.0/33]"), '5:12 "10.20.0.0/33" is no address'],
    [around("  names: [com]"), '5:11 "com" is a public suffix'],
    [around("  search: [a.internal, co.uk]"), '5:24 "co.uk" is a public suffix'],
    [around("  search: ['*.*.internal']"), '5:12 "*.*.internal" is no search suffix'],
    [
      around('  mirrored: [{ name: "*.co.uk", to: 10.20.9.1 }]'),
      '5:22 "*.co.uk" is a wildcard over a public suffix',
    ],
    [around("  mirrored: [{ name: a.org }]"), "5:14 enclave.mirrored[0].to is missing"],
    [around("  hosts: [{ name: a, address: 10.20.0.0/24 }]"), '5:31 "10.20.0.0/24" is no address'],
    [around("  hosts: [{ name: a, address: [] }]"), "5:31 enclave.hosts[0].address is an empty list"],
    [around("  hosts: [{ name: a, adress: 10.20.0.1 }]"), '5:22 unknown key "adress"'],
    [around("  hosts: [{ name: a, address: [10.20.0.1, 7] }]"), "5:43 enclave.hosts[0].address[1] is 7"],
    [
      around("  hosts: [{ name: a, address: 10.20.0.1 }, { name: b, address: 10.20.0.1 }]"),
      '5:64 10.20.0.1 already belongs to host "a"',
    ],
    [
      around("  hosts: [{ name: a, address: 10.20.0.1 }, { name: a, address: 10.20.0.2 }]"),
      '5:52 an earlier host is called "a" as well',
    ],
    [
      around("  services: [{ role: identity, address: 10.20.0.1, port: 443 }]"),
      "5:58 enclave.services[0].port is 443",
    ],
    [around("  mirrors: [{ vxlan: 4789, to: 192.0.2.9 }]"), "5:13 enclave.mirrors[0].from is missing"],
    [
      around("  mirrors: [{ from: 192.0.2.1, to: 192.0.2.9 }]"),
      "5:13 the mirror states no kind of transport",
    ],
    [
      around("  mirrors: [{ gre: true, erspan: true, from: 192.0.2.1, to: 192.0.2.9 }]"),
      "5:13 the mirror states gre and erspan",
    ],
    [
      around("  mirrors: [{ vxlan: 70000, from: 192.0.2.1, to: 192.0.2.9 }]"),
      "5:22 enclave.mirrors[0].vxlan is 70000",
    ],
    [around("  coverage: { max_gap: 60 }"), "5:24 enclave.coverage.max_gap is 60"],
    [around("  coverage: { max_gap: 1 minute }"), '5:24 "1 minute" is no duration'],
    [around("  crown_jewels_bytes: 140GiB"), '5:23 "140GiB" is no size'],
    [around("  overlapping: yes"), '5:16 enclave.overlapping is "yes"'],
    [around('  catalogue: ["a\\nb"]'), '5:15 "a\\nb" is no line of text'],
  ])("%j: %s", (text, expected) => {
    expect(problemsOf(text).join("\n")).toContain(expected);
  });

  it.each([
    [["  - id: a"], "7:5 allow[0].to is missing"],
    [["  - to: [192.0.2.1]"], "7:5 allow[0].id is missing"],
    [["  - nothing"], '7:5 allow[0] is "nothing"'],
    [["  - { id: a b, to: [192.0.2.1] }"], '7:11 "a b" is no rule id'],
    [["  - { id: a, to: [] }"], "7:18 allow[0].to is an empty list"],
    [["  - { id: a, to: 192.0.2.1 }"], '7:18 allow[0].to is "192.0.2.1"'],
    [["  - { id: a, to: [192.0.2.1], form: [10.20.0.0/16] }"], '7:31 unknown key "form"'],
    [["  - { id: a, to: ['*'] }"], '7:19 "*" is no name'],
    [["  - { id: a, to: ['a.example.org:443'] }"], '7:19 "a.example.org:443" is no name'],
    [["  - { id: a, to: ['https://a.example.org/'] }"], '7:19 "https://a.example.org/" is no name'],
    [["  - { id: a, to: [300.0.0.1] }"], '7:19 "300.0.0.1" is no address'],
    [["  - { id: a, to: [a_b.c!] }"], '7:19 "a_b.c!" is no name'],
    [["  - { id: a, to: ['*.com'] }"], '7:19 "*.com" is a wildcard over a public suffix'],
    [["  - { id: a, to: ['*.s3.amazonaws.com'] }"], "wildcard over a public suffix"],
    [["  - { id: a, to: ['*.nowhere'] }"], "wildcard over a public suffix"],
    [["  - { id: a, to: [192.0.2.1], ports: [] }"], "allow[0].ports is an empty list"],
    [["  - { id: a, to: [192.0.2.1], ports: [443] }"], "7:39 allow[0].ports[0] is 443"],
    [["  - { id: a, to: [192.0.2.1], ports: [9-8/tcp] }"], '7:39 "9-8/tcp" is an empty range'],
    [["  - { id: a, to: [192.0.2.1], direction: both }"], '7:42 allow[0].direction is "both"'],
    [["  - { id: a, to: [192.0.2.1], expires: 2027-02-30 }"], '7:40 "2027-02-30" is no date'],
    [["  - { id: a, to: [192.0.2.1], hours: Mon 09:00-09:00 UTC }"], "7:38 "],
    [["  - { id: a, to: [192.0.2.1], max_bytes_out: 50MB }"], '7:46 "50MB" is no daily budget'],
    [["  - { id: a, to: [192.0.2.1], owner: }"], "7:38 allow[0].owner is empty"],
    [["  - { id: a, to: [192.0.2.1], reason: '' }"], '7:39 "" is no line of text'],
    // rules that can never match
    [["  - { id: a, to: [10.20.3.0/24] }"], "7:19 10.20.3.0/24 can never match: it is inside or local"],
    [["  - { id: a, to: [192.0.2.1, 127.0.0.1] }"], "7:30 127.0.0.1 can never match: it is inside or local"],
    [
      ["  - { id: a, to: ['*.example.org'], direction: in }"],
      "7:18 rule a can never match: names say nothing about who comes in",
    ],
    [["  - { id: a, to: ['64:ff9b::/96'] }"], "7:19 64:ff9b::/96 can never match: NAT64"],
    [["  - { id: a, to: ['2002::/16'] }"], "can never match: NAT64"],
    [
      ["  - { id: a, to: [192.0.2.1], from: [10.20.0.1, 10.21.0.0/16] }"],
      "7:49 10.21.0.0/16 can never match",
    ],
    [["  - { id: a, to: [192.0.2.1], from: [169.254.169.254] }"], "169.254.169.254 can never match"],
    [["  - { id: a, to: [192.0.2.1] }", "  - { id: a, to: [192.0.2.2] }"], '8:11 the id "a" is already'],
  ])("rules %j: %s", (rules, expected) => {
    expect(problemsOf(around(WITH_RESOLVER, ...rules)).join("\n")).toContain(expected);
  });

  it("refuses name rules without a resolver, mirrored names in rules, and an inside of everything", () => {
    expect(problemsOf(around("  stage: staging", "  - { id: a, to: [a.example.org] }"))).toEqual([
      "7:18 a name rule needs an approved resolver whose answers tie names to addresses",
    ]);
    const mirrored = '  mirrored: [{ name: "*.pypi.org", to: 10.20.9.1 }]\n  resolvers: [10.20.0.53]';
    expect(problemsOf(around(mirrored, "  - { id: a, to: [192.0.2.1, files.pypi.org] }"))).toEqual([
      "8:30 files.pypi.org can never match: it is under enclave.mirrored, whose names stay inside",
    ]);
    expect(
      problemsOf('gapwatch: 1\nenclave: { name: t, inside: [0.0.0.0/0, "::/0", "2002:a14::/32"] }'),
    ).toEqual([
      "2:30 0.0.0.0/0 makes every address inside: nothing could reach outside",
      "2:41 ::/0 makes every address inside: nothing could reach outside",
      "2:49 2002:a14::/32 can never match: NAT64, 6to4 and Teredo addresses are judged by the IPv4 address that they carry",
    ]);
    const insideOnly = (inside: string) =>
      problemsOf(`gapwatch: 1\nenclave: { name: t, inside: [${inside}] }`);
    const halves = "these prefixes make every IPv4 address inside: nothing could reach outside";
    expect(insideOnly("0.0.0.0/1, 128.0.0.0/2, 192.0.0.0/3")).toEqual([`2:29 ${halves}`]);
    expect(insideOnly('"::/1", "8000::/1"')).toEqual(insideOnly('"2000::/3"'));
    expect(insideOnly('"::/1", "8000::/1"')).toEqual([`2:29 ${halves.replace("IPv4", "IPv6")}`]);
    expect(() => insideOnly("0.0.0.0/1, 128.0.0.0/2")).toThrow("loaded without a problem");
  });

  it("reports problems of every part at once, in the order of the file", () => {
    const text = around(
      "  stage: prod",
      "  - { id: a, to: ['*.com', 10.0.0.1/8], port: [443/tcp] }",
      "  - { id: a, expires: tomorrow }",
    );
    expect(problemsOf(`${text}\nalow: []`).map((p) => p.split(" ", 1)[0])).toEqual([
      "5:10",
      "7:19",
      "7:28",
      "7:41",
      "8:5",
      "8:11",
      "8:23",
      "9:1",
    ]);
  });

  it("says file, place, what is wrong and what is expected in one line", () => {
    const loaded = loadEnclave(around("  resolver: [10.20.0.53]"), "my enclave.yaml", NOW);
    if (!("problems" in loaded)) throw new Error("loaded without a problem");
    expect(loaded.problems.map(formatProblem)).toEqual([
      'my enclave.yaml:5:3: unknown key "resolver"; expected resolvers, perhaps',
    ]);
  });
});

describe("hostile YAML", () => {
  it("bounds aliases that multiply", () => {
    const lines = ['a0: &a0 ["x"]'];
    for (let i = 1; i < 12; i++) lines.push(`a${i}: &a${i} [${new Array(9).fill(`*a${i - 1}`).join(", ")}]`);
    expect(problemsOf(lines.join("\n")).join()).toContain("Excessive alias count");
  });

  it("names the place of an alias without its anchor", () => {
    expect(problemsOf(around("  relays: [*a, &a 10.20.0.1, *b]"))).toEqual([
      "5:12 not valid YAML: no anchor &a stands before the alias *a",
      "5:30 not valid YAML: no anchor &b stands before the alias *b",
    ]);
  });

  it("takes a plain alias", () => {
    expect(warningsOf(around("  resolvers: &dns [10.20.0.53]\n  relays: *dns"))).not.toContain("relays");
  });

  it("survives deep nesting, cut and binary files, prototype keys and merge keys", () => {
    expect(problemsOf("[".repeat(200_000)).length).toBeGreaterThan(0);
    expect(problemsOf(`gapwatch: 1\nenclave: ${"{a: ".repeat(2000)}`).length).toBeGreaterThan(0);
    expect(problemsOf("\0\x01\x02").length).toBeGreaterThan(0);
    expect(problemsOf(`a: ${"x".repeat(5_000_000)}`)).toEqual(["1:1 the file is larger than 4 MiB"]);
    expect(problemsOf(around("  __proto__: { name: x }"))).toEqual(['5:3 unknown key "__proto__"']);
    expect(problemsOf(around("  constructor: 1"))).toEqual(['5:3 unknown key "constructor"']);
    expect(problemsOf(around("  <<: { name: x }"))).toEqual(['5:3 unknown key "<<"']);
    expect(problemsOf(`${around(WITH_RESOLVER)}\n---\na: 1`).join()).toContain("multiple documents");
  });
});

describe("files that load", () => {
  const WHOLE = `
gapwatch: 1
enclave:
  name: quickstart-lab
  stage: staging
  inside: [10.20.0.0/16, "fd20:5eed::/48"]
  resolvers: [10.20.0.53]
  names: [Enclave.internal., cluster.local]
  search: [enclave.internal, "*.svc.cluster.local"]
  mirrored: [{ name: "*.pypi.org", to: 10.20.9.0/24 }]
  hosts: [{ name: gpu-01, address: 10.20.1.11, must_be_seen: true, may_reach: [10.20.9.0/24] }]
  services: [{ role: identity, address: 10.20.9.20, port: 443/tcp, must_be_used: true }]
  relays: [10.20.9.30]
  nat: [{ address: 10.20.255.1, for: [10.20.1.0/24] }]
  mirrors: [{ vxlan: 4789, from: 192.0.2.1, to: 192.0.2.9 }, { erspan: true, from: 192.0.2.0/24, to: 192.0.2.9 }]
  coverage: { max_gap: 60s, max_silence: 30s, min_window: 24h }
  crown_jewels_bytes: 140GB
  overlapping: true
  dns_grace: 10m
  catalogue: [own/catalogue.yaml]
allow:
  - id: transfer-gate
    to: [203.0.113.10, "*.updates.example.org"]
    ports: [443/tcp, 8000-8010/tcp]
    from: [10.20.4.0/24]
    direction: out
    reason: offline patch transfer
    owner: platform-team
    expires: 2027-01-31
    hours: Mon-Fri 09:00-17:00 Europe/Berlin
    max_bytes_out: 50MB/day
    max_bytes_in: 2GB/day
`;

  it("reads every key", () => {
    const loaded = loadEnclave(WHOLE, "f", NOW);
    if ("problems" in loaded) throw new Error(loaded.problems.map(formatProblem).join("\n"));
    expect(loaded.warnings).toEqual([]);
    const { rules, inside, hosts, services, nat, mirrored, mirrors, resolvers, relays, ...plain } =
      loaded.policy;
    expect(plain).toEqual({
      name: "quickstart-lab",
      stage: "staging",
      names: ["enclave.internal", "cluster.local"],
      search: ["enclave.internal", "*.svc.cluster.local"],
      coverage: { maxGapSec: 60, maxSilenceSec: 30, minWindowSec: 86400 },
      crownJewelsBytes: 140e9,
      overlapping: true,
      dnsGraceSec: 600,
      catalogue: ["own/catalogue.yaml"],
    });
    expect([...inside, ...resolvers, ...relays].map((p) => p.text)).toEqual([
      "10.20.0.0/16",
      "fd20:5eed::/48",
      "10.20.0.53",
      "10.20.9.30",
    ]);
    expect(hosts).toMatchObject([{ name: "gpu-01", mustBeSeen: true, mayReach: [{ text: "10.20.9.0/24" }] }]);
    expect(services).toMatchObject([{ role: "identity", port: { proto: 6, low: 443 }, mustBeUsed: true }]);
    expect(nat).toMatchObject([{ hosts: [{ text: "10.20.1.0/24" }] }]);
    expect(mirrored).toMatchObject([
      { name: { name: "pypi.org", below: true }, to: [{ text: "10.20.9.0/24" }] },
    ]);
    expect(mirrors.map(({ kind, port }) => [kind, port])).toEqual([
      ["vxlan", 4789],
      ["erspan", null],
    ]);
    expect(rules).toMatchObject([
      {
        id: "transfer-gate",
        direction: 0,
        expiresSec: Date.UTC(2027, 1, 1) / 1000,
        maxBytesOut: 50e6,
        maxBytesIn: 2e9,
        toPrefixes: [{ text: "203.0.113.10" }],
        toNames: [{ text: "*.updates.example.org" }],
        text: {
          ports: "443/tcp, 8000-8010/tcp",
          from: "10.20.4.0/24",
          expires: "2027-01-31",
          direction: "out",
        },
      },
    ]);
  });

  it("fills in what a short file leaves out", () => {
    const loaded = loadEnclave("gapwatch: 1\nenclave: { name: t, inside: [10.20.0.0/16] }", "f", NOW);
    if ("problems" in loaded) throw new Error(loaded.problems.map(formatProblem).join("\n"));
    expect(loaded.warnings).toEqual([]);
    expect(loaded.policy).toMatchObject({
      stage: "production",
      dnsGraceSec: 300,
      overlapping: false,
      rules: [],
    });
  });
});

describe("warnings", () => {
  const COMPLETE =
    "ports: [443/tcp], from: [10.20.4.0/24], owner: o, reason: r, expires: never, max_bytes_out: 1MB/day";

  it("names what a bare rule leaves open", () => {
    expect(
      warningsOf(around(WITH_RESOLVER, "  - { id: a, to: [192.0.2.1] }")).map((w) => w.slice(4)),
    ).toEqual([
      "rule a has no expires (a date, or never)",
      "rule a has no owner",
      "rule a has no reason",
      "rule a has no ports: it allows every protocol",
      "rule a has no source (from): it allows every inside host",
      "rule a has no byte budget (max_bytes_out, max_bytes_in)",
    ]);
  });

  it.each([
    ["2026-11-18", true],
    ["2026-11-19", true],
    ["2026-11-20", false], // today is its last day
  ])("expires %s is past: %s", (date, expected) => {
    const rule = `  - { id: a, to: [192.0.2.1], ${COMPLETE.replace("never", date)} }`;
    const warning = warningsOf(around(WITH_RESOLVER, rule)).join();
    expect(warning.includes(`expired on ${date}`)).toBe(expected);
  });

  it.each([
    ["192.0.0.0/16", false],
    ["192.0.0.0/15", true],
    ["2001:db8::/32", false],
    ["2001:db0::/28", true],
  ])("%s is broad: %s", (prefix, expected) => {
    const warnings = warningsOf(
      around(WITH_RESOLVER, `  - { id: a, to: ["${prefix}"], ${COMPLETE} }`),
    ).join();
    expect(warnings.includes("is broader than")).toBe(expected);
  });

  it("warns of names in a rule for who comes in, which only its addresses can allow", () => {
    const rule = `  - { id: a, to: [192.0.2.1, a.example.org], direction: in, ${COMPLETE} }`;
    expect(warningsOf(around(WITH_RESOLVER, rule))).toEqual([
      "7:18 rule a comes in: its names never match, its addresses do",
    ]);
  });

  it("warns of a broad inside, outside resolvers, and search suffixes that are not the enclave's", () => {
    const text =
      "gapwatch: 1\nenclave: { name: t, inside: [10.0.0.0/8], resolvers: [9.9.9.9], search: [a.internal] }";
    expect(warningsOf(text)).toEqual([
      "2:30 10.0.0.0/8 is broader than /16",
      "2:55 the resolver 9.9.9.9 is outside: every question to it leaves the enclave",
      "2:74 the search suffix a.internal is under none of enclave.names: names in it count as outside",
    ]);
    expect(
      warningsOf(
        "gapwatch: 1\nenclave: { name: t, inside: [10.2.0.0/16], resolvers: [0.0.0.0/0, 10.2.0.0/24] }",
      ),
    ).toEqual(["2:56 the resolvers 0.0.0.0/0 lie in part outside: questions to those leave the enclave"]);
  });

  it("warns of the enclave's own machines where they are outside", () => {
    const text = `gapwatch: 1
enclave:
  name: t
  inside: [10.20.0.0/16]
  hosts: [{ name: a, address: [10.20.0.1, 10.21.0.1] }]
  services: [{ role: time, address: 10.21.0.1, port: 123/udp }]
  relays: [10.20.0.1, 10.21.0.1]
  mirrored: [{ name: "*.pypi.org", to: 10.21.0.0/24 }]`;
    expect(warningsOf(text)).toEqual([
      "5:31 10.21.0.1 of host a lies outside enclave.inside",
      "6:37 the service for time lies outside enclave.inside",
      "7:23 the relay 10.21.0.1 lies outside enclave.inside",
      "8:40 10.21.0.0/24, the mirror of *.pypi.org, lies outside enclave.inside",
    ]);
  });

  const EARLIER =
    "to: [192.0.2.0/24, '*.example.org'], ports: [443/tcp, 8000-8010/tcp], from: [10.20.0.0/16]";
  it.each([
    [EARLIER, "to: [192.0.2.7, a.example.org], ports: [8005/tcp], from: [10.20.4.0/24]", true],
    [EARLIER, "to: ['*.b.example.org'], ports: [443/tcp], from: [10.20.4.0/24]", true],
    [EARLIER, "to: [example.org], ports: [443/tcp], from: [10.20.4.0/24]", false],
    [EARLIER, "to: [192.0.3.7], ports: [443/tcp], from: [10.20.4.0/24]", false],
    [EARLIER, "to: [192.0.2.7], ports: [444/tcp], from: [10.20.4.0/24]", false],
    [EARLIER, "to: [192.0.2.7], from: [10.20.4.0/24]", false],
    [EARLIER, "to: [192.0.2.7], ports: [443/tcp]", false],
    [EARLIER, "to: [192.0.2.7], ports: [443/tcp], from: [10.20.4.0/24], direction: in", false],
    [`${EARLIER}, expires: 2027-01-01`, "to: [192.0.2.7], ports: [443/tcp], from: [10.20.4.0/24]", false],
    [
      `${EARLIER}, expires: 2027-01-01`,
      "to: [192.0.2.7], ports: [443/tcp], from: [10.20.4.0/24], expires: 2027-01-01",
      true,
    ],
    [
      `${EARLIER}, hours: Mon 09:00-17:00 UTC`,
      "to: [192.0.2.7], ports: [443/tcp], from: [10.20.4.0/24]",
      false,
    ],
    ["to: [192.0.2.0/24]", "to: [192.0.2.7]", true],
  ])("%s shadows %s: %s", (earlier, later, expected) => {
    const warnings = warningsOf(
      around(WITH_RESOLVER, `  - { id: a, ${earlier} }`, `  - { id: b, ${later} }`),
    );
    expect(warnings.includes("8:5 rule b is shadowed: a above it allows all of it")).toBe(expected);
  });
});
