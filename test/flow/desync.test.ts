import { describe, expect, it } from "vitest";
import { clientHello, httpRequest, httpResponse, serverHello } from "../traffic/messages.ts";
import { ACK, SYN, tcp } from "../traffic/packets.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";
import { Wire } from "./wire.ts";

const CLIENT = "10.20.1.11:40000";
const PROXY = "10.20.9.30:3128";
const CONNECT = httpRequest("evil.example:443", "evil.example:443", "CONNECT");

/** A connection that a host with raw sockets tries to make unreadable, after its handshake. */
function opened(): { talk: TcpTalk; wire: Wire } {
  const talk = new TcpTalk(CLIENT, PROXY);
  const wire = new Wire().take(talk.open());
  return { talk, wire };
}

function straySyn(seq: number): Buffer {
  return tcp(CLIENT, PROXY, { seq, flags: SYN });
}

describe("a SYN that its responder ignores", () => {
  for (const [what, distance] of [
    ["far ahead", 2 ** 30],
    ["a little ahead", 5000],
    ["a little behind", -5000],
    ["far behind", -(2 ** 30)],
  ] as const) {
    it(`does not hide a name or count bytes as retries: ${what}`, () => {
      const { talk, wire } = opened();
      wire.take([straySyn(talk.clientSeq + distance)]);
      wire
        .take(talk.client(CONNECT))
        .take(talk.server(httpResponse(403)))
        .end();
      expect(wire.events).toContain("CONNECT evil.example evil.example:443");
      expect(wire.ended.at(-1)?.out).toBeGreaterThanOrEqual(CONNECT.length);
    });
  }

  it("is told of when data in its own numbering came first", () => {
    const { talk, wire } = opened();
    const fake = talk.clientSeq + 100_000;
    wire.take([
      straySyn(fake - 1),
      tcp(CLIENT, PROXY, { seq: fake, ack: talk.serverSeq, payload: "SSH-2.0-x\r\n" }),
    ]);
    wire.take(talk.client(CONNECT)).end();
    expect(wire.troubles).toContain("stream.before_start");
    expect(wire.ended.at(-1)?.out).toBeGreaterThanOrEqual(CONNECT.length);
  });

  it("closes no gate with octets that nobody acknowledges", () => {
    const { talk, wire } = opened();
    const fake = talk.clientSeq - 100_000;
    wire.take([straySyn(fake - 1)]);
    const refusal = tcp(PROXY, CLIENT, { seq: talk.serverSeq, ack: talk.clientSeq - 200_000 });
    for (let n = 0; n < 200; n++) {
      wire.take([tcp(CLIENT, PROXY, { seq: fake + n, ack: talk.serverSeq, payload: "*" }), refusal]);
    }
    expect(wire.isGateOpen).toBe(true);
  });

  it("leaves keep-alive probes alone", () => {
    const { talk, wire } = opened();
    wire.take([tcp(CLIENT, PROXY, { seq: talk.clientSeq - 1, ack: talk.serverSeq, payload: "\0" })]);
    wire.take(talk.client(CONNECT)).end();
    expect(wire.troubles).toEqual([]);
    expect(wire.events).toEqual(["CONNECT evil.example evil.example:443"]);
    expect(wire.ended.at(-1)?.out).toBe(CONNECT.length);
  });
});

describe("octets that are sent twice and not the same", () => {
  const decoy = CONNECT.toString("latin1").replaceAll("evil.example", "x.enclave.in");

  it("are told of: the first may never have arrived", () => {
    const { talk, wire } = opened();
    wire.take(talk.data("client", decoy));
    talk.clientSeq -= decoy.length;
    wire.take(talk.client(CONNECT)).end();
    expect(wire.troubles).toEqual(["stream.rewritten"]);
  });

  it("are told of in whatever pieces and order they came", () => {
    const { talk, wire } = opened();
    const from = talk.clientSeq;
    const piece = (text: Uint8Array | string, at: number) =>
      tcp(CLIENT, PROXY, { seq: from + at, ack: talk.serverSeq, payload: text.slice(at, at + 7) });
    for (let at = decoy.length - (decoy.length % 7); at >= 0; at -= 7) wire.take([piece(decoy, at)]);
    wire.take([tcp(CLIENT, PROXY, { seq: from, ack: talk.serverSeq, payload: CONNECT })]).end();
    expect(wire.troubles).toEqual(["stream.rewritten"]);
  });

  it("are no matter in content, nor is an honest retry in other pieces", () => {
    const { talk, wire } = opened();
    wire.take(talk.data("client", CONNECT.subarray(0, 20))).take(talk.data("client", CONNECT.subarray(20)));
    talk.clientSeq -= CONNECT.length;
    wire.take(talk.client(CONNECT));
    wire.take(talk.server(httpResponse(403)));
    wire.take(talk.data("client", httpRequest("a.example", "/", "POST", "x".repeat(500)).subarray(0, 100)));
    wire.take(talk.data("client", "y".repeat(200)));
    talk.clientSeq -= 200;
    wire.take(talk.client("z".repeat(200))).end();
    expect(wire.troubles).toEqual([]);
  });
});

