import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { captured, inRepository } from "../captured-frames.ts";
import { pcapOf } from "../traffic/frames.ts";
import { ENCLAVE, gapwatch, ownFolder, QUICKSTART, replay } from "./run-gapwatch.ts";

const folder = ownFolder();
const CLEAN = inRepository("captures/clean.pcapng");

interface Brief {
  readonly verdict: string;
  readonly totals: { packets: number };
  readonly inputs: readonly { path: string; packets: number; sha256: string | null }[];
  readonly findings: readonly unknown[];
  readonly allowed: readonly unknown[];
}

function json(...args: readonly string[]): Brief {
  return JSON.parse(replay(...args, "--json").out) as Brief;
}

describe("replay", () => {
  it("exits with the verdict's code, or 0 on request, and leaves stderr alone", () => {
    expect(replay(QUICKSTART)).toMatchObject({ code: 1, err: "" });
    expect(replay(QUICKSTART, "--exit-zero")).toMatchObject({ code: 0, err: "" });
    expect(replay(CLEAN)).toMatchObject({ code: 0, err: "" });
  });

  it("calls what is odd in the enclave file a warning: it runs all the same", () => {
    const text = "gapwatch: 1\nenclave: { name: t, inside: [10.0.0.0/8] }\n";
    const path = folder.file("wide.yaml", text);
    const { code, err } = gapwatch(["replay", CLEAN, "-e", path]);
    expect(code).toBe(1);
    expect(err).toBe(`gapwatch: warning: ${path}:2:30: 10.0.0.0/8 is broader than /16\n`);
  });

  it("does not let --exit-zero hide that it could not run", () => {
    expect(replay("nowhere.pcap", "--exit-zero").code).toBe(2);
  });

  it("prints the verdict first", () => {
    expect(replay(QUICKSTART).out).toMatch(/^REACHBACK, 1 exception used\n7 inside hosts tried to reach 17 /);
    expect(replay(CLEAN).out).toMatch(/^CLEAN, 1 exception used\nNothing but what the enclave file allows /);
  });

  it("prints plain ASCII within 80 columns into a pipe", () => {
    for (const name of ["quickstart", "outcomes", "boundary", "dns", "names", "proxy", "packages"]) {
      const { out } = replay(inRepository(`captures/${name}.pcapng`));
      expect(out).toMatch(/^[\x20-\x7e\n]+$/);
      expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
      expect(out).not.toMatch(/ $/m);
    }
  });

  it("gives byte-identical --json in two runs, and nothing else on stdout", () => {
    const first = replay(QUICKSTART, "--json");
    expect(first).toMatchObject({ code: 1, err: "" });
    expect(JSON.parse(first.out)).toMatchObject({ schema: "gapwatch/summary/1", verdict: "reachback" });
    expect(replay(QUICKSTART, "--json").out).toBe(first.out);
  });

  it("gives the findings of the whole for a capture that was split, in any order of arguments", async () => {
    const frames = await captured(QUICKSTART);
    const whole = json(folder.file("whole.pcap", pcapOf(frames)));
    for (const at of [40, 200]) {
      const one = folder.file("one.pcap", pcapOf(frames.slice(0, at)));
      const two = folder.file("two.pcap", pcapOf(frames.slice(at)));
      for (const parts of [json(one, two), json(two, one)]) {
        expect(parts.findings).toEqual(whole.findings);
        expect(parts.allowed).toEqual(whole.allowed);
        expect(parts.totals).toEqual(whole.totals);
        expect(parts.inputs.map(({ path }) => path)).toEqual([one, two]);
      }
    }
  });

  it("gives the findings of the whole for captures that overlap, as those of a tap's two directions do", async () => {
    const frames = await captured(QUICKSTART);
    const whole = json(folder.file("whole.pcap", pcapOf(frames)));
    const isLow = (frame: { data: Uint8Array }) => frame.data[11] < frame.data[5]; // by the MAC addresses
    for (const isOne of [isLow, (_: unknown, i: number) => i % 3 === 0]) {
      const one = folder.file("rx.pcap", pcapOf(frames.filter((frame, i) => isOne(frame, i))));
      const two = folder.file("tx.pcap", pcapOf(frames.filter((frame, i) => !isOne(frame, i))));
      const parts = json(two, one);
      expect(parts.findings).toEqual(whole.findings);
      expect(parts.allowed).toEqual(whole.allowed);
      expect(parts.totals).toEqual(whole.totals);
      expect(parts.inputs.map(({ packets }) => packets)).not.toContain(0);
    }
  });

  it("reads a directory, and stdin", () => {
    const all = json(inRepository("captures"));
    expect(all.inputs.length).toBeGreaterThan(5);
    expect(all.verdict).toBe("reachback");
    const piped = gapwatch(["replay", "-", "--json", "-e", ENCLAVE], readFileSync(QUICKSTART));
    expect((JSON.parse(piped.out) as Brief).findings).toEqual(json(QUICKSTART).findings);
  });

  it("hashes inputs only when asked to", () => {
    const sha256 = createHash("sha256").update(readFileSync(QUICKSTART)).digest("hex");
    expect(json(QUICKSTART).inputs[0].sha256).toBeNull();
    expect(json(QUICKSTART, "--hash").inputs[0].sha256).toBe(sha256);
    expect(replay(QUICKSTART, "--hash").out).toContain(sha256);
  });
});
