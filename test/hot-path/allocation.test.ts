import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientHello, dnsQuery, httpRequest } from "../traffic/messages.ts";
import { be, join as octets } from "../traffic/octets.ts";
import { ACK, ethernet, icmp, ip, tcp, udp } from "../traffic/packets.ts";
import { crypto, initial, longHeader, quicHello, shortHeader } from "../traffic/quic.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CACHE = join(ROOT, "node_modules/.cache");
const ENCLAVE = `
gapwatch: 1
enclave: { name: test, inside: [10.20.0.0/16] }
allow:
  - { id: a, to: [203.0.113.10], ports: [443/tcp], reason: test, owner: test, expires: never }
`;

interface Job {
  readonly opening: readonly Buffer[];
  /** Sent in turn until two million packets are through. */
  readonly repeated: readonly Buffer[];
  /** Octets by which a TCP sender's sequence number grows with each packet. */
  readonly advance?: number;
  /** Rounds of 1,024 packets; 2,000 unless told. */
  readonly rounds?: number;
}

let build = "";

beforeAll(() => {
  mkdirSync(CACHE, { recursive: true });
  build = mkdtempSync(join(CACHE, "allocation-"));
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  execFileSync(tsc, ["-p", join(ROOT, "tsconfig.json"), "--outDir", build], { stdio: "ignore" });
  writeFileSync(join(build, "package.json"), '{ "type": "module" }');
  copyFileSync(join(ROOT, "dist/catalogue.json"), join(build, "catalogue/catalogue.json"));
});

afterAll(() => rmSync(build, { recursive: true, force: true }));

/** Garbage collections while two million packets pass. */
function collections(name: string, { opening, repeated, advance = 0, rounds = 2000 }: Job): number {
  const path = join(build, `${name.replaceAll(" ", "-")}.json`);
  const texts = (frames: readonly Buffer[]) => frames.map((frame) => frame.toString("base64"));
  const job = { enclave: ENCLAVE, opening: texts(opening), repeated: texts(repeated), advance, rounds };
  writeFileSync(path, JSON.stringify(job));
  const script = fileURLToPath(new URL("count-collections.mjs", import.meta.url));
  // What main.ts asks of the compiler: what it does not inline could allocate.
  const compiler = [
    "--max-inlined-bytecode-size-cumulative=500",
    "--no-turbo-splitting",
    "--no-turbo-loop-peeling",
  ];
  const flags = ["--max-semi-space-size=1", "--trace-gc", ...compiler];
  const out = execFileSync(process.execPath, [...flags, script, build, path]).toString();
  const [, during, after] = /=== begin\n(.*?)=== end\n.*?(\{[^\n]*\})/s.exec(out) ?? [];
  expect(JSON.parse(after).packets).toBeGreaterThan(1024 * rounds);
  return during.split("\n").filter((line) => /Scavenge|Mark-Compact/.test(line)).length;
}

const CLIENT = "10.20.1.11:40000";

function opened(server: string): TcpTalk {
  const talk = new TcpTalk(CLIENT, server, { clientIsn: 0xfffff000, serverIsn: 0x7ffffff0 });
  talk.open();
  return talk;
}

/** Data of a client in an open connection whose protocol is none that is known. */
function transfer(server: string, first: ArrayLike<number> | string = ""): Job {
  const talk = opened(server);
  if (first !== "") talk.client(first);
  else for (let n = 0; n < 80; n++) talk.client([0x2a, 0x2a, 0x2a]);
  talk.server([0x2a, 0x2a, 0x2a]);
  const opening = [...talk.frames];
  const payload = new Uint8Array(64).fill(0x2a);
  const fields = (n: number) => ({ seq: talk.clientSeq + 64 * n, ack: talk.serverSeq, payload });
  const repeated = Array.from({ length: 1024 }, (_, n) => tcp(CLIENT, server, fields(n)));
  return { opening, repeated, advance: 64 };
}

