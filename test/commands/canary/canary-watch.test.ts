import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientHello, dnsQuestion, quicInitial, tlsRecord } from "../../../src/commands/canary/hello.ts";
import {
  type CanaryRun,
  nameOf,
  PATHS,
  type Path,
  placeOf,
  readToken,
  tokenIn,
  tokenOf,
  ZONE,
} from "../../../src/commands/canary/token.ts";
import { CanaryWatch, canaryReasons, canaryResults } from "../../../src/commands/validate/canary-watch.ts";
import { conclude } from "../../../src/commands/validate/conclude.ts";
import { Activity } from "../../../src/findings/activity.ts";
import { Sensor } from "../../../src/sensor.ts";
import { AGENT, at, enclave, GPU, RESOLVER, Scene, START } from "../../findings/scene.ts";
import { judgeFrom } from "../../sensor-run.ts";
import { batchesOf, pcapOf } from "../../traffic/frames.ts";
import { icmp, SYN, tcp, udp } from "../../traffic/packets.ts";

import { gapwatch, ownFolder } from "../run-gapwatch.ts";

const SECRET = Buffer.from("a secret of enough octets");
const GPU6 = "fd20:5eed::1:11";
const RUN: CanaryRun = { sec: START, run: 7, paths: 2 ** PATHS.length - 1 };

/** The frames of a path's probe, as an inside host sends them. */
function probe(path: Path, run: CanaryRun = RUN, secret: Uint8Array = SECRET): Buffer[] {
  const token = tokenOf(secret, run, path);
  const place = placeOf(secret, run, path);
  const host = path.endsWith("ipv6") ? GPU6 : GPU;
  const from = at(host, place.sourcePort);
  const name = nameOf(token);
  if (path === "dns-resolver") return [udp(at(GPU, 5000), at(RESOLVER, 53), dnsQuestion(name))];
  if (path.startsWith("dns")) return [udp(at(host, 5001), at(place.address, 53), dnsQuestion(name))];
  if (path.startsWith("tcp")) return [tcp(from, at(place.address, place.port), { seq: 9, flags: SYN })];
  if (path.startsWith("udp")) return [udp(from, at(place.address, place.port), token)];
  if (path.startsWith("quic")) {
    return [udp(at(host, 5002), at(place.address, 443), quicInitial(token.subarray(-8), clientHello(name)))];
  }
  if (path.startsWith("icmp")) {
    const payload = Buffer.concat([Buffer.alloc(16), token, token, token.subarray(0, 8)]);
    return [icmp(host, place.address, { type: host === GPU ? 8 : 128, rest: 1, payload })];
  }
  const scene = new Scene().talks(GPU, AGENT, 8443, (talk) => {
    talk.open();
    talk.client(tlsRecord(clientHello(name)));
    talk.server(Buffer.from([0x15, 3, 3, 0, 2, 2, 0x28]));
    talk.close();
  });
  return scene.frames.map(({ data }) => Buffer.from(data));
}

/** What is made of frames a second after the run began, with a working enclave beside them. */
function judged(
  frames: readonly Uint8Array[],
  options: { afterSec?: number; secret?: Buffer; allow?: string[] } = {},
) {
  const { afterSec = 1, secret = SECRET, allow = [] } = options;
  const scene = new Scene();
  for (let i = 0; i < 30; i++) scene.works();
  scene.at(afterSec).send(...frames);
  const canary = new CanaryWatch(secret, null);
  const sensor = new Sensor(judgeFrom(enclave(allow)), null);
  sensor.watch(canary);
  for (const batch of batchesOf(scene.frames)) sensor.consume(batch);
  const input = { path: "x", packets: scene.frames.length, dropped: 0, filtered: false, damage: null };
  const seen = sensor.finish([input], false);
  const { summary } = conclude(seen, canary, new Activity());
  const results = canaryResults(canary.probes(seen));
  return { summary, results, reasons: canaryReasons(results) };
}

const kindsOf = ({ summary }: ReturnType<typeof judged>): string[] =>
  summary.findings.map(({ kind, destination }) => `${kind} ${destination}`);

