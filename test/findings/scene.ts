import type { Summary } from "../../src/findings/summary.ts";
import type { Sensor } from "../../src/sensor.ts";
import { judgeFrom, lineOf, watch } from "../sensor-run.ts";
import { batchesOf, type TimedFrame } from "../traffic/frames.ts";
import {
  clientHello,
  type DnsRecord,
  type DnsType,
  dnsAnswer,
  dnsQuery,
  serverHello,
  tlsData,
} from "../traffic/messages.ts";
import { udp } from "../traffic/packets.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";

/** A Friday. */
export const START = Date.UTC(2026, 10, 20, 10, 0, 0) / 1000;

export const GPU = "10.20.1.11";
export const AGENT = "10.20.1.21";
export const GATE = "10.20.4.10";
export const RESOLVER = "10.20.0.53";
export const OUTSIDE = "198.51.100.7";

/** An enclave file: `more` are lines below `enclave`, `allow` entries of the register. */
export function enclave(allow: readonly string[] = [], more: readonly string[] = []): string {
  return [
    "gapwatch: 1",
    "enclave:",
    "  name: test",
    "  stage: staging",
    '  inside: [10.20.0.0/16, "fd20:5eed::/48"]',
    "  resolvers: [10.20.0.53]",
    "  names: [enclave.internal, cluster.local]",
    '  search: [enclave.internal, "*.svc.cluster.local"]',
    ...more.map((line) => `  ${line}`),
    ...(allow.length === 0 ? [] : ["allow:"]),
    ...allow.map((entry) => `  - { ${entry} }`),
    "",
  ].join("\n");
}

export interface Asked {
  readonly type?: DnsType;
  /** Addresses, or whole records; null: no answer is seen. */
  readonly answer?: readonly (string | DnsRecord)[] | null;
  readonly rcode?: number;
  readonly resolver?: string;
  readonly id?: number;
  readonly port?: number;
  readonly ttl?: number;
}

/** Frames with a clock: what hosts of the test enclave do, one thing after another. */
export class Scene {
  readonly frames: TimedFrame[] = [];
  private nsec = 0;
  private sec = START;
  private lastPort = 40000;
  private lastId = 100;

  /** Goes to `seconds` after the start. */
  at(seconds: number): this {
    this.sec = START + seconds;
    this.nsec = 0;
    return this;
  }

  /** Frames a millisecond apart. */
  send(...frames: readonly Uint8Array[]): this {
    for (const data of frames) {
      this.frames.push({ data, sec: this.sec, nsec: this.nsec });
      this.nsec += 1_000_000;
      if (this.nsec >= 1_000_000_000) this.at(this.sec - START + 1);
    }
    return this;
  }

  /** A client's port that was not used before. */
  port(): number {
    return ++this.lastPort;
  }

  /** A question, and the answer where there is one. */
  asks(host: string, name: string, asked: Asked = {}): this {
    const { type = "A", answer = [], rcode = 0, resolver = RESOLVER, ttl = 300 } = asked;
    const id = asked.id ?? ++this.lastId;
    const [from, to] = [at(host, asked.port ?? this.port()), at(resolver, 53)];
    this.send(udp(from, to, dnsQuery(name, type, id)));
    if (answer === null) return this;
    const records = answer.map((item) =>
      typeof item === "string" ? { type, data: item, ttl } : { ttl, ...item },
    );
    return this.send(udp(to, from, dnsAnswer(name, type, id, records, rcode)));
  }

  /** A TCP exchange; `say` fills it. */
  talks(host: string, server: string, port: number, say: (talk: TcpTalk) => void, clientIsn?: number): this {
    const options = clientIsn === undefined ? {} : { clientIsn };
    const talk = new TcpTalk(at(host, this.port()), at(server, port), options);
    say(talk);
    return this.send(...talk.frames);
  }

  /** A whole TLS connection. */
  tls(host: string, server: string, sni: string | null, port = 443): this {
    return this.talks(host, server, port, (talk) => {
      talk.open();
      talk.client(clientHello(sni));
      talk.server(serverHello());
      talk.client(tlsData(100));
      talk.close();
    });
  }

  /** A conversation inside, so that the sensor has something to witness. */
  works(): this {
    return this.talks(AGENT, GPU, 8000, (talk) => {
      talk.open();
      talk.client("hello");
      talk.server("world");
      talk.close();
    });
  }

  /** What the sensor says with this enclave file. */
  seen(file: string = enclave()): Summary {
    return watch(judgeFrom(file), [this.frames]);
  }

  /** Gives the frames to a sensor of one's own. */
  feed(sensor: Sensor): void {
    for (const batch of batchesOf(this.frames)) sensor.consume(batch);
  }

  /** The findings in lines, in alphabetical order. */
  lines(file: string = enclave()): string[] {
    return linesOf(this.seen(file));
  }
}

export function linesOf(summary: Summary): string[] {
  return summary.findings.map(lineOf).sort();
}

/** Names of the reasons, without their sentences. */
export function reasonsOf(summary: Summary): string[] {
  return summary.reasons.map((reason) => reason.split(":")[0]);
}

/** Endpoint text. */
export function at(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
