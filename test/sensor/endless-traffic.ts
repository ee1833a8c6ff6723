import { BATCH_FRAMES, FrameBatch } from "../../src/capture/frame-batch.ts";
import { AGENT, at, GATE, GPU, OUTSIDE, RESOLVER } from "../findings/scene.ts";
import { clientHello, dnsAnswer, dnsQuery, httpRequest, serverHello } from "../traffic/messages.ts";
import { icmp, RST, tcp, udp } from "../traffic/packets.ts";
import { crypto, initial, quicHello } from "../traffic/quic.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";

// Where things stand in an untagged IPv4 frame without options.
const SRC_AT = 26;
const DST_AT = 30;
const SRC_PORT_AT = 34;
const DST_PORT_AT = 36;
const DNS_ID_AT = 42;
/** The first label of a name that is asked, in a DNS message over UDP. */
const DNS_LABEL_AT = 55;
/** An A record with a compressed name: its octets, of which the last 4 are the address. */
const RECORD_LEN = 16;
/** Addresses in one answer. */
const RECORDS = 4;
const LONGEST = 1500;
const LABEL = "00000000";
const PROXY = "10.20.5.80";

const CLIENT_PORT = 40000;
const ends = (from: string, to: string, port: number) => [at(from, CLIENT_PORT), at(to, port)] as const;

function talk(from: string, to: string, port: number, say: (talk: TcpTalk) => void): readonly Buffer[] {
  const exchange = new TcpTalk(...ends(from, to, port));
  say(exchange);
  return exchange.frames;
}

function answer(name: string, records: number): Buffer {
  const some = Array.from({ length: records }, () => ({ type: "A" as const, data: OUTSIDE }));
  return udp(at(RESOLVER, 53), at(GPU, CLIENT_PORT), dnsAnswer(name, "A", 1, some));
}

function question(name: string): Buffer {
  return udp(...ends(GPU, RESOLVER, 53), dnsQuery(name));
}

const QUESTION = question(`${LABEL}.exfil.example.com`);
const ANSWER = answer(`${LABEL}.exfil.example.com`, RECORDS);
const ALLOWED_QUESTION = question(`${LABEL}.updates.example.org`);
const ALLOWED_ANSWER = answer(`${LABEL}.updates.example.org`, 1);
const WALK = question(`${LABEL}.example.com.enclave.internal`);
const WORK = talk(AGENT, GPU, 8443, (t) => {
  t.open();
  t.client(clientHello("gpu-01.enclave.internal"));
  t.server(serverHello());
  t.close();
});
const REACHBACK = talk(GPU, OUTSIDE, 443, (t) => {
  t.open();
  t.client(clientHello("telemetry.example.net"));
  t.close();
});
const REFUSED = talk(GATE, OUTSIDE, 443, (t) => {
  t.syn();
  t.reset("server");
});
const PROXIED = talk(GPU, PROXY, 3128, (t) => {
  t.open();
  t.client(httpRequest(`${LABEL}.example.com`, `http://${LABEL}.example.com/`));
  t.close();
});
const UNFINISHED = talk(GPU, AGENT, 8444, (t) => {
  t.open();
  t.client(clientHello("half.enclave.internal").subarray(0, 30));
  t.close();
});
/** Octets that are acknowledged and never seen, with others behind them. */
const GAP = talk(GPU, AGENT, 9000, (t) => {
  t.open();
  t.client("hello");
  t.clientSeq += 500;
  t.client("world");
  t.reset("client");
});
const UDP_THERE = udp(...ends(GPU, AGENT, 4000), "*****");
const UDP_BACK = udp(at(AGENT, 4000), at(GPU, CLIENT_PORT), "*****");
const dcid = Buffer.from("8394c8f03e515708", "hex");
const QUIC = udp(
  ...ends(GPU, OUTSIDE, 443),
  initial({ dcid, scid: dcid, frames: [crypto(0, quicHello("quic.example.net"))] }),
);
const STRAY = icmp("192.0.2.250", GPU, {
  type: 3,
  code: 1,
  payload: tcp(...ends(GPU, OUTSIDE, 443), { flags: RST }).subarray(14, 14 + 28),
});
const ODD = [
  Buffer.from(`ffffffffffff0200000000010806${"00".repeat(46)}`, "hex"), // ARP
  QUESTION.subarray(0, 30), // ends in its IPv4 header
  Buffer.from("ff", "hex"),
];
const BOUNDED = [0xc6336407, 0xc6336408, 0xc6336409, 0xcb007109]; // 198.51.100.7 and on

