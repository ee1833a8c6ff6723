import { randomBytes } from "node:crypto";
import { fragment } from "../../traffic/fragments.ts";
import { H2_PREFACE, h2Frame, h2Headers, h2Settings } from "../../traffic/http2.ts";
import {
  clientHello,
  dnsAnswer,
  dnsName,
  dnsOverTcp,
  dnsQuery,
  httpRequest,
  serverHello,
} from "../../traffic/messages.ts";
import { be, join } from "../../traffic/octets.ts";
import { icmpError, ip, ipPacket, SYN, tcp, udp } from "../../traffic/packets.ts";
import { crypto, initial, quicHello, V1 } from "../../traffic/quic.ts";
import { SOCKS5_CHOICE, SOCKS5_GRANTED, SOCKS5_HELLO, socks5Request } from "../../traffic/socks.ts";
import { TcpTalk } from "../../traffic/tcp-talk.ts";
import { filled, HOST, OUTSIDE, PROXY, port, RESOLVER, streamOf } from "./attack-frames.ts";
import { FLOODS } from "./floods.ts";

/** A message over TCP on port 53 that is as long as one can be. */
function longAnswer(records: readonly Buffer[]): Buffer {
  const question = join(dnsName("a.example"), be(1, 2), be(1, 2));
  return dnsOverTcp(
    join(be(1, 2), be(0x8180, 2), be(1, 2), be(records.length, 2), be(0, 4), question, ...records),
  );
}

/** Records whose names point at the name before, which points at the one before it, and so on. */
function pointerChain(): Buffer {
  const records: Buffer[] = [];
  let at = 12 + dnsName("a.example").length + 4;
  let before = 12;
  while (at < 16_000) {
    records.push(join([1, 0x61], be(0xc000 | before, 2), be(16, 2), be(1, 2), be(0, 4), be(0, 2)));
    before = at;
    at += 14;
  }
  return longAnswer(records);
}

function dnsAnswers(message: Buffer): Buffer[] {
  return filled((n) => {
    const talk = new TcpTalk(`${HOST}:${port(n)}`, RESOLVER);
    talk.open();
    talk.data("server", message);
    return talk.frames;
  });
}

function wrapped(packet: Buffer, proto: number, depth: number, head: Buffer): Buffer {
  let inner = packet;
  for (let n = 0; n < depth; n++) inner = ipPacket(HOST, "10.20.1.12", proto, join(head, inner));
  return inner;
}

function ethernetOf(packet: Buffer): Buffer {
  return join(Buffer.from("020000000002020000000001", "hex"), be(0x0800, 2), packet);
}

/** VXLAN in VXLAN, as deep as fits. */
function vxlanStack(depth: number): Buffer {
  let frame = udp(`${HOST}:1`, `${OUTSIDE}:2`, "x");
  for (let n = 0; n < depth; n++)
    frame = udp(`${HOST}:5`, "10.20.1.12:4789", join([8, 0, 0, 0, 0, 0, 1, 0], frame));
  return frame;
}

const small = udp(`${HOST}:5000`, `${OUTSIDE}:9000`, Buffer.alloc(1400, 1));

