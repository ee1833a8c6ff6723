import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StateChange } from "../../src/findings/sensor-states.ts";
import { SyslogSink } from "../../src/records/syslog.ts";
import { parseSyslogTarget, type SyslogTarget, targetText } from "../../src/records/syslog-target.ts";
import { PATIENCE_MS } from "../patience.ts";
import { ownFolder } from "./own-folder.ts";
import { sampleFinding } from "./sample-findings.ts";

const folder = ownFolder().path;
const HEAD = { seq: 17, hash: "ab".repeat(32) };
const TIME = "2026-11-20T08:17:59.123Z";
const finding = sampleFinding("huggingface.co");
const change = { what: "new" as const, finding, into: null };
const silent: StateChange = {
  name: "sensor.silent",
  subject: "mirror0",
  raised: true,
  atMs: 0,
  text: "no packets on mirror0 for 30 s",
};

const FINDING_TEXT =
  `<131>1 ${TIME} sensor-1 gapwatch 4711 finding.new [gapwatch@32473 finding="${finding.id}" kind="egress.flow" ` +
  'severity="high" outcome="connected" source="10.20.1.11" destination="huggingface.co" service="443/tcp" component="Hugging Face Hub client" ' +
  'dependency="model-hub" ' +
  `head="17:${HEAD.hash}"] new finding ${finding.id}: egress.flow to huggingface.co 443/tcp from gpu-01 ` +
  "(10.20.1.11), connected, high";
const SENSOR_TEXT =
  `<132>1 ${TIME} sensor-1 gapwatch 4711 sensor [gapwatch@32473 sensor="sensor.silent" subject="mirror0" ` +
  'state="raised"] raised sensor.silent: no packets on mirror0 for 30 s';

const open: { close(): unknown }[] = [];
let alarms: (string | null)[] = [];

beforeEach(() => {
  alarms = [];
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(TIME) });
});

afterEach(async () => {
  vi.useRealTimers();
  for (const each of open.splice(0)) await each.close();
});

function sink(target: SyslogTarget, maxQueued?: number): SyslogSink {
  const made = new SyslogSink(target, {
    alarm: (_, message) => alarms.push(message),
    origin: { hostname: "sensor-1", pid: 4711 },
    ...(maxQueued === undefined ? {} : { maxQueued }),
  });
  open.unshift(made);
  return made;
}

/** A receiver of streams and all that it got. */
async function receiver(server: Server, listenOn: { port: number; host: string } | { path: string }) {
  const got = { text: "" };
  const sockets: Socket[] = [];
  const take = (socket: Socket): void => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      got.text += chunk.toString("latin1");
    });
  };
  server.on("secureConnection", take);
  if (server.listeners("secureConnection").length === 1 && !("setSecureContext" in server))
    server.on("connection", take);
  await new Promise<void>((resolve) => server.listen(listenOn, resolve));
  const close = () =>
    new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(resolve);
    });
  open.push({ close });
  const address = server.address();
  return { got, close, port: typeof address === "object" ? ((address as AddressInfo | null)?.port ?? 0) : 0 };
}

async function until(isTrue: () => boolean): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!isTrue() && performance.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isTrue()).toBe(true);
}

function counted(...messages: readonly string[]): string {
  return messages.map((message) => `${message.length} ${message}`).join("");
}

