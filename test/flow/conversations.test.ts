import { describe, expect, it } from "vitest";
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
import { tcp } from "../traffic/packets.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";
import { Wire } from "./wire.ts";

const CLIENT = "10.20.1.11:40000";
const SERVER = "198.51.100.7:8443"; // no port that says anything
const HELLO = clientHello("a.example", ["h2"]);

/** A connection of which the client's octets arrive in these pieces, in this order. */
function arrival(
  octets: Uint8Array,
  pieces: readonly (readonly [from: number, to: number])[],
  server = SERVER,
): Wire {
  const talk = new TcpTalk(CLIENT, server);
  const wire = new Wire().take(talk.open());
  for (const [from, to] of pieces) {
    const seq = talk.clientSeq + from;
    wire.take([tcp(CLIENT, server, { seq, ack: talk.serverSeq, payload: octets.subarray(from, to) })]);
  }
  return wire;
}

/** Everything that a connection shows, the client's and server's turns being whole. */
function spoken(build: (talk: TcpTalk) => void, server = SERVER, mss = 1448): Wire {
  const talk = new TcpTalk(CLIENT, server, { mss });
  talk.open();
  build(talk);
  return new Wire().take(talk.frames);
}

/** Orders of the cuts' pieces. */
function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

const MESSAGES: [what: string, octets: Buffer, server: string, event: string][] = [
  ["a ClientHello", HELLO, SERVER, "tls a.example"],
  ["an HTTP request", httpRequest("a.example", "/x"), SERVER, "GET a.example /x"],
  ["a DNS message on port 53", dnsOverTcp(dnsQuery("a.example", "A", 7)), "10.20.0.53:53", "dns 7 27"],
  ["a DNS message on another port", dnsOverTcp(dnsQuery("a.example", "A", 7)), SERVER, "dns 7 27"],
];

describe("a message in a connection", () => {
  it("is found in a connection that is joined in the middle of something else", () => {
    const talk = new TcpTalk(CLIENT, SERVER);
    const wire = new Wire();
    for (let n = 0; n < 20; n++) wire.take(talk.data("client", "\0\0\0"));
    expect(wire.take(talk.client(HELLO)).events).toEqual(["tls a.example"]);
  });

  for (const [what, octets, server, event] of MESSAGES) {
    it(`is read wherever it is split in two, in both orders: ${what}`, () => {
      for (let cut = 1; cut < octets.length; cut++) {
        for (const order of permutations([
          [0, cut],
          [cut, octets.length],
        ] as [number, number][])) {
          const wire = arrival(octets, order, server);
          expect(wire.events, `${cut}`).toEqual([event]);
          expect(wire.end().troubles).toEqual([]);
        }
      }
    });

    it(`is read from three pieces, in any order: ${what}`, () => {
      const step = Math.ceil(octets.length / 12);
      for (let a = 1; a < octets.length; a += step) {
        for (let b = a + 1; b < octets.length; b += step) {
          for (const order of permutations([
            [0, a],
            [a, b],
            [b, octets.length],
          ] as [number, number][])) {
            expect(arrival(octets, order, server).events, `${a} ${b}`).toEqual([event]);
          }
        }
      }
    });

    it(`is read octet by octet: ${what}`, () => {
      const pieces = Array.from(octets, (_, i) => [i, i + 1] as const);
      expect(arrival(octets, pieces, server).events).toEqual([event]);
      expect(arrival(octets, pieces.toReversed(), server).events).toEqual([event]);
    });

    it(`is read when everything comes twice: ${what}`, () => {
      const pieces = [
        [0, 9],
        [5, 20],
        [0, 20],
        [15, octets.length],
        [0, octets.length],
      ] as const;
      expect(arrival(octets, pieces, server).events).toEqual([event]);
    });

    it(`is read by a server that is joined in its middle: ${what}`, () => {
      const talk = new TcpTalk(CLIENT, server);
      expect(new Wire().take(talk.client(octets)).events).toEqual([event]);
    });
  }
});

