import { describe, expect, it } from "vitest";
import { clientHello, dnsQuery, httpRequest, serverHello, tlsData } from "../traffic/messages.ts";
import { be, join } from "../traffic/octets.ts";
import { udp } from "../traffic/packets.ts";
import { crypto, initial, quicHello } from "../traffic/quic.ts";
import {
  SOCKS5_CHOICE,
  SOCKS5_GRANTED,
  SOCKS5_HELLO,
  SOCKS5_REFUSED,
  socks4Answer,
  socks4Request,
  socks5Granted,
  socks5Request,
  socksDatagram,
} from "../traffic/socks.ts";
import type { TcpTalk } from "../traffic/tcp-talk.ts";
import { enclave, GATE, GPU, OUTSIDE, RESOLVER, reasonsOf, Scene } from "./scene.ts";

const PROXY = "10.20.9.30";
const FILE = enclave([
  `id: gate, to: ["*.updates.example.org", ${OUTSIDE}], ports: [443/tcp, 80/tcp], from: [10.20.4.0/24]`,
]);

function through(host: string, say: (talk: TcpTalk) => void, proxy = PROXY): Scene {
  return new Scene().works().talks(host, proxy, 1080, (talk) => [talk.open(), say(talk)]);
}

function asks(target: string, answer: Uint8Array | null, ...inTunnel: Uint8Array[]) {
  return (talk: TcpTalk) => {
    talk.client(SOCKS5_HELLO);
    talk.server(SOCKS5_CHOICE);
    talk.client(socks5Request(target));
    if (answer !== null) talk.server(answer);
    for (const octets of inTunnel) talk.client(octets);
  };
}

describe("SOCKS to an inside proxy", () => {
  const target = "api.example.com:443";

  it.each(["3325256711", "0xC6336407", "030614662007", OUTSIDE])(
    "is one for an address written as %s",
    (host) => {
      for (const request of [socks5Request, socks4Request])
        expect(
          through(GPU, (talk) => {
            if (request === socks5Request) {
              talk.client(SOCKS5_HELLO);
              talk.server(SOCKS5_CHOICE);
            }
            talk.client(request(`${host}:443`));
          }).lines(),
        ).toEqual([`name.proxy ${GPU} ${OUTSIDE} 443/tcp attempted medium x1`]);
    },
  );

  it.each([
    ["attempted medium", asks(target, null)],
    ["refused medium", asks(target, SOCKS5_REFUSED)],
    ["refused medium", (talk: TcpTalk) => [asks(target, null)(talk), talk.reset("server")]],
    ["connected high", asks(target, SOCKS5_GRANTED)],
    ["transferred critical", asks(target, SOCKS5_GRANTED, clientHello("api.example.com"))],
    ["transferred critical", asks(target, SOCKS5_GRANTED, Buffer.from("no protocol that is known"))],
    ["attempted medium", (talk: TcpTalk) => talk.client(socks4Request(target))],
    [
      "refused medium",
      (talk: TcpTalk) => [talk.client(socks4Request(target)), talk.server(socks4Answer(false))],
    ],
    [
      "transferred critical",
      (talk: TcpTalk) => {
        talk.client(socks4Request(target));
        talk.server(socks4Answer(true));
        talk.client("x");
      },
    ],
    [
      "transferred critical",
      (talk: TcpTalk) => {
        // A client that does not wait.
        talk.client(Buffer.concat([SOCKS5_HELLO, socks5Request(target), clientHello("api.example.com")]));
        talk.server(Buffer.concat([SOCKS5_CHOICE, SOCKS5_GRANTED, serverHello()]));
        talk.client(tlsData(100));
      },
    ],
  ])("for an outside name: %s", (outcome, say) => {
    const summary = through(GPU, say).seen();
    expect(summary.reasons).toEqual([]);
    const scene = through(GPU, say);
    expect(scene.lines()).toEqual([`name.proxy ${GPU} api.example.com 443/tcp ${outcome} x1`]);
  });

  it("for an outside address is one as well", () => {
    const line = (to: string) => [`name.proxy ${GPU} ${to} 443/tcp connected high x1`];
    expect(through(GPU, asks("192.0.2.9:443", SOCKS5_GRANTED)).lines()).toEqual(line("192.0.2.9"));
    expect(through(GPU, asks("[2001:db8::9]:443", SOCKS5_GRANTED)).lines()).toEqual(line("2001:db8::9"));
  });

  it("counts what went through, and names the proxy", () => {
    const scene = through(GPU, (talk) => {
      asks(target, SOCKS5_GRANTED, Buffer.from("12345"))(talk);
      talk.server("123");
    });
    expect(scene.seen().findings).toMatchObject([{ bytesOut: 5, bytesIn: 3, via: [PROXY] }]);
  });

  it("is read when every octet comes in a segment of its own, the answers first", () => {
    const octets = Buffer.concat([SOCKS5_HELLO, socks5Request(target), clientHello("b.example.net")]);
    const scene = through(GPU, (talk) => {
      talk.data("server", Buffer.concat([SOCKS5_CHOICE, SOCKS5_GRANTED]));
      for (const octet of octets) talk.data("client", [octet]);
    });
    expect(scene.lines()).toEqual([
      `name.proxy ${GPU} api.example.com 443/tcp transferred critical x1`,
      `name.proxy ${GPU} b.example.net 443/tcp transferred critical x1`,
    ]);
  });

  it.each(["identity.enclave.internal:443", "10.20.9.20:443", "localhost:443"])(
    "for %s is nothing",
    (inside) => {
      expect(through(GPU, asks(inside, SOCKS5_GRANTED, clientHello(null))).seen().verdict).toBe("clean");
    },
  );

  it.each(["x.updates.example.org:443", `${OUTSIDE}:443`])("for %s is allowed by its rule", (allowed) => {
    const summary = through(GATE, asks(allowed, SOCKS5_GRANTED, tlsData(100))).seen(FILE);
    expect(summary).toMatchObject({ verdict: "clean", findings: [], exceptions: [{ attempts: 1 }] });
  });

  it("reads requests in its tunnel", () => {
    const say = asks("x.updates.example.org:80", SOCKS5_GRANTED, httpRequest("evil.example.com"));
    expect(through(GATE, say).lines(FILE)).toEqual([
      `name.proxy ${GATE} evil.example.com 80/tcp transferred critical x1`,
    ]);
  });

  it("that cannot be read is not clean", () => {
    const summary = through(GPU, (talk) => {
      talk.client([5, 1, 1]);
      talk.server([5, 1]);
      talk.client([1, 1, 0, 4, 1, 2, 3, 4]); // GSSAPI, which may encrypt what follows
    }).seen();
    expect([summary.verdict, summary.reasons.map((reason) => reason.split(":")[0])]).toEqual([
      "inconclusive",
      ["socks.request_unreadable"],
    ]);
  });

  it("of which only the greeting is there asks for nothing", () => {
    expect(through(GPU, (talk) => talk.client(SOCKS5_HELLO)).seen().verdict).toBe("clean");
  });
});

