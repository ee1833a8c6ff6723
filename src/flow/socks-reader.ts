import { ByteHold } from "../names/byte-hold.ts";
import {
  MAX_SOCKS_HANDSHAKE,
  readSocksHandshake,
  SocksHandshake,
  type SocksRequest,
} from "../names/socks.ts";
import { readSocksAnswer, SocksAnswer } from "../names/socks-answer.ts";
import type { End } from "./flow-view.ts";
import type { NameSink } from "./name-sink.ts";
import type { ProtocolReader } from "./protocol-reader.ts";

const handshake = new SocksHandshake();

/** Both directions of a SOCKS handshake: what was asked is told before what was answered. */
export class SocksConnection {
  /** The end that answers, until it has a reader. */
  awaitsAnswerOf: End | null;
  private request: SocksRequest | null = null;
  private answer: SocksAnswer | null = null;
  private readonly row: number;
  private readonly client: End;
  private readonly sink: NameSink;

  constructor(row: number, client: End, sink: NameSink) {
    this.row = row;
    this.client = client;
    this.sink = sink;
    this.awaitsAnswerOf = client === 0 ? 1 : 0;
  }

  asked(request: SocksRequest): void {
    this.request = request;
    this.sink.socksRequest(this.row, this.client, request);
    this.tellAnswer();
  }

  answered(answer: SocksAnswer): void {
    this.answer = answer;
    this.tellAnswer();
  }

  private tellAnswer(): void {
    if (this.request === null || this.answer === null) return;
    this.sink.socksAnswer(this.row, this.client === 0 ? 1 : 0, this.answer, this.request);
  }
}

/** The client's direction of SOCKS, up to its request; what follows is another protocol. */
export class SocksClientReader implements ProtocolReader {
  done = false;
  private isThrough = false;
  private readonly hold = new ByteHold(MAX_SOCKS_HANDSHAKE);
  private readonly connection: SocksConnection;
  private readonly trouble: (name: string) => void;

  constructor(connection: SocksConnection, trouble: (name: string) => void) {
    this.connection = connection;
    this.trouble = trouble;
  }

  get needsAll(): boolean {
    return !this.done && !this.isThrough;
  }

  mayName(): boolean {
    return !this.done;
  }

  get heldBytes(): number {
    return this.hold.capacity;
  }

  read(view: DataView, at: number, end: number): number {
    if (this.isThrough || at >= end) return at;
    const before = this.hold.length;
    const fits = this.hold.append(view, at, end);
    readSocksHandshake(handshake, this.hold.view, 0, this.hold.length);
    if (handshake.state === "request" && handshake.request !== null) {
      this.isThrough = true;
      this.hold.clear();
      this.connection.asked(handshake.request);
      return at + handshake.next - before;
    }
    if (handshake.state !== "more" || !fits) this.stop("socks.request_unreadable");
    return end;
  }

  gap(): void {
    if (this.needsAll) this.stop("socks.request_unreadable");
  }

  /** Who only greeted, or gave up at the password, asked for nothing. */
  close(): void {}

  private stop(trouble: string): void {
    this.trouble(trouble);
    this.hold.clear();
    this.done = true;
  }
}

/** The proxy's direction, up to its reply. */
export class SocksServerReader implements ProtocolReader {
  done = false;
  readonly needsAll = false;
  private isThrough = false;
  private readonly hold = new ByteHold(MAX_SOCKS_HANDSHAKE);
  private readonly connection: SocksConnection;

  constructor(connection: SocksConnection) {
    this.connection = connection;
    connection.awaitsAnswerOf = null;
  }

  get heldBytes(): number {
    return this.hold.capacity;
  }

  mayName(): boolean {
    return false;
  }

  read(view: DataView, at: number, end: number): number {
    if (this.isThrough || at >= end) return at;
    const before = this.hold.length;
    const fits = this.hold.append(view, at, end);
    const answer = new SocksAnswer();
    readSocksAnswer(answer, this.hold.view, 0, this.hold.length);
    if (answer.state === "more" && fits) return end;
    this.hold.clear();
    if (answer.state !== "reply") {
      this.done = true;
      return end;
    }
    this.isThrough = true;
    this.connection.answered(answer);
    return at + Math.max(0, answer.next - before);
  }

  gap(): void {
    if (!this.isThrough) this.done = true;
  }

  close(): void {}
}
