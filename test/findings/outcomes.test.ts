import { describe, expect, it } from "vitest";
import { findingId } from "../../src/findings/finding.ts";
import { lineOf } from "../sensor-run.ts";
import { clientHello, dnsAnswer, dnsQuery } from "../traffic/messages.ts";
import { ACK, icmp, icmpError, RST, SYN, tcp, udp } from "../traffic/packets.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";
import { AGENT, at, enclave, GPU, OUTSIDE, RESOLVER, Scene, START } from "./scene.ts";

function one(say: (talk: TcpTalk) => void): string[] {
  return new Scene().talks(GPU, OUTSIDE, 443, say).lines();
}

const KEY = `egress.flow ${GPU} ${OUTSIDE} 443/tcp`;

describe("SYNs that cross (RFC 9293 §3.5)", () => {
  const [client, server] = [at(GPU, 40000), at(OUTSIDE, 443)];
  const hello = clientHello("cross.example.com");
  const opening = (gapSec: number) =>
    new Scene()
      .works()
      .at(10)
      .send(tcp(client, server, { seq: 100, flags: SYN }))
      .at(10 + gapSec)
      .send(
        tcp(server, client, { seq: 500, flags: SYN }),
        tcp(client, server, { seq: 100, ack: 501, flags: SYN | ACK }),
        tcp(server, client, { seq: 500, ack: 101, flags: SYN | ACK }),
        tcp(client, server, { seq: 101, ack: 501, flags: ACK, payload: hello }),
        tcp(server, client, { seq: 501, ack: 101 + hello.length, flags: ACK, payload: "hi" }),
      );

  it("are one connection, of who asked first", () => {
    const { findings } = opening(0).seen();
    expect(findings.map(lineOf)).toEqual([
      `egress.flow ${GPU} cross.example.com 443/tcp transferred critical x1`,
    ]);
    expect(findings[0]).toMatchObject({ bytesOut: hello.length, bytesIn: 2 });
  });

  it("are two attempts where one comes long after the other", () => {
    expect(
      opening(30)
        .lines()
        .map((line) => line.split(" ")[0]),
    ).toEqual(["egress.flow", "ingress.flow"]);
  });
});

describe("the outcome ladder over TCP", () => {
  it("attempted: nothing came back", () => {
    expect(one((talk) => talk.syn())).toEqual([`${KEY} attempted medium x1`]);
  });

  it("refused: the port is closed", () => {
    const say = (talk: TcpTalk) => [talk.syn(), talk.reset("server")];
    expect(one(say)).toEqual([`${KEY} refused medium x1`]);
  });

  it("refused: a gateway prohibits it", () => {
    const talk = new TcpTalk(at(GPU, 40000), at(OUTSIDE, 443));
    const [syn] = talk.syn();
    const prohibited = icmpError("10.20.0.1", syn, 3, 13);
    expect(new Scene().send(syn, prohibited).lines()).toEqual([`${KEY} refused medium x1`]);
  });

  it("no refusal: an error that is none (time exceeded)", () => {
    const talk = new TcpTalk(at(GPU, 40000), at(OUTSIDE, 443));
    const [syn] = talk.syn();
    expect(new Scene().send(syn, icmpError("10.20.0.1", syn, 11, 0)).lines()).toEqual([
      `${KEY} attempted medium x1`,
    ]);
  });

  it("connected: the handshake is done", () => {
    expect(one((talk) => talk.open())).toEqual([`${KEY} connected high x1`]);
  });

  it("connected: only the outside sent data", () => {
    expect(one((talk) => [talk.open(), talk.server("banner")])).toEqual([`${KEY} connected high x1`]);
  });

  it("transferred: payload left, also when it is reset afterwards", () => {
    const say = (talk: TcpTalk) => [talk.open(), talk.client("x"), talk.reset("server")];
    expect(one(say)).toEqual([`${KEY} transferred critical x1`]);
  });

  it("transferred: joined in the middle", () => {
    expect(one((talk) => talk.data("client", "payload"))).toEqual([`${KEY} transferred critical x1`]);
  });

  it("transferred: the mirror shows one direction alone", () => {
    const talk = new TcpTalk(at(GPU, 40000), at(OUTSIDE, 443));
    const [syn] = talk.syn();
    talk.synAck();
    const frames = [syn, ...talk.ack("client"), ...talk.data("client", "payload")];
    expect(new Scene().send(...frames).lines()).toEqual([`${KEY} transferred critical x1`]);
  });

  it("the worst seen wins over all attempts", () => {
    const scene = new Scene();
    scene.talks(GPU, OUTSIDE, 443, (talk) => talk.open(), 1);
    scene.talks(GPU, OUTSIDE, 443, (talk) => talk.syn(), 2);
    expect(scene.lines()).toEqual([`${KEY} connected high x2`]);
  });

  it("for ingress, what left is what the inside host sent", () => {
    const scene = new Scene().talks(OUTSIDE, GPU, 8000, (talk) => [talk.open(), talk.client("request")]);
    expect(scene.lines()).toEqual([`ingress.flow ${OUTSIDE} ${GPU} 8000/tcp connected high x1`]);
    scene.talks(OUTSIDE, GPU, 8000, (talk) => [talk.open(), talk.client("request"), talk.server("weights!")]);
    expect(scene.lines()).toEqual([`ingress.flow ${OUTSIDE} ${GPU} 8000/tcp transferred critical x2`]);
    expect(scene.seen().findings[0]).toMatchObject({ bytesOut: 8, bytesIn: 14 });
  });
});

