import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { nameOf, tokenOf } from "../../src/commands/canary/token.ts";
import { enclaveOf } from "../../src/commands/enclave-option.ts";
import { judgeCaptures } from "../../src/commands/validate/judge-captures.ts";
import type { Report } from "../../src/report/validation-shape.ts";
import { IF_FILTER, ISB_IFDROP, ISB_OSDROP, PcapngWriter, type TestOption } from "../capture/write-pcapng.ts";
import { AGENT, at, enclave, GPU, OUTSIDE, RESOLVER, Scene, START } from "../findings/scene.ts";
import type { TimedFrame } from "../traffic/frames.ts";
import { clientHello, dnsQuery, httpRequest } from "../traffic/messages.ts";
import { ethernet, icmp, SYN, tcp, udp } from "../traffic/packets.ts";
import { crypto, initial, quicHello } from "../traffic/quic.ts";
import { ownFolder } from "./run-gapwatch.ts";

const folder = ownFolder();
const SECRET = Buffer.from("a secret of enough octets");
const PROXY = "10.20.9.30";

/** A capture in the making, and what is demanded of it. */
interface Sight {
  frames: TimedFrame[];
  snaplen: number;
  interfaceOptions: TestOption[];
  statistics: TestOption[];
  /** Of the file's octets, those that are left. */
  keep: (octets: Buffer) => Buffer;
  enclave: string[];
  canary: Buffer | null;
}

/** How a sensor can be blind, and the reason that must be given for it. */
const BLINDNESS: Readonly<Record<string, readonly [reason: string, (sight: Sight) => void]>> = {
  "one direction mirrored": [
    "sensor.one_sided",
    (sight) => {
      const octets = Buffer.from([10, 20, 1, 11]);
      sight.frames = sight.frames.filter(({ data }) => !Buffer.from(data).subarray(26, 30).equals(octets));
    },
  ],
  "a silent mirror": [
    "capture.empty",
    (sight) => {
      sight.frames = [];
    },
  ],
  "drops that the kernel recorded": [
    "capture.drops",
    (sight) => {
      sight.statistics.push([ISB_OSDROP, u64(3)]);
    },
  ],
  "drops that the interface recorded": [
    "capture.drops",
    (sight) => {
      sight.statistics.push([ISB_IFDROP, u64(1)]);
    },
  ],
  "a snaplen of 64": [
    "cut_by_snaplen",
    (sight) => {
      sight.snaplen = 64;
    },
  ],
  "a capture filter": [
    "capture.filtered",
    (sight) => {
      sight.interfaceOptions.push([IF_FILTER, Buffer.from("\0tcp port 8000")]);
    },
  ],
  "a capture cut short": [
    "capture.incomplete",
    (sight) => {
      sight.keep = (octets) => octets.subarray(0, -9);
    },
  ],
  "a host that is missing": [
    "sensor.host_unseen",
    (sight) => {
      sight.enclave.push("hosts: [{ name: lost, address: 10.20.7.7, must_be_seen: true }]");
    },
  ],
  "a service that nobody used": [
    "service.unused",
    (sight) => {
      sight.enclave.push(
        "services: [{ role: identity, address: 10.20.9.20, port: 443/tcp, must_be_used: true }]",
      );
    },
  ],
  "a window that is too short": [
    "sensor.window_short",
    (sight) => {
      sight.enclave.push("coverage: { min_window: 24h }");
    },
  ],
  "a gap in time": [
    "sensor.gap",
    (sight) => {
      sight.enclave.push("coverage: { max_gap: 5m }");
      sight.frames = sight.frames.map((frame, i) => (i < 20 ? frame : { ...frame, sec: frame.sec + 3600 }));
    },
  ],
  "a canary that was not seen": [
    "canary.missed",
    (sight) => {
      sight.canary = SECRET;
    },
  ],
  "a canary that was seen on one path of two": [
    "canary.missed",
    (sight) => {
      sight.canary = SECRET;
      const token = tokenOf(SECRET, { sec: START, run: 1, paths: 3 }, "dns-resolver");
      sight.frames.push(frameOf(udp(at(GPU, 5000), at(RESOLVER, 53), dnsQuery(nameOf(token)))));
    },
  ],
  "frames that are not decoded": [
    "ethernet.unknown_type",
    (sight) => {
      sight.frames.push(frameOf(ethernet(0x7777, Buffer.alloc(60))));
    },
  ],
  "a frame that ends in its header": [
    "ipv4.header_truncated",
    (sight) => {
      sight.frames.push(frameOf(ethernet(0x0800, [0x45, 0])));
    },
  ],
  "TCP data that was never seen": [
    "sensor.tcp_gaps",
    (sight) => {
      const lost = sight.frames.findIndex(({ data }) => Buffer.from(data).includes("a long answer"));
      sight.frames = sight.frames.filter((_, i) => i !== lost);
    },
  ],
  "a relay that was busy before the start": [
    "relay.open_before_start",
    (sight) => {
      sight.enclave.push(`relays: [${PROXY}]`);
      sight.frames.push(frameOf(tcp(at(GPU, 4000), at(PROXY, 3128), { seq: 1, flags: 0x18, payload: "x" })));
      sight.frames.push(
        frameOf(tcp(at(PROXY, 3128), at(GPU, 4000), { seq: 1, ack: 2, flags: 0x18, payload: "y" })),
      );
    },
  ],
};

