import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import type { Summary } from "../src/findings/summary.ts";
import { parseAddress } from "../src/policy/address-text.ts";
import { captured, inRepository } from "./captured-frames.ts";
import { judgeFrom, serviceOf, watch } from "./sensor-run.ts";
import type { TimedFrame } from "./traffic/frames.ts";

const judge = judgeFrom(readFileSync(inRepository("allowlists/quickstart.yaml"), "utf8"));
const names = readdirSync(inRepository("captures"))
  .filter((file) => file.endsWith(".pcapng"))
  .map((file) => basename(file, ".pcapng"));

async function framesOf(name: string): Promise<TimedFrame[]> {
  return captured(inRepository(`captures/${name}.pcapng`));
}

/** What `captures/NAME.expected.json` holds of a run (test/renew-expected.mjs). */
function briefOf(summary: Summary): object {
  return {
    verdict: summary.verdict,
    reasons: summary.reasons,
    allowed: summary.exceptions.map(({ rule, attempts }) => ({
      rule: rule.id,
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
    expect(briefOf(watch(judge, [await framesOf(name)]))).toEqual(expected);
  });

  it("is judged as its scenario says", async () => {
    const markdown = readFileSync(inRepository(`captures/${name}.md`), "utf8");
    const { verdict, exceptions, findings } = watch(judge, [await framesOf(name)]);
    // The scenarios know hosts; a host that tries over IPv4 and IPv6 is two sources.
    const rows = [...new Set(findings.map(rowOf))].sort();
    expect(rows).toEqual(rowsOf(markdown));
    const used = exceptions.map(({ rule }) => rule.id).join(", ") || "none";
    expect(markdown).toContain(`\nVerdict ${verdict}; exceptions used: ${used}.\n`);
  });
});

/** What stays the same however a capture was taken, as far as DESIGN section 3 demands it. */
function countsOf({ findings }: Summary): string[] {
  return findings.map(({ id, attempts, outcomeName, bytesOut, bytesIn, proto }) => {
    // Octets of TCP are counted by sequence range; of datagrams and pings, a copy is told by chance alone.
    const bytes = proto === "tcp" ? `${bytesOut}/${bytesIn}` : "";
    return `${id} x${attempts} ${outcomeName} ${bytes}`;
  });
}

describe.each(names)("captures/%s.pcapng, taken otherwise", (name) => {
  it("gives the same findings and counts when every packet was seen twice", async () => {
    const frames = await framesOf(name);
    const twice = frames.flatMap((frame) => [
      frame,
      { ...frame, nsec: Math.min(frame.nsec + 400, 999_999_999) },
    ]);
    const once = watch(judge, [frames]);
    const both = watch(judge, [twice]);
    expect(countsOf(both)).toEqual(countsOf(once));
    expect(both.exceptions.map((use) => use.attempts)).toEqual(once.exceptions.map((use) => use.attempts));
    expect(both.totals.duplicates).toBeGreaterThan(0);
    expect(both.verdict).toBe(once.verdict);
  });

  it("gives the same when it lies in two files, wherever it is split", async () => {
    const frames = await framesOf(name);
    const whole = briefOf(watch(judge, [frames]));
    for (const share of [0.1, 0.33, 0.5, 0.9]) {
      const at = Math.floor(share * frames.length);
      expect(briefOf(watch(judge, [frames.slice(0, at), frames.slice(at)]))).toEqual(whole);
    }
  });

  it("gives the same findings and counts when neighbours changed places", async () => {
    const frames = await framesOf(name);
    const inOrder = watch(judge, [frames]);
    for (const first of [0, 1]) {
      const swapped = watch(judge, [swapPairs(frames, first)]);
      expect(countsOf(swapped).sort()).toEqual(countsOf(inOrder).sort());
    }
  });
});

/** Packets in reversed pairs from `first` on; the times stay with the places. */
function swapPairs(frames: readonly TimedFrame[], first: number): TimedFrame[] {
  return frames.map(({ sec, nsec }, i) => {
    const other = i < first ? i : first + ((i - first) ^ 1);
    const { data, wireLen = data.length } = frames[other] ?? frames[i];
    return { data, wireLen, sec, nsec };
  });
}

describe("captures/quickstart.pcapng, cut short", () => {
  it.each([64, 96, 128, 256])(
    "is never clean at a snaplen of %i, and keeps its addresses",
    async (snaplen) => {
      const frames = await framesOf("quickstart");
      const cut = frames.map((frame) => ({ ...frame, data: frame.data.subarray(0, snaplen) }));
      const whole = watch(judge, [frames]);
      const { verdict, findings, reasons } = watch(judge, [cut]);
      expect(verdict).toBe("reachback");
      expect(reasons.join("\n")).toMatch(/cut_by_snaplen|_truncated/);
      const tried = new Set(findings.flatMap((finding) => finding.ips));
      const contacted = whole.findings.filter(
        ({ kind }) => kind === "egress.flow" || kind === "dns.resolver",
      );
      for (const { ips } of contacted) for (const ip of ips) expect(tried).toContain(ip);
    },
  );

  it.each(names)("%s: says why it saw less", async (name) => {
    const frames = await framesOf(name);
    const cut = frames.map((frame) => ({ ...frame, data: frame.data.subarray(0, 64) }));
    const { verdict, reasons } = watch(judge, [cut]);
    expect(verdict).not.toBe("clean");
    expect(reasons).not.toEqual([]);
  });
});