describe("TLS", () => {
  it("closes the gate with the server's hello, and gives the memory back", () => {
    const wire = spoken((talk) => {
      talk.client(HELLO);
      talk.server(serverHello());
    });
    expect([wire.events, wire.isGateOpen, wire.talks]).toEqual([["tls a.example"], false, 0]);
  });

  it("keeps it open until then, and through a request to try again", () => {
    const wire = spoken((talk) => {
      talk.client(HELLO);
      talk.server(serverHello(true));
      talk.client(clientHello("b.example"));
    });
    expect([wire.events, wire.isGateOpen]).toEqual([["tls a.example", "tls b.example"], true]);
  });

  it("closes it when the server's hello comes in pieces, and not before", () => {
    const hello = serverHello();
    for (let cut = 1; cut < hello.length; cut++) {
      const talk = new TcpTalk(CLIENT, SERVER);
      const wire = new Wire().take(talk.open()).take(talk.client(HELLO));
      wire.take(talk.server(hello.subarray(0, cut)));
      expect(wire.isGateOpen, `${cut}`).toBe(true);
      wire.take(talk.server(hello.subarray(cut)));
      expect(wire.isGateOpen, `${cut}`).toBe(false);
    }
  });

  it("keeps it open when the server answers with something else", () => {
    const wire = spoken((talk) => {
      talk.client(HELLO);
      talk.server("this is no TLS at all");
      talk.client(clientHello("b.example"));
    });
    expect([wire.events, wire.isGateOpen]).toEqual([["tls a.example", "tls b.example"], true]);
  });

  it("is read when the server's hello is seen first", () => {
    const talk = new TcpTalk(CLIENT, SERVER);
    const wire = new Wire().take(talk.open());
    const client = talk.client(HELLO);
    wire.take(talk.server(serverHello())).take(client).end();
    expect(wire.events).toEqual(["tls a.example"]);
  });

  it("tells of a hello that has a gap, with what could be read", () => {
    const wire = arrival(HELLO, [
      [0, 60],
      [70, HELLO.length],
    ]).end();
    expect(wire.troubles).toContain("tls.hello_gap");
    expect(wire.events.length).toBe(1);
  });

  it("does not wait for ever for a server that is not mirrored", () => {
    const wire = spoken((talk) => {
      talk.client(HELLO);
      for (let n = 0; n < 30; n++) talk.client(tlsData(16_000));
      talk.server(tlsData(10));
      talk.client(tlsData(10));
    });
    expect(wire.events).toEqual(["tls a.example"]);
    expect(wire.troubles).toEqual([]);
    expect(wire.isGateOpen).toBe(false);
  });
});

describe("HTTP", () => {
  it("names every request of a connection that is kept, the hundredth too", () => {
    const wire = spoken((talk) => {
      for (let n = 1; n <= 100; n++) {
        talk.client(httpRequest(`h${n}.example`, "/", "POST", "x".repeat(n)));
        talk.server(httpResponse(200, "y".repeat(3 * n)));
      }
    });
    expect(wire.events.length).toBe(200);
    expect(wire.events.at(-2)).toBe("POST h100.example /");
    expect(wire.isGateOpen).toBe(true);
    expect(wire.end().troubles).toEqual([]);
  });

  it("names pipelined requests, however they are cut", () => {
    const requests = join(httpRequest("a.example"), httpRequest("b.example"), httpRequest("c.example"));
    for (const mss of [1, 7, 40, 1448]) {
      const wire = spoken((talk) => talk.client(requests), SERVER, mss);
      expect(wire.events).toEqual(["GET a.example /", "GET b.example /", "GET c.example /"]);
    }
  });

  it("knows the request that a response answers", () => {
    const wire = spoken((talk) => {
      talk.client(join(httpRequest("a.example", "/1"), httpRequest("a.example", "/2")));
      talk.server(join(httpResponse(200, "abc"), httpResponse(404)));
    });
    expect(wire.events.slice(2)).toEqual(["200 of /1", "404 of /2"]);
  });

  it("reads TLS in the tunnel of a CONNECT, and closes the gate there", () => {
    for (const mss of [1, 50, 1448]) {
      const wire = spoken(
        (talk) => {
          talk.client(httpRequest("proxy", "out.example:443", "CONNECT"));
          talk.server(httpTunnelOpens());
          talk.client(HELLO);
          talk.server(serverHello());
        },
        "10.20.9.30:3128",
        mss,
      );
      expect(wire.events).toEqual([
        "CONNECT out.example out.example:443",
        "200 of out.example:443",
        "tls a.example",
      ]);
      expect([wire.isGateOpen, wire.talks]).toEqual([false, 0]);
    }
  });

  it("reads a request in the tunnel of a CONNECT, and one after a refusal", () => {
    const wire = spoken((talk) => {
      talk.client(httpRequest("proxy", "no.example:443", "CONNECT"));
      talk.server(httpResponse(403));
      talk.client(httpRequest("proxy", "out.example:80", "CONNECT"));
      talk.server(httpTunnelOpens());
      talk.client(httpRequest("a.example", "/inner"));
    });
    expect(wire.events.filter((event) => !/^\d/.test(event))).toEqual([
      "CONNECT no.example no.example:443",
      "CONNECT out.example out.example:80",
      "GET a.example /inner",
    ]);
  });

  it("follows tunnels in tunnels, but not without end", () => {
    const wire = spoken((talk) => {
      for (let n = 0; n < 40; n++) {
        talk.client(httpRequest("proxy", `p${n}.example:80`, "CONNECT"));
        talk.server(httpTunnelOpens());
      }
    });
    const depth = wire.events.filter((event) => event.startsWith("CONNECT")).length;
    expect(depth).toBeGreaterThanOrEqual(8);
    expect(depth).toBeLessThan(40);
    expect(wire.troubles).toContain("stream.tunnels_too_deep");
  });
});

