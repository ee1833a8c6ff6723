import type { HttpRequest } from "../names/http-head.ts";
import { readSimpleRequest } from "../names/http09.ts";
import type { ProtocolReader } from "./protocol-reader.ts";

/** The client's direction of HTTP/0.9: one request, and nothing after it. */
export class SimpleRequestReader implements ProtocolReader {
  done = false;
  readonly needsAll = false;
  readonly heldBytes = 0;
  private readonly found: (request: HttpRequest) => void;

  constructor(found: (request: HttpRequest) => void) {
    this.found = found;
  }

  mayName(): boolean {
    return true;
  }

  read(view: DataView, at: number, end: number): number {
    const request = this.done ? null : readSimpleRequest(view, at, end);
    this.done = true;
    if (request !== null) this.found(request);
    return end;
  }

  gap(): void {}

  close(): void {}
}

/** The server's direction: its first octet is the answer. */
export class SimpleResponseReader implements ProtocolReader {
  done = false;
  readonly needsAll = false;
  readonly heldBytes = 0;
  private readonly found: () => void;

  constructor(found: () => void) {
    this.found = found;
  }

  mayName(): boolean {
    return false;
  }

  read(_view: DataView, _at: number, end: number): number {
    if (!this.done) this.found();
    this.done = true;
    return end;
  }

  gap(): void {}

  close(): void {}
}
