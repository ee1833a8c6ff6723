import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { captured } from "../captured-frames.ts";
import { pcapOf } from "../traffic/frames.ts";
import { ENCLAVE, gapwatch, ownFolder, QUICKSTART, replay } from "./run-gapwatch.ts";

const folder = ownFolder();

interface Kept {
  readonly findings: readonly { id: string; attempts: number }[];
}

function kept(state: string): Kept["findings"] {
  return (JSON.parse(gapwatch(["findings", "--state", state, "--json"]).out) as Kept).findings;
}

function attempts(report: string): Record<string, number> {
  const { findings } = JSON.parse(report) as Kept;
  return Object.fromEntries(findings.map(({ id, attempts: count }) => [id, count]));
}

describe("replay --state", () => {
  it("keeps findings with their packets, and says the same as without", () => {
    const state = join(folder.path, "state");
    const { code, out, err } = replay(QUICKSTART, "--json", "--state", state);
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(out).toBe(replay(QUICKSTART, "--json").out);
    const counts = attempts(out);
    const found = kept(state);
    expect(Object.fromEntries(found.map((finding) => [finding.id, finding.attempts]))).toEqual(counts);
    expect(readdirSync(join(state, "evidence")).sort()).toEqual(found.map(({ id }) => `${id}.pcapng`).sort());
    expect(gapwatch(["verify", state]).out).toMatch(/^consistent, signer unverified\n/);
  });

  it("goes on where an earlier run was, and knows the names that it learned", async () => {
    const frames = await captured(QUICKSTART);
    const at = 297; // between the answer for patches.updates.example.org, which is allowed, and its use
    const one = folder.file("one.pcap", pcapOf(frames.slice(0, at)));
    const two = folder.file("two.pcap", pcapOf(frames.slice(at)));
    const unexplained = /"203\.0\.113\.20"/;
    expect(replay(two, "--json").out).toMatch(unexplained);
    const state = join(folder.path, "parts");
    replay(one, "--state", state);
    expect(replay(two, "--json", "--state", state).out).not.toMatch(unexplained);
    const whole = attempts(replay(QUICKSTART, "--json").out);
    expect(new Set(kept(state).map(({ id }) => id))).toEqual(new Set(Object.keys(whole)));
  });

  it("explains nothing by what was answered later", async () => {
    const frames = await captured(QUICKSTART);
    const state = join(folder.path, "later");
    const later = frames.slice(0, 297).map((frame) => ({ ...frame, sec: frame.sec + 60 }));
    replay(folder.file("later.pcap", pcapOf(later)), "--state", state);
    const earlier = folder.file("earlier.pcap", pcapOf(frames.slice(297)));
    expect(replay(earlier, "--json", "--state", state).out).toMatch(/"203\.0\.113\.20"/);
  });

  it("does not judge what it could not keep", () => {
    for (const state of [ENCLAVE, "/proc/no-such-process/state"]) {
      const { code, out, err } = replay(QUICKSTART, "--state", state);
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toMatch(/^gapwatch: .*(ENOTDIR|EEXIST|ENOENT|not a directory)/);
    }
  });
});
