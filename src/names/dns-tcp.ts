import { ByteHold } from "./byte-hold.ts";

/**
 * Takes the messages out of one direction of a DNS-over-TCP stream (RFC 1035 §4.2.2, RFC 7766 §8). A
 * message that lies whole in a chunk is handed on where it lies; only split ones are held, up to 65,537 octets.
 *
 *     while (at < end) {
 *       at = deframer.feed(view, at, end);
 *       if (deframer.ready) use(deframer.view, deframer.at, deframer.end);
 *     }
 */
export class DnsTcpDeframer {
  /** Set by feed: a message lies in view[at, end) until the next call. */
  ready = false;
  view: DataView;
  at = 0;
  end = 0;
  /** The stream's framing is lost: octets went missing where a length stood. Nothing more comes out. */
  lost = false;
  /** Messages that were not delivered because octets of them went missing. */
  lostMessages = 0;
  private readonly hold = new ByteHold(2 + 0xffff);
  /** Octets of the current message that are passed over because it cannot be whole any more. */
  private skipLeft = 0;

  constructor() {
    this.view = this.hold.view;
  }

  /** Octets held for a message that is not whole. */
  get heldBytes(): number {
    return this.hold.capacity;
  }

  /** Reads in-order octets until a message is whole or the chunk ends; returns where it stopped. */
  feed(view: DataView, at: number, end: number): number {
    this.ready = false;
    if (this.lost) return end;
    if (this.skipLeft > 0) {
      const passed = Math.min(this.skipLeft, end - at);
      this.skipLeft -= passed;
      return at + passed;
    }
    if (this.hold.length === 0 && end - at >= 2) {
      const messageEnd = at + 2 + view.getUint16(at);
      if (messageEnd <= end) return this.deliver(view, at + 2, messageEnd, messageEnd);
    }
    return this.feedHeld(view, at, end);
  }

  private feedHeld(view: DataView, at: number, end: number): number {
    let next = at;
    while (this.hold.length < 2 && next < end) {
      this.hold.append(view, next, next + 1);
      next++;
    }
    if (this.hold.length < 2) return next;
    const wanted = 2 + this.hold.view.getUint16(0);
    const stop = Math.min(end, next + wanted - this.hold.length);
    this.hold.append(view, next, stop);
    if (this.hold.length < wanted) return stop;
    const held = this.hold.view;
    this.hold.clear();
    return this.deliver(held, 2, wanted, stop);
  }

  private deliver(view: DataView, at: number, end: number, next: number): number {
    this.view = view;
    this.at = at;
    this.end = end;
    this.ready = end > at; // an empty message says nothing
    return next;
  }

  /** What is held of a message that will not become whole is handed on as it is: questions stand first. */
  cutShort(): void {
    this.ready = false;
    if (this.hold.length <= 2) return;
    const held = this.hold.view;
    const length = this.hold.length;
    this.deliver(held, 2, length, length);
  }

  /** Tells that the next `lenBytes` octets of the stream were never seen. */
  skip(lenBytes: number): void {
    this.ready = false;
    if (this.lost || lenBytes <= 0) return;
    const left = this.messageLeft();
    if (left < lenBytes) {
      this.lost = true;
      this.lostMessages++;
      this.skipLeft = 0;
    } else if (this.skipLeft > 0) {
      this.skipLeft -= lenBytes;
    } else {
      this.lostMessages++;
      this.skipLeft = left - lenBytes;
    }
    this.hold.clear();
  }

  /** Octets that the current message still needs; 0 when its length is not known. */
  private messageLeft(): number {
    if (this.skipLeft > 0) return this.skipLeft;
    if (this.hold.length < 2) return 0;
    return 2 + this.hold.view.getUint16(0) - this.hold.length;
  }
}
