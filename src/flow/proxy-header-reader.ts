import { proxyHeaderLen } from "../names/proxy-protocol.ts";
import type { ProtocolReader } from "./protocol-reader.ts";

/** Steps over a load balancer's header; what follows is the connection itself. */
export class ProxyHeaderReader implements ProtocolReader {
  readonly done = false;
  readonly needsAll = true;
  readonly heldBytes = 0;
  /** Octets of the header that are still to come; null before the first. */
  private left: number | null = null;

  mayName(): boolean {
    return true;
  }

  read(view: DataView, at: number, end: number): number {
    this.left ??= Math.max(0, proxyHeaderLen(view, at, end));
    const passed = Math.min(this.left, end - at);
    this.left -= passed;
    return at + passed;
  }

  gap(lenBytes: number): void {
    this.left = Math.max(0, (this.left ?? 0) - lenBytes);
  }

  close(): void {}
}