describe("SOCKS to an outside proxy", () => {
  it("names the flow's destination", () => {
    expect(through(GPU, asks("api.example.com:443", SOCKS5_GRANTED), OUTSIDE).lines()).toEqual([
      `egress.flow ${GPU} api.example.com 1080/tcp transferred critical x1`,
    ]);
  });

  it("contradicts the rule that allows the proxy's name", () => {
    const file = enclave([`id: relay, to: [proxy.example.org], ports: [1080/tcp]`]);
    const scene = new Scene().works().asks(GPU, "proxy.example.org", { answer: [OUTSIDE] });
    scene.talks(GPU, OUTSIDE, 1080, (talk) => [
      talk.open(),
      asks("evil.example.com:443", SOCKS5_GRANTED)(talk),
    ]);
    expect(scene.lines(file)).toEqual([
      `egress.flow ${GPU} evil.example.com 1080/tcp transferred critical x1`,
    ]);
  });
});

describe("a SOCKS association", () => {
  const associate = (bound: string) => (talk: TcpTalk) => {
    talk.client(SOCKS5_HELLO);
    talk.server(SOCKS5_CHOICE);
    talk.client(socks5Request("0.0.0.0:0", 3));
    talk.server(socks5Granted(bound));
  };

  it.each([`${PROXY}:5000`, "0.0.0.0:5000"])("is followed to where its datagrams go: %s", (bound) => {
    const scene = through(GPU, associate(bound));
    for (const target of ["quic.example.com:443", "9.9.9.9:53", "quic.example.com:443", "10.20.9.9:53"]) {
      scene.send(udp(`${GPU}:40100`, `${PROXY}:5000`, socksDatagram(target, Buffer.from("data"))));
    }
    expect(scene.lines()).toEqual([
      `name.proxy ${GPU} 9.9.9.9 53/udp transferred critical x1`,
      `name.proxy ${GPU} quic.example.com 443/udp transferred critical x1`,
    ]);
  });

  it.each([
    ["an outside resolver", "9.9.9.9:53", [`name.proxy ${GPU} 9.9.9.9 53/udp transferred critical x1`]],
    ["the enclave's own", "10.20.0.53:53", []],
    ["an inside host", "10.20.9.9:5300", []],
  ])("that carries a question to %s is read", (_whose, target, others) => {
    const question = socksDatagram(target, dnsQuery("a.example.com"));
    const scene = through(GPU, associate(`${PROXY}:5000`)).send(
      udp(`${GPU}:40100`, `${PROXY}:5000`, question),
    );
    const { 1: port } = target.split(":");
    const asked = `dns.name ${GPU} a.example.com ${port}/udp named medium x1`;
    expect(scene.lines()).toEqual([asked, ...others].sort());
    const inside = socksDatagram(target, dnsQuery("a.enclave.internal"));
    const quiet = through(GPU, associate(`${PROXY}:5000`)).send(udp(`${GPU}:40100`, `${PROXY}:5000`, inside));
    expect(quiet.lines()).toEqual(others);
  });

  it.each([
    [
      "QUIC",
      "10.20.9.9:443",
      initial({ dcid: Buffer.alloc(8, 1), frames: [crypto(0, quicHello("a.example.com"))] }),
    ],
    ["what is no DNS on its port", "10.20.9.9:53", Buffer.from("hello")],
  ])("that carries %s may hide a name", (_what, target, content) => {
    const datagram = udp(`${GPU}:40100`, `${PROXY}:5000`, socksDatagram(target, content));
    const summary = through(GPU, associate(`${PROXY}:5000`))
      .send(datagram)
      .seen();
    expect([summary.verdict, reasonsOf(summary)]).toEqual(["inconclusive", ["socks.datagram_not_read"]]);
  });

  it("alone is nothing", () => {
    expect(through(GPU, associate(`${PROXY}:5000`)).seen().verdict).toBe("clean");
  });
});