/** Fills batches with traffic in which names, ports and addresses are ever new. */
export class EndlessTraffic {
  readonly batch = new FrameBatch(new Uint8Array(BATCH_FRAMES * LONGEST));
  private sec = 0;
  private used = 0;
  private readonly take: (batch: FrameBatch) => void;

  /** `take` is given each full batch, whose memory is used again after it. */
  constructor(take: (batch: FrameBatch) => void) {
    this.take = take;
  }

  flush(): void {
    if (this.batch.count > 0) this.take(this.batch);
    this.batch.count = 0;
    this.used = 0;
  }

  /** What hosts do at one moment, the `n`th. */
  moment(n: number, sec: number): void {
    this.sec = sec;
    this.asks(QUESTION, ANSWER, n, (i) => 0x50000000 + n * RECORDS + i);
    this.asks(ALLOWED_QUESTION, ALLOWED_ANSWER, n, () => 0xc0000200 + (n & 7));
    this.talks(WORK, n);
    this.talks(REACHBACK, n, BOUNDED[n & 3]);
    this.talks(REFUSED, n, 0x2d000000 + n); // 45.0.0.0 and on: each a destination of its own
    this.put(UDP_THERE, SRC_PORT_AT, portOf(n));
    this.put(UDP_BACK, DST_PORT_AT, portOf(n));
    if (n % 4 === 0) this.seldom(n);
    if (n % 16 === 0) this.put(QUIC, SRC_PORT_AT, portOf(n >> 4));
  }

  /** A datagram that is a flow of its own, between two inside hosts. */
  single(n: number, sec: number): void {
    this.sec = sec;
    const at = this.put(UDP_THERE, SRC_PORT_AT, portOf(n));
    this.batch.view.setUint32(at + SRC_AT, 0x0a148000 + (n & 0x7fff)); // 10.20.128.0 and on
  }

  /** As it is. */
  one(frame: Uint8Array, sec: number): void {
    this.sec = sec;
    this.put(frame);
  }

  private seldom(n: number): void {
    this.message(WALK, SRC_PORT_AT, n);
    for (const frames of [UNFINISHED, GAP, PROXIED]) this.talks(frames, n);
    this.put(STRAY);
    for (const frame of ODD) this.put(frame);
  }

  private asks(asked: Buffer, answered: Buffer, n: number, address: (record: number) => number): void {
    const { view } = this.batch;
    this.message(asked, SRC_PORT_AT, n);
    this.message(answered, DST_PORT_AT, n);
    const records = answered === ANSWER ? RECORDS : 1;
    for (let i = 0; i < records; i++) view.setUint32(this.used - RECORD_LEN * i - 4, address(i));
  }

  /** A DNS message with an id and a name of its own. */
  private message(frame: Buffer, portAt: number, n: number): void {
    const at = this.put(frame, portAt, portOf(n));
    this.batch.view.setUint16(at + DNS_ID_AT, n & 0xffff);
    this.label(at + DNS_LABEL_AT, n);
  }

  /** A TCP exchange from a port of its own; with `server`, to that address. */
  private talks(frames: readonly Buffer[], n: number, server?: number): void {
    for (const frame of frames) {
      const isClient = frame.readUInt16BE(SRC_PORT_AT) === CLIENT_PORT;
      const at = this.put(frame, isClient ? SRC_PORT_AT : DST_PORT_AT, portOf(n));
      if (server !== undefined) this.batch.view.setUint32(at + (isClient ? DST_AT : SRC_AT), server);
      if (frames !== PROXIED) continue;
      for (let l = frame.indexOf(LABEL); l >= 0; l = frame.indexOf(LABEL, l + 1)) this.label(at + l, n);
    }
  }

  /** Copies the frame in. What is to be changed in it is changed before the next one comes. */
  private put(frame: Uint8Array, portAt = 0, port = 0): number {
    const { batch } = this;
    if (batch.count === BATCH_FRAMES) this.flush();
    const at = this.used;
    const i = batch.count++;
    batch.bytes.set(frame, at);
    if (portAt > 0) batch.view.setUint16(at + portAt, port);
    batch.offset[i] = at;
    batch.caplen[i] = frame.length;
    batch.wireLen[i] = frame.length;
    batch.tsSec[i] = this.sec;
    batch.tsNsec[i] = i * 1000;
    batch.linkType[i] = 1;
    this.used += frame.length;
    return at;
  }

  private label(at: number, n: number): void {
    const text = n.toString(16).padStart(LABEL.length, "0");
    for (let i = 0; i < LABEL.length; i++) this.batch.bytes[at + i] = text.charCodeAt(i);
  }
}

/** Ports of clients, one after another; above those of protocols. */
function portOf(n: number): number {
  return 10_000 + (n % 50_000);
}
