import { describe, expect, it } from "vitest";
import type { InputCoverage } from "../../src/findings/coverage.ts";
import { Sensor } from "../../src/sensor.ts";
import { judgeFrom, watch } from "../sensor-run.ts";
import { batchesOf } from "../traffic/frames.ts";
import { clientHello, dnsAnswer, dnsQuery } from "../traffic/messages.ts";
import { be, join } from "../traffic/octets.ts";
import { ethernet, ip, tcp, udp } from "../traffic/packets.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";
import { AGENT, at, enclave, GPU, OUTSIDE, RESOLVER, reasonsOf, Scene } from "./scene.ts";

/** Verdict and names of the reasons. */
function blindness(scene: Scene, more: readonly string[] = [], facts: Partial<InputCoverage> = {}): string[] {
  const summary = watch(judgeFrom(enclave([], more)), [scene.frames], facts);
  return [summary.verdict, ...reasonsOf(summary)];
}

const works = () => new Scene().works();

describe("a run without findings is clean", () => {
  it("when it saw the enclave at work", () => {
    expect(blindness(works())).toEqual(["clean"]);
  });

  it.each([
    ["ARP", 0x0806, [0, 1]],
    ["LLDP", 0x88cc, [2, 7]],
    ["EAPOL", 0x888e, [1, 0]],
    ["PTP", 0x88f7, [0]],
    ["slow protocols", 0x8809, [1]],
    ["MAC control", 0x8808, [0, 1]],
    ["CFM", 0x8902, [0]],
    ["loopback test", 0x9000, [0, 0]],
    ["RARP", 0x8035, [0, 1]],
    ["STP in LLC", 3, [0x42, 0x42, 3]],
    ["IS-IS in LLC", 3, [0xfe, 0xfe, 3, 0x83]],
    ["CDP", 8, [0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0]],
  ])("whatever of the closed list goes by: %s", (_, type, payload) => {
    expect(blindness(works().send(ethernet(type, join(payload, Buffer.alloc(46)))))).toEqual(["clean"]);
  });
});