describe("two million packets allocate nothing", () => {
  const inside = "10.20.9.30:9000";
  const jobs: Record<string, () => Job> = {
    "TCP data inside": () => transfer(inside),
    "TCP data to an outside address that is a finding": () => transfer("198.51.100.7:9000"),
    "TCP data to an outside address that is allowed": () => transfer("203.0.113.10:443"),
    acknowledgements: () => {
      const talk = opened(inside);
      const ack = { seq: talk.clientSeq, ack: talk.serverSeq, flags: ACK };
      return { opening: talk.frames, repeated: [tcp(CLIENT, inside, ack), ...talk.ack("server")] };
    },
    "TCP data that were sent before": () => ({ ...transfer(inside), advance: 0 }),
    "UDP in a known flow": () => {
      const payload = new Uint8Array(200).fill(0x2a);
      const there = udp(CLIENT, "10.20.9.40:4000", payload);
      return { opening: [there], repeated: [there, udp("10.20.9.40:4000", CLIENT, payload)] };
    },
    "UDP over IPv6": () => {
      const there = udp("[fd20::1]:40000", "[fd20::2]:4000", "******");
      return { opening: [there], repeated: [there, udp("[fd20::2]:4000", "[fd20::1]:40000", "******")] };
    },
    "QUIC after its handshake": () => {
      const dcid = Buffer.from("8394c8f03e515708", "hex");
      const [there, back] = [CLIENT, "198.51.100.7:443"];
      const frames = [crypto(0, quicHello("a.example"))];
      const hello = udp(there, back, initial({ dcid, scid: dcid, frames }));
      const handshake = udp(back, there, longHeader("handshake", dcid));
      const repeated = [udp(there, back, shortHeader(dcid)), udp(back, there, shortHeader(dcid))];
      return { opening: [hello, handshake], repeated };
    },
    "UDP in VXLAN in GRE": () => {
      const [one, two] = ["10.20.9.1", "10.20.9.2"];
      const inner = udp(CLIENT, "10.20.9.40:4000", "******");
      const vxlan = udp(`${one}:50000`, `${two}:4789`, octets(be(0x08000000, 4), be(0, 4), inner));
      const there = ip(one, two, 47, octets(be(0x00006558, 4), vxlan));
      return { opening: [there], repeated: [there] };
    },
    "802.1ah, MPLS and a source route": () => {
      const inner = udp(CLIENT, "10.20.9.40:4000", "******", { options: [131, 7, 4, 10, 20, 9, 41, 0] });
      const there = ethernet(0x88e7, octets(be(1, 4), ethernet(0x8847, octets(be(0x140, 4), inner))));
      return { opening: [there], repeated: [there] };
    },
    pings: () => {
      const ping = icmp("10.20.1.11", "10.20.9.40", { type: 8, rest: 0x10001, payload: "*".repeat(56) });
      const pong = icmp("10.20.9.40", "10.20.1.11", { type: 0, rest: 0x10001, payload: "*".repeat(56) });
      return { opening: [ping, pong], repeated: [ping, pong] };
    },
    "the body of an HTTP request": () =>
      transfer(
        inside,
        httpRequest("a.internal", "/", "PUT", " ".repeat(9)).toString("latin1").replace("9", "999999999999"),
      ),
    "a TLS server that was never seen": () => transfer(inside, clientHello("a.internal")),
    "frames that are not decoded": () => {
      const arp = Buffer.from(`ffffffffffff0200000000010806${"00".repeat(46)}`, "hex");
      const cut = udp(CLIENT, "10.20.9.40:4000", dnsQuery("a.example")).subarray(0, 30);
      return { opening: [arp], repeated: [arp, cut] };
    },
  };
  for (const [name, job] of Object.entries(jobs)) {
    it(name, () => {
      expect(collections(name, job())).toBeLessThanOrEqual(1);
    });
  }

  it("but questions do, so that it would show", () => {
    const question = udp("10.20.1.11:40000", "10.20.0.53:53", dnsQuery("a.example"));
    expect(collections("DNS questions", { opening: [], repeated: [question], rounds: 100 })).toBeGreaterThan(
      10,
    );
  });
});
