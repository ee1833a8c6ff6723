import { describe, expect, it } from "vitest";
import { Sensor } from "../../src/sensor.ts";
import { seeded } from "../names/octets.ts";
import { judgeFrom } from "../sensor-run.ts";
import { batchesOf, type TimedFrame, timed } from "../traffic/frames.ts";
import {
  clientHello,
  dnsAnswer,
  dnsOverTcp,
  dnsQuery,
  httpRequest,
  httpResponse,
  httpTunnelOpens,
  serverHello,
  tlsData,
} from "../traffic/messages.ts";
import { join } from "../traffic/octets.ts";
import { icmp, icmpError, udp } from "../traffic/packets.ts";
import {
  crypto,
  googleHello,
  initial,
  longHeader,
  quicHello,
  quicServerHello,
  shortHeader,
} from "../traffic/quic.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";

const judge = judgeFrom(`
gapwatch: 1
enclave:
  name: fuzz
  inside: [10.20.0.0/16, "fd20::/16"]
  resolvers: [10.20.0.53]
  names: [enclave.internal]
  search: [enclave.internal]
  relays: [10.20.9.30]
allow:
  - { id: a, to: ["*.allowed.example"], ports: [443/tcp], reason: x, owner: x, expires: never, max_bytes_out: 1kB/day }
`);

/** A little of everything that an enclave says. */
function scene(): Buffer[] {
  const tls = new TcpTalk("10.20.1.11:40000", "198.51.100.7:443", { mss: 100 });
  tls.open();
  tls.client(clientHello("a.example", ["h2"]));
  tls.server(serverHello());
  tls.client(tlsData(3000));
  tls.close();
  const proxy = new TcpTalk("10.20.1.12:40001", "10.20.9.30:3128");
  proxy.open();
  proxy.client(httpRequest("proxy", "b.example:443", "CONNECT"));
  proxy.server(httpTunnelOpens());
  proxy.client(clientHello("b.example"));
  proxy.server(serverHello());
  const web = new TcpTalk("[fd20::1]:40002", "[2001:db8::7]:80", { frame: { vlans: [7] } });
  web.open();
  web.client(httpRequest("c.example", "/x", "POST", "body"));
  web.server(httpResponse(200, "hello"));
  web.client(httpRequest("d.example"));
  web.reset("server");
  const dns = new TcpTalk("10.20.1.11:40003", "10.20.0.53:53");
  dns.open();
  dns.client(dnsOverTcp(dnsQuery("e.example")));
  const dcid = Buffer.from("8394c8f03e515708", "hex");
  const scid = Buffer.from("f067a5502a4262b5", "hex");
  const message = quicHello("g.example", 1500);
  const quic = [
    initial({ dcid, frames: [crypto(900, message.subarray(900)), [1]].map((frame) => join(frame)) }),
    initial({ dcid, pn: 1, frames: [crypto(0, message.subarray(0, 900))] }),
  ];
  const answer = initial({
    dcid: scid,
    side: "server",
    keysFrom: dcid,
    frames: [crypto(0, quicServerHello())],
    size: 0,
  });
  const allowed = { type: "A", data: "203.0.113.9" } as const;
  const probe = udp("10.20.1.13:5000", "198.51.100.9:123", "x".repeat(48));
  return [
    udp("10.20.1.11:5001", "10.20.0.53:53", dnsQuery("x.allowed.example", "A", 7)),
    udp("10.20.0.53:53", "10.20.1.11:5001", dnsAnswer("x.allowed.example", "A", 7, [allowed])),
    udp("10.20.1.11:5002", "10.20.0.53:53", dnsQuery("f.example.com.enclave.internal", "A", 8)),
    ...new TcpTalk("10.20.1.11:40004", "203.0.113.9:443").open(),
    ...tls.frames,
    ...proxy.frames,
    ...web.frames,
    ...dns.frames,
    ...quic.map((datagram) => udp("10.20.1.14:5000", "198.51.100.8:443", datagram)),
    udp("198.51.100.8:443", "10.20.1.14:5000", join(answer, longHeader("handshake", scid))),
    udp("10.20.1.14:5000", "198.51.100.8:443", shortHeader(scid)),
    udp("10.20.1.14:5001", "198.51.100.8:443", googleHello("Q043", "h.example")),
    probe,
    icmpError("10.20.0.1", probe),
    icmp("10.20.1.13", "198.51.100.9", { type: 8, rest: 0x10001, payload: "ping" }),
    icmp("198.51.100.9", "10.20.1.13", { type: 0, rest: 0x10001, payload: "ping" }),
  ];
}

/** Loses, repeats, swaps, cuts and breaks frames, and moves their clock, each rarely or often. */
function hostile(frames: readonly Buffer[], random: () => number): TimedFrame[] {
  const rate = {
    lose: random() * 0.2,
    copy: random() * 0.3,
    swap: random() * 0.3,
    cut: random() * 0.1,
    flip: random() * 0.3,
  };
  const out: TimedFrame[] = [];
  for (const frame of timed(frames, 1_000_000)) {
    if (random() < rate.lose) continue;
    const data = Buffer.from(frame.data);
    if (random() < rate.flip) {
      for (let n = 1 + Math.floor(random() * 3); n > 0; n--)
        data[Math.floor(random() * data.length)] = random() * 256;
    }
    const cut = random() < rate.cut ? Math.floor(random() * data.length) : data.length;
    const jump = random() < 0.02 ? Math.floor((random() - 0.3) * 1e6) : 0;
    const made = {
      data: data.subarray(0, cut),
      wireLen: data.length,
      sec: frame.sec + jump,
      nsec: frame.nsec,
    };
    out.push(made);
    if (random() < rate.copy) out.push(made);
    const last = out.length - 1;
    const other = Math.max(0, last - 1 - Math.floor(random() * 4));
    if (random() < rate.swap) [out[last], out[other]] = [out[other], out[last]];
  }
  return out;
}

/** All that a sensor says, as text. */
function said(frames: readonly TimedFrame[], perBatch: number): string {
  const sensor = new Sensor(judge, null);
  for (const batch of batchesOf(frames, 1, perBatch)) sensor.consume(batch);
  const summary = sensor.finish([], false);
  return JSON.stringify(summary);
}

describe("a sensor in hostile traffic", () => {
  it("never throws, and says the same whatever its hash seed and its batches are", () => {
    const frames = scene();
    let findings = 0;
    for (let salt = 0; salt < 400; salt++) {
      const broken = hostile(frames, seeded(salt));
      const first = said(broken, 1024);
      expect(said(broken, 1 + (salt % 7)), `salt ${salt}`).toBe(first);
      findings += JSON.parse(first).findings.length;
    }
    expect(findings).toBeGreaterThan(400); // else it was all noise
  });

  it("says the same of what a mirror shows twice, but for packets and what counts them", () => {
    const once = timed(scene(), 1_000_000);
    const twice = once.flatMap((frame) => [frame, frame]);
    const findingsOf = (text: string) => JSON.parse(text).findings;
    expect(findingsOf(said(twice, 1024))).toEqual(findingsOf(said(once, 1024)));
  });

  it("finds what is there when nothing is broken", () => {
    const { findings, verdict } = JSON.parse(said(timed(scene(), 1_000_000), 1024));
    expect(verdict).toBe("reachback");
    const names = findings.map((finding: { destination: string }) => finding.destination);
    for (const name of [
      "a.example",
      "b.example",
      "c.example",
      "d.example",
      "e.example",
      "f.example.com",
      "g.example",
      "h.example",
    ]) {
      expect(names).toContain(name);
    }
  });
});
