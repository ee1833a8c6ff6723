import type { HttpRequest, HttpResponse } from "./http-head.ts";
import { type Http2Fields, Http2Frames, type Http2Listener } from "./http2-frames.ts";
import { requestOf, responseOf } from "./http2-request.ts";

/** Requests and answers of one connection that wait for one another; the oldest gives way. */
const MAX_OPEN = 1024;

/** Takes what an HTTP/2 connection carries. */
export interface Http2Sink {
  /** Asked before each head: whether it is not to be told, and counted as such. */
  isLeftOut(): boolean;
  request(request: HttpRequest): void;
  /** `request` is what it answers, null when that was not seen. */
  response(response: HttpResponse, request: HttpRequest | null): void;
  /** The server announced what it would answer without being asked. */
  promised(request: HttpRequest): void;
  trouble(name: string): void;
}

/** Both directions of an HTTP/2 connection (RFC 9113): requests by their streams, however they are mixed. */
export class Http2Connection {
  readonly client: Http2Frames;
  readonly server: Http2Frames;
  private readonly requests = new Map<number, HttpRequest>();
  /** Answers that were seen before their requests. */
  private readonly early = new Map<number, HttpResponse>();
  private last: { fields: Http2Fields; ends: boolean; request: HttpRequest } | null = null;
  private readonly sink: Http2Sink;

  constructor(sink: Http2Sink) {
    this.sink = sink;
    const lost = (trouble: string) => sink.trouble(trouble);
    const promised = (_streamId: number, fields: Http2Fields) => sink.promised(requestOf(fields, true));
    const isLeftOut = () => sink.isLeftOut();
    const client: Http2Listener = {
      isLeftOut,
      head: (streamId, fields, ends) => this.asked(streamId, fields, ends),
      data: (streamId) => this.sent(streamId),
      promised,
      lost,
    };
    const server: Http2Listener = {
      isLeftOut,
      head: (streamId, fields, ends) => this.answered(streamId, responseOf(fields, ends)),
      data: () => {},
      promised,
      lost,
    };
    this.client = new Http2Frames(true, client);
    this.server = new Http2Frames(false, server);
  }

  private asked(streamId: number, fields: Http2Fields, ends: boolean): void {
    if (fields.method === "") return; // trailers
    const request = this.requestFor(fields, ends);
    keep(this.requests, streamId, request);
    this.sink.request(request);
    const answer = this.early.get(streamId);
    this.early.delete(streamId);
    if (answer !== undefined) this.answered(streamId, answer);
  }

  /** Clients ask for much the same again and again. */
  private requestFor(fields: Http2Fields, ends: boolean): HttpRequest {
    const { last } = this;
    if (last !== null && last.ends === ends && areSame(last.fields, fields)) return { ...last.request };
    const request = requestOf(fields, ends);
    this.last = { fields, ends, request };
    return request;
  }

  private answered(streamId: number, response: HttpResponse | null): void {
    if (response === null) return; // trailers
    const request = this.requests.get(streamId) ?? null;
    if (request === null) keep(this.early, streamId, response);
    this.sink.response(response, request);
    if (response.status >= 200 && request?.opensTunnel !== true) this.requests.delete(streamId);
  }

  /** What runs in a tunnel of one stream is not looked into. */
  private sent(streamId: number): void {
    if (this.requests.get(streamId)?.opensTunnel !== true) return;
    this.requests.delete(streamId);
    this.sink.trouble("http2.tunnel_not_read");
  }
}

function keep<Value>(into: Map<number, Value>, streamId: number, value: Value): void {
  for (const oldest of into.keys()) {
    if (into.size < MAX_OPEN) break;
    into.delete(oldest);
  }
  into.set(streamId, value);
}

function areSame(a: Http2Fields, b: Http2Fields): boolean {
  return (
    a.path === b.path &&
    a.authority === b.authority &&
    a.method === b.method &&
    a.scheme === b.scheme &&
    a.protocol === b.protocol &&
    a.host === b.host &&
    a.contentType === b.contentType &&
    a.credentials === b.credentials
  );
}