/** What a stack can try. Each is a frame or more, of which nothing else needs to be seen. */
const REACHBACK: Readonly<Record<string, () => Uint8Array[]>> = {
  nothing: () => [],
  "one dropped DNS question": () => [udp(at(AGENT, 5), at(RESOLVER, 53), dnsQuery("telemetry.vendor.com"))],
  "one DNS question to the outside": () => [udp(at(AGENT, 5), "8.8.8.8:53", dnsQuery("a.enclave.internal"))],
  "one SYN": () => [tcp(at(AGENT, 6), at(OUTSIDE, 443), { seq: 1, flags: SYN })],
  "one SYN over IPv6": () => [tcp("[fd20:5eed::1:21]:6", "[2001:db8::7]:443", { seq: 1, flags: SYN })],
  "one ping": () => [icmp(AGENT, OUTSIDE, { type: 8, rest: 1 })],
  "one datagram": () => [udp(at(AGENT, 7), at(OUTSIDE, 123), Buffer.alloc(48, 0x23))],
  "one QUIC Initial": () => [
    udp(
      at(AGENT, 8),
      at(OUTSIDE, 443),
      initial({ dcid: Buffer.alloc(8, 7), frames: [crypto(0, quicHello("models.vendor.com"))] }),
    ),
  ],
  "one request to a proxy": () =>
    framesOf((scene) =>
      scene.talks(AGENT, PROXY, 3128, (talk) => {
        talk.open();
        talk.client(httpRequest("models.vendor.com:443", "models.vendor.com:443", "CONNECT"));
      }),
    ),
  "one TLS hello": () =>
    framesOf((scene) =>
      scene.talks(AGENT, OUTSIDE, 443, (talk) => {
        talk.open();
        talk.client(clientHello("models.vendor.com"));
      }),
    ),
  "one SYN from outside": () => [tcp(at(OUTSIDE, 9), at(AGENT, 22), { seq: 1, flags: SYN })],
};

function framesOf(play: (scene: Scene) => Scene): Uint8Array[] {
  return play(new Scene()).frames.map(({ data }) => data);
}

function frameOf(data: Uint8Array): TimedFrame {
  return { data, sec: START + 50, nsec: 0 };
}

function u64(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
}

/** An enclave at work, seen whole. */
function sight(): Sight {
  const scene = new Scene();
  for (let i = 0; i < 8; i++) {
    scene.at(i).asks(AGENT, "gpu-01.enclave.internal", { answer: [GPU] });
    scene.talks(AGENT, GPU, 8000, (talk) => {
      talk.open();
      talk.client(httpRequest("gpu-01.enclave.internal", "/v1/models"));
      talk.server("HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\na long answer");
      talk.close();
    });
  }
  return {
    frames: scene.frames,
    snaplen: 262_144,
    interfaceOptions: [],
    statistics: [],
    keep: (octets) => octets,
    enclave: [],
    canary: null,
  };
}

