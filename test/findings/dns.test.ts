import { describe, expect, it } from "vitest";
import { dnsAnswer, dnsName, dnsOverTcp, dnsQuery, netbiosEncoded } from "../traffic/messages.ts";
import { be, join } from "../traffic/octets.ts";
import { udp } from "../traffic/packets.ts";
import { AGENT, at, enclave, GATE, GPU, linesOf, OUTSIDE, RESOLVER, reasonsOf, Scene } from "./scene.ts";

const ROGUE = "10.20.7.7";

function question(name: string, qtype = 1, qclass = 1): Buffer {
  return join(dnsName(name), be(qtype, 2), be(qclass, 2));
}

/** A message with these questions. */
function asking(...questions: Buffer[]): Buffer {
  return join(be(77, 2), be(0x0100, 2), be(questions.length, 2), be(0, 6), ...questions);
}

function toResolver(message: Uint8Array, resolver = RESOLVER, port = 53): string[] {
  return new Scene()
    .works()
    .send(udp(at(GPU, 4000), at(resolver, port), message))
    .lines();
}

describe("a question", () => {
  it("for an outside name is dns.name, before anybody answers: the name may be the message", () => {
    expect(new Scene().asks(GPU, "secret.t.example.com", { answer: null }).lines()).toEqual([
      `dns.name ${GPU} secret.t.example.com 53/udp named medium x1`,
    ]);
  });

  it.each([
    ["NXDOMAIN", { rcode: 3 }, "named medium"],
    ["no data", {}, "named medium"],
    ["inside addresses alone", { answer: [AGENT] }, "named medium"],
    ["an outside address", { answer: [OUTSIDE] }, "answered high"],
    ["a text", { type: "TXT", answer: [{ type: "TXT", data: "order" }] }, "answered high"],
    ["an alias", { answer: [{ type: "CNAME", data: "b.example.net" }] }, "answered high"],
  ] as const)("answered with %s", (_, asked, outcome) => {
    expect(new Scene().asks(GPU, "a.example.com", asked).lines()).toEqual([
      `dns.name ${GPU} a.example.com 53/udp ${outcome} x1`,
    ]);
  });

  it.each([
    "gpu-01.enclave.internal",
    "enclave.internal",
    "svc.cluster.local",
    "printer.local",
    "router.home.arpa",
    "localhost",
    "a.localhost",
    "a.test",
    "b.invalid",
    "_dns.resolver.arpa",
    "ipv4only.arpa",
    "default.service.arpa",
    "intranet",
    ".",
    "11.1.20.10.in-addr.arpa",
    "20.10.in-addr.arpa",
    "1.0.0.127.in-addr.arpa",
    "251.0.0.224.in-addr.arpa",
    "1.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.e.e.5.0.2.d.f.ip6.arpa",
    "b.e.f.ip6.arpa",
  ])("for %s is nothing by itself", (name) => {
    expect(new Scene().asks(GPU, name, { rcode: 3 }).lines()).toEqual([]);
  });

  it.each([
    "facebookwkhpilnemxj7asaniu7vnjjbiltxjqhye3mhbshg7kx5tfyd.onion",
    "corp.lan",
    "local.example.com",
    "enclave.internal.example.com",
    "xenclave.internal",
    "evil.arpa",
    "test.com",
  ])("for %s is outside", (name) => {
    expect(new Scene().asks(GPU, name, { rcode: 3 }).lines()).toEqual([
      `dns.name ${GPU} ${name} 53/udp named medium x1`,
    ]);
  });

  it("in CHAOS class is nothing", () => {
    expect(toResolver(asking(question("version.bind", 16, 3)))).toEqual([]);
  });

  it("is no retry of one in CHAOS class, nor of one to another port of the resolver", () => {
    const asked = (port: number, qtype: number, qclass: number) =>
      udp(at(GPU, 4000), at(RESOLVER, port), asking(question("a.example.com", qtype, qclass)));
    const line = `dns.name ${GPU} a.example.com 53/udp named medium`;
    expect(
      new Scene()
        .works()
        .send(asked(53, 16, 3), asked(53, 16, 1), asked(53, 16, 1))
        .lines(),
    ).toEqual([`${line} x1`]);
    const answered = udp(at(RESOLVER, 53), at(GPU, 4000), dnsAnswer("a.example.com", "TXT", 77));
    expect(
      new Scene()
        .works()
        .send(asked(53, 16, 3), answered, asked(53, 16, 1))
        .lines(),
    ).toEqual([`${line} x1`]);
    const netbios = udp(
      at(GPU, 4000),
      at(RESOLVER, 137),
      asking(question(netbiosEncoded("A.EXAMPLE.COM"), 32)),
    );
    expect(new Scene().works().send(netbios).lines()).toEqual([
      `dns.name ${GPU} a.example.com 137/udp named info x1`,
    ]);
    expect(
      new Scene()
        .works()
        .send(netbios, asked(53, 32, 1))
        .lines(),
    ).toContain(`${line} x1`);
  });

  it.each(["intranet", "printer.local", "a.test", "router.home.arpa", "_dns.resolver.arpa"])(
    "for %s, a name of no place, is dns.name where its answer leads out",
    (name) => {
      const line = `dns.name ${GPU} ${name} 53/udp answered high x1`;
      const alias = { type: "CNAME", data: "b.example.net" } as const;
      for (const answer of [OUTSIDE, alias])
        expect(new Scene().asks(GPU, name, { answer: [answer] }).lines()).toEqual([line]);
      for (const answer of [AGENT, "127.0.0.1"])
        expect(new Scene().asks(GPU, name, { answer: [answer] }).lines()).toEqual([]);
    },
  );

  it("for an inside name is dns.name where its alias lies in a reverse zone of the outside", () => {
    const asked = (alias: string) =>
      new Scene().asks(GPU, "models.enclave.internal", { answer: [{ type: "CNAME", data: alias }] }).lines();
    expect(asked("a.7.100.51.198.in-addr.arpa")).toEqual([
      `dns.name ${GPU} models.enclave.internal 53/udp answered high x1`,
    ]);
    expect(asked("11.8-15.1.20.10.in-addr.arpa")).toEqual([]);
  });

  it("for ipv4only.arpa is nothing, for its addresses are nobody's (RFC 7050)", () => {
    expect(
      new Scene().asks(GPU, "ipv4only.arpa", { answer: ["192.0.0.170", "192.0.0.171"] }).lines(),
    ).toEqual([]);
  });

  it("for an inside name is dns.name where the resolver failed on the way out", () => {
    const alias = { type: "CNAME", data: "b.example.net" } as const;
    expect(new Scene().asks(GPU, "models.enclave.internal", { rcode: 2, answer: [alias] }).lines()).toEqual([
      `dns.name ${GPU} models.enclave.internal 53/udp answered high x1`,
    ]);
    expect(new Scene().asks(GPU, "models.enclave.internal", { rcode: 2 }).lines()).toEqual([]);
  });

  it("in case and with bytes that are not printable is one name, escaped", () => {
    const lines = toResolver(asking(question("HuggingFace.CO")));
    expect(lines).toEqual([`dns.name ${GPU} huggingface.co 53/udp named medium x1`]);
    const bytes = join([3, 0x1b, 0x5b, 0x2e], dnsName("example.com"), be(1, 2), be(1, 2));
    expect(toResolver(asking(bytes))).toEqual([
      `dns.name ${GPU} \\027[\\046.example.com 53/udp named medium x1`,
    ]);
  });

  it("among several is judged each", () => {
    expect(
      toResolver(
        asking(question("gpu-01.enclave.internal"), question("b.example.com"), question("c.example.com")),
      ),
    ).toEqual([
      `dns.name ${GPU} b.example.com 53/udp named medium x1`,
      `dns.name ${GPU} c.example.com 53/udp named medium x1`,
    ]);
  });

  it("among several counts as many in the totals, as in events", () => {
    const octets = asking(question("a.example.com"), question("b.example.com"), question("c.example.com"));
    const scene = new Scene().send(udp(at(GPU, 4000), at(RESOLVER, 53), octets));
    expect(scene.asks(GPU, "d.example.com").seen().totals.dnsQueries).toBe(4);
  });

  it("stands although the rest of the message is broken", () => {
    const cut = dnsQuery("stats.example.com").subarray(0, -3);
    const summary = new Scene()
      .works()
      .send(udp(at(GPU, 4000), at(RESOLVER, 53), cut))
      .seen();
    expect(linesOf(summary)).toEqual([`dns.name ${GPU} stats.example.com 53/udp named medium x1`]);
  });

  it("over TCP is one like any other, the hundredth too", () => {
    const scene = new Scene().talks(GPU, RESOLVER, 53, (talk) => {
      talk.open();
      for (let i = 0; i < 100; i++) talk.client(dnsOverTcp(dnsQuery(`host-${i}.enclave.internal`, "A", i)));
      talk.client(dnsOverTcp(dnsQuery("last.example.com", "A", 500)));
      talk.server(dnsOverTcp(dnsAnswer("last.example.com", "A", 500, [{ type: "A", data: OUTSIDE }])));
    });
    expect(scene.lines()).toEqual([`dns.name ${GPU} last.example.com 53/tcp answered high x1`]);
  });

  it("for an allowed name is a used exception", () => {
    const file = enclave(['id: gate, to: ["*.example.org"], from: [10.20.4.0/24]']);
    const summary = new Scene()
      .asks(GATE, "a.example.org", { answer: null })
      .asks(GPU, "a.example.org")
      .seen(file);
    expect(linesOf(summary)).toEqual([`dns.name ${GPU} a.example.org 53/udp named medium x1`]);
    expect(summary.exceptions).toMatchObject([{ questions: 1, attempts: 0 }]);
  });

  it("of somebody outside is the ingress flow alone", () => {
    expect(new Scene().asks(OUTSIDE, "a.example.com", { answer: ["192.0.2.1"] }).lines()).toEqual([
      `ingress.flow ${OUTSIDE} ${RESOLVER} 53/udp answered high x1`,
    ]);
  });
});

