import { existsSync, fstatSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../patience.ts";
import { canMakeNamespaces, createLab, type Lab } from "../lab.mjs";
import { ENCLAVE, MAIN, watchMirror } from "./watching.ts";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("event tests skipped: this user cannot make network namespaces here\n");

interface Event {
  readonly event_type: string;
  readonly in_iface?: string;
  readonly dest_ip?: string;
  readonly gapwatch?: { readonly outcome?: string; readonly verdict?: string };
}

function eventsOf(path: string): Event[] {
  const text = readFileSync(path, "utf8");
  expect(text === "" || text.endsWith("\n")).toBe(true);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

describe.skipIf(!possible)("what gapwatch watch writes for others", () => {
  let lab: Lab;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-events-"));
    lab = await createLab();
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });

  const ping = (to: string) => lab.exec("gpu-01", ["ping", "-c", "1", "-W", "1", to]);

  /** The event log gets its lines a moment after the screen does. */
  async function untilAlert(path: string, to: string): Promise<void> {
    const isThere = () => {
      const text = readFileSync(path, "utf8");
      const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
      return lines.some((line) => line.includes('"event_type":"alert"') && line.includes(to));
    };
    await until(isThere, () => `an alert about ${to} in ${path}`);
  }

  it("appends events as they come, and goes on in a new file after a rotation", async () => {
    const path = join(folder, "eve.json");
    const watch = await watchMirror(lab, ["-e", ENCLAVE, "--events", path]);
    await ping("198.51.100.99");
    await untilAlert(path, "198.51.100.99");
    renameSync(path, `${path}.1`);
    await watch.signal("SIGHUP");
    await until(
      () => existsSync(path),
      () => "the file that is opened again",
    );
    await ping("198.51.100.98");
    await untilAlert(path, "198.51.100.98");
    await watch.signal("SIGTERM");
    expect(await watch.ended()).toBe(1);

    const alertsOf = (events: readonly Event[]) => events.filter(({ event_type }) => event_type === "alert");
    const before = eventsOf(`${path}.1`);
    const after = eventsOf(path);
    expect(alertsOf(before).map(({ dest_ip }) => dest_ip)).toEqual(["198.51.100.99"]);
    expect(alertsOf(after).map(({ dest_ip }) => dest_ip)).toEqual(["198.51.100.98"]);
    const flows = after.filter(({ event_type }) => event_type === "flow");
    expect(flows.length).toBeGreaterThan(1);
    for (const event of [...before, ...flows]) expect(event.in_iface).toBe("mirror0");
    expect(after.at(-1)).toMatchObject({ event_type: "stats", gapwatch: { verdict: "reachback" } });

    const again = await watchMirror(lab, ["-e", ENCLAVE, "--events", path]);
    await again.signal("SIGTERM");
    await again.ended();
    expect(eventsOf(path).slice(0, after.length)).toEqual(after);
  });

  it("puts events alone on stdout when told to", async () => {
    const watch = await watchMirror(lab, ["-e", ENCLAVE, "--events", "-"]);
    await ping("198.51.100.99");
    await watch.until(/new medium egress\.flow/);
    await watch.signal("SIGTERM");
    expect(await watch.ended()).toBe(1);
    const types = watch
      .out()
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as Event).event_type);
    expect(types).toEqual(expect.arrayContaining(["alert", "flow"]));
    expect(types.at(-1)).toBe("stats");
    expect(watch.err()).toContain("new medium egress.flow");
  });

  it("goes on without a file that cannot be written any more, and says so once", async () => {
    const watch = await watchMirror(lab, ["-e", ENCLAVE, "--events", "/dev/full"]);
    await ping("198.51.100.99");
    await watch.until(/cannot write events to \/dev\/full: no space left on device \(ENOSPC\)/);
    await ping("198.51.100.98");
    await watch.until(/198\.51\.100\.98/);
    await watch.signal("SIGTERM");
    expect(await watch.ended()).toBe(1);
    expect(watch.err().match(/cannot write events/g)).toHaveLength(1);
    expect(watch.err()).toMatch(/\d+ events were never written/);
  });

  it("does not start without the file", async () => {
    const args = [
      "node",
      MAIN,
      "watch",
      "-i",
      "mirror0",
      "-e",
      ENCLAVE,
      "--state",
      folder,
      "--events",
      folder,
    ];
    const { code, stderr } = await lab.exec("sensor", args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot write events to .*: illegal operation on a directory \(EISDIR\)/);
  });

  it("tells the journal how much each line matters, and writes nothing that a terminal would obey", async () => {
    const path = join(folder, "journal");
    const { dev, ino } = fstatSync(openSync(path, "w"));
    const env = { JOURNAL_STREAM: `${dev}:${ino}` };
    // Standard output is the file that the variable names, as the journal's socket would be.
    const watch = await watchMirror(lab, ["-e", ENCLAVE], ["sh", "-c", `exec "$@" > ${path}`, "sh"], env);
    await ping("198.51.100.99");
    await until(() => readFileSync(path, "utf8").includes("new medium"), watch.err);
    await watch.signal("SIGTERM");
    expect(await watch.ended()).toBe(1);
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines[0]).toMatch(/^<4>\d{4}-\S+Z new medium egress\.flow gpu-01 /);
    expect(lines.filter((line) => line.startsWith("<"))).toHaveLength(1);
    expect(lines.join("")).toMatch(/^[\x20-\x7e]+$/);
  });
});