describe("a run without findings is inconclusive", () => {
  it("on an empty capture", () => {
    expect(blindness(new Scene())).toEqual(["inconclusive", "capture.empty", "sensor.no_inside"]);
  });

  it("when no inside host spoke", () => {
    const scene = new Scene().send(
      udp("169.254.1.1:1", "169.254.1.2:2", "x"),
      udp(at(GPU, 5), "239.1.1.1:5", "x"),
    );
    expect(blindness(scene)).toEqual(["inconclusive", "sensor.no_inside"]);
  });

  it.each([
    ["capture.drops", { dropped: 1 }],
    ["capture.filtered", { filtered: true }],
    ["capture.incomplete", { damage: "cut short at byte 7" }],
  ])("by %s", (reason, facts) => {
    expect(blindness(works(), [], facts)).toEqual(["inconclusive", reason]);
  });

  it("when it was stopped", () => {
    const sensor = new Sensor(judgeFrom(enclave()), null);
    for (const batch of batchesOf(works().frames)) sensor.consume(batch);
    const summary = sensor.finish(
      [{ path: "x", packets: 1, dropped: 0, filtered: false, damage: null }],
      true,
    );
    expect([summary.verdict, ...reasonsOf(summary)]).toEqual(["inconclusive", "capture.interrupted"]);
  });

  it.each([
    ["ethernet.unknown_type", ethernet(0x7777, [0, 0])],
    ["ethernet.macsec", ethernet(0x88e5, Buffer.alloc(32, 0x2c))],
    ["mpls.unknown_payload", ethernet(0x8847, Buffer.alloc(32, 0xff))],
    ["pppoe.unknown_version", ethernet(0x8864, Buffer.alloc(32))],
    ["ethernet.llc_unknown", ethernet(20, Buffer.alloc(20, 0x24))],
    ["ethernet.truncated", Buffer.alloc(9)],
    ["ipv4.header_truncated", ethernet(0x0800, [0x45, 0])],
    ["fragment.incomplete", ip(GPU, AGENT, 17, Buffer.alloc(16), { fragment: 0x2000 })],
    ["ip.tunnel", ip(GPU, AGENT, 108, Buffer.alloc(16))],
    ["gre.unknown_version", ip(GPU, AGENT, 47, Buffer.alloc(16, 7))],
    ["tcp.header_truncated", ip(GPU, AGENT, 6, Buffer.alloc(7))],
    ["udp.header_truncated", ip(GPU, AGENT, 17, Buffer.alloc(7))],
    ["ipv4.source_route_odd", udp(at(GPU, 1), at(AGENT, 2), "x", { options: [131, 9, 4, 10, 20, 1, 1, 0] })],
  ])("by a frame that is not decoded: %s", (reason, frame) => {
    const [verdict, ...reasons] = blindness(works().send(frame));
    expect(verdict).toBe("inconclusive");
    expect(reasons).toContain(reason);
  });

  it("by QUIC that cannot be opened", () => {
    const initial = join([0xc3], be(1, 4), [8], Buffer.alloc(8), [0, 0, 0x44, 0x96], Buffer.alloc(1190));
    const summary = works()
      .send(udp(at(GPU, 4000), at(AGENT, 443), initial))
      .seen();
    expect([summary.verdict, ...reasonsOf(summary)]).toEqual(["inconclusive", "quic.initial_unreadable"]);
    expect(summary.totals.quicInitials).toBe(1);
  });

  it("by a segment cut before the name of its flow is known, not after", () => {
    const talk = new TcpTalk(at(GPU, 4000), at(AGENT, 443));
    talk.open();
    const [hello] = talk.data("client", clientHello("x.enclave.internal", [], 600));
    const scene = works().send(...talk.frames.slice(0, 3));
    const last = scene.frames[scene.frames.length - 1];
    scene.frames.push({ ...last, data: hello.subarray(0, 120), wireLen: hello.length });
    expect(blindness(scene)).toContain("stream.cut_by_snaplen");
  });

  it("by a DNS message that was cut", () => {
    const scene = works();
    const frame = udp(
      at(RESOLVER, 53),
      at(GPU, 4000),
      dnsAnswer("a.enclave.internal", "A", 1, [{ type: "A", data: GPU }]),
    );
    scene.frames.push({
      data: frame.subarray(0, 60),
      wireLen: frame.length,
      sec: scene.frames[0].sec + 1,
      nsec: 0,
    });
    expect(blindness(scene)).toContain("dns.cut_by_snaplen");
  });

  it.each([
    ["in its name", 42 + 12 + 4, true, []],
    ["in its header", 42 + 6, true, []],
    ["behind its question", 42 + 12 + 17 + 4, true, ["dns.name a.example.com"]],
    ["not at all", 1000, false, ["dns.name a.example.com"]],
  ])("by a DNS message on another port that was cut %s", (_where, caplen, isBlind, found) => {
    const scene = works();
    const option = Buffer.from("0000291000000000000004000a0000", "hex"); // EDNS with an empty option
    const message = Buffer.concat([dnsQuery("a.example.com"), option]);
    message[11] = 1;
    const frame = udp(at(GPU, 4000), at(RESOLVER, 1053), message);
    const { sec } = scene.frames[0];
    scene.frames.push({ data: frame.subarray(0, caplen), wireLen: frame.length, sec: sec + 1, nsec: 0 });
    const summary = scene.seen();
    expect(reasonsOf(summary).includes("dns.cut_by_snaplen")).toBe(isBlind);
    expect(summary.findings.map(({ kind, name }) => `${kind} ${name}`)).toEqual(found);
  });

  it.each([
    [udp(at(GPU, 4000), at(RESOLVER, 53), dnsQuery("a.example.com")), 42],
    [udp("[fd20:5eed::1]:4000", "[fd20:5eed::2]:514", "log"), 62],
  ])("by a packet that was cut in silence: the length on the wire is cut as well", (frame, caplen) => {
    expect(blindness(works().send(frame.subarray(0, caplen)))).toContain("ip.length_beyond_frame");
    expect(blindness(works().send(join(frame, [0, 0, 0, 0])))).not.toContain("ip.length_beyond_frame");
  });

  it("but not by what is cut and no DNS", () => {
    const scene = works();
    const frame = udp(at(GPU, 4000), at(RESOLVER, 514), "<34>Oct 11 22:14:15 mymachine su: it failed");
    const { sec } = scene.frames[0];
    scene.frames.push({ data: frame.subarray(0, 60), wireLen: frame.length, sec: sec + 1, nsec: 0 });
    expect(blindness(scene)).toEqual(["clean"]);
  });

  it("by a ClientHello with a hole", () => {
    const talk = new TcpTalk(at(GPU, 4000), at(AGENT, 443), { mss: 100 });
    talk.open();
    talk.client(clientHello("x.enclave.internal", [], 600));
    talk.frames.splice(4, 1);
    expect(blindness(works().send(...talk.frames))).toEqual([
      "inconclusive",
      "tls.hello_gap",
      "sensor.tcp_gaps",
    ]);
  });
});