describe("the outcome ladder of datagrams and pings", () => {
  const ask = udp(at(GPU, 40000), at(OUTSIDE, 9000), "x");
  const reply = udp(at(OUTSIDE, 9000), at(GPU, 40000), "y");
  const ping = icmp(GPU, OUTSIDE, { type: 8, rest: 0x00070001 });
  const pong = icmp(OUTSIDE, GPU, { type: 0, rest: 0x00070001 });

  it.each([
    ["attempted medium", [ask], "9000/udp"],
    ["refused medium", [ask, icmpError(OUTSIDE, ask)], "9000/udp"],
    ["answered high", [ask, reply], "9000/udp"],
    ["answered high", [ask, icmpError(OUTSIDE, ask), reply], "9000/udp"],
    ["attempted medium", [ping], "icmp"],
    ["refused medium", [ping, icmpError("10.20.0.1", ping, 3, 1)], "icmp"],
    ["answered high", [ping, pong], "icmp"],
  ])("%s", (outcome, frames, service) => {
    expect(new Scene().send(...frames).lines()).toEqual([
      `egress.flow ${GPU} ${OUTSIDE} ${service} ${outcome} x1`,
    ]);
  });

  it("one way, more than 64 KiB is at least high, and not before", () => {
    const send = (count: number) =>
      Array.from({ length: count }, () => udp(at(GPU, 40000), at(OUTSIDE, 9000), new Uint8Array(1024)));
    expect(new Scene().send(...send(64)).lines()).toEqual([
      `egress.flow ${GPU} ${OUTSIDE} 9000/udp attempted medium x1`,
    ]);
    expect(new Scene().send(...send(65)).lines()).toEqual([
      `egress.flow ${GPU} ${OUTSIDE} 9000/udp attempted high x1`,
    ]);
  });

  it("one way, spread over many flows, is the same", () => {
    const scene = new Scene();
    for (let i = 0; i < 65; i++)
      scene.send(udp(at(GPU, scene.port()), at(OUTSIDE, 9000), new Uint8Array(1024)));
    expect(scene.lines()).toEqual([`egress.flow ${GPU} ${OUTSIDE} 9000/udp attempted high x65`]);
  });

  it("one way, in pings, is the same", () => {
    const frames = Array.from({ length: 50 }, (_, i) =>
      icmp(GPU, OUTSIDE, { type: 8, rest: 0x70000 + i, payload: new Uint8Array(1400) }),
    );
    expect(new Scene().send(...frames).lines()).toEqual([
      `egress.flow ${GPU} ${OUTSIDE} icmp attempted high x1`,
    ]);
  });

  it("one way, of time, is high as well although time is one lower", () => {
    const frames = Array.from({ length: 65 }, () =>
      udp(at(GPU, 40000), at(OUTSIDE, 123), new Uint8Array(1024)),
    );
    expect(new Scene().send(...frames).lines()).toEqual([
      `egress.flow ${GPU} ${OUTSIDE} 123/udp attempted high x1`,
    ]);
  });
});

