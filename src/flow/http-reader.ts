import type { HttpRequest, HttpResponse } from "../names/http-head.ts";
import type { Http1Connection, HttpRequestReader, HttpResponseReader } from "../names/http1.ts";
import type { MessageBudget } from "./message-budget.ts";
import type { ProtocolReader } from "./protocol-reader.ts";

/** The client's direction of HTTP/1, for the life of the connection. */
export class HttpClientReader implements ProtocolReader {
  readonly done = false;
  readonly needsAll = false;
  private readonly connection: Http1Connection;
  private readonly reader: HttpRequestReader;
  private readonly found: (request: HttpRequest) => void;
  private readonly trouble: (name: string) => void;
  private readonly budget: MessageBudget;
  private lostBefore = 0;

  constructor(
    connection: Http1Connection,
    found: (request: HttpRequest) => void,
    trouble: (name: string) => void,
    budget: MessageBudget,
  ) {
    this.connection = connection;
    this.reader = connection.client;
    this.found = found;
    this.trouble = trouble;
    this.budget = budget;
  }

  mayName(lenBytes: number): boolean {
    return lenBytes > this.reader.bodyLeft;
  }

  get heldBytes(): number {
    return this.reader.heldBytes;
  }

  read(view: DataView, at: number, end: number): number {
    let next = at;
    while (next < end) {
      const result = this.connection.feedClient(view, next, end);
      next = this.reader.next;
      if (result === "request") this.take();
      if (result === "tunnel") return next;
      if (result === "more") break;
      if (!this.budget.isSpent) continue;
      this.reader.lose(end);
      break;
    }
    this.countLost();
    return end;
  }

  gap(lenBytes: number): void {
    if (this.reader.skip(lenBytes) === "request") this.take();
    this.countLost();
  }

  close(): void {
    if (this.reader.finish() === "request") this.take();
  }

  private take(): void {
    const request = this.reader.request;
    if (request === null) return;
    for (const note of request.notes) this.trouble(note);
    this.found(request);
  }

  private countLost(): void {
    for (; this.lostBefore < this.reader.lostCount; this.lostBefore++) this.trouble("http.boundaries_lost");
  }
}

/** The server's direction: what became of the requests. */
export class HttpServerReader implements ProtocolReader {
  readonly done = false;
  readonly needsAll = false;
  private readonly connection: Http1Connection;
  private readonly reader: HttpResponseReader;
  private readonly found: (response: HttpResponse, request: HttpRequest | null) => void;
  private readonly budget: MessageBudget;

  constructor(
    connection: Http1Connection,
    found: (response: HttpResponse, request: HttpRequest | null) => void,
    budget: MessageBudget,
  ) {
    this.connection = connection;
    this.reader = connection.server;
    this.found = found;
    this.budget = budget;
  }

  get heldBytes(): number {
    return this.reader.heldBytes;
  }

  mayName(): boolean {
    return false;
  }

  read(view: DataView, at: number, end: number): number {
    let next = at;
    while (next < end) {
      const result = this.connection.feedServer(view, next, end);
      next = this.reader.next;
      if (result === "response" && this.reader.response !== null) {
        this.found(this.reader.response, this.reader.answered);
      }
      if (result === "tunnel") return next;
      if (result === "more") break;
      if (!this.budget.isSpent) continue;
      this.reader.lose(end);
      break;
    }
    return end;
  }

  gap(lenBytes: number): void {
    this.reader.skip(lenBytes);
  }

  close(): void {}
}