describe("what the readers of messages could not read", () => {
  const asking = (count: number) => {
    const question = dnsQuery("a.enclave.internal").subarray(12);
    return join(
      be(7, 2),
      be(0x0100, 2),
      be(count, 2),
      be(0, 6),
      ...Array.from({ length: count }, () => question),
    );
  };
  const answering = (count: number) => {
    const records = Array.from({ length: count }, (_, i) => ({
      type: "A" as const,
      data: `10.20.${i >> 8}.${i & 255}`,
    }));
    return dnsAnswer("a.enclave.internal", "A", 7, records);
  };

  it.each([
    ["dns.too_many_questions", asking(65), 53],
    ["dns.too_many_records", answering(1025), 53],
    [
      "tls.hello_too_long",
      join([22, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff, 3, 3], Buffer.alloc(0x4000 - 6)),
      443,
    ],
    ["http.head_too_long", join("GET / HTTP/1.1\r\nX: ", "x".repeat(200_000)), 80],
    ["dns.question_unreadable", join(be(14, 2), be(7, 2), be(0x0100, 2), be(1, 2), be(0, 6), [0xc0, 12]), 53],
  ])("%s", (reason, octets, port) => {
    const scene = works().talks(GPU, RESOLVER, port, (talk) => {
      talk.open();
      const isMessage = port === 53 && reason !== "dns.question_unreadable";
      const said = isMessage ? join(be(octets.length, 2), octets) : octets;
      if (reason === "dns.too_many_records") talk.server(said);
      else talk.client(said);
      talk.close();
    });
    const [verdict, ...reasons] = blindness(scene);
    expect(verdict).toBe("inconclusive");
    expect(reasons).toContain(reason);
  });

  it("octets missing where a request begins, or a DNS message", () => {
    const torn = (port: number, payload: Uint8Array, missing: number) => {
      const talk = new TcpTalk(at(GPU, 4000), at(RESOLVER, port), { mss: 100 });
      talk.open();
      talk.client(payload);
      talk.frames.splice(missing, 1);
      talk.close();
      return blindness(works().send(...talk.frames));
    };
    const requests = join(
      ...Array.from({ length: 20 }, (_, i) => `GET /${i} HTTP/1.1\r\nHost: a.enclave.internal\r\n\r\n`),
    );
    expect(torn(80, requests, 5)).toContain("http.boundaries_lost");
    const messages = Array.from({ length: 20 }, (_, i) => dnsQuery(`h${i}.enclave.internal`, "A", i));
    const stream = join(...messages.map((message) => join(be(message.length, 2), message)));
    expect(torn(53, stream, 5)).toContain("dns.stream_gap");
  });
});