describe("severity", () => {
  it.each([
    ["time is one lower", OUTSIDE, 123, "low"],
    ["anything else", OUTSIDE, 124, "medium"],
    ["cloud credentials are one higher", "169.254.169.254", 124, "high"],
  ])("%s", (_, to, port, severity) => {
    const [finding] = new Scene().send(udp(at(GPU, 40000), at(to, port), "x")).seen().findings;
    expect(finding.severityName).toBe(severity);
  });

  it.each([
    [OUTSIDE, "169.254.169.254"],
    ["169.254.169.254", OUTSIDE],
  ])("of a name counts every address that was tried: %s, %s", (first, second) => {
    const scene = new Scene().asks(GPU, "a.example.com", { answer: [first, second] });
    for (const to of [first, second]) scene.send(udp(at(GPU, scene.port()), at(to, 9), "x"));
    expect(scene.lines()).toContain(`egress.flow ${GPU} a.example.com 9/udp attempted high x2`);
  });

  it("does not go beyond critical", () => {
    const scene = new Scene().talks(GPU, "169.254.169.254", 80, (talk) => [talk.open(), talk.client("GET")]);
    expect(scene.seen().findings[0].severityName).toBe("critical");
  });

  it("a reverse question for an outside address is one lower", () => {
    expect(new Scene().asks(GPU, "7.100.51.198.in-addr.arpa", { type: "PTR", rcode: 3 }).lines()).toEqual([
      `dns.name ${GPU} 7.100.51.198.in-addr.arpa 53/udp named low x1`,
    ]);
  });

  it("findings come by severity, then first seen, then id", () => {
    const scene = new Scene();
    scene.talks(GPU, OUTSIDE, 80, (talk) => talk.syn());
    scene.talks(GPU, OUTSIDE, 81, (talk) => [talk.open(), talk.client("x")]);
    scene.at(100).talks(GPU, OUTSIDE, 79, (talk) => talk.syn());
    scene.talks(GPU, OUTSIDE, 82, (talk) => talk.open());
    expect(scene.seen().findings.map((finding) => finding.port)).toEqual([81, 82, 80, 79]);
  });
});

describe("attempts", () => {
  it("count initial sequence numbers: a SYN sent again is no new attempt", () => {
    const scene = new Scene();
    const again = tcp(at(GPU, 40000), at(OUTSIDE, 443), { seq: 7, flags: 2 });
    for (const second of [0, 1, 3, 7, 15, 31, 63]) scene.at(second).send(again);
    expect(scene.lines()).toEqual([`${KEY} attempted medium x1`]);
    scene.at(64).send(tcp(at(GPU, 40000), at(OUTSIDE, 443), { seq: 8, flags: 2 }));
    expect(scene.lines()).toEqual([`${KEY} attempted medium x2`]);
  });

  it("count ports, ids and names of questions: a question asked again is no new attempt", () => {
    const scene = new Scene();
    for (const second of [0, 5, 10])
      scene.at(second).asks(GPU, "a.example.com", { id: 7, port: 4000, answer: null });
    expect(scene.lines()).toEqual([`dns.name ${GPU} a.example.com 53/udp named medium x1`]);
    scene.asks(GPU, "a.example.com", { id: 8, port: 4000, answer: null });
    scene.asks(GPU, "a.example.com", { id: 7, port: 4001, answer: null });
    expect(scene.lines()).toEqual([`dns.name ${GPU} a.example.com 53/udp named medium x3`]);
  });

  it("count new flows of the others: after a rest it is another", () => {
    const scene = new Scene();
    const ask = udp(at(GPU, 40000), at(OUTSIDE, 9000), "x");
    scene.send(ask).at(100).send(ask).at(250).send(ask);
    expect(scene.lines()).toEqual([`egress.flow ${GPU} ${OUTSIDE} 9000/udp attempted medium x1`]);
    scene.at(500).send(ask);
    expect(scene.lines()).toEqual([`egress.flow ${GPU} ${OUTSIDE} 9000/udp attempted medium x2`]);
  });

  it("to an unapproved resolver are questions, over one connection too", () => {
    const scene = new Scene();
    scene.talks(GPU, OUTSIDE, 53, (talk) => {
      talk.open();
      for (const id of [1, 2, 3]) {
        const query = dnsQuery(`n${id}.example.com`, "A", id);
        talk.client(Buffer.concat([Buffer.from([0, query.length]), query]));
      }
    });
    expect(scene.lines()).toEqual([`dns.resolver ${GPU} ${OUTSIDE} 53/tcp transferred critical x3`]);
    expect(scene.seen().findings[0].asked).toEqual(["n1.example.com", "n2.example.com", "n3.example.com"]);
  });

  it("tell first and last", () => {
    const scene = new Scene().asks(GPU, "a.example.com").at(50).asks(GPU, "a.example.com", { answer: null });
    expect(scene.seen().findings[0]).toMatchObject({
      firstSeen: { sec: START, nsec: 0 },
      lastSeen: { sec: START + 50, nsec: 0 },
    });
  });
});

describe("packets that were seen twice", () => {
  it("change no octets and no attempts, and are counted", () => {
    const scene = new Scene()
      .tls(GPU, OUTSIDE, "a.example.com")
      .asks(GPU, "b.example.com", { answer: [OUTSIDE] });
    const twice = new Scene();
    for (const { data } of scene.frames) twice.send(data, data);
    const [once, both] = [scene.seen(), twice.seen()];
    const counts = (summary: typeof once) =>
      summary.findings.map(({ id, attempts, bytesOut, bytesIn }) => ({ id, attempts, bytesOut, bytesIn }));
    expect(counts(both)).toEqual(counts(once));
    expect(both.totals.duplicates).toBe(scene.frames.length);
  });

  it("octets sent again count once", () => {
    const talk = new TcpTalk(at(GPU, 40000), at(OUTSIDE, 443));
    talk.open();
    const [data] = talk.client("0123456789");
    const again = tcp(at(GPU, 40000), at(OUTSIDE, 443), { seq: 1001, ack: 5001, payload: "0123456789" });
    const scene = new Scene().send(...talk.frames, data, again);
    expect(scene.seen().findings[0]).toMatchObject({ bytesOut: 10, attempts: 1 });
  });
});