describe("SOCKS of a client that no usual one is", () => {
  const target = "api.example.com:443";
  const told = [`name.proxy ${GPU} api.example.com 443/tcp connected high x1`];
  const greeting = Buffer.from([5, 3, 0x80, 0, 0x41]);
  const user4 = Buffer.from([4, 1, 1, 0xbb, 198, 51, 100, 7, 1, 2, 0xff, 0]);

  it.each([
    ["methods that nobody has", [greeting, SOCKS5_CHOICE, socks5Request(target), SOCKS5_GRANTED]],
    [
      "all methods that there are",
      [Buffer.from([5, 255, ...Array(255).keys()]), SOCKS5_CHOICE, socks5Request(target), SOCKS5_GRANTED],
    ],
    [
      "methods that nobody has, and no waiting for the answer",
      [Buffer.concat([greeting, socks5Request(target)]), Buffer.concat([SOCKS5_CHOICE, SOCKS5_GRANTED])],
    ],
    [
      "methods that nobody has, and a password",
      [
        Buffer.from([5, 2, 0x80, 2]),
        Buffer.from([5, 2]),
        Buffer.from([1, 1, 0x61, 1, 0x62]),
        Buffer.from([1, 0]),
        socks5Request(target),
        SOCKS5_GRANTED,
      ],
    ],
  ])("with %s", (_, said) => {
    const scene = through(GPU, (talk) => {
      for (const [n, octets] of said.entries()) n % 2 === 0 ? talk.client(octets) : talk.server(octets);
    });
    expect(scene.lines().filter((line) => !line.startsWith("secret.cleartext"))).toEqual(told);
  });

  it.each([
    ["octets that no user has", user4],
    [
      "a user of 400 octets",
      Buffer.concat([user4.subarray(0, 8), Buffer.alloc(400, 0x61), Buffer.from([0])]),
    ],
  ])("of version 4 with %s", (_, request) => {
    const scene = through(GPU, (talk) => {
      talk.client(request);
      talk.server(socks4Answer(true));
      talk.client("hello");
    });
    expect(scene.lines()).toEqual([`name.proxy ${GPU} ${OUTSIDE} 443/tcp transferred critical x1`]);
  });

  it("with a greeting like a question of DNS, at a host that is the resolver too", () => {
    const count = 0x40;
    const lenBytes = 0x0500 + count;
    const asked = dnsQuery("a.enclave.internal", "A", 0);
    asked.writeUInt16BE(1, 10); // one additional record, in whose data all the rest stands
    const rest = join(
      [5, count],
      asked,
      [0],
      be(41, 2),
      be(1232, 2),
      be(0, 4),
      be(lenBytes - asked.length - 11, 2),
    );
    const methods = join(rest, Buffer.alloc(2 + count - rest.length));
    const said = join(methods, socks5Request(target));
    const scene = through(
      GPU,
      (talk) => {
        talk.client(join(said, Buffer.alloc(2 + lenBytes - said.length)));
        talk.server(join(SOCKS5_CHOICE, SOCKS5_GRANTED));
      },
      RESOLVER,
    );
    expect(scene.lines()).toEqual(told);
  });

  it("of which every octet comes for itself", () => {
    const scene = through(GPU, (talk) => {
      for (const octet of greeting) talk.data("client", [octet]);
      for (const octet of SOCKS5_CHOICE) talk.data("server", [octet]);
      for (const octet of socks5Request(target)) talk.data("client", [octet]);
      talk.server(SOCKS5_GRANTED);
    });
    expect(scene.lines()).toEqual(told);
  });

  it("is none where the server answers as none", () => {
    for (const first of [greeting, user4]) {
      const scene = through(GPU, (talk) => {
        talk.client(first);
        talk.server([0x41, 0x42]);
        talk.client(first);
        talk.server(SOCKS5_CHOICE);
        talk.client(socks5Request(target));
      });
      expect(scene.seen()).toMatchObject({ verdict: "clean" });
    }
  });
});

