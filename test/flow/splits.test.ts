import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { H2_PREFACE, h2Frame, h2Headers, h2Settings } from "../traffic/http2.ts";
import { clientHello, dnsOverTcp, dnsQuery, httpRequest, serverHello } from "../traffic/messages.ts";
import {
  SOCKS5_CHOICE,
  SOCKS5_GRANTED,
  SOCKS5_HELLO,
  socks4Answer,
  socks4Request,
  socks5Request,
} from "../traffic/socks.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";
import { Wire } from "./wire.ts";

const GET = { ":method": "GET", ":scheme": "http", ":authority": "a.example", ":path": "/" };
const text = (...lines: readonly string[]) => Buffer.from(`${lines.join("\r\n")}\r\n`, "latin1");

/** What a client and a server say, each in one piece. */
const STREAMS: Readonly<Record<string, readonly [client: Uint8Array, server: Uint8Array]>> = {
  "SOCKS 5 around TLS": [
    Buffer.concat([SOCKS5_HELLO, socks5Request("a.example:443"), clientHello("b.example", [], 1600)]),
    Buffer.concat([SOCKS5_CHOICE, SOCKS5_GRANTED, serverHello()]),
  ],
  "SOCKS 5 around HTTP": [
    Buffer.concat([
      SOCKS5_HELLO,
      socks5Request("192.0.2.1:80"),
      httpRequest("b.example"),
      httpRequest("c.example"),
    ]),
    Buffer.concat([SOCKS5_CHOICE, SOCKS5_GRANTED]),
  ],
  "SOCKS 4a around SSH": [
    Buffer.concat([socks4Request("a.example:22"), text("SSH-2.0-client")]),
    Buffer.concat([socks4Answer(true), text("SSH-2.0-server")]),
  ],
  "HTTP/2": [
    Buffer.concat([
      H2_PREFACE,
      h2Settings([3, 9]),
      h2Headers(1, GET, { pieces: 3, padLen: 9, ends: false }),
      h2Frame(0, 1, 1, Buffer.alloc(500, 0x61)),
      h2Headers(3, { ...GET, ":authority": "b.example" }, { priority: true }),
    ]),
    Buffer.concat([h2Settings(), h2Headers(3, { ":status": "200" }), h2Headers(1, { ":status": "404" })]),
  ],
  "HTTP/0.9": [text("GET http://a.example/x"), Buffer.from("<html>")],
  "a load balancer's header": [
    Buffer.concat([text("PROXY TCP4 10.0.0.1 10.0.0.2 1 2"), httpRequest("a.example")]),
    Buffer.alloc(0),
  ],
  "DNS over TCP": [
    Buffer.concat([dnsOverTcp(dnsQuery("a.example")), dnsOverTcp(dnsQuery("b.example"))]),
    Buffer.alloc(0),
  ],
};

/** What is told of the streams when they are cut at these places. */
function told([client, server]: readonly [Uint8Array, Uint8Array], cuts: readonly number[]) {
  const talk = new TcpTalk("10.20.1.11:40000", "10.20.9.30:1080");
  talk.open();
  const say = (side: "client" | "server", octets: Uint8Array) => {
    const places = [...new Set(cuts.map((cut) => cut % (octets.length + 1)))].sort((a, b) => a - b);
    [...places, octets.length].reduce((from, to) => {
      talk.data(side, octets.subarray(from, to));
      return to;
    }, 0);
  };
  say("client", client);
  say("server", server);
  const wire = new Wire().take(talk.frames).end();
  return [[...wire.events].sort(), wire.troubles];
}

describe("what a connection says does not depend on where it is cut", () => {
  it.each(Object.keys(STREAMS))("%s", (name) => {
    const whole = told(STREAMS[name], []);
    expect(whole[0].length).toBeGreaterThan(0);
    const property = fc.property(fc.array(fc.nat(4000), { maxLength: 12 }), (cuts) => {
      expect(told(STREAMS[name], cuts)).toEqual(whole);
    });
    fc.assert(property, { seed: 11, numRuns: 150 });
  });

  it.each(Object.keys(STREAMS))("and no change of it breaks anything: %s", (name) => {
    const [client, server] = STREAMS[name];
    let read = 0;
    const property = fc.property(
      fc.nat(client.length - 1),
      fc.nat(255),
      fc.nat(client.length),
      (at, octet, cut) => {
        const changed = Uint8Array.from(client);
        changed[at] = octet;
        if (told([changed, server], [cut])[0].length > 0) read++;
      },
    );
    fc.assert(property, { seed: 12, numRuns: 150 });
    expect(read).toBeGreaterThan(10);
  });
});
