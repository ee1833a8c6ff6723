import { describe, expect, it } from "vitest";
import {
  clientHello,
  dnsAnswer,
  dnsQuery,
  httpRequest,
  httpResponse,
  serverHello,
  tlsData,
} from "../traffic/messages.ts";
import { join } from "../traffic/octets.ts";
import { ACK, SYN, tcp, udp } from "../traffic/packets.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";
import {
  AGENT,
  at,
  enclave,
  GATE,
  GPU,
  linesOf,
  OUTSIDE,
  RESOLVER,
  reasonsOf,
  Scene,
  START,
} from "./scene.ts";

const GOOD = "patches.updates.example.org";
const RULE =
  'id: gate, to: ["*.updates.example.org"], ports: [443/tcp, 80/tcp, 53/udp, 9000/udp], from: [10.20.4.0/24]';
const FILE = enclave([RULE]);
/** A resolver that nobody approved, inside. */
const ROGUE = "10.20.7.7";

/** Evidence and name of the flow's finding. */
function evidence(scene: Scene, file = enclave()): string {
  const finding = scene.seen(file).findings.find(({ kind }) => kind === "egress.flow");
  return `${finding?.evidence} ${finding?.name}`;
}

describe("the name evidence ladder", () => {
  const syn = (talk: TcpTalk) => talk.syn();

  it("none: nobody asked", () => {
    expect(evidence(new Scene().talks(GPU, OUTSIDE, 443, syn))).toBe("none null");
  });

  it("answer: this host was told", () => {
    expect(
      evidence(new Scene().asks(GPU, "a.example.com", { answer: [OUTSIDE] }).talks(GPU, OUTSIDE, 443, syn)),
    ).toBe("answer a.example.com");
  });

  it("answer-other-host: another was", () => {
    const scene = new Scene().asks(AGENT, "a.example.com", { answer: [OUTSIDE] });
    expect(evidence(scene.talks(GPU, OUTSIDE, 443, syn))).toBe("answer-other-host a.example.com");
    scene.asks(GPU, "mine.example.com", { answer: [OUTSIDE] });
    expect(evidence(scene.talks(GPU, OUTSIDE, 444, syn))).toBe("answer-other-host a.example.com");
  });

  it("answer before answer-other-host, the latest first", () => {
    const scene = new Scene().asks(GPU, "mine.example.com", { answer: [OUTSIDE] });
    scene.asks(AGENT, "later.example.com", { answer: [OUTSIDE] });
    expect(evidence(scene.talks(GPU, OUTSIDE, 443, syn))).toBe("answer mine.example.com");
  });

  it.each([
    ["SNI", (talk: TcpTalk) => talk.client(clientHello("sni.example.com"))],
    ["HTTP Host", (talk: TcpTalk) => talk.client(httpRequest("sni.example.com"))],
    ["CONNECT", (talk: TcpTalk) => talk.client(httpRequest("x", "sni.example.com:443", "CONNECT"))],
  ])("in-flow: %s, before any answer", (_, say) => {
    const scene = new Scene().asks(GPU, "a.example.com", { answer: [OUTSIDE] });
    expect(evidence(scene.talks(GPU, OUTSIDE, 443, (talk) => [talk.open(), say(talk)]))).toBe(
      "in-flow sni.example.com",
    );
  });

  it("is read from a ClientHello in pieces, out of order, on any port", () => {
    const scene = new Scene();
    scene.talks(GPU, OUTSIDE, 60001, (talk) => {
      talk.open();
      const hello = clientHello("pieces.example.com", [], 400);
      const parts = [0, 90, 180, 270].map((from, i) =>
        talk.data("client", hello.subarray(from, i === 3 ? hello.length : from + 90)),
      );
      talk.frames.splice(3, 4, ...[parts[2], parts[0], parts[3], parts[1]].flat());
    });
    expect(evidence(scene)).toBe("in-flow pieces.example.com");
  });

  it("ambiguous: an answer without a question", () => {
    const scene = new Scene().send(
      udp(
        at(RESOLVER, 53),
        at(GPU, 4000),
        dnsAnswer("a.example.com", "A", 1, [{ type: "A", data: OUTSIDE }]),
      ),
    );
    expect(evidence(scene.at(30).talks(GPU, OUTSIDE, 443, syn))).toBe("ambiguous a.example.com");
  });
});