describe("syslog", () => {
  it("sends a datagram each over UDP", async () => {
    const got: string[] = [];
    const socket = createSocket("udp4", (message) => got.push(message.toString("latin1")));
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    open.push({ close: () => socket.close() });
    const syslog = sink({ transport: "udp", host: "127.0.0.1", port: socket.address().port });
    syslog.finding(change, HEAD);
    syslog.sensor(silent, null);
    syslog.finding({ ...change, what: "more" }, HEAD);
    await until(() => got.length === 2);
    expect(got).toEqual([FINDING_TEXT, SENSOR_TEXT]);
    await syslog.close();
    expect(syslog).toMatchObject({ sent: 2, lost: 0 });
  });

  it("counts octets over TCP, and comes back when the receiver does", async () => {
    const first = await receiver(createServer(), { port: 0, host: "127.0.0.1" });
    const syslog = sink({ transport: "tcp", host: "127.0.0.1", port: first.port });
    syslog.finding(change, HEAD);
    await until(() => first.got.text.length > 0);
    expect(first.got.text).toBe(counted(FINDING_TEXT));
    await first.close();
    await until(() => alarms.length === 1);
    expect(alarms[0]).toMatch(/^cannot send to syslog tcp:\/\/127\.0\.0\.1:\d+: the connection was closed$/);
    syslog.sensor(silent, null);
    syslog.finding(change, HEAD);
    const second = await receiver(createServer(), { port: first.port, host: "127.0.0.1" });
    await until(() => second.got.text.length > SENSOR_TEXT.length + 5);
    expect(second.got.text).toBe(counted(SENSOR_TEXT, FINDING_TEXT));
    expect(alarms.at(-1)).toBeNull();
    expect(syslog).toMatchObject({ sent: 3, lost: 0 });
  });

  it("sends lines to a stream in the file system", async () => {
    const path = join(folder, "stream");
    const { got } = await receiver(createServer(), { path });
    const syslog = sink({ transport: "unix", path });
    syslog.finding(change, HEAD);
    syslog.sensor(silent, null);
    await until(() => got.text.endsWith("30 s\n"));
    expect(got.text).toBe(`${FINDING_TEXT}\n${SENSOR_TEXT}\n`);
  });

  it.skipIf(spawnSync("python3", ["-V"]).status !== 0)("sends datagrams in the file system", async () => {
    const path = join(folder, "datagrams");
    const script =
      "import socket,sys\ns=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\ns.bind(sys.argv[1])\n" +
      "for _ in range(2): print(s.recv(4096).decode(),flush=True)\n";
    const child = spawn("python3", ["-c", script, path], { stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    open.push({ close: () => child.kill() });
    await until(() => existsSync(path));
    const syslog = sink({ transport: "unix", path });
    syslog.finding(change, HEAD);
    syslog.sensor(silent, null);
    await until(() => out.split("\n").length === 3);
    expect(out).toBe(`${FINDING_TEXT}\n${SENSOR_TEXT}\n`);
    expect(alarms).toEqual([]);
  });

  it.skipIf(spawnSync("openssl", ["version"]).status !== 0)(
    "trusts over TLS whom it is told to, and nobody else",
    async () => {
      const [key, cert] = [join(folder, "tls.key"), join(folder, "tls.pem")];
      const args = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=siem -days 9000";
      const names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert];
      expect(spawnSync("openssl", [...args.split(" "), ...names]).status).toBe(0);
      vi.useRealTimers();
      const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) });
      const { got, port } = await receiver(server, { port: 0, host: "127.0.0.1" });
      const stranger = sink(parseSyslogTarget(`tls://127.0.0.1:${port}`));
      stranger.sensor(silent, null);
      await until(() => alarms.length === 1);
      expect(alarms[0]).toMatch(/: self-signed certificate$/);
      expect(got.text).toBe("");
      const syslog = sink(parseSyslogTarget(`tls://127.0.0.1:${port}?ca=${cert}`));
      syslog.sensor(silent, null);
      await until(() => got.text.length > 0);
      expect(got.text).toMatch(/^\d{3} <132>1 .* sensor .*: no packets on mirror0 for 30 s$/);
    },
  );

  it("keeps what there is room for while nobody listens, and counts the rest", async () => {
    const path = join(folder, "nobody");
    const syslog = sink({ transport: "unix", path }, 3);
    for (let n = 0; n < 10; n++) syslog.sensor({ ...silent, text: String(n) }, null);
    await until(() => alarms.length === 1);
    expect(alarms[0]).toMatch(/^cannot send to syslog unix:\/\/\/.*nobody: connect ENOENT/);
    expect(syslog).toMatchObject({ sent: 0, lost: 7 });
    const { got } = await receiver(createServer(), { path });
    await until(() => syslog.sent === 3 && got.text.match(/\n/g)?.length === 3);
    expect(got.text.match(/: \d\n/g)).toEqual([": 7\n", ": 8\n", ": 9\n"]);
    expect(alarms.filter((alarm) => alarm?.includes("lost"))).toEqual([
      expect.stringMatching(/^messages to syslog .*: 7 came while it could not be reached, and were lost$/),
    ]);
    expect(alarms.at(-1)).toBeNull();
  });

  it("loses by number what is left at the end", async () => {
    const syslog = sink({ transport: "tcp", host: "127.0.0.1", port: 1 });
    syslog.sensor(silent, null);
    await until(() => alarms.length === 1);
    await syslog.close();
    expect(syslog).toMatchObject({ sent: 0, lost: 1 });
  });

  it("cannot be made to say something else by a name", async () => {
    const path = join(folder, "hostile");
    const { got } = await receiver(createServer(), { path });
    const syslog = sink({ transport: "unix", path });
    const name = `x"] <0>1\n\u001b[2J\\${"y".repeat(5000)}`;
    syslog.finding({ ...change, finding: { ...finding, destination: name, sourceName: name } }, null);
    await until(() => got.text.endsWith("\n"));
    expect(got.text.match(/\n/g)).toHaveLength(1);
    expect(got.text).toMatch(
      / destination="x\\"\\\] <0>1\\\\010\\\\027\[2J\\\\092y+" service="443\/tcp" component="Hugging Face Hub client" /,
    );
    expect(got.text.length).toBeLessThan(2048);
    expect(got.text).toMatch(/^[\x20-\x7e]+\n$/);
  });
});