describe("a resolver that is not approved", () => {
  it.each([
    ["outside", OUTSIDE],
    ["inside", ROGUE],
    ["on the link", "169.254.1.53"],
  ])("is dns.resolver %s, whatever was asked", (_, resolver) => {
    const scene = new Scene().asks(GPU, "gpu-01.enclave.internal", { resolver, answer: [AGENT] });
    expect(scene.lines()).toEqual([`dns.resolver ${GPU} ${resolver} 53/udp answered high x1`]);
  });

  it("lists what was asked, and its names are no findings of their own", () => {
    const scene = new Scene()
      .asks(GPU, "a.example.com", { resolver: OUTSIDE })
      .asks(GPU, "b.example.com", { resolver: OUTSIDE });
    const [finding, ...rest] = scene.seen().findings;
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ asked: ["a.example.com", "b.example.com"], attempts: 2 });
  });

  it("may be used when a rule says so; then its names are judged", () => {
    const file = enclave([`id: dns, to: [${OUTSIDE}], ports: [53/udp]`]);
    const scene = new Scene()
      .works()
      .asks(GPU, "a.example.com", { resolver: OUTSIDE, answer: ["192.0.2.1"] });
    expect(scene.lines(file)).toEqual([`dns.name ${GPU} a.example.com 53/udp named medium x1`]);
  });

  it("proves nothing by its answers", () => {
    const scene = new Scene().asks(GPU, "a.example.com", { resolver: ROGUE, answer: [OUTSIDE] });
    scene.talks(GPU, OUTSIDE, 443, (talk) => talk.syn());
    const file = enclave(['id: gate, to: ["*.example.com"]']);
    expect(scene.lines(file)).toContain(`egress.flow ${GPU} a.example.com 443/tcp attempted medium x1`);
  });
});

