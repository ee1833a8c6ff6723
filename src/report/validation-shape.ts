import { z } from "zod";

const text = z.string();
const texts = z.array(text);
const count = z.int().min(0);
const time = text.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/).describe("RFC 3339, UTC");
const sha256 = text.regex(/^[0-9a-f]{64}$/);
const amount = z.number().min(0);

const enclave = z.looseObject({ name: text, stage: z.enum(["production", "staging"]), sha256 });

const input = z.looseObject({
  path: text,
  sha256: sha256.nullable().describe("Null for standard input and for interfaces"),
  format: text.nullable(),
  link_types: z.array(count),
  packets: count,
  bytes: count,
  first: time.nullable(),
  last: time.nullable(),
  complete: z.boolean(),
});

const use = z.looseObject({
  rule: text,
  attempts: count,
  questions: count,
  bytes_out: count,
  bytes_in: count,
  first_seen: time,
  last_seen: time,
});

const catalogue = z.looseObject({ component: text, kind: text, opt_out: text.nullable() });

const finding = z.looseObject({
  id: text.regex(/^[0-9a-f]{12}$/),
  aliases: texts,
  kind: text,
  severity: z.enum(["info", "low", "medium", "high", "critical"]),
  outcome: text,
  source: z.looseObject({ ip: text.nullable(), name: text.nullable(), mac: text.nullable() }),
  destination: z.looseObject({
    name: text.nullable(),
    name_evidence: text,
    ips: texts,
    port: count.nullable(),
    proto: text.nullable(),
  }),
  first_seen: time,
  last_seen: time,
  attempts: count,
  bytes_out: count,
  bytes_in: count,
  rule: text.optional(),
  catalogue: catalogue.nullable(),
  frameworks: z.array(z.unknown()),
});

export const findingsShape = z.array(finding);

const gate = z.strictObject({
  rule: text,
  direction: z.enum(["out", "in"]),
  to: text,
  ports: text,
  from: text,
  owner: text.nullable(),
  reason: text.nullable(),
  expires: text.nullable().describe("Null: the file states none"),
  hours: text,
  max_bytes_out: text,
  max_bytes_in: text,
  attempts: count,
  questions: count,
  bytes_out: count,
  bytes_in: count,
  last_seen: time.nullable().describe("Null: not used"),
});

const boundary = z
  .strictObject({
    inside: z.array(z.strictObject({ prefix: text, hosts_seen: count, only_seen_in: text.nullable() })),
    resolvers: texts,
    relays: texts,
    nat: z.array(z.strictObject({ address: text, hosts: texts })),
    mirrored: z.array(z.strictObject({ name: text, to: texts })),
    mirrors: z.array(z.strictObject({ transport: text, from: text, to: text })),
    gates: z.array(gate).describe("The exception register, used or not, in both directions"),
    sensor: texts.describe("Where the sensor sits: captures, or interfaces"),
  })
  .describe("What the verdict is about");

const check = z.strictObject({
  check: text,
  what: text,
  limit: text,
  status: z.enum(["ok", "blind", "not asked for"]),
  figure: text,
  reasons: z.array(z.strictObject({ name: text, text, advice: text })),
});

const service = z.strictObject({
  role: text,
  address: text,
  port: text,
  must_be_used: z.boolean(),
  uses: count,
  last_use: time.nullable(),
  users: z.array(z.strictObject({ ip: text, name: text.nullable(), uses: count, last_use: time })),
});

const dependency = z.strictObject({
  component: text.nullable().describe("From the catalogue; null: it is not in there"),
  setting: text.nullable().describe("What switches it off, where that is known"),
  destinations: texts,
  hosts: texts,
  attempts: count,
  outcome: text.describe("The worst"),
  severity: text.describe("The worst"),
  findings: texts,
});

const dependencyKind = z.strictObject({
  kind: text,
  label: text,
  seen: z.array(dependency).describe("Empty: none seen"),
});