describe("where a message ends", () => {
  const evil = httpRequest("evil.example", "http://evil.example/");
  const head = httpRequest("a.example", "/", "POST").toString("latin1").trimEnd();

  it("is no matter of the second telling either, though it stands between contents", () => {
    const { talk, wire } = opened();
    wire.take(talk.data("client", `${head}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab`));
    const end = `cde\r\n0;a\r\n\r\n${evil}`;
    wire.take(talk.data("client", `cde\r\n2000\r\n${evil}`));
    talk.clientSeq -= end.length;
    wire.take(talk.client(end)).end();
    expect(wire.troubles).toEqual(["stream.rewritten"]);
  });
});

describe("a hello that is none", () => {
  it("is told of when what follows it is no TLS", () => {
    const { talk, wire } = opened();
    wire.take(talk.client([22, 3, 1, 0, 5, 1, 0, 0, 1, 3])).take(talk.client(CONNECT));
    expect(wire.troubles).toContain("tls.records_broken");
  });
});

describe("data in a SYN (RFC 7413)", () => {
  const hello = clientHello("fast.example");

  it("is read and counted when the server takes it", () => {
    const talk = new TcpTalk(CLIENT, PROXY);
    const syn = tcp(CLIENT, PROXY, { seq: talk.clientSeq, flags: SYN, payload: hello });
    talk.clientSeq += hello.length;
    const wire = new Wire()
      .take([syn])
      .take(talk.synAck())
      .take(talk.ack("client"))
      .take(talk.server(serverHello()));
    wire.take(talk.close()).end();
    expect(wire.events).toEqual(["tls fast.example"]);
    expect(wire.ended[0]).toMatchObject({ out: hello.length, outcome: "transferred" });
    expect(wire.tracker.gaps.unseen).toBe(0);
  });

  it("is counted once when the server wants it again", () => {
    const talk = new TcpTalk(CLIENT, PROXY);
    const syn = tcp(CLIENT, PROXY, { seq: talk.clientSeq, flags: SYN, payload: hello });
    const wire = new Wire().take([syn]).take(talk.synAck()).take(talk.client(hello)).end();
    expect(wire.events).toEqual(["tls fast.example"]);
    expect(wire.ended[0].out).toBe(hello.length);
    expect(wire.troubles).toEqual([]);
  });

  it("is an attempt when nobody answers", () => {
    const wire = new Wire().take([tcp(CLIENT, PROXY, { seq: 7, flags: SYN, payload: hello })]).end();
    expect(wire.ended[0]).toMatchObject({ out: hello.length, outcome: "attempted" });
    expect(wire.events).toEqual(["tls fast.example"]);
  });
});

describe("a beginning that is missing", () => {
  it("is told of, and what follows is read all the same", () => {
    const { talk, wire } = opened();
    talk.client("lost octets");
    wire.take(talk.client(CONNECT)).end();
    expect(wire.troubles).toEqual(["stream.gap_at_start"]);
    expect(wire.events).toEqual(["CONNECT evil.example evil.example:443"]);
  });

  it("of a server is no loss", () => {
    const { talk, wire } = opened();
    wire.take(talk.client(CONNECT));
    talk.data("server", "lost octets");
    wire.take(talk.data("server", "x")).end();
    expect(wire.troubles).toEqual([]);
  });

  it("of a connection that was open before is no news", () => {
    const wire = new Wire().take([tcp(CLIENT, PROXY, { seq: 9, ack: 1, flags: ACK, payload: "\0\0\0" })]);
    wire.take([tcp(CLIENT, PROXY, { seq: 3, ack: 1, payload: "\0\0\0" })]).end();
    expect(wire.troubles).toEqual([]);
  });
});

describe("a beginning that never says what it is", () => {
  it("is not looked at over and over", () => {
    const talk = new TcpTalk(CLIENT, PROXY, { mss: 1 });
    const wire = new Wire().take(talk.open());
    const get = DataView.prototype.getUint8;
    let reads = 0;
    DataView.prototype.getUint8 = function (this: DataView, at: number) {
      reads++;
      return get.call(this, at);
    };
    try {
      wire.take(talk.data("client", "\n".repeat(20_000)));
    } finally {
      DataView.prototype.getUint8 = get;
    }
    expect(reads).toBeLessThan(20_000_000);
    wire.take(talk.data("client", "CONNECT evil.example:443 HTTP/1.1\r\n\r\n")).end();
    expect(wire.events).toEqual(["CONNECT evil.example evil.example:443"]);
  });
});