describe("ids", () => {
  it("are the first 12 hex digits of the SHA-256 of kind, source, destination and service, in every run", () => {
    const scene = new Scene().asks(GPU, "api.openai.com").talks(GPU, OUTSIDE, 443, (talk) => talk.syn());
    const ids = scene.seen().findings.map(({ id, kind }) => `${kind} ${id}`);
    // printf 'dns.name 10.20.1.11 api.openai.com 53/udp' | sha256sum | head -c 12, and so on
    expect(ids.sort()).toEqual(["dns.name 48701b01afc4", "egress.flow fca662bb1152"]);
  });

  it("tell sources, destinations, services and kinds apart", () => {
    const key = {
      kind: "egress.flow",
      source: GPU,
      destination: "a.example",
      port: 443,
      proto: "tcp",
    } as const;
    const others = [
      { ...key, kind: "dns.name" as const },
      { ...key, source: AGENT },
      { ...key, destination: "b.example" },
      { ...key, port: 444 },
      { ...key, port: null },
      { ...key, proto: "udp" },
    ];
    expect(new Set([key, ...others].map(findingId)).size).toBe(7);
    expect(findingId(key)).toBe(findingId({ ...key }));
  });

  it("do not depend on severity, outcome or time", () => {
    const early = new Scene().talks(GPU, OUTSIDE, 443, (talk) => talk.syn()).seen();
    const late = new Scene().at(9999).tls(GPU, OUTSIDE, null).seen();
    expect(late.findings[0].id).toBe(early.findings[0].id);
  });
});

describe("a better name", () => {
  it("moves the flow: the finding keeps the id that it had as an alias", () => {
    const bare = new Scene().talks(GPU, OUTSIDE, 443, (talk) => talk.open()).seen().findings[0];
    const scene = new Scene().tls(GPU, OUTSIDE, "telemetry.example.com");
    const [named, ...rest] = scene.seen().findings;
    expect(rest).toEqual([]);
    expect(named).toMatchObject({ name: "telemetry.example.com", evidence: "in-flow", aliases: [bare.id] });
  });

  it("leaves the id to a finding that is still there for other flows", () => {
    const scene = new Scene().tls(GPU, OUTSIDE, "telemetry.example.com").talks(GPU, OUTSIDE, 443, (talk) => {
      talk.open();
    });
    const findings = scene.seen().findings.map(({ name, aliases }) => [name, aliases]);
    expect(findings).toEqual([
      ["telemetry.example.com", []],
      [null, []],
    ]);
  });

  it("takes octets, attempts and first time along", () => {
    const scene = new Scene();
    scene.talks(GPU, OUTSIDE, 443, (talk) => {
      talk.open();
      talk.client("\x16");
      talk.client(clientHello("a.example.com").subarray(1));
      talk.server("12345678");
    });
    const [finding] = scene.seen().findings;
    const lenBytes = clientHello("a.example.com").length;
    expect(finding).toMatchObject({
      attempts: 1,
      bytesOut: lenBytes,
      bytesIn: 8,
      firstSeen: { sec: START, nsec: 0 },
    });
  });

  it("that comes as an answer later does not rename what began before", () => {
    const scene = new Scene().talks(GPU, OUTSIDE, 443, (talk) => talk.syn());
    scene.asks(GPU, "late.example.com", { answer: [OUTSIDE] });
    expect(scene.lines()).toContain(`${KEY} attempted medium x1`);
  });
});

it("a reset after an answer from an approved resolver stays answered", () => {
  const question = udp(at(GPU, 4000), at(RESOLVER, 53), dnsQuery("a.example.com", "A", 1));
  const answer = udp(
    at(RESOLVER, 53),
    at(GPU, 4000),
    dnsAnswer("a.example.com", "A", 1, [{ type: "A", data: OUTSIDE }]),
  );
  expect(new Scene().send(question, answer, icmpError(GPU, answer)).lines(enclave())).toEqual([
    `dns.name ${GPU} a.example.com 53/udp answered high x1`,
  ]);
});

it("an RST alone, out of nowhere, is an attempt across the boundary", () => {
  expect(new Scene().send(tcp(at(GPU, 40000), at(OUTSIDE, 443), { flags: RST })).lines()).toEqual([
    `${KEY} attempted medium x1`,
  ]);
});