describe("DNS on any port", () => {
  it("is recognised when it parses strictly", () => {
    expect(toResolver(dnsQuery("a.example.com"), ROGUE, 5300)).toEqual([
      `dns.resolver ${GPU} ${ROGUE} 5300/udp attempted medium x1`,
    ]);
    expect(toResolver(dnsQuery("a.example.com"), RESOLVER, 5300)).toEqual([
      `dns.name ${GPU} a.example.com 5300/udp named medium x1`,
    ]);
  });

  it("is recognised over TCP too", () => {
    const scene = new Scene().talks(GPU, RESOLVER, 5300, (talk) => {
      talk.open();
      talk.client(dnsOverTcp(dnsQuery("a.example.com")));
    });
    expect(scene.lines()).toEqual([`dns.name ${GPU} a.example.com 5300/tcp named medium x1`]);
  });

  it("is not seen where it is broken, except on 53, 5353 and 5355", () => {
    const broken = dnsQuery("a.example.com").subarray(0, -3);
    expect(toResolver(broken, ROGUE, 5300)).toEqual([]);
    expect(toResolver(broken, ROGUE, 53)).toEqual([
      `dns.resolver ${GPU} ${ROGUE} 53/udp attempted medium x1`,
    ]);
    expect(toResolver(broken, RESOLVER, 5353)).toHaveLength(1);
    expect(toResolver(broken, RESOLVER, 5355)).toHaveLength(1);
  });

  it("that says nothing readable on 53 leaves the run inconclusive", () => {
    const summary = new Scene()
      .works()
      .send(udp(at(GPU, 4000), at(RESOLVER, 53), "no dns at all"))
      .seen();
    expect(summary.verdict).toBe("inconclusive");
    expect(reasonsOf(summary)).toContain("dns.question_unreadable");
  });
});

