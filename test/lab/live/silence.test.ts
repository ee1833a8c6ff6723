import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inRepository } from "../../captured-frames.ts";
import { canMakeNamespaces, createLab, type Lab } from "../lab.mjs";
import { nameLookUps, programs, systemCallsOf, talk, traced } from "./system-calls.ts";
import { ENCLAVE, MAIN, watchMirror } from "./watching.ts";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("silence tests skipped: this user cannot make network namespaces here\n");

const CAPTURE = inRepository("captures/quickstart.pcapng");

// The sensor's network has a mirror, and no route to anywhere.
describe.skipIf(!possible)("gapwatch is silent", () => {
  let lab: Lab;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-silence-"));
    lab = await createLab();
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });

  /** Runs a program to its end, traced. */
  async function trace(name: string, ...argv: string[]) {
    const file = join(folder, name);
    const { code, stderr } = await lab.exec("sensor", [...traced(file), process.execPath, ...argv]);
    return { code, stderr, calls: await systemCallsOf(file) };
  }

  it.each([
    { name: "replay", argv: ["replay", CAPTURE, "-e", ENCLAVE], exit: 1 },
    { name: "replay-json", argv: ["replay", CAPTURE, "-e", ENCLAVE, "--json", "--hash"], exit: 1 },
    { name: "replay-events", argv: ["replay", CAPTURE, "-e", ENCLAVE, "--events", "-"], exit: 1 },
    { name: "check", argv: ["policy", "check", ENCLAVE], exit: 0 },
    { name: "explain", argv: ["policy", "explain", ENCLAVE, "huggingface.co"], exit: 1 },
  ])("$name: no socket, no name looked up, no other program", async ({ name, argv, exit }) => {
    const { code, calls, stderr } = await trace(name, MAIN, ...argv);
    expect(code, stderr).toBe(exit);
    expect(calls.length).toBeGreaterThan(300);
    expect(talk(calls)).toEqual([]);
    expect(nameLookUps(calls)).toEqual([]);
    expect(programs(calls)).toEqual([process.execPath]);
  });

  /** A run of watch that finds something, reads its policy again and ends. */
  async function traceWatch(name: string, ...args: string[]) {
    const file = join(folder, name);
    const kept = ["--state", join(folder, `${name}-state`), "--events", join(folder, `${name}.json`)];
    const watch = await watchMirror(lab, ["-e", ENCLAVE, ...kept, ...args], traced(file));
    await lab.exec("gpu-01", ["curl", "-s", "--connect-timeout", "2", "http://huggingface.co/"]);
    await watch.until(/new \w+ egress\.flow .* huggingface\.co /);
    await watch.signal("SIGHUP");
    await watch.signal("SIGTERM");
    expect(await watch.ended()).toBe(1);
    return await systemCallsOf(file);
  }

  // One to see whether there can be a ring, and the one that is used: bound to the interface, for all
  // protocols. Nothing is ever sent through it.
  const CAPTURE_SOCKET = [
    expect.stringMatching(/^socket\(AF_PACKET, SOCK_RAW\|SOCK_CLOEXEC, htons\(0.*\)\) = \d+$/),
    expect.stringMatching(/^socket\(AF_PACKET, SOCK_RAW\|SOCK_CLOEXEC, htons\(0.*\)\) = \d+$/),
    expect.stringMatching(
      /^bind\(\d+, \{sa_family=AF_PACKET, sll_protocol=htons\(ETH_P_ALL\), sll_ifindex=if_nametoindex\("mirror0"\)/,
    ),
  ];
  /** The store's library wakes its own threads through one: both ends stay in the process. */
  const isOwnPair = (call: string): boolean => /^socketpair\(AF_UNIX, /.test(call);

  it("watch: the capture socket and no other", async () => {
    const calls = await traceWatch("watch");
    expect(talk(calls).filter((call) => !isOwnPair(call))).toEqual(CAPTURE_SOCKET);
    expect(nameLookUps(calls)).toEqual([]);
    // Itself, and itself once more, when it has given up its capabilities.
    expect(programs(calls)).toEqual([process.execPath, process.execPath]);
  });

  it("watch: the sinks that it was told of, and no other", async () => {
    const calls = await traceWatch(
      "sinks",
      "--metrics",
      "127.0.0.1:9477",
      "--syslog",
      "udp://127.0.0.1:5514",
    );
    const others = talk(calls).filter(
      (call) => !isOwnPair(call) && !/^(socket|bind)\(.*AF_PACKET/.test(call),
    );
    const addresses = others.flatMap(
      (call) => call.match(/sin6?_port=htons\(\d+\).*?inet_addr\("[^"]*"\)/g) ?? [],
    );
    expect(new Set(addresses)).toEqual(
      new Set([
        'sin_port=htons(9477), sin_addr=inet_addr("127.0.0.1")',
        'sin_port=htons(5514), sin_addr=inet_addr("127.0.0.1")',
        'sin_port=htons(0), sin_addr=inet_addr("0.0.0.0")', // Node gives a datagram socket a port of its own first
      ]),
    );
    const sockets = others.filter((call) => call.startsWith("socket("));
    const streams = sockets.filter((call) => call.startsWith("socket(AF_INET, SOCK_STREAM"));
    const datagrams = sockets.filter((call) => call.startsWith("socket(AF_INET, SOCK_DGRAM"));
    expect(streams).toHaveLength(1);
    // Nobody listens there: a refusal by ICMP takes the socket down, and after a while there is another.
    expect(datagrams.length).toBeGreaterThan(0);
    expect(streams.length + datagrams.length).toBe(sockets.length);
    // Node gets its resolver ready when it listens, and reads whom it would ask. Nobody is asked: see above.
    const read = nameLookUps(calls).filter((call) => !/"\/etc\/(resolv|nsswitch)\.conf"/.test(call));
    expect(read).toEqual([]);
  });

  it("would notice a program that is not", async () => {
    const script = `
      const dns = require("node:dns"), dgram = require("node:dgram"), { execFileSync } = require("node:child_process");
      dns.lookup("huggingface.co", () => {});
      dgram.createSocket("udp4").bind(0, function () { this.close(); });
      execFileSync("/bin/true");`;
    const { calls } = await trace("noisy", "-e", script);
    expect(talk(calls)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^socket\(AF_INET, SOCK_DGRAM/),
        expect.stringMatching(/^bind\(/),
        expect.stringMatching(/^(connect|sendmmsg|sendto)\(.*10\.20\.0\.53/),
      ]),
    );
    expect(nameLookUps(calls)).not.toEqual([]);
    expect(programs(calls)).toEqual([process.execPath, "/bin/true"]);
  });
});