/** Known attacks on what looking at traffic costs. */
export const ATTACKS: Readonly<Record<string, () => Buffer[]>> = {
  "DNS: chains of pointers": () => dnsAnswers(pointerChain()),
  "DNS: answers full of addresses": () => {
    const records = Array.from({ length: 60 }, (_, n) => ({ type: "A" as const, data: `203.0.113.${n}` }));
    return filled((n) => [
      udp(`${HOST}:${port(n)}`, RESOLVER, dnsQuery(`n${n}.example.com`, "A", n & 0xffff)),
      udp(RESOLVER, `${HOST}:${port(n)}`, dnsAnswer(`n${n}.example.com`, "A", n & 0xffff, records)),
    ]);
  },
  "DNS: a new name in each question": () =>
    filled((n) => udp(`${HOST}:${port(n)}`, RESOLVER, dnsQuery(`n${n}.x${n}.com`, "A", n & 0xffff))),
  "DNS over TCP: many questions in a segment": () =>
    streamOf(RESOLVER, dnsOverTcp(dnsQuery("a.example")), (n) =>
      dnsOverTcp(dnsQuery(`n${n}.com`, "A", n & 0xffff)),
    ),
  "DNS: many questions in a message": () =>
    filled((n) => {
      const questions = Array.from({ length: 80 }, (_, q) =>
        join(dnsName(`q${n}-${q}.com`), be(1, 2), be(1, 2)),
      );
      return udp(
        `${HOST}:${port(n)}`,
        RESOLVER,
        join(be(n, 2), be(0x0100, 2), be(80, 2), be(0, 6), ...questions),
      );
    }),
  "DNS: search walks": () =>
    filled((n) =>
      udp(`${HOST}:${port(n)}`, RESOLVER, dnsQuery(`s${n}.com.enclave.internal`, "A", n & 0xffff)),
    ),
  "TCP: segments over one another, the first missing": () => {
    const talk = new TcpTalk(`${HOST}:40000`, `${OUTSIDE}:443`);
    talk.open();
    const frames = filled((n) =>
      tcp(`${HOST}:40000`, `${OUTSIDE}:443`, {
        seq: talk.clientSeq + 90_000 - (n % 8000) * 11,
        payload: "x".repeat(40),
      }),
    );
    return [...talk.frames, ...frames];
  },
  "TCP: the same octets again and again, others each time": () => {
    const talk = new TcpTalk(`${HOST}:40000`, `${OUTSIDE}:443`);
    talk.open();
    talk.client(clientHello("a.example", [], 1200).subarray(0, 1200));
    return [
      ...talk.frames,
      ...filled((n) => tcp(`${HOST}:40000`, `${OUTSIDE}:443`, { seq: 1001, payload: Buffer.alloc(1200, n) })),
    ];
  },
  "TCP: a SYN for each flow": () =>
    filled((n) =>
      tcp(`${HOST}:${port(n)}`, `198.51.${n % 250}.${(n >> 8) % 250}:443`, { flags: SYN, seq: n }),
    ),
  "TCP: a hello of one octet in a segment": () =>
    filled((n) => {
      const talk = new TcpTalk(`${HOST}:${port(n)}`, `${OUTSIDE}:443`, { mss: 1 });
      talk.open();
      talk.data("client", clientHello(`h${n}.example`));
      return talk.frames;
    }),
  "TLS: records of one octet": () =>
    filled((n) => {
      const talk = new TcpTalk(`${HOST}:${port(n)}`, `${OUTSIDE}:443`);
      const records = [...clientHello(`h${n}.example`, [], 300).subarray(5)].map((octet) =>
        join([22, 3, 1, 0, 1], [octet]),
      );
      talk.open();
      talk.data("client", join(...records));
      return talk.frames;
    }),
  "TLS: a hello on each of many connections": () =>
    filled((n) => {
      const talk = new TcpTalk(`${HOST}:${port(n)}`, `${OUTSIDE}:443`);
      talk.open();
      talk.data("client", clientHello(`h${n}.x${n}.com`));
      talk.data("server", serverHello());
      return talk.frames;
    }),
  "fragments: eight octets each, others each time": () =>
    filled((n) => {
      const other = udp(`${HOST}:5000`, `${OUTSIDE}:9000`, Buffer.alloc(1400, n));
      return fragment(
        other,
        { from: 8 * (n % 170), to: 8 * (n % 170) + 8, more: true },
        { id: 7 + (n >> 13) },
      );
    }),
  "fragments: of a whole datagram, others each time": () =>
    filled((n) => {
      const other = udp(`${HOST}:5000`, `${OUTSIDE}:9000`, Buffer.alloc(1400, n));
      const id = 7 + (n >> 6);
      const first = [
        fragment(small, { from: 0, to: 704, more: true }, { id }),
        fragment(small, { from: 704, to: 1408, more: false }, { id }),
      ];
      return n % 64 === 0 ? first : fragment(other, { from: 8, to: 16, more: true }, { id });
    }),
  "fragments: one of each datagram": () =>
    filled((n) => fragment(small, { from: 8, to: 16, more: true }, { id: n & 0xffff })),
  "fragments: 64 KiB with the first last": () => {
    const large = udp(`${HOST}:5000`, `${OUTSIDE}:9000`, Buffer.alloc(65_000, 1), { ipLen: 0 });
    const froms = Array.from({ length: 8126 }, (_, i) => 8 * i).reverse();
    return filled((n) => {
      const from = froms[n % froms.length];
      return fragment(
        large,
        { from, to: from + 8, more: n % froms.length !== 0 },
        { id: Math.floor(n / froms.length) },
      );
    });
  },
  "IPv6: chains of extension headers": () =>
    filled((n) =>
      udp(`[fd20:5eed::1]:${port(n)}`, "[2001:db8::7]:9", "x", {
        extensions: Array.from({ length: 8 }, () => [60, Buffer.alloc(8)] as const),
      }),
    ),
  "VLAN tags, stacked": () =>
    filled(() => udp(`${HOST}:1`, `${OUTSIDE}:2`, "x", { vlans: [1, 2, 3, 4, 5, 6, 7, 8] })),
  "MPLS labels, stacked": () => {
    const labels = join(...Array.from({ length: 300 }, (_, n) => be((n << 12) | (n === 299 ? 0x100 : 0), 4)));
    const packet = ipPacket(HOST, OUTSIDE, 17, join(be(1, 2), be(2, 2), be(9, 2), be(0, 2), "x"));
    return filled(() => join(Buffer.alloc(12, 2), be(0x8847, 2), labels, packet));
  },
  "tunnels: IP in IP, 16 deep": () => {
    const inner = ipPacket(HOST, OUTSIDE, 17, join(be(1, 2), be(2, 2), be(9, 2), be(0, 2), "x"));
    return filled(() => ethernetOf(wrapped(inner, 4, 16, Buffer.alloc(0))));
  },
  "tunnels: IP in IP, 16 deep, new addresses in each": () =>
    filled((n) => {
      let packet = ipPacket(HOST, OUTSIDE, 17, join(be(n & 0xffff, 2), be(2, 2), be(9, 2), be(0, 2), "x"));
      for (let d = 0; d < 16; d++)
        packet = ipPacket(HOST, `198.${d}.${(n >> 8) & 255}.${n & 255}`, 4, packet);
      return ethernetOf(packet);
    }),
  "tunnels: GRE, 16 deep": () => {
    const inner = ipPacket(HOST, OUTSIDE, 17, join(be(1, 2), be(2, 2), be(9, 2), be(0, 2), "x"));
    return filled(() => ethernetOf(wrapped(inner, 47, 16, join(be(0, 2), be(0x0800, 2)))));
  },
  "tunnels: VXLAN, 16 deep": () => {
    const frame = vxlanStack(16);
    return filled(() => frame);
  },
  "QUIC: a connection for each small datagram": () =>
    filled((n) => {
      const dcid = join(be(n, 8));
      return udp(
        `${HOST}:${port(n)}`,
        `${OUTSIDE}:443`,
        initial({ dcid, frames: [crypto(0, Buffer.from([1]))], size: 0 }),
      );
    }),
  "QUIC: a connection for each datagram of one flow": () =>
    filled((n) => {
      const dcid = join(be(n, 8));
      return udp(
        `${HOST}:4000`,
        `${OUTSIDE}:443`,
        initial({ dcid, frames: [crypto(0, Buffer.from([1]))], size: 0 }),
      );
    }),
  "QUIC: packets that no key opens": () =>
    filled((n) => {
      const head = join([0xc3], be(V1, 4), [8], be(n, 8), [0, 0], be(0x4000 | 60, 2));
      return udp(`${HOST}:4000`, `${OUTSIDE}:443`, join(head, randomBytes(60)));
    }),
  "QUIC: 16 packets that no key opens in a datagram": () =>
    filled((n) => {
      const packets = Array.from({ length: 16 }, (_, i) =>
        join([0xc3], be(V1, 4), [8], be(n * 16 + i, 8), [0, 0], be(0x4000 | 60, 2), randomBytes(60)),
      );
      return udp(`${HOST}:${port(n)}`, `${OUTSIDE}:443`, join(...packets));
    }),
  "QUIC: 1,200 octets for each of many connections": () => {
    const hello = quicHello("a.example", 300);
    return filled((n) => {
      const dcid = join(be(n, 8));
      return udp(`${HOST}:${port(n)}`, `${OUTSIDE}:443`, initial({ dcid, frames: [crypto(0, hello)] }));
    });
  },
  "QUIC: tiny CRYPTO frames": () =>
    filled((n) => {
      const dcid = join(be(n >> 4, 8));
      const frames = Array.from({ length: 220 }, (_, i) =>
        crypto(65_000 - (((n * 220 + i) * 7) % 64_000), Buffer.from([i])),
      );
      return udp(`${HOST}:${port(n >> 4)}`, `${OUTSIDE}:443`, initial({ dcid, pn: n & 15, frames }));
    }),
  "QUIC: one octet at the end of the longest hello": () =>
    filled((n) => {
      const dcid = join(be(n, 8));
      const frames = [crypto(65_535, Buffer.from([1]))];
      return udp(`${HOST}:${port(n)}`, `${OUTSIDE}:443`, initial({ dcid, frames, size: 0 }));
    }),
  "HTTP: headers without end": () =>
    streamOf(`${OUTSIDE}:80`, "GET / HTTP/1.1\r\nHost: a.example\r\n", (n) => `x${n}: y\r\n`),
  "HTTP: a header that is folded without end": () =>
    streamOf(`${OUTSIDE}:80`, "GET / HTTP/1.1\r\nHost: a.example\r\nx: y\r\n", () => " y\r\n"),
  "HTTP: many requests in a segment, a new host in each": () =>
    streamOf("10.20.9.30:3128", httpRequest("a.example"), (n) => `GET / HTTP/1.1\r\nHost: h${n}.com\r\n\r\n`),
  "HTTP: many Host headers": () =>
    streamOf(`${OUTSIDE}:80`, "GET / HTTP/1.1\r\n", (n) =>
      n % 300 === 299 ? "\r\nGET / HTTP/1.1\r\n" : `Host: h${n}.com\r\n`,
    ),
  "HTTP: chunks of one octet": () =>
    streamOf(
      `${OUTSIDE}:80`,
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
      () => "1\r\nx\r\n",
    ),
  "HTTP/2: an index bomb": () => {
    const value = "x".repeat(3000);
    const add = h2Frame(1, 5, 1, join([0x40, 1], "a", [0x7f, 0xb9, 0x16], value));
    const uses = (n: number) => h2Frame(1, 5, 2 * n + 3, Buffer.alloc(4000, 0xbe));
    return streamOf(`${OUTSIDE}:80`, join(H2_PREFACE, h2Settings(), add), uses);
  },
  "HTTP/2: a new authority in each of many requests": () =>
    streamOf(`${OUTSIDE}:80`, join(H2_PREFACE, h2Settings()), (n) =>
      h2Headers(2 * n + 1, { ":method": "GET", ":authority": `h${n}.com`, ":path": "/" }),
    ),
  "HTTP/2: continuations without end": () =>
    streamOf(`${OUTSIDE}:80`, join(H2_PREFACE, h2Settings(), h2Frame(1, 1, 1, Buffer.from([0x82]))), () =>
      h2Frame(9, 0, 1, Buffer.from([0x82])),
    ),
  "SOCKS: a request on each of many connections": () =>
    filled((n) => {
      const talk = new TcpTalk(`${HOST}:${port(n)}`, PROXY);
      talk.open();
      talk.data("client", SOCKS5_HELLO);
      talk.data("server", SOCKS5_CHOICE);
      talk.data("client", socks5Request(`h${n}.com:443`));
      talk.data("server", SOCKS5_GRANTED);
      return talk.frames;
    }),
  "ICMP: errors about nothing": () =>
    filled((n) => icmpError(OUTSIDE, udp(`${HOST}:${port(n)}`, `203.0.113.${n & 255}:${port(n >> 8)}`, "x"))),
  "IGMP: many groups in a report": () =>
    filled((n) => {
      const records = Array.from({ length: 180 }, (_, i) =>
        join([4, 0, 0, 0], be(0xe1000000 + n * 180 + i, 4)),
      );
      return ip(HOST, "224.0.0.22", 2, join([0x22, 0], be(0, 4), be(180, 2), ...records));
    }),
  "secrets: what nearly is a JSON web token": () =>
    streamOf(
      `${OUTSIDE}:80`,
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n",
      () => "-eyJ-eyJ-eyJ",
    ),
  "secrets: what nearly is an API key": () =>
    streamOf(
      `${OUTSIDE}:80`,
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n",
      () => "sk-sk-sk-",
    ),
  ...FLOODS,
  "octets that begin nothing": () =>
    filled((n) => {
      const talk = new TcpTalk(`${HOST}:${port(n)}`, `${OUTSIDE}:9000`);
      talk.open();
      for (let i = 0; i < 8; i++) talk.data("client", Buffer.alloc(20, 0x2a));
      return talk.frames;
    }),
  "octets that nearly begin something": () => streamOf(`${OUTSIDE}:9000`, "G", () => "GET GET GET "),
};
