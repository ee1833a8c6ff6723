import type { Packet } from "../decode/packet.ts";
import { PROTO_TCP } from "../decode/protocols.ts";
import type { Ledger } from "./ledger.ts";
import { maskCredentials } from "./mask-credentials.ts";
import type { PacketTap } from "./packet-tap.ts";

/** Ethernet and IPv4 headers: where what is in a fragment begins at the earliest. */
const HEADERS_LEN = 34;

/** What a batch of frames holds of each (capture/frame-batch.ts). */
export interface Frames {
  readonly bytes: Uint8Array;
  readonly offset: Uint32Array;
  readonly caplen: Uint32Array;
  readonly wireLen: Uint32Array;
  readonly tsSec: Float64Array;
  readonly tsNsec: Uint32Array;
  readonly linkType: Uint16Array;
}

/** Hands on the frames that belong to findings: the first of each are evidence. */
export class FrameEvidence {
  readonly taps: PacketTap[] = [];
  private readonly ledger: Ledger;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  /** Frame `i` of the batch, decoded as `pkt`, belongs to the findings `touched`, which are forgotten. */
  take(batch: Frames, i: number, { payloadAt, l4Proto }: Packet, touched: Set<number>): void {
    for (const handle of this.taps.length === 0 ? [] : touched) {
      const { id, kind, destination } = this.ledger.get(handle);
      const taps = this.taps.filter((tap) => tap.wants(id));
      if (taps.length === 0) continue;
      const at = batch.offset[i];
      const caplen = batch.caplen[i];
      // Elsewhere lies what was put together of fragments.
      const isFragment = payloadAt < at || payloadAt > at + caplen;
      const packet = {
        ...maskCredentials({
          octets: batch.bytes.subarray(at, at + caplen),
          payloadAt: isFragment ? Math.min(caplen, HEADERS_LEN) : payloadAt - at,
          isTcp: l4Proto === PROTO_TCP,
          isFragment,
        }),
        wireLen: batch.wireLen[i],
        sec: batch.tsSec[i],
        nsec: batch.tsNsec[i],
        linkType: batch.linkType[i],
      };
      for (const tap of taps) tap.add(id, packet, `${kind} ${destination}`);
    }
    touched.clear();
  }
}