describe("a flow to the address of an allowed name", () => {
  const answered = () => new Scene().works().asks(GATE, GOOD, { answer: [OUTSIDE] });

  it("is allowed with the name in the flow, and reported as a used exception", () => {
    const summary = answered().tls(GATE, OUTSIDE, GOOD).seen(FILE);
    expect(summary).toMatchObject({ verdict: "clean", findings: [] });
    expect(summary.exceptions).toMatchObject([{ attempts: 1, questions: 1 }]);
  });

  it.each([
    ["its end, the end of input included", (talk: TcpTalk) => [talk.open()]],
    ["server data", (talk: TcpTalk) => [talk.open(), talk.server("banner"), talk.client("x")]],
    [
      "a ClientHello without a name",
      (talk: TcpTalk) => [talk.open(), talk.client(clientHello(null)), talk.server(serverHello())],
    ],
  ])("is allowed without a name, settled by %s", (_, say) => {
    expect(answered().talks(GATE, OUTSIDE, 443, say).lines(FILE)).toEqual([]);
  });

  it("is allowed after 10 s of packet time without a word", () => {
    const scene = answered().talks(GATE, OUTSIDE, 443, (talk) => talk.syn());
    scene.at(30).works();
    expect(scene.seen(FILE)).toMatchObject({ findings: [], exceptions: [{ attempts: 1 }] });
  });

  it.each([
    ["another host", (scene: Scene) => scene.tls(GPU, OUTSIDE, GOOD)],
    ["another port", (scene: Scene) => scene.tls(GATE, OUTSIDE, GOOD, 8443)],
    ["another address", (scene: Scene) => scene.tls(GATE, "203.0.113.9", GOOD)],
  ])("is not allowed for %s: the SNI is the client's claim", (_, act) => {
    const [line, ...rest] = act(answered()).lines(FILE);
    expect(line).toContain(`${GOOD} `);
    expect(line).toMatch(/^egress\.flow .* transferred critical x1$/);
    expect(rest).toEqual([]);
  });

  it("is not allowed when the name in the flow contradicts", () => {
    expect(answered().tls(GATE, OUTSIDE, "evil.example.com").lines(FILE)).toEqual([
      `egress.flow ${GATE} evil.example.com 443/tcp transferred critical x1`,
    ]);
  });

  it.each([
    ["evil.example\0", "evil.example\\000"],
    ["evil.example.", "evil.example."],
    ["evil.example%2e", "evil.example%2e"],
    ["evil.example/", "evil.example/"],
  ])("is not allowed for a name that no host can have: %j before it", (before, shown) => {
    const scene = new Scene().asks(GATE, GOOD, { answer: [OUTSIDE] });
    scene.tls(GATE, OUTSIDE, `${before}.updates.example.org`);
    expect(scene.seen(FILE).findings).toMatchObject([
      { kind: "egress.flow", name: `${shown}.updates.example.org` },
    ]);
  });

  it("is not allowed any more when a later request contradicts, whatever came before and after", () => {
    const scene = answered().talks(GATE, OUTSIDE, 80, (talk) => {
      talk.open();
      for (const host of [GOOD, GOOD, "evil.example.com", GOOD]) {
        talk.client(httpRequest(host));
        talk.server(httpResponse(200, "ok"));
      }
    });
    expect(scene.lines(FILE)).toEqual([
      `egress.flow ${GATE} evil.example.com 80/tcp transferred critical x1`,
    ]);
  });

  describe("on an answer that its host forged, and that the true one contradicts", () => {
    const forged = { answer: [OUTSIDE], id: 7, port: 4444 };
    const truth = (answer: readonly string[], rcode = 0) => {
      const records = answer.map((data) => ({ type: "A", data }) as const);
      return udp(`${RESOLVER}:53`, `${GATE}:4444`, dnsAnswer(GOOD, "A", 7, records, rcode));
    };
    const evil = (name: string | null) => (scene: Scene) => {
      return scene.talks(GATE, OUTSIDE, 443, (talk) => {
        talk.open();
        talk.client(clientHello(name));
        talk.server(serverHello());
        talk.client(tlsData(100));
      });
    };
    const over = (name: string | null) => (scene: Scene) => scene.tls(GATE, OUTSIDE, name);

    it.each([
      ["open, named", evil(GOOD), GOOD],
      ["open, unnamed", evil(null), OUTSIDE],
      ["over, named", over(GOOD), GOOD],
      ["over, unnamed", over(null), OUTSIDE],
    ])("is a finding: %s", (_, act, destination) => {
      const line = `egress.flow ${GATE} ${destination} 443/tcp transferred critical x1`;
      for (const answer of [truth(["203.0.113.99"]), truth([], 3), truth([], 2), truth([], 5)]) {
        const scene = act(new Scene().works().asks(GATE, GOOD, forged))
          .at(2)
          .send(answer);
        const summary = scene.seen(FILE);
        expect(linesOf(summary)).toEqual([line]);
        expect(summary.exceptions).toMatchObject([{ attempts: 0, bytesOut: 0, bytesIn: 0 }]);
        expect(scene.at(20).works().lines(FILE)).toEqual([line]);
      }
    });

    it("is one as well when the forger answers himself once more, and when time passes in between", () => {
      const again = over(GOOD)(new Scene().works().asks(GATE, GOOD, forged))
        .send(truth(["203.0.113.99"]))
        .asks(GATE, GOOD, { answer: [OUTSIDE] });
      expect(again.lines(FILE)).toHaveLength(1);
      const late = over(GOOD)(new Scene().works().asks(GATE, GOOD, forged))
        .at(55)
        .works();
      expect(late.send(truth(["203.0.113.99"])).lines(FILE)).toHaveLength(1);
    });

    it("is one of the address behind which the host stands, too", () => {
      const file = enclave(
        [RULE.replace("10.20.4.0/24", "10.20.0.0/16")],
        ["nat: [{ address: 10.20.255.1, for: [10.20.4.0/24] }]"],
      );
      const scene = new Scene().works().asks(GATE, GOOD, forged).tls("10.20.255.1", OUTSIDE, GOOD);
      expect(scene.seen(file)).toMatchObject({ verdict: "clean", findings: [] });
      expect(scene.send(truth(["203.0.113.99"])).lines(file)).toHaveLength(1);
    });

    it("is one as well when the true answer, a failure, came first and nobody asked again", () => {
      const scene = new Scene().works().asks(GATE, GOOD, { ...forged, answer: [], rcode: 2 });
      scene.send(truth([OUTSIDE])).tls(GATE, OUTSIDE, GOOD);
      expect(scene.lines(FILE)).toHaveLength(1);
    });

    it("is none when a failure is answered better after asking again, as musl does", () => {
      const scene = new Scene().works().asks(GATE, GOOD, { ...forged, answer: [], rcode: 2 });
      scene.asks(GATE, GOOD, forged).tls(GATE, OUTSIDE, GOOD);
      expect(scene.seen(FILE)).toMatchObject({ verdict: "clean", findings: [] });
      expect(scene.send(truth([], 2)).lines(FILE)).toHaveLength(1);
    });

    describe("and the true one", () => {
      const [from, to] = [at(GATE, 4444), at(RESOLVER, 53)];
      const question = udp(from, to, dnsQuery(GOOD, "A", 7));
      const lie = udp(to, from, dnsAnswer(GOOD, "A", 7, [{ type: "A", data: OUTSIDE }]));
      const cut = dnsAnswer(GOOD, "A", 7, [{ type: "A", data: "203.0.113.99" }]);
      cut[2] |= 0x02; // TC
      const empty = dnsAnswer(GOOD, "A", 7);
      empty[2] |= 0x02;
      // What cannot be read is answered with the header alone, QR and FORMERR set (RFC 1035 §4.1.1).
      const bare = Buffer.from("00078181000000000000000000", "hex").subarray(0, 12);
      const line = `egress.flow ${GATE} ${GOOD} 443/tcp transferred critical x1`;

      it.each([
        ["was cut", cut],
        ["was cut to nothing", empty],
        ["has no question", bare],
      ])("%s, before or after it", (_, octets) => {
        const truth = udp(to, from, octets);
        for (const answers of [
          [lie, truth],
          [truth, lie],
        ]) {
          const scene = new Scene().works().send(question, ...answers);
          expect(scene.tls(GATE, OUTSIDE, GOOD).lines(FILE)).toEqual([line]);
        }
        const again = new Scene().works().send(question, truth, question, lie).tls(GATE, OUTSIDE, GOOD);
        expect(again.seen(FILE)).toMatchObject({ verdict: "clean", findings: [] });
        expect(again.send(truth).lines(FILE)).toEqual([line]);
      });

      it("has no question, and others were asked with the same port and number", () => {
        const another = udp(from, to, dnsQuery("b.updates.example.org", "A", 7));
        const scene = new Scene().works().send(question, lie, another, udp(to, from, bare));
        expect(scene.tls(GATE, OUTSIDE, GOOD).lines(FILE)).toEqual([line]);
      });
    });

    it("is none when both say the same", () => {
      const scene = over(GOOD)(new Scene().works().asks(GATE, GOOD, forged)).send(truth([OUTSIDE]));
      expect(scene.seen(FILE)).toMatchObject({ verdict: "clean", findings: [] });
    });
  });

  describe("is another one with the ports and the number of the one before", () => {
    const over = (sni: string, clientIsn: number, serverIsn: number) => {
      const talk = new TcpTalk(at(GATE, 4000), at(OUTSIDE, 443), { clientIsn, serverIsn });
      talk.open();
      talk.client(clientHello(sni));
      talk.server(serverHello());
      talk.client(tlsData(100));
      talk.close();
      return talk.frames;
    };
    const evil = `egress.flow ${GATE} evil.example.com 443/tcp transferred critical x1`;

    it.each([2_000_000_000, 3_777_777_777, 200_000])("when the server counts from %i", (serverIsn) => {
      const scene = answered().send(...over(GOOD, 1000, 5000), ...over("evil.example.com", 1000, serverIsn));
      expect(scene.lines(FILE)).toEqual([evil]);
    });

    it("with its hello in the SYN", () => {
      const hello = clientHello("evil.example.com");
      const [from, to] = [at(GATE, 4000), at(OUTSIDE, 443)];
      const scene = answered().send(
        ...over(GOOD, 1000, 5000),
        tcp(from, to, { seq: 1000, flags: SYN, payload: hello }),
        tcp(to, from, { seq: 9e8, ack: 1001 + hello.length, flags: SYN | ACK }),
      );
      expect(scene.lines(FILE)).toEqual([evil.replace("transferred critical", "answered high")]);
    });

    it("and not where a mirror shows it twice", () => {
      const frames = over(GOOD, 1000, 5000);
      const summary = answered()
        .send(...frames, ...frames)
        .seen(FILE);
      expect(summary.exceptions).toMatchObject([{ attempts: 1 }]);
      expect(summary.verdict).toBe("clean");
    });
  });

  it("is not allowed to be sent on to an address", () => {
    const scene = answered().talks(GATE, OUTSIDE, 80, (talk) => {
      talk.open();
      talk.client(httpRequest(GOOD, "192.0.2.66:443", "CONNECT"));
      talk.server(httpResponse(200));
    });
    expect(scene.lines(FILE)).toEqual([`egress.flow ${GATE} 192.0.2.66 80/tcp transferred critical x1`]);
  });

  it("is not allowed for a host that is another address than the server's", () => {
    const asking = (...hosts: string[]) =>
      answered().talks(GATE, OUTSIDE, 80, (talk) => {
        talk.open();
        talk.client(join(`GET / HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join("")}\r\n`));
        talk.server(httpResponse(200));
      });
    const found = [`egress.flow ${GATE} 192.0.2.66 80/tcp transferred critical x1`];
    expect(asking("192.0.2.66:80").lines(FILE)).toEqual(found);
    expect(asking(GOOD, "192.0.2.66").lines(FILE)).toEqual(found);
    expect(asking(`${OUTSIDE}:80`).lines(FILE)).toEqual([]);
  });

  it("contradicts itself in no second hello after a retry", () => {
    const scene = answered().talks(GATE, OUTSIDE, 443, (talk) => {
      talk.open();
      talk.client(clientHello(GOOD));
      talk.server(serverHello(true));
      talk.client(clientHello("evil.example.com"));
      talk.server(serverHello());
    });
    expect(scene.lines(FILE)).toEqual([
      `egress.flow ${GATE} evil.example.com 443/tcp transferred critical x1`,
    ]);
  });

  it("crashes nothing when it has a budget and turns into a finding", () => {
    const budget = enclave([`${RULE}, max_bytes_out: 1MB/day`]);
    const scene = answered().talks(GATE, OUTSIDE, 80, (talk) => {
      talk.open();
      for (const host of [GOOD, "evil.example.com"]) {
        talk.client(httpRequest(host));
        talk.server(httpResponse(200, "ok"));
      }
    });
    expect(scene.lines(budget)).toEqual([
      `egress.flow ${GATE} evil.example.com 80/tcp transferred critical x1`,
    ]);
  });
});

