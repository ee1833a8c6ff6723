import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { InterfaceFacts } from "../../../src/capture/interface-facts.ts";
import { checkClock, checkRingMemory } from "../../../src/commands/doctor/host-checks.ts";
import { checkInterface } from "../../../src/commands/doctor/interface-checks.ts";
import { checkState } from "../../../src/commands/doctor/state-checks.ts";
import { ownFolder } from "../run-gapwatch.ts";

const folder = ownFolder();
const NOW_MS = Date.UTC(2026, 10, 20, 5, 50);

describe("clock", () => {
  const read = (wallMs: number, steadyMs: number) => ({ wallMs, steadyMs });
  const later = (wallMs: number, kept: boolean | null = true) =>
    checkClock(read(NOW_MS, 1000), read(NOW_MS + wallMs, 6000), kept);

  it("goes evenly", () => {
    expect(later(5000)).toMatchObject({ status: "ok", text: "2026-11-20T05:50:05 UTC, even, kept right" });
    expect(later(5099, null)).toMatchObject({ status: "ok", text: "2026-11-20T05:50:05 UTC, even" });
  });

  it("steps, forward or back", () => {
    expect(later(6000)).toMatchObject({ status: "warning", text: expect.stringContaining("by 1000 ms") });
    expect(later(-3_600_000)).toMatchObject({
      status: "warning",
      text: expect.stringContaining("by -3605000"),
    });
  });

  it("is not kept right", () => {
    expect(later(5000, false)).toMatchObject({
      status: "warning",
      remedy: expect.stringContaining("chrony"),
    });
  });

  it("was never set", () => {
    expect(checkClock(read(0, 0), read(5000, 5000), null)).toMatchObject({
      status: "failed",
      text: "it shows the year 1970",
    });
  });
});

describe("ring memory", () => {
  it("fits, hardly fits, does not fit", () => {
    expect(checkRingMemory(1, 4).status).toBe("ok");
    expect(checkRingMemory(1, 2 ** 40)).toMatchObject({
      status: "failed",
      remedy: expect.stringMatching(/^take a smaller ring \(--ring-mb \d+\)/),
    });
  });
});

describe("interface", () => {
  const facts: InterfaceFacts = {
    isUp: true,
    hasLink: true,
    mac: 1,
    gro: false,
    lro: false,
    cardRing: { frames: 4096, most: 4096 },
  };
  const told = (change: Partial<InterfaceFacts>, addresses: string[] = []) =>
    checkInterface("mirror0", { ...facts, ...change }, addresses)
      .filter(({ status }) => status !== "ok")
      .map(({ status, remedy }) => `${status}: ${remedy}`);

  it.each([
    { change: {}, says: [] },
    { change: { isUp: false, hasLink: false }, says: ["failed: ip link set mirror0 up"] },
    { change: { hasLink: false }, says: ["failed: look at the cable and at the other end's port"] },
    { change: { gro: true }, says: ["warning: ethtool -K mirror0 gro off"] },
    { change: { gro: true, lro: true }, says: ["warning: ethtool -K mirror0 gro off lro off"] },
    { change: { gro: null, lro: null, cardRing: null }, says: [] },
    { change: { cardRing: { frames: 256, most: 8192 } }, says: ["warning: ethtool -G mirror0 rx 8192"] },
  ])("$change", ({ change, says }) => {
    expect(told(change)).toEqual(says);
  });

  it("has an address, or is not there", () => {
    expect(told({}, ["192.0.2.1"])[0]).toMatch(/ip addr flush dev mirror0$/);
    expect(checkInterface("nowhere0", null, [])).toMatchObject([{ status: "failed" }]);
  });
});

describe("state directory", () => {
  it("is there, and leaves nothing in it", () => {
    const directory = join(folder.path, "state");
    mkdirSync(directory, { mode: 0o700 });
    expect(checkState(directory)).toMatchObject({ status: "ok", text: expect.stringMatching(/ MiB free$/) });
    expect(readdirSync(directory)).toEqual([]);
    chmodSync(directory, 0o755);
    expect(checkState(directory)).toMatchObject({ status: "warning", remedy: `chmod 700 ${directory}` });
  });

  it("will be made", () => {
    const directory = join(folder.path, "not", "yet");
    expect(checkState(directory)).toMatchObject({
      status: "ok",
      text: `${directory} is not there, and will be made in ${folder.path}`,
    });
  });

  it("cannot be made, or is no directory", () => {
    expect(checkState("/proc/gapwatch").status).toBe("failed");
    expect(checkState("/proc")).toMatchObject({ status: "failed" });
    const file = folder.file("file", "");
    writeFileSync(file, "");
    expect(checkState(file)).toMatchObject({ status: "failed", text: `${file} is no directory` });
  });
});
