import type { PacketTime } from "../capture/frame-source.ts";
import type { Activity } from "../findings/activity.ts";
import type { PrefixSeen, ServiceUse } from "../findings/inside-census.ts";
import type { RatedFinding, Verdict } from "../findings/summary.ts";
import { PrefixTable } from "../policy/prefix-table.ts";
import { boundaryStatement, serviceReports } from "./boundary-statement.ts";
import { coverageChecklist } from "./coverage-checklist.ts";
import { dependencyStatement, isDependency } from "./dependency-statement.ts";
import { findingDocument, summaryDocument } from "./json.ts";
import type { Run, RunInput } from "./run.ts";
import { counted } from "./text-figures.ts";
import { rfc3339 } from "./time-text.ts";
import {
  type CanaryReport,
  findingsShape,
  type Report,
  type ReportFinding,
  summaryShape,
  type Validation,
} from "./validation-shape.ts";
import { type KnownInterval, notShown, validationStatement } from "./validation-statement.ts";

/** A command that ran while the sensor watched. */
export interface CommandRun {
  readonly words: readonly string[];
  /** Null: a signal ended it, or it could not be started. */
  readonly exitCode: number | null;
  readonly settleSec: number;
}

/** Everything that a validation report is made from. */
export interface ValidationFacts {
  readonly run: Run;
  readonly toolVersion: string;
  readonly mode: Validation["mode"];
  /** How long was watched by the clock; null where packets alone say it. */
  readonly watchedSec: number | null;
  /** How long was to be watched; null where that was not asked. */
  readonly askedSec: number | null;
  readonly command: CommandRun | null;
  readonly census: { readonly services: readonly ServiceUse[]; readonly prefixes: readonly PrefixSeen[] };
  readonly activity: Activity;
  /** Contacts that the catalogue knows to be made at times. */
  readonly intervals: readonly KnownInterval[];
  /** The positive control; null where none was asked for. */
  readonly canary: CanaryFacts | null;
}

/** What was seen of canaries. */
export interface CanaryFacts {
  readonly runs: readonly CanaryRunFacts[];
  readonly exempt: readonly RatedFinding[];
}

export interface CanaryRunFacts {
  /** When it began by its own clock, and its number. */
  readonly sec: number;
  readonly number: number;
  readonly probes: CanaryReport["runs"][number]["probes"];
}

const RESULTS: Readonly<Record<Verdict, Validation["result"]>> = {
  clean: "PASS",
  reachback: "FAIL",
  inconclusive: "INCONCLUSIVE",
};

/** What a run proves, and what it does not: the document that every form of the report is made from. */
export function validationReport(facts: ValidationFacts): Report {
  const { run, command } = facts;
  const summary = summaryShape.parse(summaryDocument(run));
  const windowSec = facts.watchedSec ?? lengthOf(run.inputs);
  const inside = new PrefixTable(run.policy.inside);
  const dependencies = summary.findings.filter((finding) => isDependency(finding, inside));
  const groups = dependencyStatement(dependencies);
  const depends = new Set(dependencies);
  const others = summary.findings.filter((finding) => !depends.has(finding));
  const checklist = coverageChecklist({
    run,
    windowSec,
    isLive: facts.mode === "live",
    commandEnd: command === null ? null : endText(command),
    canary: facts.canary === null ? null : canaryFigure(facts.canary),
  });
  const validation: Validation = {
    schema: "gapwatch/validation/1",
    result: RESULTS[summary.verdict],
    statement: validationStatement(summary, groups, others),
    tool: { name: "gapwatch", version: facts.toolVersion },
    mode: facts.mode,
    window: windowOf(facts, windowSec),
    command:
      command === null
        ? null
        : {
            words: [...command.words],
            exit_code: command.exitCode,
            settle_seconds: command.settleSec,
          },
    boundary: boundaryStatement(run, facts.census.prefixes),
    coverage: checklist,
    services: serviceReports(run, facts.census.services),
    dependencies: groups,
    other_findings: idsOf(others),
    canary: facts.canary === null ? null : canaryReport(facts.canary, run),
    not_shown: notShown(windowSec, facts.intervals),
    comparison: null,
    activity: activityOf(facts.activity),
    evidence: [],
  };
  return { ...summary, validation };
}

function canaryReport({ runs, exempt }: CanaryFacts, run: Run): CanaryReport {
  return {
    runs: runs.map(({ sec, number, probes }) => ({ began: rfc3339({ sec, nsec: 0 }, 0), number, probes })),
    exempt: findingsShape.parse(exempt.map((finding) => findingDocument(finding, run))),
  };
}

function canaryFigure({ runs }: CanaryFacts): string {
  const probes = runs.flatMap((each) => each.probes).filter(({ status }) => status !== "not exercised");
  const seen = probes.filter(({ status }) => status === "seen").length;
  return `${seen} of ${probes.length} in ${counted(runs.length, "run")}`;
}

function windowOf({ run, askedSec }: ValidationFacts, seconds: number): Validation["window"] {
  const first = firstOf(run.inputs);
  const last = lastOf(run.inputs);
  return {
    first: first === null ? null : rfc3339(first, run.tsDigits),
    last: last === null ? null : rfc3339(last, run.tsDigits),
    seconds,
    asked_seconds: askedSec,
  };
}

function endText({ exitCode }: CommandRun): string {
  return exitCode === null ? "it did not end by itself" : `exit code ${exitCode}`;
}

function activityOf(activity: Activity): Validation["activity"] {
  const { startSec, binSec, bins } = activity;
  return {
    start: startSec === null ? null : rfc3339({ sec: startSec, nsec: 0 }, 0),
    bin_seconds: binSec,
    packets: bins.map(({ packets }) => packets),
    blind: bins.map(({ blind }) => blind),
    attempts: bins.map(({ attempts }) => attempts),
  };
}

function idsOf(findings: readonly ReportFinding[]): string[] {
  return findings.map(({ id }) => id);
}

function lengthOf(inputs: readonly RunInput[]): number {
  const [first, last] = [firstOf(inputs), lastOf(inputs)];
  if (first === null || last === null) return 0;
  return Math.max(0, Math.round((last.sec - first.sec + (last.nsec - first.nsec) / 1e9) * 1000) / 1000);
}

/** Earliest first packet of all inputs. */
export function firstOf(inputs: readonly RunInput[]): PacketTime | null {
  const times = inputs.flatMap(({ first }) => (first === null ? [] : [first]));
  return times.reduce<PacketTime | null>((a, b) => (a === null || compare(b, a) < 0 ? b : a), null);
}

/** Latest last packet of all inputs. */
export function lastOf(inputs: readonly RunInput[]): PacketTime | null {
  const times = inputs.flatMap(({ last }) => (last === null ? [] : [last]));
  return times.reduce<PacketTime | null>((a, b) => (a === null || compare(b, a) > 0 ? b : a), null);
}

function compare(a: PacketTime, b: PacketTime): number {
  return a.sec - b.sec || a.nsec - b.nsec;
}
