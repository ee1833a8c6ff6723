import { describe, expect, it } from "vitest";
import type { Observer } from "../../src/findings/observer.ts";
import { Sensor } from "../../src/sensor.ts";
import { judgeFrom } from "../sensor-run.ts";
import { batchesOf, timed } from "../traffic/frames.ts";
import { clientHello, dnsOverTcp, dnsQuery, httpRequest, httpResponse } from "../traffic/messages.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";

const judge = judgeFrom(`
gapwatch: 1
enclave:
  name: test
  inside: [10.20.0.0/16]
`);

/** Names that were read in a conversation, and the reasons for which it counts as partly unseen. */
function namesIn(build: (talk: TcpTalk) => void): { names: string[]; troubles: string[] } {
  const talk = new TcpTalk("10.20.1.11:40000", "198.51.100.7:5432");
  talk.open();
  build(talk);
  talk.close();
  const names: string[] = [];
  const observer: Observer = {
    input: () => undefined,
    flowBegan: () => undefined,
    dns: (_, question) => names.push(question.qname),
    tls: (_, hello) => names.push(hello.sni),
    quic: (_, { names: [name] }) => names.push(name),
    http: (_, request) => names.push(request.host),
    httpAnswer: () => undefined,
    flow: () => undefined,
  };
  const sensor = new Sensor(judge, observer);
  for (const batch of batchesOf(timed(talk.frames))) sensor.consume(batch);
  const { coverage } = sensor.finish([], false);
  const troubles = Object.keys(coverage).filter((name) => /^(stream|tls|http|dns)\./.test(name));
  return { names, troubles: troubles.filter((name) => coverage[name] > 0) };
}

describe("a protocol that takes over a connection", () => {
  it("is TLS after STARTTLS, in whatever protocol asks for it", () => {
    const seen = namesIn((talk) => {
      talk.server("220 mx.example ESMTP\r\n");
      talk.client("EHLO gpu-01\r\n");
      talk.server("250-mx.example\r\n250 STARTTLS\r\n");
      talk.client("STARTTLS\r\n");
      talk.server("220 go\r\n");
      talk.client(clientHello("mx.example"));
    });
    expect(seen).toEqual({ names: ["mx.example"], troubles: [] });
  });

  it("is TLS after eight octets that ask for it, as in PostgreSQL", () => {
    const seen = namesIn((talk) => {
      talk.client([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
      talk.server("S");
      talk.client(clientHello("db.example"));
    });
    expect(seen).toEqual({ names: ["db.example"], troubles: [] });
  });

  it("is HTTP after a SOCKS handshake", () => {
    const seen = namesIn((talk) => {
      talk.client([5, 1, 0]);
      talk.server([5, 0]);
      talk.client([5, 1, 0, 1, 198, 51, 100, 7, 0, 80]);
      talk.server([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
      talk.client(httpRequest("a.example"));
      talk.server(httpResponse());
      talk.client(httpRequest("b.example"));
    });
    expect(seen).toEqual({ names: ["a.example", "b.example"], troubles: [] });
  });

  it("is not looked for when eight chunks of something else came before", () => {
    const seen = namesIn((talk) => {
      for (let n = 0; n < 8; n++) talk.client(new Uint8Array(20).fill(0x2a));
      talk.client(clientHello("late.example"));
    });
    expect(seen).toEqual({ names: [], troubles: [] });
  });

  it("is not DNS, for short binary messages would be held for it", () => {
    const seen = namesIn((talk) => {
      talk.client([0x2a, 0, 0, 0]);
      talk.client(dnsOverTcp(dnsQuery("a.example")));
      talk.client([0xe0, 0x00]); // in MQTT: goodbye. It could begin an SSL 2.0 record.
      talk.client([0x01, 0x00, 0x00, 0x00, 0x01]); // in MySQL
    });
    expect(seen).toEqual({ names: [], troubles: [] });
  });

  it("leaves no gate open for a server that alone goes on talking", () => {
    const talk = new TcpTalk("10.20.1.11:40000", "198.51.100.7:5432");
    talk.open();
    talk.client(new Uint8Array(20).fill(0x2a));
    for (let n = 0; n < 80; n++) talk.server([0x2a, n, 0, 0]);
    talk.client(clientHello("late.example"));
    const sensor = new Sensor(judge, null);
    for (const batch of batchesOf(timed(talk.frames))) sensor.consume(batch);
    expect(sensor.finish([], false).totals.tlsHellos).toBe(0);
  });
});