describe("an association that names somebody else's endpoint", () => {
  const associated = (bound: string) =>
    through(GPU, (talk) => {
      talk.client(SOCKS5_HELLO);
      talk.server(SOCKS5_CHOICE);
      talk.client(socks5Request("0.0.0.0:0", 3));
      talk.server(socks5Granted(bound));
    });

  it("keeps no question to the resolver from being read", () => {
    const scene = associated(`${RESOLVER}:53`).asks(GPU, "a.example.com", { answer: ["192.0.2.9"] });
    expect(scene.seen()).toMatchObject({
      findings: [{ kind: "dns.name", destination: "a.example.com", outcomeName: "answered" }],
      reasons: [],
    });
  });

  it("keeps no hello from being read", () => {
    const hello = initial({ dcid: Buffer.alloc(8, 1), frames: [crypto(0, quicHello("a.example.com"))] });
    const scene = associated(`${OUTSIDE}:443`).send(udp(`${GPU}:40009`, `${OUTSIDE}:443`, hello));
    expect(scene.lines()).toEqual([`egress.flow ${GPU} a.example.com 443/udp attempted medium x1`]);
    expect(reasonsOf(scene.seen())).toEqual(["socks.request_unreadable"]);
  });
});

describe("a tunnel to an address", () => {
  it("is called by the first name that is used in it", () => {
    const say = asks("192.0.2.9:443", SOCKS5_GRANTED, clientHello("api.example.com"), tlsData(50));
    const summary = through(GPU, say).seen();
    expect(summary.findings).toMatchObject([
      { destination: "api.example.com", ips: ["192.0.2.9"], outcomeName: "transferred", attempts: 1 },
    ]);
    expect(summary.findings[0].bytesOut).toBeGreaterThan(100);
    expect(summary.findings[0].aliases).toHaveLength(1);
  });

  it("leaves other tunnels to the same address where they are", () => {
    const scene = through(GPU, asks("192.0.2.9:443", SOCKS5_GRANTED, clientHello("api.example.com")));
    scene.talks(GPU, PROXY, 1080, (talk) => [talk.open(), asks("192.0.2.9:443", SOCKS5_GRANTED)(talk)]);
    expect(scene.lines()).toEqual([
      `name.proxy ${GPU} 192.0.2.9 443/tcp connected high x1`,
      `name.proxy ${GPU} api.example.com 443/tcp transferred critical x1`,
    ]);
  });

  it("with a second name in it leads to two destinations", () => {
    const say = asks(
      "192.0.2.9:80",
      SOCKS5_GRANTED,
      httpRequest("a.example.com"),
      httpRequest("b.example.net"),
    );
    expect(through(GPU, say).lines()).toEqual([
      `name.proxy ${GPU} a.example.com 80/tcp transferred critical x1`,
      `name.proxy ${GPU} b.example.net 80/tcp transferred critical x1`,
    ]);
  });
});

describe("an address that was answered for a name", () => {
  const FILE_BY_NAME = enclave([`id: gate, to: [api.example.org], ports: [443/tcp], from: [10.20.4.0/24]`]);
  const resolved = (host: string, name: string, ...more: Uint8Array[]) => {
    const scene = new Scene().works().asks(host, name, { answer: ["192.0.2.9"] });
    const say = asks("192.0.2.9:443", SOCKS5_GRANTED, ...more);
    return scene.talks(host, PROXY, 1080, (talk) => [talk.open(), say(talk)]);
  };

  it("is called by that name when a proxy is asked for it", () => {
    const [, finding] = resolved(GPU, "api.example.com").seen().findings;
    expect(finding).toMatchObject({
      ...{ kind: "name.proxy", destination: "api.example.com", evidence: "answer", ips: ["192.0.2.9"] },
    });
  });

  it("is allowed where the name is, unless another name is used", () => {
    expect(resolved(GATE, "api.example.org", tlsData(9)).seen(FILE_BY_NAME).findings).toEqual([]);
    expect(resolved(GATE, "api.example.org", clientHello("evil.example.com")).lines(FILE_BY_NAME)).toEqual([
      `name.proxy ${GATE} evil.example.com 443/tcp transferred critical x1`,
    ]);
  });
});
