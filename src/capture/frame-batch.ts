/** How many frames a batch can hold: small enough that its arrays stay in the second-level cache. */
export const BATCH_FRAMES = 1024;

/**
 * A run of captured frames that share one memory. Frames are addressed by offset, so that reading
 * them allocates nothing. Everything here is reused: it is valid until the source's next `next()`.
 */
export class FrameBatch {
  /** The memory that the frames lie in, and a view of the same bytes. */
  bytes: Uint8Array;
  view: DataView;
  /** Number of valid entries in the arrays below. */
  count = 0;
  /** Where a frame begins in `bytes`. */
  readonly offset: Uint32Array = new Uint32Array(BATCH_FRAMES);
  /** Captured octets, all of which lie inside `bytes`. */
  readonly caplen: Uint32Array = new Uint32Array(BATCH_FRAMES);
  /** Octets that the frame had on the wire; larger than `caplen` when it was cut. */
  readonly wireLen: Uint32Array = new Uint32Array(BATCH_FRAMES);
  /** Seconds since 1970-01-01 UTC (may be far away or negative in damaged captures), and the rest. */
  readonly tsSec: Float64Array = new Float64Array(BATCH_FRAMES);
  readonly tsNsec: Uint32Array = new Uint32Array(BATCH_FRAMES);
  /** LINKTYPE_ value of the frame's interface (tcpdump.org/linktypes.html). */
  readonly linkType: Uint16Array = new Uint16Array(BATCH_FRAMES);

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
