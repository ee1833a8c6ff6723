import {
  applicationData,
  ascii,
  clientFinished,
  clientHello,
  dnsAnswer,
  dnsQuery,
  ntp,
  serverFlight,
} from "./messages.mjs";
import { CLIENT, nextPort, SERVER, TcpConnection } from "./tcp-connection.mjs";
import { SYN } from "./wire.mjs";

const UNREACHABLE = 3;
const PROHIBITED = 13;
const DNS_TTL_USEC = 300e6;
const BULK_RECORD_LEN = 16_384;
const BULK_RECORDS = 16;

/**
 * What hosts do. Each method is one conversation for the Timeline; `shape` sets the sizes:
 * exchanges (mean), requestLen and replyLen ([low, high]), slowChance, bulkChance, bulkRecords ([low, high]), lifeUsec (mean).
 */
export class Conversations {
  constructor(wire, random, world, shape) {
    this.wire = wire;
    this.random = random;
    this.world = world;
    this.shape = shape;
    this.records = new Map();
    this.bulkTls = concat(
      Array.from({ length: BULK_RECORDS }, () => applicationData(random, BULK_RECORD_LEN)),
    );
    this.noise = random.fill(new Uint8Array(1 << 20));
    this.told = { dns: 0, tls: 0, http: 0, egress: 0, allowed: 0 };
  }

