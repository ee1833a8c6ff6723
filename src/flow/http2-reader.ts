import type { Http2Frames } from "../names/http2-frames.ts";
import type { ProtocolReader } from "./protocol-reader.ts";

/** One direction of HTTP/2 without TLS, for the life of the connection. */
export class Http2Reader implements ProtocolReader {
  readonly needsAll = false;
  private readonly frames: Http2Frames;

  constructor(frames: Http2Frames) {
    this.frames = frames;
  }

  get done(): boolean {
    return this.frames.done;
  }

  mayName(lenBytes: number): boolean {
    return lenBytes > this.frames.skippable;
  }

  get heldBytes(): number {
    return this.frames.heldBytes;
  }

  read(view: DataView, at: number, end: number): number {
    this.frames.feed(view, at, end);
    return end;
  }

  gap(lenBytes: number): void {
    this.frames.skip(lenBytes);
  }

  close(): void {}
}
