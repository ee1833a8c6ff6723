import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compare, type Disagreement, scopeOf } from "./comparison.ts";
import { lineFor, readDisagreements } from "./disagreements.ts";
import { type OracleReport, readOracle } from "./oracle.ts";
import { MAX_RESIDENT, type Replayed, Replayer } from "./replay.ts";

// Captures of public projects, each with the facts that tshark reports beside it; see README.md there.
const corpus = new URL("../../../shared/captures/", import.meta.url).pathname;
const HIDDEN = new URL("hidden.tsv", import.meta.url).pathname;
const ORACLE_SUFFIX = ".oracle.tsv";
const LIST = new URL("disagreements.tsv", import.meta.url).pathname;

const NAME_KINDS = ["DNSQ", "DNSA", "SNI", "CHLO", "QUIC", "HTTP", "HTTPURI"] as const;
const MIN_FOUND = 0.995;
/** Else a share says little. There are few captures of QUIC, and one request to a proxy. */
const MIN_FACTS = { DNSQ: 500, DNSA: 1000, SNI: 200, CHLO: 200, QUIC: 10, HTTP: 200, HTTPURI: 0 } as const;

interface Case {
  readonly path: string;
  readonly report: OracleReport;
  readonly replayed: Replayed;
  readonly differences: readonly Disagreement[];
}

const present = existsSync(corpus);
const notice = present ? "" : ` (skipped: ${corpus} is missing)`;
const listed = readDisagreements(LIST);
const cases: Case[] = [];
const replayer = new Replayer();

/** How many facts of a kind the oracle is sure of, and how many of them were not seen. */
function figures(kind: string): { kind: string; inScope: number; missed: number; later: number } {
  const facts = cases
    .filter(({ report }) => scopeOf(report) !== "none")
    .flatMap(({ report }) => report.facts.filter((fact) => fact.kind === kind && fact.certain));
  let missed = 0;
  let later = 0;
  for (const { path, differences } of cases) {
    for (const difference of differences) {
      if (difference.how !== "missed" || !difference.fact.startsWith(`${kind} `)) continue;
      if (lineFor(listed, path, difference)?.side === "later") later++;
      else missed++;
    }
  }
  return { kind, inScope: facts.length - later, missed, later };
}

function summary(): string {
  const kinds = ["FLOW", "TUNNEL", ...NAME_KINDS].map(figures);
  const lines = kinds.map(
    ({ kind, inScope, missed, later }) =>
      `${kind}: ${inScope - missed} of ${inScope} found, ${later} of protocols to come`,
  );
  const slowest = [...cases].sort((a, b) => b.replayed.ms - a.replayed.ms).slice(0, 3);
  const peakMib = Math.max(...cases.map(({ replayed }) => replayed.peakBytes)) / 2 ** 20;
  lines.push(`peak memory: ${peakMib.toFixed(0)} MiB resident`);
  for (const { path, replayed } of slowest) lines.push(`${replayed.ms.toFixed(0)} ms: ${path}`);
  return `${cases.length} captures\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

describe.skipIf(!present)(`captures of public projects${notice}`, () => {
  beforeAll(async () => {
    const paths = readdirSync(corpus, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(ORACLE_SUFFIX))
      .map((path) => path.slice(0, -ORACLE_SUFFIX.length))
      .sort();
    for (const path of paths) {
      const replayed = await replayer.replay(corpus + path);
      const report = readOracle(corpus + path + ORACLE_SUFFIX);
      const comparable = scopeOf(report) !== "none" && replayed.failure === null;
      cases.push({ path, report, replayed, differences: comparable ? compare(report, replayed.facts) : [] });
    }
    process.stdout.write(summary());
  });

  afterAll(() => replayer.end());

  it("are all there", () => {
    expect(cases.length).toBeGreaterThan(1000);
  });

  it("make nothing crash, hang or grow beyond 512 MB", () => {
    const failed = cases.filter(
      ({ replayed }) => replayed.failure !== null || replayed.peakBytes > MAX_RESIDENT,
    );
    expect(failed.map(({ path, replayed }) => `${path}: ${replayed.failure ?? replayed.peakBytes}`)).toEqual(
      [],
    );
  });

  for (const kind of NAME_KINDS) {
    it(`show at least 99.5 % of the ${kind} facts that the oracle has`, () => {
      const { inScope, missed } = figures(kind);
      expect(inScope).toBeGreaterThan(MIN_FACTS[kind]);
      expect(1 - missed / inScope).toBeGreaterThanOrEqual(MIN_FOUND);
    });
  }

  it("differ from the oracle in what is listed, with its reason, and in nothing else", () => {
    const counts = new Map(listed.map((line) => [line, 0]));
    const unlisted: string[] = [];
    for (const { path, differences } of cases) {
      for (const difference of differences) {
        const line = lineFor(listed, path, difference);
        if (line === null) unlisted.push(`${path}\t${difference.how}\t1\t${difference.fact}\tSIDE\tREASON`);
        else counts.set(line, (counts.get(line) ?? 0) + 1);
      }
    }
    const wrong = [...counts].filter(([line, count]) => line.count !== count);
    expect({
      unlisted,
      wrong: wrong.map(([{ capture, how, pattern, count }, seen]) =>
        [capture, how, pattern, count, seen].join("\t"),
      ),
    }).toEqual({ unlisted: [], wrong: [] });
    expect(
      wrong.map(([{ capture, how, pattern, count }, seen]) => [capture, how, pattern, count, seen]),
    ).toEqual([]);
  });

  it("hide what is listed, with its reason, and nothing else", () => {
    const found = cases.flatMap(({ path, replayed }) => replayed.hidden.map((line) => `${path}\t${line}`));
    const known = readFileSync(HIDDEN, "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split("\t"));
    expect(known.every((columns) => columns.length === 3 && columns[2].length > 10)).toBe(true);
    expect(found.sort()).toEqual(known.map(([path, line]) => `${path}\t${line}`).sort());
  });
});