describe("an address with several names", () => {
  const shared = () =>
    new Scene().asks(GATE, GOOD, { answer: [OUTSIDE] }).asks(GPU, "fonts.example.com", { answer: [OUTSIDE] });
  const flows = (scene: Scene) => scene.lines(FILE).filter((line) => line.startsWith("egress"));

  it("is allowed with the allowed name in the flow", () => {
    expect(flows(shared().tls(GATE, OUTSIDE, GOOD))).toEqual([]);
  });

  it("is ambiguous without one, which is a finding", () => {
    const scene = shared().talks(GATE, OUTSIDE, 443, (talk) => talk.open());
    expect(flows(scene)).toEqual([`egress.flow ${GATE} ${OUTSIDE} 443/tcp connected high x1`]);
    expect(evidence(scene, FILE)).toBe("ambiguous null");
  });

  it("is ambiguous also when the other name is an unapproved resolver's word", () => {
    const scene = new Scene().asks(GATE, GOOD, { answer: [OUTSIDE] });
    scene.asks(GPU, "fonts.example.com", { answer: [OUTSIDE], resolver: ROGUE });
    expect(flows(scene.talks(GATE, OUTSIDE, 443, (talk) => talk.open()))).toHaveLength(1);
  });

  it("waits 10 s for the name, and no longer: what is judged does not get better", () => {
    const hello = (later: number) => {
      const scene = shared();
      const talk = new TcpTalk(at(GATE, 40900), at(OUTSIDE, 443));
      scene
        .send(...talk.open())
        .at(later)
        .works();
      return flows(scene.send(...talk.client(clientHello(GOOD))));
    };
    expect(hello(9)).toEqual([]);
    expect(hello(10)).toEqual([`egress.flow ${GATE} ${OUTSIDE} 443/tcp transferred critical x1`]);
  });

  it("is allowed when all names are allowed ones", () => {
    const scene = new Scene().asks(GATE, GOOD, { answer: [OUTSIDE] });
    scene.asks(GATE, "b.updates.example.org", { answer: [OUTSIDE] });
    expect(flows(scene.talks(GATE, OUTSIDE, 443, (talk) => talk.open()))).toEqual([]);
  });
});

