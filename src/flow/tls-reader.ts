import { ClientHello, readClientHello, readSsl2ClientHello } from "../names/tls-client-hello.ts";
import {
  HANDSHAKE_CLIENT_HELLO,
  HANDSHAKE_SERVER_HELLO,
  type TlsFeed,
  TlsHelloStream,
} from "../names/tls-records.ts";
import { readServerHello, ServerHello } from "../names/tls-server-hello.ts";
import type { ProtocolReader } from "./protocol-reader.ts";

/** Octets of a client after its hello within which the server must have been seen to answer. */
const MAX_UNANSWERED = 1 << 18;

const hello = new ClientHello();
const serverHello = new ServerHello();

/** The client's direction of TLS: every ClientHello, up to the server's acceptance. */
export class TlsClientReader implements ProtocolReader {
  done = false;
  /** A whole hello was read. */
  named = false;
  private readonly stream = new TlsHelloStream(HANDSHAKE_CLIENT_HELLO);
  private afterHello = 0;
  private readonly found: (hello: ClientHello) => void;
  private readonly trouble: (name: string) => void;
  private readonly affords: () => boolean;
  private readonly isAccepted: () => boolean;

  /** `affords`: whether another hello may be read; `isAccepted`: whether the server's own was seen. */
  constructor(
    found: (hello: ClientHello) => void,
    trouble: (name: string) => void,
    affords: () => boolean = () => true,
    isAccepted: () => boolean = () => false,
  ) {
    this.isAccepted = isAccepted;
    this.found = found;
    this.trouble = trouble;
    this.affords = affords;
  }

  /** A hello is expected, or there in part. */
  get isReading(): boolean {
    return !this.done && (!this.named || this.stream.heldBytes > 0);
  }

  get needsAll(): boolean {
    return !this.named;
  }

  mayName(): boolean {
    return !this.done;
  }

  get heldBytes(): number {
    return this.stream.heldBytes;
  }

  read(view: DataView, at: number, end: number): number {
    let next = at;
    while (next < end && !this.done) {
      const result = this.stream.feed(view, next, end);
      next = this.stream.next;
      if (result === "hello") {
        this.named = true;
        this.take();
      } else if (result === "more") break;
      else this.stop(result);
    }
    if (this.named) this.afterHello += end - at;
    if (this.afterHello > MAX_UNANSWERED) this.done = true;
    return end;
  }

  gap(lenBytes: number): void {
    if (this.done || this.stream.skip(lenBytes)) return;
    if (!this.named) this.trouble("tls.hello_gap");
    this.takePartial();
    this.done = true;
  }

  close(): void {
    if (this.done) return;
    // What the server accepted was whole: the rest went another way.
    if (!this.named) this.trouble(this.isAccepted() ? "tls.hello_gap" : "tls.hello_unfinished");
    this.takePartial();
  }

  /** What an unfinished hello says is said all the same. */
  private takePartial(): void {
    if (!this.named && this.stream.partial()) this.take();
  }

  private take(): void {
    if (!this.affords()) return;
    const { view, at, end, ssl2 } = this.stream;
    const status = (ssl2 ? readSsl2ClientHello : readClientHello)(hello, view, at, end);
    if (status !== "ok") this.trouble(status);
    this.found(hello);
  }

  private stop(result: TlsFeed): void {
    if (result === "too-long") this.trouble("tls.hello_too_long");
    else this.trouble("tls.records_broken");
    this.done = true;
  }
}

/** The server's direction: read until its hello is complete, for then no further ClientHello can come. */
export class TlsServerReader implements ProtocolReader {
  done = false;
  readonly needsAll = false;
  /** The server accepted: its hello was seen, and was no request to try again. */
  accepted = false;
  private readonly stream = new TlsHelloStream(HANDSHAKE_SERVER_HELLO);

  get heldBytes(): number {
    return this.stream.heldBytes;
  }

  mayName(): boolean {
    return false;
  }

  read(view: DataView, at: number, end: number): number {
    let next = at;
    while (next < end && !this.done) {
      const result = this.stream.feed(view, next, end);
      next = this.stream.next;
      if (result === "more") break;
      if (result === "hello") readServerHello(serverHello, this.stream.view, this.stream.at, this.stream.end);
      if (result === "hello" && serverHello.retry) continue;
      this.accepted = result === "hello";
      this.done = true;
    }
    return end;
  }

  gap(lenBytes: number): void {
    if (!this.stream.skip(lenBytes)) this.done = true;
  }

  close(): void {
    this.done = true;
  }
}
