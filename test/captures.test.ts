import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import type { Summary } from "../src/findings/summary.ts";
import { parseAddress } from "../src/policy/address-text.ts";
import {
  type CapturedFrame,
  captured,
  inRepository,
  judgeOf,
  replayFrames,
  serviceOf,
} from "./captured-frames.ts";

const judge = judgeOf("allowlists/quickstart.yaml");
const names = readdirSync(inRepository("captures"))
  .filter((file) => file.endsWith(".pcapng"))
  .map((file) => basename(file, ".pcapng"));

async function framesOf(name: string): Promise<CapturedFrame[]> {
  return captured(inRepository(`captures/${name}.pcapng`));
}

/** What `captures/NAME.expected.json` holds of a run (test/renew-expected.mjs). */
function briefOf(summary: Summary): object {
  return {
    verdict: summary.verdict,
    reasons: summary.reasons,
    allowed: summary.exceptions.map(({ rule, attempts }) => ({
      rule: judge.policy.rules[rule].id,
      attempts,
    })),
    findings: summary.findings.map((finding) => ({
      id: finding.id,
      kind: finding.kind,
      severity: finding.severityName,
      outcome: finding.outcomeName,
      source: finding.source,
      destination: finding.destination,
      service: serviceOf(finding),
      attempts: finding.attempts,
    })),
  };
}

/** The inventory's name of an address, else the text itself: how the scenarios write it. */
function hostOf(address: string): string {
  const words = parseAddress(address);
  return (words === null ? null : judge.hostName(...words)) ?? address;
}

/** The rows of the table in `captures/NAME.md`, which were written from the scenario. */
function rowsOf(markdown: string): string[] {
  const section = markdown.slice(markdown.indexOf("## Expected findings"), markdown.indexOf("## Steps"));
  const rows = section.split("\n").filter((line) => line.startsWith("| ") && !/^\| (kind|-)/.test(line));
  return rows
    .map((row) =>
      row
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim())
        .join(" "),
    )
    .sort();
}

/** Who is asked or contacted within is written by its name in ingress rows, by its address in the others. */
function rowOf({ kind, source, destination, proto, port, outcomeName }: Summary["findings"][number]): string {
  const to = kind === "ingress.flow" ? hostOf(destination) : destination;
  const service = port === null ? proto : `${port}/${proto}`;
  return `${kind} ${hostOf(source ?? "")} ${to} ${service} ${outcomeName}`;
}

describe.each(names)("captures/%s.pcapng", (name) => {
  it("is judged as its expected.json says", async () => {
    const expected: unknown = JSON.parse(
      readFileSync(inRepository(`captures/${name}.expected.json`), "utf8"),
    );
    expect(briefOf(replayFrames(judge, await framesOf(name)))).toEqual(expected);
  });

  it("is judged as its scenario says", async () => {
    const markdown = readFileSync(inRepository(`captures/${name}.md`), "utf8");
    const { verdict, exceptions, findings } = replayFrames(judge, await framesOf(name));
    // The scenarios know hosts; a host that tries over IPv4 and IPv6 is two sources.
    const rows = [...new Set(findings.map(rowOf))].sort();
    expect(rows).toEqual(rowsOf(markdown));
    const used = exceptions.map(({ rule }) => judge.policy.rules[rule].id).join(", ") || "none";
    expect(markdown).toContain(`\nVerdict ${verdict}; exceptions used: ${used}.\n`);
  });
});
