import { describe, expect, it } from "vitest";
import { loadEntries } from "../../src/catalogue/entry-file.ts";
import { formatProblem } from "../../src/policy/yaml-source.ts";

function fileOf(...lines: string[]): string {
  return ["gapwatch_catalogue: 1", "entries:", ...lines, ""].join("\n");
}

function problemsOf(text: string): string[] {
  const loaded = loadEntries(text, "own.yaml");
  return "problems" in loaded ? loaded.problems.map(formatProblem) : [];
}

describe("loadEntries", () => {
  it("reads an entry of which only the needed is said", () => {
    const loaded = loadEntries(
      fileOf("  - { component: Ours, kind: telemetry, names: [t.acme.example] }"),
      "own.yaml",
    );
    if ("problems" in loaded) throw new Error(JSON.stringify(loaded.problems));
    expect(loaded.entries).toEqual([
      expect.objectContaining({
        component: "Ours",
        confidence: "reported",
        settingChecked: true,
        through: [],
      }),
    ]);
  });

  const CASES: [lines: string[], problem: RegExp][] = [
    [["  - { kind: telemetry, names: [a.example.com] }"], /own.yaml:3:5: .*component is missing/],
    [
      ["  - { component: x, kind: telemetri, names: [a.example.com] }"],
      /own.yaml:3:27: .*kind is "telemetri"; expected one of identity/,
    ],
    [
      ["  - component: x", "    kind: time", "    naems: [a.example.com]"],
      /own.yaml:5:5: unknown key "naems"; expected names, perhaps/,
    ],
    [
      ["  - { component: x, kind: time, names: [a..b] }"],
      /own.yaml:3:41: "a..b" is no pattern of host names; expected a name/,
    ],
    [["  - { component: x, kind: time, names: [a.*b*.example.com] }"], /no pattern of host names/],
    [["  - { component: x, kind: time, names: [a.*] }"], /no pattern of host names/],
    [
      ["  - { component: x, kind: time, addresses: [10.0.0.1/8] }"],
      /"10.0.0.1\/8" is no address and no CIDR prefix/,
    ],
    [["  - { component: x, kind: time, ports: [icmp] }"], /"icmp" is no port/],
    [
      ["  - { component: x, kind: time }"],
      /the entry "x" can never match; expected names, addresses or ports/,
    ],
    [['  - { component: "a\\x1bb", kind: time, ports: [1/udp] }'], /is no line of text/],
    [
      ["  - { component: x, kind: time, ports: [1/udp], interval: daily }"],
      /expected a duration such as 10m/,
    ],
  ];
  it.each(CASES)("refuses %j", (lines, problem) => {
    expect(problemsOf(fileOf(...lines)).join("\n")).toMatch(problem);
  });

  it("takes no public suffix for an identification, unless its operator is the finding", () => {
    const entry = (kind: string) =>
      fileOf(`  - { component: x, kind: ${kind}, names: [a.example.com, "*.github.io"] }`);
    expect(problemsOf(entry("telemetry"))).toEqual([
      "own.yaml:3:61: *.github.io is a public suffix: it identifies nobody; expected a name that somebody registered below it",
    ]);
    expect(problemsOf(entry("tunnel-remote-access"))).toEqual([]);
    expect(problemsOf(fileOf('  - { component: x, kind: time, names: ["*.co.uk"] }'))).toHaveLength(1);
  });

  it("refuses what is no catalogue", () => {
    expect(problemsOf("gapwatch: 1\n").join("\n")).toMatch(/gapwatch_catalogue/);
    expect(problemsOf("- [").length).toBeGreaterThan(0);
  });
});
