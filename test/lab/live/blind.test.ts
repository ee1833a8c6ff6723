import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canMakeNamespaces, createLab, type Lab } from "../lab.mjs";
import { SWITCH_PORTS } from "../network.mjs";
import { prepareScenario, SCENARIOS } from "../scenarios.mjs";
import { ENCLAVE, inWindow, type Validation, validate, type Watching } from "./watching.ts";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("tests of blind sensors skipped: no network namespaces here\n");

/** How a live sensor can be blind: what is demanded of it, what befalls it, and the reason to be given. */
interface Blindness {
  readonly reason: string;
  /** Of the enclave file. */
  readonly demands?: (text: string) => string;
  /** Beside -i, -e and, unless there is a command, --for. */
  readonly args?: readonly string[];
  readonly befalls?: (run: Watching) => Promise<unknown>;
  /** Before and after it watches. */
  readonly before?: () => Promise<unknown>;
  readonly after?: () => Promise<unknown>;
  /** Nothing befalls the mirror: others may watch it at the same time. */
  readonly isApart?: boolean;
}

/** Longer than all that happens while it watches takes on most machines. */
const SECONDS = 5;

describe.skipIf(!possible)("gapwatch validate, when the sensor cannot see", () => {
  let lab: Lab;
  let folder: string;
  let files = 0;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-blind-"));
    writeFileSync(join(folder, "secret"), "0123456789abcdef0123456789abcdef\n");
    lab = await createLab();
    await prepareScenario(lab, SCENARIOS["clean"]);
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });

  const onSensor = (...argv: string[]) => lab.exec("sensor", argv);
  /** Of a port, copies only these (tc's words); none: what enters it is not mirrored. */
  const mirrorOnly = (port: string, match: string | null) =>
    lab.run(
      `tc -n switch filter del dev ${port} ingress\n${
        match === null
          ? ""
          : `tc -n switch filter add dev ${port} ingress protocol all u32 match ${match} action mirred egress mirror dev mirror-tx`
      }`,
    );
  const mirrorAll = (port: string) =>
    lab.run(
      `tc -n switch filter del dev ${port} ingress || :
tc -n switch filter add dev ${port} ingress protocol all u32 match u32 0 0 action mirred egress mirror dev mirror-tx`,
    );
  const states = (line: string) => (text: string) => text.replace("  relays:", `  ${line}\n  relays:`);
  const demandsOf = (host: string) => (text: string) =>
    text.replace(`name: ${host},`, `must_be_seen: true, name: ${host},`);

  /** A little work inside. */
  const talks = () =>
    lab.exec("agent-01", ["curl", "-s", "--max-time", "5", "http://gpu-01.enclave.internal:8000/v1/models"]);
  /** One question that the gateway swallows. */
  const asks = () =>
    lab.exec("agent-01", ["dig", "+tries=1", "+time=1", "@198.51.100.99", "telemetry.vendor.example"]);

  const BLINDNESS: Readonly<Record<string, Blindness>> = {
    "a mirror that goes silent": {
      reason: "sensor.silent",
      demands: states("coverage: { max_silence: 1s }"),
      befalls: async (run) => {
        for (const port of SWITCH_PORTS) await mirrorOnly(port, null);
        await run.until(/raised sensor\.silent(?![\s\S]*cleared sensor\.silent)/);
      },
      after: async () => {
        for (const port of SWITCH_PORTS) await mirrorAll(port);
      },
    },
    "a mirror of one direction": {
      reason: "sensor.one_sided",
      before: () => mirrorOnly("gpu-01", null),
      after: () => mirrorAll("gpu-01"),
    },
    "a mirror without long packets": {
      reason: "sensor.tcp_gaps",
      before: () => mirrorOnly("agent-01", "u16 0 0xfc00 at 2"), // IPv4 total length below 1024
      befalls: () =>
        lab.exec("agent-01", [
          ...["curl", "-s", "--max-time", "5", "-d", "x".repeat(9000)],
          "http://gpu-01.enclave.internal:8000/v1/chat/completions",
        ]),
      after: () => mirrorAll("agent-01"),
    },
    "an interface that was down for a while": {
      reason: "sensor.interface",
      befalls: async (run) => {
        await onSensor("ip", "link", "set", "mirror0", "down");
        await run.until(/raised sensor\.interface/);
        await onSensor("ip", "link", "set", "mirror0", "up");
        await run.until(/cleared sensor\.interface/);
      },
    },
    "an interface that is gone": {
      reason: "sensor.interface",
      befalls: async (run) => {
        await lab.unplugMirror();
        await run.until(/raised sensor\.interface/);
      },
      after: () => lab.plugMirror(),
    },
    "a host that is missing": {
      isApart: true,
      reason: "sensor.host_unseen",
      demands: demandsOf("vector-01"),
    },
    "a service that nobody used": {
      isApart: true,
      reason: "service.unused",
      demands: states(
        "services: [{ role: identity, address: 10.20.9.20, port: 443/tcp, must_be_used: true }]",
      ),
    },
    "a window that is too short": {
      isApart: true,
      reason: "sensor.window_short",
      demands: states("coverage: { min_window: 10m }"),
    },
    "a canary that never sang": { isApart: true, reason: "canary.missed", args: ["--canary", "SECRET"] },
    "a window that was cut": {
      reason: "capture.interrupted",
      befalls: (run) => run.signal("SIGTERM"),
    },
    "a command that failed": {
      isApart: true,
      reason: "command.failed",
      args: ["--", "sh", "-c", "sleep 2; exit 7"],
    },
    "a relay that was busy before": {
      isApart: true,
      reason: "relay.open_before_start",
      before: async () => {
        const busy = lab.spawn("agent-01", [
          "python3",
          "-c",
          `import socket, time
relay = socket.create_connection(("10.20.9.30", 3128))
print("open", flush=True)
for _ in range(60): relay.send(b"GET http://10.20.9.10/ HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"); time.sleep(.2)`,
        ]);
        await once(busy.stdout, "data");
      },
    },
  };

  async function validated(name: string, happens: () => Promise<unknown>): Promise<Validation> {
    const { demands, args = [], before, befalls, after } = BLINDNESS[name];
    const enclave = join(folder, `${files++}.yaml`);
    const text = readFileSync(ENCLAVE, "utf8");
    writeFileSync(enclave, demands?.(text) ?? text);
    if (demands !== undefined) expect(readFileSync(enclave, "utf8")).not.toBe(text);
    const words = args.map((word) => (word === "SECRET" ? join(folder, "secret") : word));
    return await inWindow(SECONDS, async (sec) => {
      const forSec = words.includes("--") ? null : sec;
      await before?.();
      try {
        return await validate(lab, forSec, ["-i", "mirror0", "-e", enclave, ...words], async (run) => {
          await talks();
          await happens();
          await befalls?.(run);
        });
      } finally {
        await after?.();
      }
    });
  }

  it("sees well before", async () => {
    const report = await inWindow(SECONDS, (sec) =>
      validate(lab, sec, ["-i", "mirror0", "-e", ENCLAVE], talks),
    );
    expect([report.validation.result, report.reasons, report.code]).toEqual(["PASS", [], 0]);
  });

  async function provesNothing(name: string): Promise<void> {
    const report = await validated(name, async () => {});
    const { reason } = BLINDNESS[name];
    const { result, coverage } = report.validation;
    expect([name, result, report.code, report.findings]).toEqual([name, "INCONCLUSIVE", 3, []]);
    expect([name, ...report.reasons]).toContain(reason);
    const told = coverage.flatMap(({ reasons }) => reasons);
    expect(told.map((each) => each.name)).toEqual(expect.arrayContaining([...new Set(report.reasons)]));
    for (const { advice } of told) expect(advice).not.toBe("");
  }

  async function fails(name: string): Promise<void> {
    const report = await validated(name, asks);
    expect([name, report.validation.result, report.code]).toEqual([name, "FAIL", 1]);
    expect(report.findings.map(({ destination }) => destination.ips)).toContainEqual(["198.51.100.99"]);
    expect([name, ...report.reasons]).toContain(BLINDNESS[name].reason);
  }

  const names = (isApart: boolean): string[] =>
    Object.keys(BLINDNESS).filter((name) => (BLINDNESS[name].isApart ?? false) === isApart);

  it.each(names(false))("%s: INCONCLUSIVE, and says what to do", provesNothing);
  it.each(names(false))("%s: FAIL all the same for one question to the outside", fails);
  it(`${names(true).join(", ")}: INCONCLUSIVE, and says what to do`, async () => {
    await Promise.all(names(true).map(provesNothing));
  });
  it(`${names(true).join(", ")}: FAIL all the same for one question to the outside`, async () => {
    await Promise.all(names(true).map(fails));
  });

  it("proves nothing with an interface on which nothing ever came", async () => {
    await lab.run(`ip -n sensor link add idle0 type veth peer name far0
ip -n sensor link set idle0 up; ip -n sensor link set far0 up`);
    const report = await inWindow(2, (sec) => validate(lab, sec, ["-i", "idle0", "-e", ENCLAVE], talks));
    expect([report.validation.result, report.code]).toEqual(["INCONCLUSIVE", 3]);
    expect(report.reasons).toEqual(expect.arrayContaining(["capture.empty", "sensor.no_inside"]));
  });
});
