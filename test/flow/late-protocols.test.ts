import { describe, expect, it } from "vitest";
import type { Observer } from "../../src/findings/observer.ts";
import { Sensor } from "../../src/sensor.ts";
import { judgeFrom } from "../sensor-run.ts";
import { batchesOf, timed } from "../traffic/frames.ts";
import {
  clientHello,
  dnsOverTcp,
  dnsQuery,
  httpRequest,
  httpResponse,
  serverHello,
} from "../traffic/messages.ts";
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
    ssh: (_, banners) => names.push(`ssh ${banners[0]?.softwareVersion}`),
    icmp: () => undefined,
    icmpError: () => undefined,
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

  const starts: readonly (readonly [string, readonly (readonly ["<" | ">", string])[]])[] = [
    [
      "SMTP",
      [
        ["<", "220 mx ESMTP\r\n"],
        [">", "EHLO a\r\n"],
        ["<", "250-mx\r\n250 STARTTLS\r\n"],
        [">", "STARTTLS\r\n"],
        ["<", "220 go\r\n"],
      ],
    ],
    [
      "IMAP",
      [
        ["<", "* OK ready\r\n"],
        [">", "a1 CAPABILITY\r\n"],
        ["<", "a1 OK\r\n"],
        [">", "a2 STARTTLS\r\n"],
        ["<", "a2 OK\r\n"],
      ],
    ],
    [
      "POP3",
      [
        ["<", "+OK ready\r\n"],
        [">", "CAPA\r\n"],
        ["<", "+OK\r\nSTLS\r\n.\r\n"],
        [">", "STLS\r\n"],
        ["<", "+OK\r\n"],
      ],
    ],
    [
      "FTP",
      [
        ["<", "220 ready\r\n"],
        [">", "AUTH TLS\r\n"],
        ["<", "234 go\r\n"],
      ],
    ],
    [
      "XMPP",
      [
        [">", "<?xml version='1.0'?><stream:stream to='a.example' xmlns='jabber:client' version='1.0'>"],
        ["<", "<stream:stream><stream:features><starttls/></stream:features>"],
        [">", "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"],
        ["<", "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"],
      ],
    ],
    // RFC 4511 §4.14: ExtendedRequest 1.3.6.1.4.1.1466.20037
    [
      "LDAP",
      [
        [">", "\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"],
        ["<", "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"],
      ],
    ],
    [
      "PostgreSQL",
      [
        [">", "\0\0\0\x08\x04\xd2\x16\x2f"],
        ["<", "S"],
      ],
    ],
    // Greeting, then an SSLRequest of 32 octets (protocol 10).
    [
      "MySQL",
      [
        ["<", `\x4a\0\0\0\x0a8.0.36\0${"x".repeat(66)}`],
        [">", `\x20\0\0\x01\x05\xae\x03\0\0\0\0\x01\x21${"\0".repeat(23)}`],
      ],
    ],
    // X.224 connection request with a cookie and RDP_NEG_REQ, and its confirmation (MS-RDPBCGR 2.2.1)
    [
      "RDP",
      [
        [">", `\x03\0\0\x2a\x25\xe0\0\0\0\0\0Cookie: mstshash=a\r\n\x01\0\x08\0\x03\0\0\0`],
        ["<", "\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\x1f\x08\0\x02\0\0\0"],
      ],
    ],
  ];

  it.each(starts)("is TLS where %s asks for it", (_, dialogue) => {
    const said = namesIn((talk) => {
      for (const [side, text] of dialogue) side === ">" ? talk.client(text) : talk.server(text);
      talk.client(clientHello("late.example", [], 1600));
      talk.server(serverHello());
    });
    expect(said).toEqual({ names: ["late.example"], troubles: [] });
  });

  it.each([
    ["version 1", "PROXY TCP4 10.20.1.11 198.51.100.7 40000 443\r\n"],
    ["version 2", `\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c${"\x0a".repeat(12)}`],
  ])("is what stands behind a load balancer's header, in one segment or in many: %s", (_, header) => {
    const octets = (behind: Uint8Array) => Buffer.concat([Buffer.from(header, "latin1"), behind]);
    const whole = namesIn((talk) => talk.client(octets(clientHello("late.example"))));
    const pieces = namesIn((talk) => {
      for (const octet of octets(httpRequest("late.example"))) talk.data("client", [octet]);
    });
    expect([whole, pieces]).toEqual([
      { names: ["late.example"], troubles: [] },
      { names: ["late.example"], troubles: [] },
    ]);
  });

  it("is TLS after a long dialogue as well", () => {
    const said = namesIn((talk) => {
      for (let i = 0; i < 300; i++) talk.client(`a${i} NOOP\r\n`);
      talk.client("a999 STARTTLS\r\n");
      talk.client(clientHello("late.example"));
    });
    expect(said).toEqual({ names: ["late.example"], troubles: [] });
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

  it("is not HTTP after SSH's banners, which are told together", () => {
    const said = namesIn((talk) => {
      talk.server("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
      talk.client("SSH-2.0-libssh_0.10");
      talk.client(".6\r\n\0\0\x04");
      talk.client("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    });
    expect(said).toEqual({ names: ["ssh libssh_0.10.6"], troubles: [] });
  });

  it("is not looked for when eight chunks of something else came before", () => {
    const seen = namesIn((talk) => {
      for (let n = 0; n < 8; n++) talk.client(new Uint8Array(20).fill(0x80));
      talk.client(clientHello("late.example"));
    });
    expect(seen).toEqual({ names: [], troubles: [] });
  });

  it("is not looked for behind commands of Redis, though they are lines of text", () => {
    const seen = namesIn((talk) => {
      for (let n = 0; n < 8; n++) talk.client("*1\r\n$4\r\nPING\r\n");
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
    talk.client(new Uint8Array(20).fill(0x80));
    for (let n = 0; n < 80; n++) talk.server([0x2a, n, 0, 0]);
    talk.client(clientHello("late.example"));
    const sensor = new Sensor(judge, null);
    for (const batch of batchesOf(timed(talk.frames))) sensor.consume(batch);
    expect(sensor.finish([], false).totals.tlsHellos).toBe(0);
  });
});