let files = 0;

/** What validate makes of it. */
async function reportOf({
  frames,
  snaplen,
  interfaceOptions,
  statistics,
  keep,
  enclave: more,
  canary,
}: Sight): Promise<Report> {
  const writer = new PcapngWriter();
  const ordered = [...frames].sort((a, b) => a.sec - b.sec || a.nsec - b.nsec);
  const blocks = [writer.section(), writer.interface(1, snaplen, interfaceOptions)];
  for (const { data, sec, nsec } of ordered) {
    const ticks = BigInt(sec) * 1_000_000n + BigInt(Math.floor(nsec / 1000));
    blocks.push(writer.enhanced({ data: data.subarray(0, snaplen), ticks, wireLen: data.length }));
  }
  if (statistics.length > 0) blocks.push(writer.statistics(0, statistics));
  const path = join(folder.path, `${files++}.pcapng`);
  writeFileSync(path, keep(Buffer.concat(blocks)));
  // Several limits of coverage stand in one mapping.
  const limits = more.flatMap((line) => /^coverage: \{ (.*) \}$/.exec(line)?.[1] ?? []);
  const lines = more.filter((line) => !line.startsWith("coverage:"));
  if (limits.length > 0) lines.push(`coverage: { ${limits.join(", ")} }`);
  const file = enclaveOf("enclave.yaml", Buffer.from(enclave([], lines)));
  if (file === null) throw new Error("the enclave file is broken");
  const validated = await judgeCaptures(file, [path], [], null, canary);
  if (validated === null) throw new Error("the capture could not be read");
  return validated.report;
}

async function judged(blindness: readonly string[], reachback: string): Promise<Report> {
  const seen = sight();
  for (const [i, data] of REACHBACK[reachback]().entries())
    seen.frames.push({ data, sec: START + 3, nsec: 900_000_000 + i * 1000 });
  for (const name of blindness) BLINDNESS[name][1](seen);
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const report = await reportOf(seen);
  stderr.mockRestore();
  return report;
}

const namesOf = ({ reasons }: Report): string => reasons.map((reason) => reason.split(":")[0]).join(" ");

describe("no false PASS", () => {
  it("but a PASS for a sensor that sees all of an enclave that stays inside", async () => {
    const { validation, reasons } = await judged([], "nothing");
    expect([validation.result, reasons]).toEqual(["PASS", []]);
  });

  it.each(Object.keys(REACHBACK).filter((name) => name !== "nothing"))("FAIL for %s", async (reachback) => {
    expect((await judged([], reachback)).validation.result).toBe("FAIL");
  });

  it.each(Object.entries(BLINDNESS).map(([name, [reason]]) => [name, reason] as const))(
    "INCONCLUSIVE for %s, by %s, with what to do about it",
    async (name, reason) => {
      const report = await judged([name], "nothing");
      expect(report.validation.result).toBe("INCONCLUSIVE");
      expect(namesOf(report)).toContain(reason);
      const told = report.validation.coverage.flatMap(({ reasons }) => reasons);
      expect(told.map(({ name: each }) => each).join(" ")).toContain(reason);
      for (const { advice } of told) expect(advice).not.toBe("");
    },
  );

  it.each(Object.keys(BLINDNESS))("in any combination of reachback with %s", async (blindness) => {
    for (const reachback of Object.keys(REACHBACK)) {
      const { validation } = await judged([blindness], reachback);
      expect([reachback, validation.result]).not.toEqual([reachback, "PASS"]);
      // What was seen stands, however blind the sensor was beside it.
      const hides =
        blindness === "a silent mirror" || blindness === "a snaplen of 64" || reachback === "nothing";
      if (!hides) expect([reachback, validation.result]).toEqual([reachback, "FAIL"]);
    }
  });

  it("in pairs of blindnesses", async () => {
    const names = Object.keys(BLINDNESS);
    for (const [i, one] of names.entries()) {
      for (const other of names.slice(i + 1, i + 4)) {
        const { validation } = await judged([one, other], "nothing");
        expect([one, other, validation.result]).toEqual([one, other, "INCONCLUSIVE"]);
      }
    }
  });
});