describe("an answer proves a name only when", () => {
  const flow = (scene: Scene) => scene.talks(GATE, OUTSIDE, 443, (talk) => talk.open()).lines(FILE);
  const finding = `egress.flow ${GATE} ${OUTSIDE} 443/tcp connected high x1`;
  const named = `egress.flow ${GATE} ${GOOD} 443/tcp connected high x1`;
  const answer = (id: number, port: number, to: string = GATE) =>
    udp(at(RESOLVER, 53), at(to, port), dnsAnswer(GOOD, "A", id, [{ type: "A", data: OUTSIDE }]));
  const question = (id: number, port: number) =>
    udp(at(GATE, port), at(RESOLVER, 53), dnsQuery(GOOD, "A", id));

  it("its question was seen", () => {
    expect(flow(new Scene().send(question(7, 4000), answer(7, 4000)))).toEqual([]);
    expect(flow(new Scene().send(answer(7, 4000)).at(5))).toEqual([named]);
  });

  it.each([
    ["id", answer(8, 4000)],
    ["port", answer(7, 4001)],
    ["host", answer(7, 4000, "10.20.4.99")],
  ])("the question had this %s", (_, reply) => {
    expect(flow(new Scene().send(question(7, 4000), reply).at(5))).toEqual([named]);
  });

  it("an approved resolver gave it", () => {
    const lines = flow(new Scene().asks(GATE, GOOD, { answer: [OUTSIDE], resolver: ROGUE }));
    expect(lines).toContain(named);
  });

  it("no other answer to the question differs, before the flow began", () => {
    const scene = new Scene().send(question(7, 4000), answer(7, 4000));
    scene.send(
      udp(at(RESOLVER, 53), at(GATE, 4000), dnsAnswer(GOOD, "A", 7, [{ type: "A", data: "192.0.2.1" }])),
    );
    expect(flow(scene)).toEqual([named]);
  });

  it("no other answer differs, after the flow began", () => {
    const scene = new Scene().send(question(7, 4000), answer(7, 4000));
    scene.talks(GATE, OUTSIDE, 443, (talk) => [talk.open(), talk.server("banner")]);
    scene.send(
      udp(at(RESOLVER, 53), at(GATE, 4000), dnsAnswer(GOOD, "A", 7, [{ type: "A", data: "192.0.2.1" }])),
    );
    expect(scene.lines(FILE)).toEqual([finding]);
  });

  it("a copy of the answer, in another order and with another TTL, does not differ", () => {
    const both = [OUTSIDE, "192.0.2.1"].map((data) => ({ type: "A" as const, data, ttl: 60 }));
    const copies = [both, both.toReversed().map((record) => ({ ...record, ttl: 59 }))];
    const scene = new Scene().send(question(7, 4000));
    for (const records of copies)
      scene.send(udp(at(RESOLVER, 53), at(GATE, 4000), dnsAnswer(GOOD, "A", 7, records)));
    expect(flow(scene)).toEqual([]);
  });

  it("it came before the question by a mirror's doing, not by much", () => {
    expect(flow(new Scene().send(answer(7, 4000), question(7, 4000)))).toEqual([]);
    expect(flow(new Scene().send(answer(7, 4000)).at(5).send(question(7, 4000)))).toEqual([named]);
  });

  it("the flow began within its TTL and the grace of 5 min", () => {
    const told = (ttl: number, later: number) =>
      flow(new Scene().asks(GATE, GOOD, { answer: [OUTSIDE], ttl }).at(later));
    expect(told(60, 359)).toEqual([]);
    expect(told(60, 361)).toEqual([finding]);
    expect(told(0, 299)).toEqual([]);
    expect(told(0xffffffff, 86_400 + 299)).toEqual([]);
    expect(told(0xffffffff, 86_400 + 301)).toEqual([finding]);
  });

  it("it came before the flow by the capture's clock, whatever the order in the file", () => {
    const told = (answer: number, start: number) =>
      flow(
        new Scene()
          .at(answer)
          .asks(GATE, GOOD, { answer: [OUTSIDE] })
          .at(start),
      );
    expect(told(10, 9)).toEqual([]);
    expect(told(10, 8)).toEqual([named]);
    const again = new Scene()
      .asks(GATE, GOOD, { answer: [OUTSIDE] })
      .at(100)
      .asks(GATE, GOOD, { answer: [OUTSIDE] });
    expect(flow(again.at(50))).toEqual([]);
  });

  it("the least TTL of the chain lasts", () => {
    const chain = [
      { type: "CNAME", data: "cdn.example.net", ttl: 10 },
      { name: "cdn.example.net", type: "A", data: OUTSIDE, ttl: 3000 },
    ] as const;
    expect(flow(new Scene().asks(GATE, GOOD, { answer: chain }).at(309))).toEqual([]);
    expect(flow(new Scene().asks(GATE, GOOD, { answer: chain }).at(311))).toEqual([finding]);
  });

  it("grace is what the enclave file says", () => {
    const file = enclave([RULE], ["dns_grace: 10s"]);
    const scene = (later: number) =>
      new Scene()
        .asks(GATE, GOOD, { answer: [OUTSIDE], ttl: 60 })
        .at(later)
        .talks(GATE, OUTSIDE, 443, (talk) => talk.open());
    expect(scene(69).lines(file)).toEqual([]);
    expect(scene(71).lines(file)).toEqual([finding]);
  });

  it("answers nobody asked for do not make it last longer", () => {
    const scene = new Scene().asks(GATE, GOOD, { answer: [OUTSIDE], ttl: 60 });
    for (let later = 30; later < 3000; later += 30) scene.at(later).send(answer(1, 4000));
    expect(flow(scene.at(3000))).toEqual([named]);
  });

  it("an unapproved resolver's word does not make it last longer, before or after", () => {
    const rogue = { answer: [OUTSIDE], resolver: ROGUE, ttl: 80_000 };
    const proper = { answer: [OUTSIDE], ttl: 60 };
    expect(flow(new Scene().asks(GATE, GOOD, proper).asks(GATE, GOOD, rogue).at(3000))).toContain(finding);
    expect(flow(new Scene().asks(GATE, GOOD, rogue).asks(GATE, GOOD, proper).at(3000))).toContain(finding);
  });
});

