import { z } from "zod";
import { CONFIDENCES } from "../catalogue/entry.ts";
import {
  DEPENDENCY_GROUPS,
  DEPENDENCY_KINDS,
  type DependencyGroup,
  type DependencyKind,
} from "../catalogue/kinds.ts";
import { type CatalogueNote, noteObject } from "../findings/catalogue-note.ts";
import type { Moment } from "../findings/finding.ts";
import { FINDING_KINDS, type FindingKind } from "../findings/finding-kinds.ts";
import { frameworksOf } from "../findings/frameworks.ts";
import { SEVERITIES } from "../findings/severity.ts";
import type { RatedFinding } from "../findings/summary.ts";
import { OUTCOMES } from "../flow/outcome.ts";
import { eveTime, MAX_DIGITS } from "./eve-time.ts";

const TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\.(\d{9})Z$/;

/** A packet time in RFC 3339, UTC, with nanoseconds. Such texts sort by time. */
export function packetTime(at: Readonly<Moment>): string {
  return `${eveTime(at, MAX_DIGITS).slice(0, -"+0000".length)}Z`;
}

function parsePacketTime(text: string): Moment {
  const match = TIME.exec(text);
  return match === null
    ? { sec: 0, nsec: 0 }
    : { sec: Date.parse(`${match[1]}Z`) / 1000, nsec: Number(match[2]) };
}

const time = z.string().regex(TIME).transform(parsePacketTime);
const text = z.string();
const texts = z.array(z.string());
const count = z.number().min(0);
const kinds = Object.keys(FINDING_KINDS) as FindingKind[];

const maybe = text.nullable();
const dependencyKinds = Object.keys(DEPENDENCY_KINDS) as DependencyKind[];
const dependencyKind = z.enum(dependencyKinds);

/** What `noteObject` makes. */
const CATALOGUE = z.object({
  component: text,
  kind: dependencyKind,
  opt_out: maybe,
  opt_out_checked: z.boolean(),
  remedy: maybe,
  vendor: maybe,
  group: z.enum(Object.keys(DEPENDENCY_GROUPS) as DependencyGroup[]),
  what: maybe,
  interval: maybe,
  confidence: z.enum(CONFIDENCES),
  matched_by: z.enum(["name", "pattern", "suffix", "address", "port"]),
  also: z.array(z.object({ component: text, kind: dependencyKind })).readonly(),
});

/** A finding as the audit log and the store keep it: the JSON report's shape, and what the ledger needs. */
const RECORD = z.object({
  id: text.regex(/^[0-9a-f]{12}$/),
  aliases: texts,
  kind: z.enum(kinds),
  severity: z.enum(SEVERITIES),
  outcome: z.enum(OUTCOMES),
  source: z.object({ ip: text.nullable(), name: text.nullable(), mac: text.nullable() }),
  destination: z.object({
    identity: text,
    name: text.nullable(),
    name_evidence: z.enum(["in-flow", "answer", "answer-other-host", "ambiguous", "none"]),
    ips: texts,
    port: z.number().nullable(),
    proto: text.nullable(),
  }),
  first_seen: time,
  last_seen: time,
  attempts: count,
  bytes_out: count,
  bytes_in: count,
  one_way_bytes: count,
  rule: text.nullable(),
  via: texts,
  asked: texts,
  details: texts.default([]), // records of earlier versions have none
  severity_cap: count,
  severity_shift: z.number(),
  // Records of before there was a catalogue have none, and a kind of a later version is not known here.
  catalogue: CATALOGUE.nullable().catch(null),
  shared_hosting: maybe.catch(null),
});

/** What `findingRecord` makes. */
export type FindingRecord = z.input<typeof RECORD>;

export function findingRecord(finding: RatedFinding): FindingRecord {
  return {
    id: finding.id,
    aliases: finding.aliases,
    kind: finding.kind,
    severity: finding.severityName,
    outcome: finding.outcomeName,
    source: { ip: finding.source, name: finding.sourceName, mac: finding.mac },
    destination: {
      identity: finding.destination,
      name: finding.name,
      name_evidence: finding.evidence,
      ips: finding.ips,
      port: finding.port,
      proto: finding.proto,
    },
    first_seen: packetTime(finding.firstSeen),
    last_seen: packetTime(finding.lastSeen),
    attempts: finding.attempts,
    bytes_out: finding.bytesOut,
    bytes_in: finding.bytesIn,
    one_way_bytes: finding.oneWayBytes,
    rule: finding.rule,
    via: finding.via,
    asked: finding.asked,
    details: finding.details,
    severity_cap: finding.severityCap,
    severity_shift: finding.severityShift,
    catalogue: finding.catalogue === null ? null : noteObject(finding.catalogue),
    shared_hosting: finding.sharedHosting,
  };
}

/** The finding that a record was made of; null where it is none that this version knows. */
export function readFindingRecord(value: unknown): RatedFinding | null {
  const read = RECORD.safeParse(value);
  if (!read.success) return null;
  const record = read.data;
  const { source, destination } = record;
  const outcome = OUTCOMES.indexOf(record.outcome);
  const catalogue = record.catalogue === null ? null : noteFrom(record.catalogue);
  return {
    id: record.id,
    aliases: record.aliases,
    kind: record.kind,
    severity: SEVERITIES.indexOf(record.severity),
    severityName: record.severity,
    outcome,
    outcomeName: record.outcome,
    source: source.ip,
    sourceName: source.name,
    mac: source.mac,
    destination: destination.identity,
    name: destination.name,
    evidence: destination.name_evidence,
    ips: destination.ips,
    port: destination.port,
    proto: destination.proto,
    firstSeen: record.first_seen,
    lastSeen: record.last_seen,
    attempts: record.attempts,
    bytesOut: record.bytes_out,
    bytesIn: record.bytes_in,
    oneWayBytes: record.one_way_bytes,
    rule: record.rule,
    via: record.via,
    asked: record.asked,
    details: record.details,
    severityCap: record.severity_cap,
    severityShift: record.severity_shift,
    catalogue,
    sharedHosting: record.shared_hosting,
    frameworks: frameworksOf(record.kind, outcome, catalogue),
  };
}

function noteFrom(record: z.output<typeof CATALOGUE>): CatalogueNote {
  const { opt_out, opt_out_checked, matched_by, ...note } = record;
  return { ...note, setting: opt_out, settingChecked: opt_out_checked, matchedBy: matched_by };
}