describe("the groups of mDNS, LLMNR and NBNS", () => {
  const group = (to: string, name: string) =>
    new Scene()
      .works()
      .send(udp(at(GPU, 5353), to, dnsQuery(name, "A", 0)))
      .seen();

  it.each(["224.0.0.251:5353", "224.0.0.252:5355"])("%s is no resolver", (to) => {
    expect(group(to, "printer.local")).toMatchObject({ verdict: "clean", findings: [] });
    expect(group(to, "intranet")).toMatchObject({ verdict: "clean", findings: [] });
    expect(group(to, "a.corp")).toMatchObject({ verdict: "clean", findings: [] });
  });

  it.each(["224.0.0.251:5353", "224.0.0.252:5355"])(
    "%s asked for a name with an ICANN suffix is info",
    (to) => {
      const summary = group(to, "huggingface.co");
      expect(summary.findings).toMatchObject([
        { kind: "dns.name", severityName: "info", destination: "huggingface.co" },
      ]);
      expect(summary.verdict).toBe("clean");
    },
  );

  it.each(["255.255.255.255:53", "224.0.0.1:53", "[ff02::1]:53", "224.0.0.251:9999"])(
    "are not %s: who answers there may be any resolver",
    (to) => {
      const from = to.startsWith("[") ? "[fd20:5eed::1]:5353" : at(GPU, 5353);
      const seen = (name: string) =>
        new Scene()
          .works()
          .send(udp(from, to, dnsQuery(name, "A", 0)))
          .seen();
      expect(seen("huggingface.co")).toMatchObject({
        verdict: "reachback",
        findings: [{ kind: "dns.name", severityName: "medium" }],
      });
      expect(seen("printer.local")).toMatchObject({ verdict: "clean", findings: [] });
    },
  );

  it("asked first does not excuse the resolver that is asked on the same port, before or after", () => {
    const toGroup = udp(at(GPU, 4000), "224.0.0.251:5353", dnsQuery("evil.example.com", "A", 1));
    const toResolver = udp(at(GPU, 4001), at(RESOLVER, 5353), dnsQuery("evil.example.com", "A", 2));
    for (const frames of [
      [toGroup, toResolver],
      [toResolver, toGroup],
    ]) {
      expect(
        new Scene()
          .works()
          .send(...frames)
          .lines(),
      ).toEqual([`dns.name ${GPU} evil.example.com 5353/udp named medium x2`]);
    }
  });

  it("asked for hundreds of names of one domain stay info", () => {
    const scene = new Scene().works();
    for (let i = 0; i < 300; i++) {
      scene.send(udp(at(GPU, 5353), "224.0.0.251:5353", dnsQuery(`n${i}.example.com`, "A", 0)));
    }
    expect(scene.lines()).toEqual([`dns.name ${GPU} *.example.com 5353/udp named info x300`]);
  });

  it("over IPv6 as well", () => {
    const frame = udp("[fe80::1]:5353", "[ff02::fb]:5353", dnsQuery("huggingface.co", "A", 0));
    expect(new Scene().works().send(frame).seen().findings).toMatchObject([{ severityName: "info" }]);
  });

  it("answered by a host is nothing: that host asks nobody", () => {
    const answer = dnsAnswer("printer.local", "A", 0, [{ type: "A", data: OUTSIDE }]);
    expect(
      new Scene()
        .works()
        .send(udp(at(GPU, 5353), "224.0.0.251:5353", answer))
        .lines(),
    ).toEqual([]);
  });

  it("a NetBIOS name asked of the subnet's broadcast address is no resolver's question", () => {
    const encoded = "EHFAFFDACACACACACACACACACACACAAA";
    const message = join(
      be(9, 2),
      be(0x0110, 2),
      be(1, 2),
      be(0, 6),
      [32],
      encoded,
      [0],
      be(32, 2),
      be(1, 2),
    );
    const frame = udp(at(GPU, 137), "10.20.255.255:137", message);
    expect(new Scene().works().send(frame).lines()).toEqual([]);
  });
});

