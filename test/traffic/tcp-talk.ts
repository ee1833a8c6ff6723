import { join } from "./octets.ts";
import { ACK, FIN, type FrameOptions, PSH, RST, SYN, tcp } from "./packets.ts";

export interface TalkOptions {
  /** Initial sequence numbers. */
  readonly clientIsn?: number;
  readonly serverIsn?: number;
  /** Longest payload of one segment. */
  readonly mss?: number;
  readonly frame?: FrameOptions;
}

/**
 * A whole TCP exchange, frame by frame. Every method appends to `frames` and returns what it appended.
 *
 *     const talk = new TcpTalk("10.20.1.11:40000", "198.51.100.7:443");
 *     talk.open();
 *     talk.client(clientHello("a.example"));   // segments, then the server's ACK
 *     talk.server(serverHello());
 *     talk.close();
 */
export class TcpTalk {
  readonly frames: Buffer[] = [];
  clientSeq: number;
  serverSeq: number;
  private readonly from: string;
  private readonly to: string;
  private readonly mss: number;
  private readonly frame: FrameOptions;

  constructor(client: string, server: string, options: TalkOptions = {}) {
    this.from = client;
    this.to = server;
    this.clientSeq = options.clientIsn ?? 1000;
    this.serverSeq = options.serverIsn ?? 5000;
    this.mss = options.mss ?? 1448;
    this.frame = options.frame ?? {};
  }

  /** SYN, SYN-ACK, ACK. */
  open(): Buffer[] {
    return [...this.syn(), ...this.synAck(), ...this.ack("client")];
  }

  syn(): Buffer[] {
    return this.send("client", SYN, "", 0);
  }

  synAck(): Buffer[] {
    this.clientSeq += 1;
    const frames = this.send("server", SYN | ACK, "");
    this.serverSeq += 1;
    return frames;
  }

  /** Payload of the client in segments, and the server's acknowledgement. */
  client(payload: ArrayLike<number> | string): Buffer[] {
    return [...this.data("client", payload), ...this.ack("server")];
  }

  /** Payload of the server in segments, and the client's acknowledgement. */
  server(payload: ArrayLike<number> | string): Buffer[] {
    return [...this.data("server", payload), ...this.ack("client")];
  }

  /** Segments alone. */
  data(from: "client" | "server", payload: ArrayLike<number> | string): Buffer[] {
    const octets = join(payload);
    const frames: Buffer[] = [];
    for (let at = 0; at < octets.length; at += this.mss) {
      frames.push(...this.send(from, PSH | ACK, octets.subarray(at, at + this.mss)));
    }
    return frames;
  }

  ack(from: "client" | "server"): Buffer[] {
    return this.send(from, ACK, "");
  }

  /** FIN of both ends, the client first. */
  close(): Buffer[] {
    const frames = this.send("client", FIN | ACK, "");
    this.clientSeq += 1;
    frames.push(...this.send("server", FIN | ACK, ""));
    this.serverSeq += 1;
    return [...frames, ...this.ack("client")];
  }

  /** RST of one end; of the server before its SYN-ACK: the port is closed. */
  reset(from: "client" | "server"): Buffer[] {
    if (from === "server" && this.frames.length === 1) this.clientSeq += 1;
    return this.send(from, RST | ACK, "");
  }

  private send(
    from: "client" | "server",
    flags: number,
    payload: ArrayLike<number> | string,
    ack?: number,
  ): Buffer[] {
    const isClient = from === "client";
    const seq = isClient ? this.clientSeq : this.serverSeq;
    const fields = { seq, ack: ack ?? (isClient ? this.serverSeq : this.clientSeq), flags, payload };
    const ends = isClient ? ([this.from, this.to] as const) : ([this.to, this.from] as const);
    const frame = tcp(...ends, fields, this.frame);
    this.frames.push(frame);
    if (isClient) this.clientSeq += payload.length;
    else this.serverSeq += payload.length;
    return [frame];
  }
}