const canaryRun = z.strictObject({
  began: time.describe("By the canary's clock"),
  number: count,
  probes: z.array(
    z.strictObject({
      path: text,
      status: z.enum(["seen", "missed", "not exercised"]),
      after_seconds: z.number().nullable().describe("Since the canary began, by the clocks of both"),
      source: text.nullable(),
      finding: text.nullable(),
      exempt: z.boolean().describe("False where it was seen: something else went the same way"),
    }),
  ),
});

const canary = z.strictObject({
  runs: z.array(canaryRun),
  exempt: z.array(finding).describe("What would be findings, were they not exactly the expected probes"),
});

const evidence = z.strictObject({
  finding: text,
  file: text.regex(/^evidence\/[0-9a-f]{12}\.pcapng$/),
  sha256,
});

const activity = z.strictObject({
  start: time.nullable(),
  bin_seconds: amount,
  packets: z.array(count),
  blind: z.array(count),
  attempts: z.array(count),
});

const windowShape = z.strictObject({
  first: time.nullable(),
  last: time.nullable(),
  seconds: amount,
  asked_seconds: amount.nullable(),
});

const change = z.strictObject({ kind: text, what: text, hosts: texts });

const comparison = z.strictObject({
  earlier_result: z.enum(["PASS", "FAIL", "INCONCLUSIVE"]),
  earlier_window: windowShape,
  added: z.array(change).describe("Dependencies that the earlier report does not have"),
  gone: z.array(change),
  gates_newly_used: texts,
  services_no_longer_used: texts,
});

const command = z.strictObject({
  words: texts,
  exit_code: z.int().nullable().describe("Null: a signal ended it, or it could not be started"),
  settle_seconds: amount,
});

const validation = z.strictObject({
  schema: z.literal("gapwatch/validation/1"),
  result: z.enum(["PASS", "FAIL", "INCONCLUSIVE"]),
  statement: text,
  tool: z.strictObject({ name: z.literal("gapwatch"), version: text }),
  mode: z.enum(["captures", "live"]),
  window: windowShape,
  command: command.nullable(),
  boundary,
  coverage: z.array(check),
  services: z.array(service).describe("Security functions that the enclave file names"),
  dependencies: z.array(dependencyKind),
  other_findings: texts.describe("Ids of findings that are no dependency on the outside"),
  canary: canary.nullable().describe("The positive control; null: not asked for"),
  not_shown: texts.describe("Contacts that this window could not have shown"),
  comparison: comparison.nullable().describe("With an earlier report; null: not asked for"),
  activity,
  evidence: z.array(evidence),
});

/** `gapwatch/summary/1`, the document that `replay --json` prints. */
export const summaryShape = z.looseObject({
  schema: z.literal("gapwatch/summary/1"),
  verdict: z.enum(["clean", "reachback", "inconclusive"]),
  reasons: texts,
  enclave,
  inputs: z.array(input),
  totals: z.record(text, count),
  coverage: z.record(text, amount),
  wide_inside: z.array(z.looseObject({ prefix: text, seen: text })),
  allowed: z.array(use),
  findings: z.array(finding),
});

/** The report of `gapwatch validate`: the same, with what was proven and what was not. */
export const reportShape = summaryShape.extend({ validation });

export type Report = z.output<typeof reportShape>;
export type SummaryDocument = z.output<typeof summaryShape>;
export type ReportFinding = z.output<typeof finding>;
export type Validation = z.output<typeof validation>;
export type CoverageCheck = z.output<typeof check>;
export type ServiceReport = z.output<typeof service>;
export type Dependency = z.output<typeof dependency>;
export type DependencyGroup = z.output<typeof dependencyKind>;
export type CanaryReport = z.output<typeof canary>;
export type CanaryProbe = CanaryReport["runs"][number]["probes"][number];
export type Comparison = z.output<typeof comparison>;
export type Boundary = z.output<typeof boundary>;

/** JSON Schema of `report.json`. */
export function reportJsonSchema(): object {
  const schema = z.toJSONSchema(reportShape, { io: "output", target: "draft-2020-12" });
  return { ...schema, title: "gapwatch validation report" };
}