describe("DNS over TCP", () => {
  it("gives every message of both directions, for the life of the connection", () => {
    const wire = spoken((talk) => {
      for (let id = 1; id <= 50; id++) {
        talk.client(dnsOverTcp(dnsQuery("a.example", "A", id)));
        talk.server(dnsOverTcp(dnsAnswer("a.example", "A", id, [{ type: "A", data: "192.0.2.1" }])));
      }
    }, "10.20.0.53:53");
    expect(wire.events.length).toBe(100);
    expect(wire.events.at(-1)).toBe("dns 50 43");
  });

  it("is read from a server whose first segments change places", () => {
    const talk = new TcpTalk(CLIENT, "10.20.0.53:53", { mss: 20 });
    const wire = new Wire().take(talk.open()).take(talk.client(dnsOverTcp(dnsQuery("a.example"))));
    const [first, second, ...rest] = talk.data("server", dnsOverTcp(dnsAnswer("a.example")));
    wire.take([second, first, ...rest]);
    expect(wire.events).toEqual(["dns 1 27", "dns 1 27"]);
  });

  it("is not all that port 53 can carry", () => {
    for (const [message, event] of [
      [HELLO, "tls a.example"],
      [httpRequest("proxy", "evil.example:443", "CONNECT"), "CONNECT evil.example evil.example:443"],
    ] as const) {
      for (const mss of [1, 10, 1448]) {
        expect(spoken((talk) => talk.client(message), "10.20.0.53:53", mss).events).toEqual([event]);
      }
    }
  });

  it("tells of a message with octets missing", () => {
    const message = dnsOverTcp(dnsQuery("a.example"));
    const wire = arrival(
      join(message, message),
      [
        [0, 10],
        [15, 2 * message.length],
      ],
      "10.20.0.53:53",
    ).end();
    expect(wire.troubles).toEqual(["dns.stream_gap"]);
    expect(wire.events.at(-1)).toBe("dns 1 27");
  });
});

describe("something else", () => {
  it("closes the gate when both ends speak a protocol without names", () => {
    const wire = spoken((talk) => {
      for (let n = 0; n < 10; n++) {
        talk.server("SSH-2.0-server\r\n");
        talk.client("SSH-2.0-client\r\n");
      }
    });
    expect([wire.events, wire.troubles, wire.isGateOpen, wire.talks]).toEqual([
      ["ssh client server"],
      [],
      false,
      0,
    ]);
  });

  it("closes it when only one end is ever seen", () => {
    const wire = spoken((talk) => {
      for (let n = 0; n < 100; n++) talk.client([0xff, 0, n]);
    });
    expect([wire.isGateOpen, wire.talks]).toEqual([false, 0]);
  });

  it("is never an exception, and leaves nothing behind", () => {
    let seed = 1;
    const wire = new Wire();
    for (let n = 0; n < 300; n++) {
      const talk = new TcpTalk(`10.20.1.11:${40000 + n}`, n % 3 === 0 ? "10.20.0.53:53" : SERVER, {
        mss: 13 + (n % 90),
      });
      talk.open();
      for (const start of [HELLO, httpRequest("a.example"), dnsOverTcp(dnsQuery("a.example"))]) {
        const octets = Buffer.from(start);
        for (let k = 0; k < n % 7; k++) {
          seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
          octets[seed % octets.length] = seed >> 16;
        }
        talk.client(octets);
        talk.server(octets);
      }
      wire.take(talk.frames);
    }
    expect(wire.events.length).toBeGreaterThan(100);
    wire.end();
    expect([wire.talks, wire.conversations.budget.held]).toEqual([0, 0]);
  });

  it("does not leave octets held when a flow ends", () => {
    const wire = arrival(HELLO, [[20, 60]]);
    expect(wire.conversations.budget.held).toBeGreaterThan(0);
    wire.end();
    expect([wire.talks, wire.conversations.budget.held]).toEqual([0, 0]);
  });
});

