import { HttpBody } from "./http-body.ts";
import type { HttpFraming } from "./http-head.ts";
import { HttpHeadCollector } from "./http-head-collector.ts";

/** How a stream's first octets are recognised. */
export type StartTest = (view: DataView, at: number, end: number) => "yes" | "no" | "maybe";

/** Recognition needs no more than these where a head is being collected. */
const START_OCTETS = 18;

/**
 * Message boundaries of one direction of an HTTP/1 connection (RFC 9112 §2 and §6). After octets that are no
 * HTTP, or that were lost where a head or framing stood, it waits for a chunk that begins with a message.
 */
export class HttpStream {
  /** Where feed stopped. */
  next = 0;
  /** How often the message boundaries were lost. */
  lostCount = 0;
  private state: "head" | "body" | "opaque" | "lost" = "head";
  private readonly head: HttpHeadCollector = new HttpHeadCollector();
  private readonly body: HttpBody = new HttpBody();
  private readonly mayStart: (view: DataView, at: number, end: number) => boolean;
  private readonly isStart: StartTest;

  /** `mayStart` looks at the first octets only, `isStart` at as many as it takes. */
  constructor(mayStart: (view: DataView, at: number, end: number) => boolean, isStart: StartTest) {
    this.mayStart = mayStart;
    this.isStart = isStart;
  }

  /** The head that "head" and "too-long" announce, one character an octet. */
  get headText(): string {
    return this.head.text;
  }

  /** A message has ended and nothing of another was seen. */
  get isBetween(): boolean {
    return this.state === "head" && this.head.isEmpty;
  }

  get isOpaque(): boolean {
    return this.state === "opaque";
  }

  /** Octets that can go by unseen before the next one that matters. */
  get bodyLeft(): number {
    return this.state === "body" ? this.body.left : 0;
  }

  get heldBytes(): number {
    return this.head.heldBytes;
  }

  /** Reads on to the next head; "opaque" when what follows `next` is no HTTP. */
  feed(view: DataView, at: number, end: number): "more" | "head" | "too-long" | "opaque" | "lost" {
    this.next = at;
    if (this.state === "lost" && at < end) {
      if (this.isStart(view, at, end) !== "yes") {
        this.next = end;
        return "more";
      }
      this.state = "head";
    }
    if (this.state === "opaque") return "opaque";
    if (this.state === "body") {
      this.next = this.body.feed(view, at, end);
      if (this.body.bad) return this.lose(end);
      if (!this.body.done) return "more";
      this.state = "head";
    }
    return this.next < end ? this.feedHead(view, end) : "more";
  }

  private feedHead(view: DataView, end: number): "more" | "head" | "too-long" | "lost" {
    const result = this.head.feed(view, this.next, end);
    this.next = this.head.next;
    if (result !== "more" || this.head.heldLength === 0) return result;
    const shown = Math.min(START_OCTETS, this.head.heldLength);
    return this.mayStart(this.head.heldView, 0, shown) ? "more" : this.lose(end);
  }

  /** Tells how the content after the head that was just announced is framed. */
  beginBody(framing: HttpFraming, contentLength: number): void {
    this.body.begin(framing, contentLength);
    this.state = this.body.done ? "head" : "body";
  }

  /** Passes over `lenBytes` octets that nobody saw; false when message boundaries are lost by it. */
  skip(lenBytes: number): boolean {
    if (this.state === "opaque" || lenBytes <= 0) return true;
    if (this.state === "body" && this.body.skip(lenBytes)) return true;
    if (this.state !== "lost") this.lose(0);
    return false;
  }

  /** Whole lines of the head that is being collected, "" when there are none; they are forgotten. */
  takePartialHead(): string {
    return this.state === "head" ? this.head.takePartial() : "";
  }

  /** Gives up until a chunk begins with a message. */
  lose(end: number): "lost" {
    this.state = "lost";
    this.lostCount++;
    this.head.clear();
    this.next = end;
    return "lost";
  }

  /** What follows is another protocol. */
  makeOpaque(): void {
    this.state = "opaque";
    this.head.clear();
  }
}
