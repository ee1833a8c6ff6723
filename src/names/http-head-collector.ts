import { ByteHold } from "./byte-hold.ts";
import { latin1 } from "./octet-text.ts";

const LF = 0x0a;
const CR = 0x0d;
export const MAX_HEAD_OCTETS = 0x10000;

/**
 * Finds the end of a message's head: the first empty line after a line that is not (RFC 9112 §2.1, §2.2; LF
 * alone ends a line too). A head that lies whole in a chunk is not copied octet by octet.
 */
export class HttpHeadCollector {
  /** The head, one character an octet, without empty lines before it. Valid after "head" and "too-long". */
  text = "";
  /** Where feed stopped. */
  next = 0;
  private readonly hold: ByteHold = new ByteHold(MAX_HEAD_OCTETS);
  private lineIsEmpty = true;
  private begun = false;

  /** Nothing but empty lines was seen. */
  get isEmpty(): boolean {
    return !this.begun;
  }

  get heldBytes(): number {
    return this.hold.capacity;
  }

  /** The octets held so far are heldView[0, heldLength). */
  get heldView(): DataView {
    return this.hold.view;
  }

  get heldLength(): number {
    return this.hold.length;
  }

  feed(view: DataView, at: number, end: number): "more" | "head" | "too-long" {
    const start = this.begun ? at : skipLineEnds(view, at, end);
    const limit = Math.min(end, start + MAX_HEAD_OCTETS - this.hold.length);
    let lineIsEmpty = this.lineIsEmpty;
    for (let i = start; i < limit; i++) {
      const octet = view.getUint8(i);
      if (octet === LF) {
        if (lineIsEmpty) return this.finish(view, start, i + 1, "head");
        lineIsEmpty = true;
      } else if (octet !== CR) {
        lineIsEmpty = false;
      }
    }
    this.lineIsEmpty = lineIsEmpty;
    if (limit > start) this.begun = true;
    if (this.begun && limit - start + this.hold.length === MAX_HEAD_OCTETS) {
      return this.finish(view, start, limit, "too-long");
    }
    this.hold.append(view, start, limit);
    this.next = end;
    return "more";
  }

  private finish(view: DataView, start: number, end: number, how: "head" | "too-long"): "head" | "too-long" {
    if (this.hold.length === 0) {
      this.text = latin1(view, start, end);
    } else {
      this.hold.append(view, start, end);
      this.text = latin1(this.hold.view, 0, this.hold.length);
    }
    this.next = end;
    this.clear();
    return how;
  }

  /** The whole lines of a head that will not be finished, and forgets it; "" when there is none. */
  takePartial(): string {
    const text = latin1(this.hold.view, 0, this.hold.length);
    this.clear();
    return text.slice(0, text.lastIndexOf("\n") + 1);
  }

  clear(): void {
    this.hold.clear();
    this.begun = false;
    this.lineIsEmpty = true;
  }
}

function skipLineEnds(view: DataView, at: number, end: number): number {
  while (at < end && (view.getUint8(at) === CR || view.getUint8(at) === LF)) at++;
  return at;
}