describe("memory", () => {
  const talksOf = (wire: Wire) => Reflect.get(wire.conversations, "talks") as Map<number, unknown>;

  it("is not given to more connections than may be read at once, and that is told", () => {
    const talk = new TcpTalk(CLIENT, SERVER);
    const wire = new Wire().take(talk.open());
    for (let n = 1; n <= 1 << 17; n++) talksOf(wire).set(-n, null);
    wire.take(talk.client(HELLO)).take(talk.client(HELLO));
    expect([wire.events, wire.troubles, wire.isGateOpen]).toEqual([[], ["table.conversations_full"], false]);
  });

  it("is not given to unfinished messages without end, and that is told", () => {
    for (const [, octets, server] of MESSAGES) {
      const talk = new TcpTalk(CLIENT, server);
      const wire = new Wire().take(talk.open());
      Reflect.set(wire.conversations, "held", (1 << 28) - 100);
      wire.take(talk.client(octets.subarray(0, octets.length - 4)));
      expect([wire.troubles, wire.isGateOpen, wire.talks]).toEqual([["stream.memory_full"], false, 0]);
      expect(Reflect.get(wire.conversations, "held")).toBe((1 << 28) - 100);
    }
  });

  it("is counted down when messages become whole or flows end", () => {
    const wire = new Wire();
    for (const [i, [, octets, server]] of MESSAGES.entries()) {
      const talk = new TcpTalk(`10.20.1.11:${50000 + i}`, server);
      wire.take(talk.open()).take(talk.client(octets.subarray(0, 20)));
      expect(Reflect.get(wire.conversations, "held")).toBeGreaterThan(0);
      if (i % 2 === 0) wire.take(talk.client(octets.subarray(20)));
      else wire.end();
      expect(Reflect.get(wire.conversations, "held")).toBe(0);
    }
  });
});

describe("urgent data", () => {
  it("are told of while they may stand in the way of a name", () => {
    const fields = (seq: number, payload: string) => ({ seq, ack: 5001, flags: 0x38, payload });
    const talk = new TcpTalk(CLIENT, SERVER);
    const wire = new Wire().take(talk.open()).take([tcp(CLIENT, SERVER, fields(1001, "CON*"))]);
    expect(wire.troubles).toEqual(["stream.urgent"]);
    const ssh = new TcpTalk(CLIENT, SERVER);
    const known = new Wire().take(ssh.open());
    for (let n = 0; n < 20; n++) known.take(ssh.client("\0\0\0"));
    known.take([tcp(CLIENT, SERVER, fields(ssh.clientSeq, "*"))]).end();
    expect(known.troubles).toEqual([]);
  });
});

describe("a frame cut by the snaplen", () => {
  it("is told of until the name is known", () => {
    const talk = new TcpTalk(CLIENT, SERVER);
    const wire = new Wire().take(talk.open()).take(talk.client(HELLO), 0, 0, 100).end();
    expect(wire.troubles).toContain("stream.cut_by_snaplen");
  });

  it("is nothing where the name stands in what is left", () => {
    const talk = new TcpTalk(CLIENT, SERVER);
    const request = httpRequest("a.example", "/", "POST", "x".repeat(1000));
    const wire = new Wire().take(talk.open()).take(talk.client(request), 0, 0, 200);
    wire.take(talk.client(httpRequest("b.example"))).end();
    expect(wire.troubles).toEqual([]);
    expect(wire.events).toEqual(["POST a.example /", "GET b.example /"]);
  });

  it("is nothing after that", () => {
    const talk = new TcpTalk(CLIENT, SERVER);
    const wire = new Wire().take(talk.open()).take(talk.client(HELLO));
    wire
      .take(talk.client(tlsData(500)), 0, 0, 80)
      .take(talk.server(serverHello()), 0, 0, 200)
      .end();
    expect(wire.troubles).toEqual([]);
  });
});
