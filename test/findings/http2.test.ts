import { describe, expect, it } from "vitest";
import { H2_PREFACE, h2Frame, h2Headers, h2Settings } from "../traffic/http2.ts";
import type { TcpTalk } from "../traffic/tcp-talk.ts";
import { enclave, GATE, GPU, OUTSIDE, Scene } from "./scene.ts";

const SERVER = "10.20.9.30";

function get(streamId: number, authority: string): Buffer {
  return h2Headers(streamId, { ":method": "GET", ":scheme": "http", ":authority": authority, ":path": "/" });
}

function connect(streamId: number, target: string): Buffer {
  return h2Headers(streamId, { ":method": "CONNECT", ":authority": target }, { ends: false });
}

function talks(host: string, server: string, say: (talk: TcpTalk) => void): Scene {
  return new Scene().works().talks(host, server, 8080, (talk) => {
    talk.open();
    talk.client(Buffer.concat([H2_PREFACE, h2Settings()]));
    talk.server(h2Settings());
    say(talk);
    talk.close();
  });
}

describe("HTTP/2 without TLS", () => {
  it("names the outside, in every request of the connection", () => {
    const scene = talks(GPU, OUTSIDE, (talk) => {
      for (let i = 0; i < 100; i++) talk.client(get(1 + 2 * i, "a.example.com"));
      talk.client(get(999, "b.example.net"));
    });
    expect(scene.lines()).toEqual([
      `egress.flow ${GPU} a.example.com 8080/tcp transferred critical x1`,
      `egress.flow ${GPU} b.example.net 8080/tcp transferred critical x1`,
    ]);
  });

  it("contradicts a rule that allows another name", () => {
    const file = enclave([`id: gate, to: [a.example.com], ports: [8080/tcp], from: [10.20.4.0/24]`]);
    const scene = new Scene().works().asks(GATE, "a.example.com", { answer: [OUTSIDE] });
    scene.talks(GATE, OUTSIDE, 8080, (talk) => {
      talk.open();
      talk.client(Buffer.concat([H2_PREFACE, h2Settings(), get(1, "a.example.com")]));
      talk.server(h2Settings());
      talk.client(get(3, "evil.example.net"));
    });
    expect(scene.lines(file)).toEqual([
      `egress.flow ${GATE} evil.example.net 8080/tcp transferred critical x1`,
    ]);
  });

  it("to an inside host is name.inside", () => {
    expect(talks(GPU, SERVER, (talk) => talk.client(get(1, "pypi.org"))).lines()).toEqual([
      `name.inside ${GPU} pypi.org 8080/tcp transferred info x1`,
    ]);
  });

  it("to an inside relay is a request to a proxy", () => {
    const scene = talks(GPU, SERVER, (talk) => {
      talk.client(get(1, "pypi.org"));
      talk.server(h2Headers(1, { ":status": "200" }, { ends: false }));
    });
    expect(scene.lines(enclave([], [`relays: [${SERVER}]`]))).toEqual([
      `name.proxy ${GPU} pypi.org 80/tcp transferred critical x1`,
    ]);
  });

  it.each([
    ["attempted medium", null],
    ["refused medium", "403"],
    ["connected high", "200"],
  ])("a CONNECT of one stream: %s", (outcome, status) => {
    const scene = talks(GPU, SERVER, (talk) => {
      talk.client(connect(1, "api.example.com:443"));
      if (status !== null) talk.server(h2Headers(1, { ":status": status }, { ends: false }));
    });
    expect(scene.lines()).toEqual([`name.proxy ${GPU} api.example.com 443/tcp ${outcome} x1`]);
  });

  it("two CONNECTs of one connection are two destinations, and what is in them is not read", () => {
    const summary = talks(GPU, SERVER, (talk) => {
      talk.client(Buffer.concat([connect(1, "api.example.com:443"), connect(3, "192.0.2.9:22")]));
      talk.server(h2Headers(1, { ":status": "200" }, { ends: false }));
      talk.client(h2Frame(0, 0, 1, Buffer.from("data")));
    }).seen();
    expect(summary.findings.map(({ destination, outcomeName }) => `${destination} ${outcomeName}`)).toEqual([
      "api.example.com transferred",
      "192.0.2.9 attempted",
    ]);
    expect(summary.reasons.map((reason) => reason.split(":")[0])).toEqual(["http2.tunnel_not_read"]);
  });

  it("is read after an upgrade (RFC 7540 §3.2)", () => {
    const scene = new Scene().works().talks(GPU, SERVER, 8080, (talk) => {
      talk.open();
      talk.client(
        "GET / HTTP/1.1\r\nHost: vllm.enclave.internal\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
      );
      talk.server(
        Buffer.concat([Buffer.from("HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n"), h2Settings()]),
      );
      talk.client(Buffer.concat([H2_PREFACE, h2Settings(), connect(3, "api.example.com:443")]));
      talk.server(h2Headers(3, { ":status": "200" }, { ends: false }));
    });
    expect(scene.lines()).toEqual([`name.proxy ${GPU} api.example.com 443/tcp connected high x1`]);
  });

  it("that was open before is not clean", () => {
    const scene = new Scene().works().talks(GPU, SERVER, 8080, (talk) => {
      talk.client(h2Frame(8, 0, 0, Buffer.from([0, 0, 1, 0])));
      talk.client(
        Buffer.concat([
          h2Frame(1, 4, 77, Buffer.from([0x83, 0xbe, 0xbf])),
          h2Frame(0, 1, 77, Buffer.alloc(40)),
        ]),
      );
    });
    const summary = scene.seen();
    expect([summary.verdict, summary.reasons.map((reason) => reason.split(":")[0])]).toEqual([
      "inconclusive",
      ["http2.joined_midway"],
    ]);
  });

  it("that cannot be read on is not clean", () => {
    const summary = talks(GPU, SERVER, (talk) =>
      talk.client(h2Frame(1, 4, 1, Buffer.from([0xff, 0xff]))),
    ).seen();
    expect([summary.verdict, summary.reasons.length]).toEqual(["inconclusive", 1]);
  });

  it("inside, for inside names, is clean", () => {
    const scene = talks(GPU, SERVER, (talk) => {
      talk.client(get(1, "vllm.enclave.internal"));
      talk.server(h2Headers(1, { ":status": "200" }, { ends: false }));
    });
    expect(scene.seen()).toMatchObject({ verdict: "clean", reasons: [] });
  });
});
