import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { addFindingsCommand } from "../../src/commands/findings.ts";
import { verifyAuditLog } from "../../src/records/audit-verify.ts";
import { State } from "../../src/records/state.ts";
import { resolveStatePaths, type StatePaths } from "../../src/records/state-paths.ts";
import { ownFolder } from "../records/own-folder.ts";
import { sampleFinding } from "../records/sample-findings.ts";
import { commandRunner } from "./run-command.ts";

const root = ownFolder();
const runner = commandRunner(addFindingsCommand);
let paths: StatePaths;

const nowSec = Math.floor(Date.now() / 1000);
const recent = { sec: nowSec - 3600, nsec: 0 };
const model = sampleFinding("huggingface.co", { severity: 4, outcome: 5, lastSeen: recent });
const dns = sampleFinding("telemetry.example.org", {
  kind: "dns.name",
  severity: 2,
  outcome: 0,
  source: "10.20.1.12",
  sourceName: null,
  port: 53,
  proto: "udp",
  ips: [],
  attempts: 1,
});
const hostile = sampleFinding("\u001b[31mx\n.example.org", { severity: 1, sourceName: "\u202egpu" });

beforeEach(async () => {
  paths = resolveStatePaths(root.fresh());
  const state = await open();
  state.findings([dns, model, hostile].map((finding) => ({ what: "new", finding, into: null })));
  state.close();
});

function open(): Promise<State> {
  return State.open(paths, (part, message) => {
    throw new Error(`${part}: ${message}`);
  });
}

function findings(...args: readonly string[]) {
  return runner("findings", "--state", paths.directory, ...args);
}

async function ids(...args: readonly string[]): Promise<string[]> {
  const { code, out } = await findings(...args, "--json");
  expect(code).toBe(0);
  const { schema, findings: found } = JSON.parse(out) as { schema: string; findings: { id: string }[] };
  expect(schema).toBe("gapwatch/findings/1");
  return found.map(({ id }) => id);
}