describe("TCP data acknowledged that was never seen", () => {
  /** `missing` of a thousand segments of 1000 octets are not seen. */
  function lossy(missing: number): Scene {
    const talk = new TcpTalk(at(GPU, 4000), at(AGENT, 9000), { mss: 1000 });
    talk.open();
    talk.data("client", "binary, and nothing that is read");
    talk.client(new Uint8Array(1_000_000));
    talk.frames.splice(500, missing);
    return new Scene().send(...talk.frames);
  }

  it("is loss above 0.1 % of what was acknowledged", () => {
    expect(blindness(lossy(0))).toEqual(["clean"]);
    expect(blindness(lossy(1))).toEqual(["clean"]);
    expect(blindness(lossy(2))).toEqual(["inconclusive", "sensor.tcp_gaps"]);
  });

  it("is none when it came in another order, or before the flow was first seen", () => {
    const talk = new TcpTalk(at(GPU, 4000), at(AGENT, 9000), { mss: 100 });
    talk.open();
    talk.client(new Uint8Array(1000));
    const frames = [...talk.frames];
    frames.splice(4, 4, frames[7], frames[6], frames[5], frames[4]);
    expect(blindness(new Scene().send(...frames))).toEqual(["clean"]);
    expect(blindness(new Scene().send(...frames.slice(8)))).toEqual(["clean"]);
  });
});

describe("one direction alone", () => {
  /** Inside connections of which `oneWay` show one direction. */
  function mirror(bothWays: number, oneWay: number): Scene {
    const scene = new Scene();
    for (let i = 0; i < bothWays + oneWay; i++) {
      const talk = new TcpTalk(at(GPU, scene.port()), at(AGENT, 9000));
      talk.open();
      talk.client("x");
      scene.send(...(i < bothWays ? talk.frames : [talk.frames[0], talk.frames[2], talk.frames[3]]));
    }
    return scene;
  }

  it("is a one-sided mirror above 5 % of inside connections", () => {
    expect(blindness(mirror(95, 5))).toEqual(["clean"]);
    expect(blindness(mirror(94, 6))).toEqual(["inconclusive", "sensor.one_sided"]);
  });

  it("of DNS questions counts with them", () => {
    const scene = works();
    for (let i = 0; i < 20; i++)
      scene.asks(GPU, `h${i}.enclave.internal`, { answer: i < 19 ? [AGENT] : null });
    expect(blindness(scene)).toEqual(["clean"]);
    scene.asks(GPU, "h20.enclave.internal", { answer: null });
    expect(blindness(scene)).toEqual(["inconclusive", "sensor.one_sided"]);
  });

  it("is no evidence in a SYN to a dead host, or in other datagrams", () => {
    const scene = works();
    for (let i = 0; i < 50; i++) {
      scene.send(tcp(at(GPU, scene.port()), at("10.20.1.99", 9000), { flags: 2, seq: i }));
      scene.send(udp(at(GPU, scene.port()), at("10.20.1.99", 514), "syslog"));
    }
    expect(blindness(scene)).toEqual(["clean"]);
  });
});