describe("a search walk", () => {
  const suffixes = ["default.svc.cluster.local", "svc.cluster.local", "cluster.local", "enclave.internal"];

  /** What a stub resolver in a pod asks for a name, up to the suffix that is answered. */
  function walk(scene: Scene, name: string, answeredUnder: string | null, host = AGENT): Scene {
    for (const suffix of suffixes) {
      const isAnswered = suffix === answeredUnder;
      scene.asks(host, `${name}.${suffix}`, isAnswered ? { answer: [GPU] } : { rcode: 3 });
      if (isAnswered) break;
    }
    return scene;
  }

  it("is not believed to be inside by an answer that another contradicts", () => {
    const candidate = "huggingface.co.enclave.internal";
    const said = (message: Uint8Array) => udp(at(RESOLVER, 53), at(AGENT, 40000), message);
    const data = said(dnsAnswer(candidate, "A", 7, [{ type: "A", data: "10.20.9.9" }]));
    const none = said(dnsAnswer(candidate, "A", 7, [], 3));
    const asked = udp(at(AGENT, 40000), at(RESOLVER, 53), dnsQuery(candidate, "A", 7));
    for (const answers of [
      [data, none],
      [none, data],
    ]) {
      expect(new Scene().send(asked, ...answers).lines()).toEqual([
        `dns.name ${AGENT} huggingface.co 53/udp named medium x1`,
      ]);
    }
  });

  it("is inside when one of its candidates is answered with data, though dev is a public suffix", () => {
    expect(walk(new Scene(), "minio.dev", "svc.cluster.local").seen()).toMatchObject({
      verdict: "clean",
      findings: [],
    });
    expect(walk(new Scene(), "minio.dev", "enclave.internal").lines()).toEqual([]);
  });

  it("is judged by its stem when none is, once", () => {
    expect(walk(new Scene(), "huggingface.co", null).lines()).toEqual([
      `dns.name ${AGENT} huggingface.co 53/udp named medium x1`,
    ]);
  });

  it("is nothing when its stem has no ICANN suffix", () => {
    expect(walk(new Scene(), "grafana.monitoring", null).lines()).toEqual([]);
    expect(walk(new Scene(), "qdrant", null).lines()).toEqual([]);
  });

  it("of one question suffices", () => {
    expect(new Scene().asks(AGENT, "huggingface.co.enclave.internal", { rcode: 3 }).lines()).toEqual([
      `dns.name ${AGENT} huggingface.co 53/udp named medium x1`,
    ]);
  });

  it("strips the longest suffix: `*` is exactly one label", () => {
    const stemOf = (name: string) =>
      new Scene()
        .asks(AGENT, name, { rcode: 3 })
        .seen()
        .findings.map((f) => f.destination);
    expect(stemOf("app.posthog.com.monitoring.svc.cluster.local")).toEqual(["app.posthog.com"]);
    // The longest suffix takes `com` for the namespace: what is left has no ICANN suffix.
    expect(stemOf("huggingface.com.svc.cluster.local")).toEqual([]);
    expect(stemOf("app.posthog.com.a.b.svc.cluster.local")).toEqual([]);
  });

  it("counts the suffix that `*.svc.cluster.local` implies", () => {
    const scene = new Scene().asks(AGENT, "huggingface.co.default.svc.cluster.local", { rcode: 3 });
    expect(scene.lines()).toHaveLength(1);
    scene.asks(AGENT, "huggingface.co.svc.cluster.local", { answer: [GPU] });
    expect(scene.lines()).toEqual([]);
  });

  it.each([
    ["NXDOMAIN with records", { rcode: 3, answer: [{ type: "CNAME", data: "x.enclave.internal" }] }],
    ["NOERROR without data", { rcode: 0 }],
    ["a failure", { rcode: 2 }],
    ["silence", { answer: null }],
  ] as const)("is not made inside by %s", (_, asked) => {
    expect(new Scene().asks(AGENT, "huggingface.co.enclave.internal", asked).lines()).toHaveLength(1);
  });

  it("is not made inside by a resolver that is not approved, or by another host's answer", () => {
    const scene = new Scene().asks(AGENT, "huggingface.co.enclave.internal", { rcode: 3 });
    scene.asks(AGENT, "huggingface.co.svc.cluster.local", { resolver: ROGUE, answer: [GPU] });
    scene.asks(GATE, "huggingface.co.svc.cluster.local", { answer: [GPU] });
    expect(scene.lines()).toContain(`dns.name ${AGENT} huggingface.co 53/udp named medium x1`);
  });

  it("lasts 10 s", () => {
    const scene = new Scene().asks(AGENT, "minio.dev.enclave.internal", { rcode: 3 });
    scene.at(10).asks(AGENT, "minio.dev.svc.cluster.local", { answer: [GPU] });
    expect(scene.lines()).toEqual([]);
    const late = new Scene().asks(AGENT, "minio.dev.enclave.internal", { rcode: 3 });
    late.at(11).asks(AGENT, "minio.dev.svc.cluster.local", { answer: [GPU] });
    expect(late.lines()).toEqual([`dns.name ${AGENT} minio.dev 53/udp named medium x1`]);
  });

  it("that ends with the bare name is that finding, with all questions", () => {
    const scene = walk(new Scene(), "huggingface.co", null).asks(AGENT, "huggingface.co", {
      answer: [OUTSIDE],
    });
    expect(scene.lines()).toEqual([`dns.name ${AGENT} huggingface.co 53/udp answered high x2`]);
  });

  it("for an allowed name uses the exception", () => {
    const file = enclave(['id: gate, to: ["*.example.org"]']);
    const summary = walk(new Scene(), "a.example.org", null).seen(file);
    expect(summary).toMatchObject({ findings: [], exceptions: [{ questions: 1 }] });
  });

  it("for a mirrored name is fine", () => {
    const file = enclave([], ['mirrored: [{ name: "*.pypi.org", to: 10.20.9.0/24 }]']);
    expect(walk(new Scene(), "files.pypi.org", null).lines(file)).toEqual([]);
  });
});