describe("tokens", () => {
  const runs = fc.record({
    sec: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    run: fc.nat(255),
    paths: fc.nat(4095),
  });

  it("come back from a name, with their run and path", () => {
    fc.assert(
      fc.property(runs, fc.constantFrom(...PATHS), (run, path) => {
        const name = nameOf(tokenOf(SECRET, run, path));
        expect(name).toMatch(/^[a-z2-7]{26}\.gapwatch-canary\.example\.net$/);
        expect(readToken(SECRET, tokenIn(name) ?? Buffer.alloc(0))).toEqual({ run, path });
        expect(
          readToken(Buffer.from("another secret, as long"), tokenIn(name) ?? Buffer.alloc(0)),
        ).toBeNull();
      }),
    );
  });

  it("do not survive the change of a single bit", () => {
    const token = tokenOf(SECRET, RUN, "udp-ipv4");
    for (let bit = 0; bit < 8 * token.length; bit++) {
      const changed = Buffer.from(token);
      changed[bit >> 3] ^= 1 << (bit & 7);
      expect(readToken(SECRET, changed)).toBeNull();
    }
  });

  it("are read from any text without a fault", () => {
    for (const name of [
      "",
      ZONE,
      `.${ZONE}`,
      `${"a".repeat(26)}.${ZONE}`,
      `${"!".repeat(26)}.${ZONE}`,
      "\\000.x",
    ]) {
      const token = tokenIn(name);
      if (token !== null) expect(readToken(SECRET, token)).toBeNull();
    }
  });

  it("send probes to documentation addresses alone", () => {
    fc.assert(
      fc.property(runs, fc.constantFrom(...PATHS), (run, path) => {
        const { address, port, sourcePort } = placeOf(SECRET, run, path);
        expect(address).toMatch(/^(192\.0\.2|198\.51\.100|203\.0\.113)\.2\d\d$|^2001:db8:/);
        expect([port >= 20_000 && port < 30_000, sourcePort >= 10_000 && sourcePort < 20_000]).toEqual([
          true,
          true,
        ]);
      }),
    );
  });
});

describe("a monitor with the secret", () => {
  it("sees every path, exempts exactly that, and misses nothing", () => {
    const all = judged(PATHS.flatMap((path) => probe(path)));
    expect(all.results).toHaveLength(1);
    expect(
      all.results[0].paths.filter(({ status, probe: seen }) => status !== "seen" || !seen?.isExempt),
    ).toEqual([]);
    expect([all.summary.verdict, kindsOf(all), all.reasons]).toEqual(["clean", [], []]);
  });

  it.each(PATHS)("knows a blind path: %s", (path) => {
    const others = PATHS.filter((each) => each !== path).flatMap((each) => probe(each));
    const { summary, reasons } = judged(others);
    expect(reasons).toEqual([expect.stringMatching(new RegExp(`^canary\\.missed: .*: ${path}$`))]);
    expect(summary.verdict).toBe("inconclusive");
  });

  it("recognises SYNs when nothing else of the run was seen", () => {
    const { summary, results, reasons } = judged([...probe("tcp-ipv4"), ...probe("tcp-ipv6")]);
    expect(results[0].paths.filter(({ status }) => status === "seen").map(({ path }) => path)).toEqual([
      "tcp-ipv4",
      "tcp-ipv6",
    ]);
    expect([summary.findings, reasons.length]).toEqual([[], 1]);
  });

  it("does not take what was not sent for missed", () => {
    const run = { ...RUN, paths: 1 << PATHS.indexOf("udp-ipv4") };
    const { summary, reasons } = judged(probe("udp-ipv4", run));
    expect([summary.verdict, reasons]).toEqual(["clean", []]);
  });

  it("proves nothing when it saw no probe at all", () => {
    expect(judged([]).summary).toMatchObject({
      verdict: "inconclusive",
      reasons: [expect.stringMatching(/^canary\.missed: no probe/)],
    });
  });
});

describe("a report with a canary", () => {
  const folder = ownFolder();

  it("verifies without the secret, and says what only the secret can show", () => {
    const scene = new Scene();
    for (let i = 0; i < 30; i++) scene.works();
    scene.at(1).send(...PATHS.flatMap((path) => probe(path)));
    const capture = folder.file("canary.pcap", pcapOf(scene.frames));
    const secret = folder.file("secret", SECRET);
    const file = folder.file("enclave.yaml", enclave());
    const report = join(folder.path, "report");
    const run = (...args: string[]) =>
      gapwatch(["validate", capture, "-e", file, "--state", folder.path, ...args]);
    expect(run("--canary", secret, "--report", report)).toMatchObject({ code: 0 });
    expect(run("--canary", secret).out).toMatch(/canary probes seen: 12 of 12 in 1 run/);
    expect(run().code).toBe(1);
    const { code, out } = gapwatch(["verify", report]);
    expect(code).toBe(0);
    expect(out).toContain("judged again: clean, the same findings");
    expect(out).toContain("12 findings pass for probes of a canary, which only its secret can show");
    expect(run("--canary", "nowhere").code).toBe(2);
    expect(run("--canary", folder.file("short", "guess me")).code).toBe(2);
  });
});