  #pair() {
    const { random, world } = this;
    return {
      client: random.pick(world.clients),
      server: random.pick(world.servers),
      v6: random.chance(0.04),
    };
  }

  /** An encrypted record of about `len` octets; each length is made once. */
  #record(len) {
    if (!this.records.has(len)) this.records.set(len, applicationData(this.random, len));
    return this.records.get(len);
  }

  /** How often, and how long to think in between, so that a connection's life does not depend on its length. */
  #pace() {
    const { random, shape } = this;
    const exchanges = 1 + Math.floor(random.exponential(shape.exchanges - 1));
    return { exchanges, thinkUsec: random.exponential(shape.lifeUsec) / exchanges };
  }

  /** A server that thinks longer than the delayed acknowledgement waits. */
  #isSlow() {
    return this.random.chance(this.shape.slowChance);
  }

  #isBulk() {
    return this.random.chance(this.shape.bulkChance);
  }

  /** An inside host asks the inside resolver for an inside name. */
  *dns() {
    const { client, server, v6 } = this.#pair();
    const addresses = [v6 ? server.v6 : server.v4];
    const fate = this.random.unit();
    if (fate < 0.05) {
      // A stub resolver walks its search list (resolv.conf(5)): the first candidate does not exist.
      const stem = `redis${server.v4[3]}`;
      yield* this.#ask(client, v6, `${stem}.enclave.internal`, null, null);
      yield* this.#ask(client, v6, `${stem}.ml.svc.cluster.local`, addresses, null);
    } else if (fate < 0.15) {
      yield* this.#ask(client, v6, `lb${server.v4[3]}.enclave.internal`, addresses, server.name);
    } else {
      yield* this.#ask(client, v6, server.name, addresses, null);
    }
  }

  *#ask(client, v6, name, addresses, alias) {
    const { random, wire, world } = this;
    const id = random.between(0, 0xffff);
    const port = nextPort(client);
    this.told.dns++;
    wire.udp(client, port, world.resolver, 53, v6, dnsQuery(id, name, v6));
    yield random.between(150, 3000);
    wire.udp(world.resolver, 53, client, port, v6, dnsAnswer(id, name, v6, addresses, alias));
    yield random.between(30, 200);
  }

  *tls() {
    const { client, server, v6 } = this.#pair();
    yield* this.#tlsWith(client, server, this.random.pick([443, 8443, 6443]), server.name, v6);
  }

  *#tlsWith(client, server, port, sni, v6) {
    const { random, shape } = this;
    const tcp = new TcpConnection(this.wire, random, client, server, port, v6);
    yield* tcp.open();
    yield* tcp.send(CLIENT, clientHello(random, sni, random.chance(0.2)), true);
    this.told.tls++;
    yield* tcp.send(SERVER, serverFlight(random, shape.certificateLen), true);
    yield* tcp.send(CLIENT, clientFinished(random), true);
    const { exchanges, thinkUsec } = this.#pace();
    for (let n = 0; n < exchanges; n++) {
      yield* tcp.send(CLIENT, this.#record(random.between(...shape.requestLen)), this.#isSlow());
      if (this.#isBulk()) {
        const len = random.between(...shape.bulkRecords) * (BULK_RECORD_LEN + 5);
        yield* tcp.send(SERVER, this.bulkTls.subarray(0, len), true);
      } else {
        yield* tcp.send(SERVER, this.#record(random.between(...shape.replyLen)), true);
      }
      yield thinkUsec;
    }
    yield* tcp.close(random.chance(0.1));
  }

  /** HTTP/1.1 kept alive (RFC 9112 §9.3). */
  *http() {
    const { client, server, v6 } = this.#pair();
    const { random, shape } = this;
    const tcp = new TcpConnection(this.wire, random, client, server, random.pick([80, 8080, 8000]), v6);
    this.told.http++;
    yield* tcp.open();
    const { exchanges, thinkUsec } = this.#pace();
    for (let n = 0; n < exchanges; n++) {
      yield* tcp.send(
        CLIENT,
        ascii(`GET /v1/m/${n} HTTP/1.1\r\nHost: ${server.name}\r\n\r\n`),
        this.#isSlow(),
      );
      const len = this.#isBulk()
        ? random.between(...shape.bulkRecords) * BULK_RECORD_LEN
        : random.between(...shape.replyLen);
      const head = ascii(`HTTP/1.1 200 OK\r\nContent-Length: ${len}\r\n\r\n`);
      yield* tcp.send(SERVER, concat([head, this.noise.subarray(0, len)]), true);
      yield thinkUsec;
    }
    yield* tcp.close(false);
  }

  /** Redis's protocol (RESP2), readable but none that names a host. */
  *resp() {
    const { client, server, v6 } = this.#pair();
    const { random, shape } = this;
    const tcp = new TcpConnection(this.wire, random, client, server, 6379, v6);
    yield* tcp.open();
    const { exchanges, thinkUsec } = this.#pace();
    for (let n = 0; n < exchanges; n++) {
      yield* tcp.send(
        CLIENT,
        ascii(`*2\r\n$3\r\nGET\r\n$6\r\nk${10_000 + (n % 90_000)}\r\n`),
        this.#isSlow(),
      );
      const len = Math.min(200, random.between(...shape.replyLen));
      yield* tcp.send(SERVER, ascii(`$${len}\r\n${"v".repeat(len)}\r\n`), true);
      yield thinkUsec;
    }
    yield* tcp.close(false);
  }

  /** A protocol that nobody knows (collective communication of a training job). */
  *opaque() {
    const { client, server, v6 } = this.#pair();
    const { random, shape } = this;
    const tcp = new TcpConnection(this.wire, random, client, server, 29_500 + random.between(0, 7), v6);
    yield* tcp.open();
    const { exchanges, thinkUsec } = this.#pace();
    for (let n = 0; n < exchanges; n++) {
      yield* tcp.send(CLIENT, this.#noise(random.between(...shape.requestLen)), this.#isSlow());
      const len = this.#isBulk()
        ? random.between(...shape.bulkRecords) * BULK_RECORD_LEN
        : random.between(...shape.replyLen);
      yield* tcp.send(SERVER, this.#noise(len), true);
      yield thinkUsec;
    }
    yield* tcp.close(false);
  }

  #noise(len) {
    const at = this.random.between(0, this.noise.length - len);
    return this.noise.subarray(at, at + len);
  }

  *ntp() {
    const { client, server, v6 } = this.#pair();
    yield* this.#ntpWith(client, server, v6, true);
  }

  *#ntpWith(client, server, v6, answered) {
    const port = nextPort(client);
    this.wire.udp(client, port, server, 123, v6, ntp(this.random, 3));
    yield this.random.between(200, 2000);
    if (answered) this.wire.udp(server, 123, client, port, v6, ntp(this.random, 4));
  }

  *syslog() {
    const { client, server, v6 } = this.#pair();
    const port = nextPort(client);
    const lines = this.random.between(1, 8);
    for (let n = 0; n < lines; n++) {
      this.wire.udp(
        client,
        port,
        server,
        514,
        v6,
        ascii(`<30>Mar  2 08:00:00 node kubelet[811]: probe ${n} ok`),
      );
      yield this.random.exponential(5e5);
    }
  }

  *ping() {
    const { client, server, v6 } = this.#pair();
    const payload = this.noise.subarray(0, 56);
    const id = this.random.between(1, 0xffff);
    for (let sequence = 1; sequence <= 4; sequence++) {
      this.wire.icmp(client, server, v6, v6 ? 128 : 8, 0, id * 0x1_0000 + sequence, payload);
      yield this.random.between(100, 900);
      this.wire.icmp(server, client, v6, v6 ? 129 : 0, 0, id * 0x1_0000 + sequence, payload);
      yield 1e6;
    }
  }

  /** A port scan's step between inside hosts: closed, open, or nobody there. */
  *probe() {
    const { client, server, v6 } = this.#pair();
    const { random } = this;
    const tcp = new TcpConnection(this.wire, random, client, server, random.between(1, 9999), v6);
    const fate = random.unit();
    if (fate < 0.66) return yield* tcp.openRefused();
    if (fate < 0.75) return yield* tcp.openHalf();
    yield* tcp.openInVain(1);
  }

  /** An inside host that reaches for the outside; it asks for the name when its cache has forgotten it. */
  *egress() {
    const { random, wire, world } = this;
    const { host, targets, askedUsec } = random.pick(world.restless);
    const target = random.pick(targets);
    this.told.egress++;
    if (target.asks) yield* this.#askOutside(host, target, askedUsec);
    const v6 = target.v6 !== null;
    if (target.outcome === "ntp") return yield* this.#ntpWith(host, target, v6, random.chance(0.5));
    if (target.outcome === "answered")
      return yield* this.#tlsWith(host, target, target.port, target.name, v6);
    const tcp = new TcpConnection(wire, random, host, target, target.port, v6);
    if (target.outcome === "dropped") return yield* tcp.openInVain(3);
    if (target.outcome === "refused") return yield* tcp.openRefused();
    tcp.segment(CLIENT, SYN);
    const quote = wire.lastDatagram(28);
    yield tcp.rttUsec;
    wire.icmp(world.gateway, host, false, UNREACHABLE, PROHIBITED, 0, quote);
  }

  *#askOutside(host, target, askedUsec) {
    const asked = askedUsec.get(target.name);
    if (asked !== undefined && this.wire.nowUsec - asked < DNS_TTL_USEC) return;
    askedUsec.set(target.name, this.wire.nowUsec);
    yield* this.#ask(host, false, target.name, [target.v4], target.alias);
  }

  /** What the two rules of the enclave file permit. */
  *allowed() {
    const { random, world } = this;
    const { host, askedUsec } = random.pick(world.restless);
    const target = random.pick(world.allowed);
    this.told.allowed++;
    if (target.asks) yield* this.#askOutside(host, target, askedUsec);
    yield* this.#tlsWith(host, target, 443, target.name, false);
  }
}

function concat(parts) {
  const whole = new Uint8Array(parts.reduce((len, part) => len + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