describe("who was told", () => {
  const nat = ["nat: [{ address: 10.20.4.1, for: [10.20.4.0/24] }]"];
  const flow = (from: string) => (scene: Scene) => scene.talks(from, OUTSIDE, 443, (talk) => talk.open());

  it("may stand behind a NAT address that the enclave file declares", () => {
    const scene = new Scene().asks("10.20.4.77", GOOD, { answer: [OUTSIDE] });
    expect(flow("10.20.4.1")(scene).lines(enclave([RULE], nat))).toEqual([]);
    expect(flow("10.20.4.1")(scene).lines(FILE)).toHaveLength(1);
  });

  it("may not stand elsewhere", () => {
    const scene = new Scene().asks("10.20.5.77", GOOD, { answer: [OUTSIDE] });
    expect(flow("10.20.4.1")(scene).lines(enclave([RULE], nat))).toContain(
      `egress.flow 10.20.4.1 ${GOOD} 443/tcp connected high x1`,
    );
  });

  it("may ask over IPv4 and go over IPv6, when the inventory says it is one host", () => {
    const hosts = ['hosts: [{ name: gate, address: [10.20.4.10, "fd20:5eed::4:10"] }]'];
    const rule = RULE.replace("from: [10.20.4.0/24]", 'from: [10.20.4.0/24, "fd20:5eed::4:0/112"]');
    const scene = new Scene().asks(GATE, GOOD, { type: "AAAA", answer: ["2001:db8::7"] });
    scene.talks("fd20:5eed::4:10", "2001:db8::7", 443, (talk) => talk.open());
    expect(scene.lines(enclave([rule], hosts))).toEqual([]);
    expect(scene.lines(enclave([rule]))).toHaveLength(1);
  });
});