describe("nothing else is exempt", () => {
  const UDP: Path[] = ["udp-ipv4"];

  it("not a probe of another secret, nor one that is replayed later", () => {
    for (const path of PATHS.filter((each) => each !== "tls-inside")) {
      const forged = judged(probe(path, RUN, Buffer.from("whoever guesses this")));
      expect([path, forged.summary.verdict]).toEqual([path, "reachback"]);
      const replayed = judged(probe(path, { ...RUN, sec: RUN.sec - 3600 }));
      expect([path, replayed.summary.verdict]).toEqual([path, "reachback"]);
    }
  });

  it.each(UDP)("not the second of the same, nor one with more behind it: %s", (path) => {
    expect(judged([...probe(path), ...probe(path), ...probe(path)]).summary.findings).toHaveLength(0);
    const place = placeOf(SECRET, RUN, path);
    const again = udp(at(AGENT, 4711), at(place.address, place.port), tokenOf(SECRET, RUN, path));
    expect(kindsOf(judged([...probe(path), again]))).toEqual([`egress.flow ${place.address}`]);
    const more = udp(at(GPU, place.sourcePort), at(place.address, place.port), Buffer.alloc(1600));
    expect(kindsOf(judged([...probe(path), more]))).toEqual([`egress.flow ${place.address}`]);
  });

  it("not another flow to the address and port of a SYN, nor a connection that was made", () => {
    const place = placeOf(SECRET, RUN, "tcp-ipv4");
    const other = tcp(at(GPU, 4000), at(place.address, place.port), { seq: 1, flags: SYN });
    expect(kindsOf(judged([...probe("tcp-ipv4"), other]))).toEqual([`egress.flow ${place.address}`]);
    expect(kindsOf(judged([other]))).toEqual([`egress.flow ${place.address}`]);
    const scene = new Scene().talks(GPU, place.address, place.port, (talk) => talk.open());
    const made = scene.frames.map(({ data }) => {
      const frame = Buffer.from(data);
      for (const offset of [34, 36])
        if (frame.readUInt16BE(offset) === 40001) frame.writeUInt16BE(place.sourcePort, offset);
      return frame;
    });
    expect(kindsOf(judged(made))).toEqual([`egress.flow ${place.address}`]);
  });

  it("not a token that is sent to a real destination, or elsewhere than its place", () => {
    const token = tokenOf(SECRET, RUN, "udp-ipv4");
    const place = placeOf(SECRET, RUN, "udp-ipv4");
    for (const to of ["8.8.8.8", "198.51.100.7", "192.0.2.199"]) {
      if (to === place.address) continue;
      expect(kindsOf(judged([udp(at(GPU, place.sourcePort), at(to, place.port), token)]))).toEqual([
        `egress.flow ${to}`,
      ]);
    }
    expect(kindsOf(judged([udp(at(GPU, 5), at(place.address, 443), token)]))).toEqual([
      `egress.flow ${place.address}`,
    ]);
    const name = nameOf(tokenOf(SECRET, RUN, "dns-outside-ipv4"));
    expect(kindsOf(judged([udp(at(GPU, 5), "8.8.8.8:53", dnsQuestion(name))]))).toEqual([
      "dns.resolver 8.8.8.8",
    ]);
  });

  it("not a name below a token's, and not a question that a resolver passes on", () => {
    const name = nameOf(tokenOf(SECRET, RUN, "dns-resolver"));
    const below = judged([udp(at(GPU, 5), at(RESOLVER, 53), dnsQuestion(`stolen-data.${name}`))]);
    expect(below.summary.verdict).toBe("reachback");
    const passedOn = judged([
      ...probe("dns-resolver"),
      udp(at(RESOLVER, 5), "8.8.8.8:53", dnsQuestion(name)),
    ]);
    expect(kindsOf(passedOn)).toEqual(["dns.resolver 8.8.8.8"]);
  });

  it("is not seen where a rule allows the destination: such a path proves nothing", () => {
    const { address } = placeOf(SECRET, RUN, "udp-ipv4");
    const rule = `id: x, to: [${address}], owner: a, reason: b, expires: never`;
    const { reasons } = judged([...probe("udp-ipv4"), ...probe("dns-resolver")], { allow: [rule] });
    expect(reasons[0]).toContain("udp-ipv4");
  });
});
