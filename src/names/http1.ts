import {
  type HttpNote,
  type HttpRequest,
  type HttpResponse,
  parseRequestHead,
  parseResponseHead,
} from "./http-head.ts";
import { isHttpResponseStart, isHttpStart, mayBeRequest } from "./http-start.ts";
import { HttpStream } from "./http-stream.ts";

/**
 * What a chunk led to: a head is whole ("request", "response"), the rest is a "tunnel" and no HTTP, message
 * boundaries are "lost", or the chunk is used up ("more").
 */
export type HttpFeed = "more" | "request" | "response" | "tunnel" | "lost";

/**
 * Requests of one connection, for its whole life (RFC 9112).
 *
 *     do {
 *       result = reader.feed(view, at, end);   // "request": it is in reader.request
 *       at = reader.next;
 *     } while (at < end && result !== "tunnel");
 */
export class HttpRequestReader {
  /** The last request; null before the first. */
  request: HttpRequest | null = null;
  private readonly stream: HttpStream = new HttpStream(mayBeRequest, isHttpStart);
  /** The last request may turn the connection into a tunnel, and no answer was seen. */
  private undecided = false;

  /** Where feed stopped. After "tunnel": where the tunnel's octets begin. */
  get next(): number {
    return this.stream.next;
  }

  /** Octets of content that can be passed to `skip` instead of being looked at; Infinity until the end. */
  get bodyLeft(): number {
    return this.stream.bodyLeft;
  }

  /** Octets of memory held for a head that is not whole. */
  get heldBytes(): number {
    return this.stream.heldBytes;
  }

  get lostCount(): number {
    return this.stream.lostCount;
  }

  feed(view: DataView, at: number, end: number): HttpFeed {
    if (this.undecided && at < end && this.stream.isBetween) {
      // Another request means that the proxy refused; anything else, that it did not.
      if (isHttpStart(view, at, end) === "no") this.stream.makeOpaque();
      this.undecided = false;
    }
    const result = this.stream.feed(view, at, end);
    if (result === "opaque") return "tunnel";
    if (result !== "head" && result !== "too-long") return result;
    return this.take(this.stream.headText, result === "head" ? [] : ["http.head_too_long"], end);
  }

  private take(text: string, notes: HttpNote[], end: number): HttpFeed {
    const isWhole = notes.length === 0;
    const request = parseRequestHead(text, notes);
    if (request === null) return this.stream.lose(end);
    this.request = request;
    this.undecided = request.method === "CONNECT" || request.upgrade !== "";
    if (!isWhole) this.stream.lose(end);
    else if (request.method === "CONNECT")
      this.stream.beginBody("none", 0); // RFC 9110 §9.3.6
    else this.stream.beginBody(request.framing, request.contentLength);
    return "request";
  }

  /**
   * Passes over `lenBytes` octets that were never seen, or that need not be. "lost" when message boundaries
   * went with them; "request" when the head that they cut was good for one all the same.
   */
  skip(lenBytes: number): HttpFeed {
    const partial = lenBytes > this.bodyLeft ? this.finish() : "more";
    return this.stream.skip(lenBytes) || partial === "request" ? partial : "lost";
  }

  /** Leaves out what comes up to `end`, and what follows until a chunk begins with a request. */
  lose(end: number): void {
    this.stream.lose(end);
  }

  /** At the end of the stream: "request" when an unfinished head has a whole request line. */
  finish(): HttpFeed {
    const text = this.stream.takePartialHead();
    if (text === "") return "more";
    return this.take(text, ["http.head_incomplete"], this.next) === "request" ? "request" : "more";
  }

  /** The answer says that what follows the last request is (or is not) a tunnel. */
  decideTunnel(isTunnel: boolean): void {
    this.undecided = false;
    if (isTunnel) this.stream.makeOpaque();
  }
}

/** Requests whose answers are waited for; beyond them answers are read as those of a GET. */
const MAX_PENDING = 1024;

/** Responses of one connection, for its whole life. Used like HttpRequestReader. */
export class HttpResponseReader {
  /** The last response; null before the first. */
  response: HttpResponse | null = null;
  /** The request that the last response answers, null when it was not seen. */
  answered: HttpRequest | null = null;
  private readonly stream: HttpStream = new HttpStream(
    (view, at, end) => isHttpResponseStart(view, at, end) !== "no",
    isHttpResponseStart,
  );
  private pending: HttpRequest[] = [];

  get next(): number {
    return this.stream.next;
  }

  get bodyLeft(): number {
    return this.stream.bodyLeft;
  }

  get heldBytes(): number {
    return this.stream.heldBytes;
  }

  get lostCount(): number {
    return this.stream.lostCount;
  }

  /** The last response turned the connection into a tunnel. */
  get isTunnel(): boolean {
    return this.stream.isOpaque;
  }

  /** Tells of a request, so that its answer's framing is known (RFC 9112 §6.3: HEAD, CONNECT). */
  expect(request: HttpRequest): void {
    if (this.pending.length < MAX_PENDING) this.pending.push(request);
  }

  feed(view: DataView, at: number, end: number): HttpFeed {
    const result = this.stream.feed(view, at, end);
    if (result === "opaque") return "tunnel";
    if (result === "lost") this.pending = [];
    if (result !== "head" && result !== "too-long") return result;
    const notes: HttpNote[] = result === "head" ? [] : ["http.head_too_long"];
    const response = parseResponseHead(this.stream.headText, notes);
    if (response === null) {
      this.pending = [];
      return this.stream.lose(end);
    }
    this.take(response);
    if (result === "too-long") this.stream.lose(end);
    return "response";
  }

  private take(response: HttpResponse): void {
    const { status } = response;
    this.response = response;
    const isInterim = status < 200 && status !== 101;
    this.answered = (isInterim ? this.pending[0] : this.pending.shift()) ?? null;
    const method = this.answered?.method ?? "GET";
    const isTunnel = status === 101 || (method === "CONNECT" && status >= 200 && status < 300);
    if (isTunnel) this.stream.makeOpaque();
    else if (isInterim || status === 204 || status === 304 || method === "HEAD")
      this.stream.beginBody("none", 0);
    else this.stream.beginBody(response.framing, response.contentLength);
  }

  /** As HttpRequestReader.lose. */
  lose(end: number): void {
    this.pending = [];
    this.stream.lose(end);
  }

  /** Passes over octets that were never seen, or that need not be; "lost" when boundaries went with them. */
  skip(lenBytes: number): HttpFeed {
    if (this.stream.skip(lenBytes)) return "more";
    this.pending = [];
    return "lost";
  }
}

/** Both directions of a connection: answers decide what becomes of the requests' stream. */
export class Http1Connection {
  readonly client: HttpRequestReader = new HttpRequestReader();
  readonly server: HttpResponseReader = new HttpResponseReader();

  /** As HttpRequestReader.feed; go on at client.next. */
  feedClient(view: DataView, at: number, end: number): HttpFeed {
    const result = this.client.feed(view, at, end);
    if (result === "request" && this.client.request !== null) this.server.expect(this.client.request);
    return result;
  }

  /** As HttpResponseReader.feed; go on at server.next. */
  feedServer(view: DataView, at: number, end: number): HttpFeed {
    const result = this.server.feed(view, at, end);
    if (result === "response" && this.server.isTunnel) this.client.decideTunnel(true);
    else if (result === "response" && this.isRefusal()) this.client.decideTunnel(false);
    return result;
  }

  /** The last request's own answer came, and it opens no tunnel. */
  private isRefusal(): boolean {
    const { response, answered } = this.server;
    return answered === this.client.request && response !== null && response.status >= 200;
  }
}