describe("what the enclave file states", () => {
  it("max_gap: a longer time without a packet", () => {
    const more = ["coverage: { max_gap: 60s }"];
    expect(blindness(works().at(60).works(), more)).toEqual(["clean"]);
    expect(blindness(works().at(61).works(), more)).toEqual(["inconclusive", "sensor.gap"]);
    expect(blindness(works().at(9999).works())).toEqual(["clean"]);
  });

  it("min_window: less time than demanded", () => {
    const more = ["coverage: { min_window: 60s }"];
    expect(blindness(works().at(60).works(), more)).toEqual(["clean"]);
    expect(blindness(works().at(59).works(), more)).toEqual(["inconclusive", "sensor.window_short"]);
    expect(blindness(new Scene(), more)).toContain("sensor.window_short");
  });

  it("must_be_seen: a host that said nothing; one that only answers was seen", () => {
    const host = (address: string) => [`hosts: [{ name: h, address: ${address}, must_be_seen: true }]`];
    expect(blindness(works(), host(AGENT))).toEqual(["clean"]);
    expect(blindness(works(), host(GPU))).toEqual(["clean"]);
    expect(blindness(works(), host("10.20.1.99"))).toEqual(["inconclusive", "sensor.host_unseen"]);
    const asked = works().send(tcp(at(GPU, 4000), at("10.20.1.99", 80), { flags: 2 }));
    expect(blindness(asked, host("10.20.1.99"))).toEqual(["inconclusive", "sensor.host_unseen"]);
  });

  it("must_be_used: a service that was not reached, or not on its port", () => {
    const service = (port: string) => [
      `services: [{ role: identity, address: ${GPU}, port: ${port}, must_be_used: true }]`,
    ];
    expect(blindness(works(), service("8000/tcp"))).toEqual(["clean"]);
    expect(blindness(works(), service("443/tcp"))).toEqual(["inconclusive", "service.unused"]);
    const refused = works().talks(AGENT, GPU, 443, (talk) => [talk.syn(), talk.reset("server")]);
    expect(blindness(refused, service("443/tcp"))).toEqual(["inconclusive", "service.unused"]);
  });

  it("relays: a connection to one that was open before the start, or seen from one side alone", () => {
    const more = ["relays: [10.20.9.30]"];
    const talk = new TcpTalk(at(GPU, 4000), at("10.20.9.30", 3128));
    talk.open();
    talk.client("x");
    talk.server("y");
    expect(blindness(works().send(...talk.frames), more)).toEqual(["clean"]);
    expect(blindness(works().send(...talk.frames.slice(3)), more)).toEqual([
      "inconclusive",
      "relay.open_before_start",
    ]);
    const answers = talk.frames.filter((_, i) => [1, 4, 5].includes(i)); // SYN-ACK, acknowledgement, data
    const many = works();
    for (let n = 0; n < 50; n++) many.works();
    const reasons = blindness(many.send(...answers), more);
    expect(reasons).toEqual(["inconclusive", "relay.client_unseen", "sensor.tcp_gaps"]);
    const high = new TcpTalk(at(GPU, 40000), at("10.20.9.30", 50000));
    high.open();
    high.client("x");
    high.server("y");
    for (const frames of [high.frames.slice(3), high.frames.slice(4)]) {
      expect(blindness(works().send(...frames), more)).toContain("relay.open_before_start");
    }
  });
});

it("positive evidence stands although the sensor was partly blind", () => {
  const scene = new Scene().send(ethernet(0x7777, [0, 0]), udp(at(GPU, 1), at(OUTSIDE, 9), "x"));
  expect(blindness(scene, [], { dropped: 7 })).toEqual([
    "reachback",
    "capture.drops",
    "ethernet.unknown_type",
  ]);
});

it("info findings and used exceptions leave a blind run inconclusive", () => {
  const scene = works()
    .tls(AGENT, GPU, "pypi.org")
    .send(ethernet(0x7777, [0, 0]));
  expect(blindness(scene)).toEqual(["inconclusive", "ethernet.unknown_type"]);
});

it("every counter that can make a run blind is in the coverage table, by its name", () => {
  const { coverage, reasons } = new Scene().send(ethernet(0x7777, [0, 0])).seen();
  expect(coverage["ethernet.unknown_type"]).toBe(1);
  expect(coverage["quic.initial_unreadable"]).toBe(0);
  for (const reason of reasons) expect(reason).toMatch(/^[a-z0-9_]+\.[a-z0-9_]+: \S/);
  expect(Object.keys(coverage)).toEqual(Object.keys(coverage).toSorted());
});

it("a question's answer that names nothing is no gap", () => {
  const scene = works().send(
    udp(at(GPU, 4000), at(RESOLVER, 53), dnsQuery("x.enclave.internal", "A", 1)),
    udp(at(RESOLVER, 53), at(GPU, 4000), dnsAnswer("x.enclave.internal", "A", 1, [], 2)),
  );
  expect(blindness(scene)).toEqual(["clean"]);
});