describe("an alias", () => {
  const chain = (target: string) => [
    { type: "CNAME" as const, data: target },
    { name: target, type: "A" as const, data: OUTSIDE },
  ];

  it("of an allowed name to a content network is fine", () => {
    const scene = new Scene()
      .works()
      .asks(GATE, GOOD, { answer: chain("cdn.example.net") })
      .tls(GATE, OUTSIDE, GOOD);
    expect(scene.seen(FILE)).toMatchObject({ verdict: "clean", findings: [] });
  });

  it("to an allowed name does not allow the name that was asked", () => {
    const scene = new Scene()
      .asks(GATE, "evil.example.com", { answer: chain(GOOD) })
      .tls(GATE, OUTSIDE, "evil.example.com");
    expect(scene.lines(FILE)).toEqual([
      `dns.name ${GATE} evil.example.com 53/udp answered high x1`,
      `egress.flow ${GATE} evil.example.com 443/tcp transferred critical x1`,
    ]);
  });

  it("of an inside name to an outside one is dns.name; its target names the address", () => {
    const scene = new Scene().asks(GPU, "models.enclave.internal", { answer: chain("huggingface.co") });
    scene.talks(GPU, OUTSIDE, 443, (talk) => talk.open());
    expect(scene.lines()).toEqual([
      `dns.name ${GPU} models.enclave.internal 53/udp answered high x1`,
      `egress.flow ${GPU} huggingface.co 443/tcp connected high x1`,
    ]);
  });

  it("of an inside name is dns.name also without an address", () => {
    const answer = [{ type: "CNAME" as const, data: "huggingface.co" }];
    expect(new Scene().asks(GPU, "models.enclave.internal", { answer }).lines()).toEqual([
      `dns.name ${GPU} models.enclave.internal 53/udp answered high x1`,
    ]);
  });

  it("of an inside name to an allowed one is covered by the rule", () => {
    const scene = new Scene().works().asks(GATE, "patches.enclave.internal", { answer: chain(GOOD) });
    const summary = scene.tls(GATE, OUTSIDE, GOOD).seen(FILE);
    expect(summary).toMatchObject({
      verdict: "clean",
      findings: [],
      exceptions: [{ attempts: 1, questions: 1 }],
    });
  });
});

