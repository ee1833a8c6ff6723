import { H2_PREFACE, h2Frame, h2Settings } from "../../traffic/http2.ts";
import {
  clientHello,
  dnsAnswer,
  dnsName,
  dnsOverTcp,
  dnsQuery,
  httpRequest,
  svcb,
} from "../../traffic/messages.ts";
import { be, join } from "../../traffic/octets.ts";
import { ipPacket, udp } from "../../traffic/packets.ts";
import { SOCKS5_CHOICE, SOCKS5_HELLO, socks5Request } from "../../traffic/socks.ts";
import { TcpTalk } from "../../traffic/tcp-talk.ts";
import { filled, HOST, OUTSIDE, PROXY, port, RESOLVER, streamOf } from "./attack-frames.ts";

const HTTP_PROXY = "10.20.9.30:3128";

/** A frame's worth of what one octet or a few stand for. */
function repeated(count: number, make: (n: number) => Buffer): Buffer {
  return join(...Array.from({ length: count }, (_, n) => make(n)));
}

/** A question with options (RFC 6891 §6.1.2) instead of records. */
function optionFlood(n: number): Buffer {
  const options = repeated(300, () => join(be(8, 2), be(0, 2)));
  const opt = join([0], be(41, 2), be(4096, 2), be(0, 4), be(options.length, 2), options);
  const question = join(dnsName(`n${n}.com`), be(1, 2), be(1, 2));
  return join(be(n & 0xffff, 2), be(0x0100, 2), be(1, 2), be(0, 4), be(1, 2), question, opt);
}

/** A name of as many labels as there can be, each time another. */
function manyLabels(n: number): string {
  return `${"a.".repeat(120)}n${n % 1000}.com`;
}

/** A server's hello to what it was asked, with as many names as fit. */
function helloWithNames(n: number): Buffer {
  const names = repeated(100, (i) => {
    const name = `h${n}-${i}.com`;
    return join([0], be(name.length, 2), name);
  });
  const sni = join(be(0, 2), be(names.length + 2, 2), be(names.length, 2), names);
  const body = join(
    be(0x0303, 2),
    Buffer.alloc(32, 7),
    [0],
    be(2, 2),
    be(0x1301, 2),
    [1, 0],
    be(sni.length, 2),
    sni,
  );
  return join([22, 3, 1], be(body.length + 4, 2), [1], be(body.length, 3), body);
}

