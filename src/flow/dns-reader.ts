import { DnsTcpDeframer } from "../names/dns-tcp.ts";
import type { ProtocolReader } from "./protocol-reader.ts";

/** One direction of DNS over TCP, for the life of the connection. */
export class DnsReader implements ProtocolReader {
  private readonly deframer = new DnsTcpDeframer();
  private readonly found: (view: DataView, at: number, end: number) => void;
  private readonly trouble: (name: string) => void;
  private lostBefore = 0;

  constructor(found: (view: DataView, at: number, end: number) => void, trouble: (name: string) => void) {
    this.found = found;
    this.trouble = trouble;
  }

  get done(): boolean {
    return this.deframer.lost;
  }

  readonly needsAll = true;

  get heldBytes(): number {
    return this.deframer.heldBytes;
  }

  mayName(): boolean {
    return true;
  }

  read(view: DataView, at: number, end: number): number {
    let next = at;
    while (next < end) {
      next = this.deframer.feed(view, next, end);
      if (this.deframer.ready) this.found(this.deframer.view, this.deframer.at, this.deframer.end);
    }
    return end;
  }

  gap(lenBytes: number): void {
    this.takePart();
    this.deframer.skip(lenBytes);
    for (; this.lostBefore < this.deframer.lostMessages; this.lostBefore++) this.trouble("dns.stream_gap");
  }

  close(): void {
    if (this.deframer.heldBytes > 0) this.trouble("dns.stream_unfinished");
    this.takePart();
  }

  private takePart(): void {
    this.deframer.cutShort();
    if (this.deframer.ready) this.found(this.deframer.view, this.deframer.at, this.deframer.end);
  }
}