describe("an inside name with an outside address", () => {
  it("is dns.name, and names the flow", () => {
    const scene = new Scene().asks(GPU, "legacy.enclave.internal", { answer: [OUTSIDE] });
    scene.talks(GPU, OUTSIDE, 443, (talk) => talk.syn());
    expect(scene.lines()).toEqual([
      `dns.name ${GPU} legacy.enclave.internal 53/udp answered high x1`,
      `egress.flow ${GPU} legacy.enclave.internal 443/tcp attempted medium x1`,
    ]);
  });

  it("of the metadata service is outside as well", () => {
    expect(
      new Scene().asks(GPU, "meta.enclave.internal", { answer: ["169.254.169.254"] }).lines(),
    ).toHaveLength(1);
  });

  it("among inside ones is still one", () => {
    const scene = new Scene().asks(GPU, "both.enclave.internal", { answer: [AGENT, OUTSIDE] });
    expect(scene.lines()).toEqual([`dns.name ${GPU} both.enclave.internal 53/udp answered high x1`]);
  });
});

describe("a resolver that a name rule allows", () => {
  it("may be asked: the question does not settle it as a foreign one", () => {
    const scene = new Scene().works().asks(GATE, "ns.updates.example.org", { answer: [OUTSIDE] });
    scene.asks(GATE, GOOD, { resolver: OUTSIDE, answer: ["203.0.113.9"] });
    expect(scene.lines(FILE)).toEqual([]);
  });
});

it("a UDP flow of an allowed name is settled by its answer", () => {
  const scene = new Scene().works().asks(GATE, GOOD, { answer: [OUTSIDE] });
  scene.send(udp(at(GATE, 4001), at(OUTSIDE, 9000), "x"), udp(at(OUTSIDE, 9000), at(GATE, 4001), "y"));
  const summary = scene.seen(FILE);
  expect([summary.verdict, ...reasonsOf(summary)]).toEqual(["clean"]);
  expect(summary.exceptions[0]).toMatchObject({
    attempts: 1,
    bytesOut: 1,
    bytesIn: 1,
    firstSeen: { sec: START },
  });
});