describe("syslog targets", () => {
  const good: readonly (readonly [string, SyslogTarget])[] = [
    ["udp://10.20.0.9:514", { transport: "udp", host: "10.20.0.9", port: 514 }],
    ["udp://10.20.0.9", { transport: "udp", host: "10.20.0.9", port: 514 }],
    ["tcp://[fd20::9]:1514", { transport: "tcp", host: "fd20::9", port: 1514 }],
    ["tls://10.20.0.9", { transport: "tls", host: "10.20.0.9", port: 6514, ca: null }],
    ["unix:///dev/log", { transport: "unix", path: "/dev/log" }],
  ];
  for (const [text, target] of good) it(text, () => expect(parseSyslogTarget(text)).toEqual(target));

  it("are written as they are read", () => {
    for (const [, target] of good) expect(parseSyslogTarget(targetText(target))).toEqual(target);
  });

  const bad: readonly (readonly [string, RegExp])[] = [
    [
      "tcp://siem.enclave.internal:514",
      /siem\.enclave\.internal is a name; expected an address, because nothing/,
    ],
    ["udp://localhost", /localhost is a name/],
    ["udp://10.20.0.999", /is a name/],
    ["10.20.0.9:514", /expected udp:\/\//],
    ["http://10.20.0.9", /expected udp:\/\//],
    ["udp://", /expected udp:\/\//],
    ["udp://10.20.0.9:0", /expected udp:\/\//],
    ["udp://10.20.0.9/path", /expected udp:\/\//],
    ["udp://10.20.0.9?ca=x", /expected udp:\/\//],
    ["udp://user@10.20.0.9", /expected udp:\/\//],
    ["unix://dev/log", /expected udp:\/\//],
    ["unix:///dev/%zz", /expected udp:\/\//],
    ["tls://10.20.0.9?ca=/dev/zero", /cannot use \/dev\/zero: larger than 1 MiB/],
    ["tls://10.20.0.9?ca=/nowhere", /cannot use \/nowhere: no such file or directory/],
  ];
  for (const [text, says] of bad) it(text, () => expect(() => parseSyslogTarget(text)).toThrow(says));

  it("tls with a file that is no certificate", () => {
    const path = join(folder, "no.pem");
    writeFileSync(path, "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n");
    expect(() => parseSyslogTarget(`tls://10.20.0.9?ca=${path}`)).toThrow(/cannot use/);
    rmSync(path);
  });
});