describe("an answer without its question", () => {
  const answer = (name: string, data: string, id = 5) =>
    udp(at(RESOLVER, 53), at(GPU, 4000), dnsAnswer(name, "A", id, [{ type: "A", data }]));

  it("of an approved resolver shows what was asked", () => {
    expect(new Scene().works().send(answer("evil.example.com", OUTSIDE)).lines()).toEqual([
      `dns.name ${GPU} evil.example.com 53/udp answered high x1`,
    ]);
    expect(new Scene().works().send(answer("db.enclave.internal", OUTSIDE)).lines()).toEqual([
      `dns.name ${GPU} db.enclave.internal 53/udp answered high x1`,
    ]);
  });

  it("is one with the question when that comes soon after it", () => {
    const frames = [
      answer("evil.example.com", OUTSIDE),
      udp(at(GPU, 4000), at(RESOLVER, 53), dnsQuery("evil.example.com", "A", 5)),
    ];
    const line = [`dns.name ${GPU} evil.example.com 53/udp answered high x1`];
    expect(
      new Scene()
        .works()
        .send(...frames)
        .lines(),
    ).toEqual(line);
    expect(
      new Scene()
        .works()
        .send(...frames.toReversed())
        .lines(),
    ).toEqual(line);
  });

  it("confirms nothing, not even when it comes again", () => {
    const file = enclave(['id: gate, to: ["*.example.org"]']);
    const scene = new Scene().works().send(answer("a.example.org", OUTSIDE));
    scene.at(5).send(answer("a.example.org", OUTSIDE)).tls(GPU, OUTSIDE, "a.example.org");
    expect(scene.lines(file)).toEqual([`egress.flow ${GPU} a.example.org 443/tcp transferred critical x1`]);
  });

  it("is a conversation in one direction: a mirror of answers alone is no clean one", () => {
    const scene = new Scene().works();
    for (let id = 0; id < 300; id++) scene.send(answer(`h${id}.enclave.internal`, "10.20.1.1", id));
    const summary = scene.seen();
    expect([summary.verdict, ...reasonsOf(summary)]).toEqual(["inconclusive", "sensor.one_sided"]);
    expect(summary.findings).toEqual([]);
  });

  it("of a resolver that nobody approved is a finding about that resolver", () => {
    const other = udp(at(ROGUE, 53), at(GPU, 4000), dnsAnswer("evil.example.com", "A", 5, []));
    expect(new Scene().works().send(other).lines()).toEqual([
      `dns.resolver ${GPU} ${ROGUE} 53/udp answered high x1`,
    ]);
  });
});