describe("findings", () => {
  it("lists the worst first, within 80 columns, with nothing that a terminal would obey", async () => {
    const { code, out, err } = await findings();
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^3 findings: 1 critical, 1 medium, 1 low\n/);
    const rows = out.split("\n").filter((line) => /^[0-9a-f]{12} /.test(line));
    expect(rows.map((row) => row.split(/ {2,}/).slice(0, 4))).toEqual([
      [model.id, "critical", "egress.flow", "huggingface.co"],
      [dns.id, "medium", "dns.name", "telemetry.example.org"],
      [hostile.id, "low", "egress.flow", "\\u{1b}[31mx\\u{a}.example.org"],
    ]);
    expect(out).toMatch(/^ {14}from gpu-01 \(10\.20\.1\.11\), transferred, 3 attempts,/m);
    expect(out.split("\n").filter((line) => line.length > 80 || /[^\x20-\x7e]/.test(line))).toEqual([]);
  });

  it("picks by kind, source, severity and time", async () => {
    expect(await ids()).toEqual([model.id, dns.id, hostile.id]);
    expect(await ids("--kind", "dns.name")).toEqual([dns.id]);
    expect(await ids("--source", "10.20.1.12")).toEqual([dns.id]);
    expect(await ids("--source", "gpu-01")).toEqual([model.id]);
    expect(await ids("--severity", "medium")).toEqual([model.id, dns.id]);
    expect(await ids("--since", "2h", "--severity", "high")).toEqual([model.id]);
    expect(await ids("--since", "1s")).not.toContain(model.id);
    expect((await findings("--kind", "icmp.stray")).out).toBe("no findings\n");
  });

  it("shows one whole, by its id or by one that it had before", async () => {
    const state = await open();
    const named = { ...model, aliases: ["0123456789ab"] };
    state.findings([{ what: "worse", finding: named, into: null }]);
    state.close();
    for (const id of [model.id, "0123456789ab"]) {
      const { code, out } = await findings("show", id);
      expect(code).toBe(0);
      expect(out.split("\n").slice(0, 3)).toEqual([
        `finding ${model.id}`,
        "kind          egress.flow",
        "severity      critical",
      ]);
      expect(out).toMatch(/^addresses {5}198\.51\.100\.7, 2001:db8::7$/m);
      expect(out.match(/^history .* transferred, critical$/gm)).toHaveLength(2);
    }
    const { out } = await findings("show", model.id, "--json");
    expect(JSON.parse(out)).toMatchObject({ id: model.id, acknowledged: null, evidence: [] });
    expect((await findings("show", hostile.id)).out).toMatch(/^destination {3}\\u\{1b\}\[31mx/m);
  });

  it("names the files with its first packets, under its id and those that it had before", async () => {
    const named = { ...model, aliases: ["0123456789ab"] };
    const state = await open();
    state.findings([{ what: "worse", finding: named, into: null }]);
    state.close();
    mkdirSync(paths.evidence);
    const files = [model.id, "0123456789ab", "ffffffffffff"].map((id) =>
      join(paths.evidence, `${id}.pcapng`),
    );
    for (const path of files) writeFileSync(path, "");
    const { out } = await findings("show", model.id, "--json");
    expect(JSON.parse(out)).toMatchObject({ evidence: files.slice(0, 2) });
  });

  it("acknowledges, in the store and in the audit log, and follows a finding that moves", async () => {
    const done = await findings("ack", dns.id, "--reason", "mirror \u001b[2J is planned", "--by", "anna");
    expect(done).toMatchObject({ code: 0, out: `acknowledged ${dns.id}\n`, err: "" });
    const audited = readFileSync(join(paths.audit, "audit-000001.ndjson"), "utf8");
    expect(audited).toMatch(new RegExp(`"type":"ack".*"finding":"${dns.id}".*"by":"anna"`));
    expect(verifyAuditLog(paths.directory, null, null).broken).toBeNull();
    expect((await findings()).out).toMatch(/acknowledged by anna/);
    expect((await findings("show", dns.id)).out).toMatch(
      /^acknowledged {2}by anna at .*: mirror \\u\{1b\}\[2J is/m,
    );
    const state = await open();
    const heir = sampleFinding("heir.example.org", { aliases: [dns.id] });
    state.findings([
      { what: "new", finding: heir, into: null },
      { what: "moved", finding: dns, into: heir.id },
    ]);
    state.close();
    expect((await findings("show", heir.id)).out).toMatch(/^acknowledged {2}by anna/m);
    expect(await ids()).not.toContain(dns.id);
  });

  it("acknowledges while somebody else writes, who takes it up", async () => {
    const state = await open();
    expect(await findings("ack", model.id, "--reason", "seen", "--by", "ben")).toMatchObject({
      code: 0,
      err: "",
    });
    const before = state.head.seq;
    state.flush();
    state.flush();
    expect(state.head.seq).toBe(before + 1);
    state.close();
    expect(
      readFileSync(join(paths.audit, "audit-000001.ndjson"), "utf8").match(/"type":"ack"/g),
    ).toHaveLength(1);
  });

  it("exports a line each", async () => {
    const { code, out } = await findings("export", "--severity", "medium");
    expect(code).toBe(0);
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      {
        id: model.id,
        severity: "critical",
        destination: { name: "huggingface.co", port: 443 },
        bytes_in: 5e9,
      },
      { id: dns.id, kind: "dns.name", source: { ip: "10.20.1.12", name: null } },
    ]);
    for (const internal of ["severity_cap", "one_way_bytes"]) expect(lines[0]).not.toHaveProperty(internal);
  });

  it("rebuilds the store, and says what it left out", async () => {
    const path = join(paths.audit, "audit-000001.ndjson");
    writeFileSync(path, readFileSync(path, "utf8").replace("telemetry", "telemetrx"));
    const { code, out, err } = await findings("--rebuild");
    expect({ code, out }).toEqual({ code: 0, out: `rebuilt ${paths.store}: 2 findings from 2 records\n` });
    expect(err).toMatch(/^gapwatch: 1 records are damaged and were left out: gapwatch verify /);
    expect(await ids()).toEqual([model.id, hostile.id]);
  });

  const wrong: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [["--since", "yesterday"], /^gapwatch: --since is "yesterday"; expected a duration such as 30s/],
    [["--kind", "egress"], /^gapwatch: --kind is "egress"; expected one of egress\.flow, /],
    [["--severity", "bad"], /^gapwatch: --severity is "bad"; expected one of info, low, /],
    [["show", "ffffffffffff"], /^gapwatch: there is no finding ffffffffffff in /],
    [
      ["ack", "ffffffffffff", "--reason", "x", "--by", "y"],
      /^gapwatch: there is no finding ffffffffffff in /,
    ],
    [["ack", model.id, "--reason", " ", "--by", "y"], /^gapwatch: --reason is ""; expected words/],
  ];
  for (const [args, says] of wrong) {
    it(`refuses ${args.join(" ")}`, async () => {
      const { code, out, err } = await findings(...args);
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toMatch(says);
    });
  }

  it("says that there is no state", async () => {
    const { code, out, err } = await runner("findings", "--state", join(paths.directory, "nowhere"));
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/nowhere\/gapwatch\.db: there is no store yet\n$/);
  });
});