/** What a stream, a datagram or a packet can be filled with that has to be looked at piece by piece. */
export const FLOODS: Readonly<Record<string, () => Buffer[]>> = {
  "DNS: options without end": () => filled((n) => udp(`${HOST}:${port(n)}`, RESOLVER, optionFlood(n))),
  "DNS: names of 120 labels": () =>
    filled((n) => udp(`${HOST}:${port(n)}`, RESOLVER, dnsQuery(manyLabels(n), "A", n & 0xffff))),
  "DNS: names of octets that have to be escaped": () =>
    filled((n) => {
      const label = join([63], Buffer.alloc(61, 1), be(n & 0xffff, 2));
      const name = join(label, label, label, [0]);
      return udp(
        `${HOST}:${port(n)}`,
        RESOLVER,
        join(be(n, 2), be(0x0100, 2), be(1, 2), be(0, 6), name, be(1, 2), be(1, 2)),
      );
    }),
  "DNS: a service with parameters without end": () =>
    filled((n) => {
      const id = n & 0xffff;
      const params = Array.from({ length: 300 }, (_, key) => [key + 7, ""] as const);
      const records = [{ type: "HTTPS", data: svcb(1, ".", params) }] as const;
      return [
        udp(`${HOST}:${port(n)}`, RESOLVER, dnsQuery("a.example", "HTTPS", id)),
        udp(RESOLVER, `${HOST}:${port(n)}`, dnsAnswer("a.example", "HTTPS", id, records)),
      ];
    }),
  "DNS: a chain of names": () =>
    filled((n) => {
      const id = n & 0xffff;
      const records = Array.from({ length: 60 }, (_, i) => ({
        name: i === 0 ? `n${n}.com` : `c${i}.com`,
        type: "CNAME" as const,
        data: `c${i + 1}.com`,
      }));
      return [
        udp(`${HOST}:${port(n)}`, RESOLVER, dnsQuery(`n${n}.com`, "A", id)),
        udp(RESOLVER, `${HOST}:${port(n)}`, dnsAnswer(`n${n}.com`, "A", id, records)),
      ];
    }),
  "DNS over TCP: messages of no octets": () =>
    streamOf(RESOLVER, dnsOverTcp(dnsQuery("a.example")), () => be(0, 2)),
  "DNS over TCP: the same question again and again": () =>
    streamOf(RESOLVER, dnsOverTcp(dnsQuery("a.example")), () => dnsOverTcp(dnsQuery("a.example"))),
  "TLS: hello after hello": () =>
    streamOf(`${OUTSIDE}:443`, clientHello("a.example"), (n) => clientHello(`h${n}.com`)),
  "TLS: many names in a hello": () =>
    filled((n) => {
      const talk = new TcpTalk(`${HOST}:${port(n)}`, `${OUTSIDE}:443`);
      talk.open();
      talk.data("client", helloWithNames(n));
      return talk.frames;
    }),
  "TLS: empty records": () =>
    streamOf(`${OUTSIDE}:443`, clientHello("a.example").subarray(0, 60), () => Buffer.from([22, 3, 1, 0, 0])),
  "TLS: alerts": () =>
    streamOf(`${OUTSIDE}:443`, clientHello("a.example"), () => Buffer.from([21, 3, 1, 0, 2, 1, 0])),
  "HTTP: the same request again and again": () =>
    streamOf(HTTP_PROXY, httpRequest("a.com"), () => "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n"),
  "HTTP: absolute requests of a proxy": () =>
    streamOf(HTTP_PROXY, httpRequest("a.com"), (n) => `GET http://h${n}.com/ HTTP/1.1\r\n\r\n`),
  "HTTP: CONNECT after CONNECT": () =>
    streamOf(HTTP_PROXY, httpRequest("a.com"), (n) => `CONNECT h${n}.com:443 HTTP/1.1\r\n\r\n`),
  "HTTP: answers without end": () =>
    streamOf(HTTP_PROXY, httpRequest("a.com"), () => "HTTP/1.1 204 x\r\n\r\n", "server"),
  "HTTP: requests outward, a new host in each": () =>
    streamOf(`${OUTSIDE}:80`, httpRequest("a.com"), (n) => `GET / HTTP/1.1\r\nHost: h${n}.com\r\n\r\n`),
  "HTTP/2: the same request again and again": () =>
    streamOf(`${OUTSIDE}:80`, join(H2_PREFACE, h2Settings()), (n) =>
      h2Frame(1, 5, 2 * n + 1, Buffer.from([0x82, 0x84, 0x86])),
    ),
  "HTTP/2: answers without end": () =>
    streamOf(
      `${OUTSIDE}:80`,
      join(H2_PREFACE, h2Settings()),
      (n) => join(n === 0 ? h2Settings() : [], h2Frame(1, 5, 2 * n + 1, Buffer.from([0x88]))),
      "server",
    ),
  "HTTP/2: pushed requests without end": () =>
    streamOf(
      `${OUTSIDE}:80`,
      join(H2_PREFACE, h2Settings()),
      (n) => {
        const authority = `h${n}.com`;
        const block = join([0x82, 0x84, 0x86, 0x01, authority.length], authority);
        return join(n === 0 ? h2Settings() : [], h2Frame(5, 4, 1, join(be(2 * n + 2, 4), block)));
      },
      "server",
    ),
  "HTTP/2: Huffman's longest codes": () =>
    streamOf(`${OUTSIDE}:80`, join(H2_PREFACE, h2Settings()), (n) =>
      h2Frame(
        1,
        5,
        2 * n + 1,
        join([0x82, 0x00, 0x81, 0x1f, 0x80 | 126], Buffer.alloc(126, n & 1 ? 0xff : 0x00)),
      ),
    ),
  "HTTP/2: pings": () =>
    streamOf(`${OUTSIDE}:80`, join(H2_PREFACE, h2Settings()), () => h2Frame(6, 0, 0, Buffer.alloc(8))),
  "HTTP/2: empty frames": () =>
    streamOf(`${OUTSIDE}:80`, join(H2_PREFACE, h2Settings()), () => h2Frame(0, 0, 1, Buffer.alloc(0))),
  "SOCKS: logins without end": () => streamOf(PROXY, SOCKS5_HELLO, () => "\x01\x01a\x01b"),
  "SOCKS: a handshake in another, without end": () =>
    filled((n) => {
      const talk = new TcpTalk(`${HOST}:${port(n)}`, PROXY);
      talk.open();
      for (let i = 0; i < 12; i++) {
        talk.data("client", SOCKS5_HELLO);
        talk.data("server", SOCKS5_CHOICE);
        talk.data("client", socks5Request(`h${n}-${i}.com:443`));
        talk.data("server", Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      }
      return talk.frames;
    }),
  "SOCKS: requests before any answer": () =>
    streamOf(PROXY, SOCKS5_HELLO, (n) => socks5Request(`h${n}.com:443`)),
  "SSH: lines before the banner": () => streamOf(`${OUTSIDE}:22`, "SSH-2.0-x\r\n", () => "a\r\n", "server"),
  "SSH: banners without end": () => streamOf(`${OUTSIDE}:22`, "SSH-2.0-x\r\n", () => "SSH-2.0-x\r\n"),
  "mail: answers of many lines": () => streamOf(`${OUTSIDE}:25`, "EHLO x\r\n", () => "250-a\r\n", "server"),
  "mail: commands without end": () => streamOf(`${OUTSIDE}:25`, "EHLO x\r\n", () => "NOOP\r\n"),
  "secrets: a password in every word": () =>
    streamOf(
      `${OUTSIDE}:80`,
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n",
      (n) => `pwd=abc${n}&`,
    ),
  "secrets: the same password in every word": () =>
    streamOf(
      `${OUTSIDE}:80`,
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n",
      () => "pwd=abc&",
    ),
  "secrets: what nearly is one of each kind": () =>
    streamOf(
      `${OUTSIDE}:80`,
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n",
      () =>
        'x-api-key:;authorization: basic ;cookie: user_session;api_key=;pwd=;"api_key":;"password":;a://:@ pass  login auth AKIA;eyJh',
    ),
  "secrets: what nearly is a login": () =>
    streamOf(`${OUTSIDE}:25`, "EHLO x\r\n", () => "AUTH PLAIN ==!\r\n"),
  "secrets: what nearly is a cookie": () =>
    streamOf(`${OUTSIDE}:80`, "GET / HTTP/1.1\r\n", () => "Cookie: user_sessio\r\nauthorization: basic \r\n"),
  "IPv4: a source route in each of many datagrams": () =>
    filled((n) => {
      const hops = repeated(9, (i) => be(0xc6336400 + ((n * 9 + i) & 0xffff), 4));
      const options = join([0x83, 3 + hops.length, 4], hops, [0]);
      return udp(`${HOST}:${port(n)}`, `${OUTSIDE}:9`, "x", { options });
    }),
  "tunnels: the datagrams of a tunnel, each of another flow": () =>
    filled((n) => {
      const inner = ipPacket(
        HOST,
        `198.51.${(n >> 8) & 255}.${n & 255}`,
        17,
        join(be(port(n), 2), be(9, 2), be(9, 2), be(0, 2), "x"),
      );
      return udp(
        `${HOST}:${port(n)}`,
        `${OUTSIDE}:4789`,
        join([8, 0, 0, 0], be(n, 3), [0], Buffer.alloc(12, 2), be(0x0800, 2), inner),
      );
    }),
};