describe("names under enclave.mirrored", () => {
  const file = enclave([], ["mirrored: [{ name: pypi.org, to: 10.20.9.0/24 }]"]);

  it("may be asked, answered from inside, and used toward the mirror", () => {
    const scene = new Scene()
      .asks(GPU, "pypi.org", { answer: ["10.20.9.10"] })
      .tls(GPU, "10.20.9.10", "pypi.org");
    expect(scene.seen(file)).toMatchObject({ verdict: "clean", findings: [] });
    expect(scene.lines()).toHaveLength(2);
  });

  it("answered by the name of a host outside are findings: only who asked outside knows it", () => {
    const cname = { type: "CNAME", data: "pypi.cdn.example.net" } as const;
    const scene = new Scene().asks(GPU, "pypi.org", { type: "AAAA", answer: [cname] });
    expect(scene.lines(file)).toEqual([`dns.name ${GPU} pypi.org 53/udp answered high x1`]);
    const inside = { ...cname, data: "pypi.enclave.internal" };
    expect(new Scene().asks(GPU, "pypi.org", { answer: [inside] }).lines(file)).toEqual([]);
  });

  it("answered from outside are findings, as are flows that use them", () => {
    const scene = new Scene().asks(GPU, "pypi.org", { answer: [OUTSIDE] }).tls(GPU, OUTSIDE, "pypi.org");
    expect(scene.lines(file)).toEqual([
      `dns.name ${GPU} pypi.org 53/udp answered high x1`,
      `egress.flow ${GPU} pypi.org 443/tcp transferred critical x1`,
    ]);
  });
});
