import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inRepository } from "../../captured-frames.ts";
import { canMakeNamespaces, createLab, type Lab } from "../lab.mjs";
import { systemCallsOf, traced } from "./system-calls.ts";
import { ENCLAVE, watchMirror } from "./watching.ts";

/** This run is root's, who gives what it makes to the state directory's owner; the service owns it. */
const ROOT_ONLY = ["chown", "fchown"];

const UNIT = readFileSync(inRepository("src/systemd/gapwatch@.service"), "utf8");

/** In tenths, as systemd-analyze counts them: 0 is the best. */
const MAX_EXPOSURE = 13;

/** All values of a setting, in order. */
function settings(name: string): string[] {
  return [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value]) => value);
}

/** The calls that a filter's value stands for: names and, with @, sets of names. */
function expanded(value: string): string[] {
  return value.split(" ").flatMap((item) => {
    if (!item.startsWith("@")) return [item];
    const listed = execFileSync("systemd-analyze", ["syscall-filter", "--no-pager", item], {
      encoding: "utf8",
    });
    const members = [...listed.matchAll(/^ {4}([@\w-]+)$/gm)].map(([, member]) => member);
    return members.flatMap(expanded);
  });
}

/** What the unit's filters let through, taken one after another. */
function allowedCalls(): Set<string> {
  const allowed = new Set<string>();
  for (const value of settings("SystemCallFilter")) {
    const isDeny = value.startsWith("~");
    for (const name of expanded(isDeny ? value.slice(1) : value)) {
      if (isDeny) allowed.delete(name);
      else allowed.add(name);
    }
  }
  return allowed;
}

describe("systemd unit", () => {
  let folder: string;
  let path: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-unit-"));
    path = join(folder, "gapwatch@mirror0.service");
    // Where no gapwatch is installed, the program that would run it.
    writeFileSync(path, UNIT.replace(/^ExecStart=gapwatch/m, `ExecStart=${process.execPath}`));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is sound", () => {
    const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", path], {
      encoding: "utf8",
    });
    expect(stdout + stderr).toBe("");
    expect(status).toBe(0);
  });

  it("is locked as far as systemd can tell", () => {
    const args = ["security", "--offline=true", "--no-pager", `--threshold=${MAX_EXPOSURE}`, path];
    const { status, stdout } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
    expect(status, stdout).toBe(0);
  });

  it("lets no address family through but packets and local sockets, and V8 make its code", () => {
    expect(settings("RestrictAddressFamilies")).toEqual(["AF_PACKET AF_UNIX"]);
    expect(settings("CapabilityBoundingSet")).toEqual(["CAP_NET_RAW"]);
    expect(settings("MemoryDenyWriteExecute")).toEqual([]);
  });
});

const possible = canMakeNamespaces();
describe.skipIf(!possible)("systemd unit, in a run", () => {
  let lab: Lab;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-unit-"));
    lab = await createLab();
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });

  it("lets every system call through that a run makes", async () => {
    const file = join(folder, "calls");
    const args = [
      "-e",
      ENCLAVE,
      "--headless",
      "--state",
      join(folder, "state"),
      "--events",
      join(folder, "eve.json"),
    ];
    const watch = await watchMirror(lab, args, traced(file));
    await lab.exec("gpu-01", ["ping", "-c", "1", "-W", "1", "198.51.100.99"]);
    await watch.until(/new medium egress\.flow/);
    await lab.unplugMirror();
    await watch.until(/raised sensor\.interface/);
    await lab.plugMirror();
    await watch.until(/was made again/);
    await watch.signal("SIGHUP");
    await watch.signal("SIGTERM");
    expect(await watch.ended()).toBe(1);
    const used = new Set((await systemCallsOf(file)).map(({ name }) => name));
    expect(used.size).toBeGreaterThan(30);
    const allowed = new Set([...allowedCalls(), ...ROOT_ONLY]);
    expect([...used].filter((name) => !allowed.has(name))).toEqual([]);
  });
});
