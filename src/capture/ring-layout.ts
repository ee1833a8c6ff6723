import { BATCH_FRAMES, FrameBatch } from "./frame-batch.ts";

// Layouts of linux/if_packet.h for TPACKET_V3, on little-endian machines. A ring is an array of blocks;
// a block has a header and a chain of packets, each with a header, a sockaddr_ll and the frame.

/** tpacket_hdr_v1, behind version and private offset: block_status, num_pkts, offset_to_first_pkt. */
export const BLOCK_STATUS = 8;
const BLOCK_PACKETS = 12;
const BLOCK_FIRST = 16;
/** In the block's status: the kernel is done with it (TP_STATUS_USER). */
export const BLOCK_OURS = 1;

/** tpacket3_hdr. */
const NEXT = 0;
const SEC = 4;
const NSEC = 8;
const SNAPLEN = 12;
const LEN = 16;
const STATUS = 20;
const MAC_OFFSET = 24;
const VLAN_TCI = 32;
const VLAN_TPID = 36;
/** sll_pkttype of the sockaddr_ll that follows the header. */
const PACKET_TYPE = 58;

/** TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID: older kernels say no tag protocol. */
const TAG_VALID = 0x10;
const TPID_VALID = 0x40;
const ETHERTYPE_VLAN = 0x8100;
/** Octets that must be free before each frame (PACKET_RESERVE), so that a tag can be put back. */
export const TAG_LEN = 4;
const MACS_LEN = 12;
/** PACKET_OUTGOING */
const OUTGOING = 4;

/** Reads blocks of a ring into a batch over the ring's own memory. Nothing is copied. */
export class BlockReader {
  readonly batch: FrameBatch;
  /** Packets of the current block that were not read yet. */
  left = 0;
  /** Totals: frames passed over because they go out, and frames shorter than they were on the wire. */
  ignored = 0;
  cut = 0;
  /** Pass over frames that this host sends: the loopback interface delivers those as well. */
  skipOutgoing = false;
  /** The link type has an Ethernet header, whose first tag the kernel may have taken off. */
  restoreTags = false;
  #at = 0;

  constructor(ring: ArrayBuffer) {
    this.batch = new FrameBatch(new Uint8Array(ring));
  }

  /** Goes on with another ring; what the batch held is void. */
  use(ring: ArrayBuffer): void {
    const { batch } = this;
    batch.bytes = new Uint8Array(ring);
    batch.view = new DataView(ring);
    batch.count = 0;
    this.left = 0;
  }

  /** Goes on with the block that begins at `blockAt` and whose status says that it is ours. */
  begin(blockAt: number): void {
    const { view } = this.batch;
    this.left = view.getUint32(blockAt + BLOCK_PACKETS, true);
    this.#at = blockAt + view.getUint32(blockAt + BLOCK_FIRST, true);
  }

  /** Fills the batch from the current block; what the headers say is the kernel's word, not the network's. */
  read(): void {
    const { batch, skipOutgoing, restoreTags } = this;
    const { view, offset, caplen, wireLen, tsSec, tsNsec } = batch;
    let at = this.#at;
    let left = this.left;
    let n = 0;
    for (; left > 0 && n < BATCH_FRAMES; left--, at += view.getUint32(at + NEXT, true)) {
      if (skipOutgoing && view.getUint8(at + PACKET_TYPE) === OUTGOING) {
        this.ignored++;
        continue;
      }
      let frameAt = at + view.getUint16(at + MAC_OFFSET, true);
      let snaplen = view.getUint32(at + SNAPLEN, true);
      let len = view.getUint32(at + LEN, true);
      const status = view.getUint32(at + STATUS, true);
      if (restoreTags && (status & TAG_VALID) !== 0 && snaplen >= MACS_LEN) {
        const tpid = (status & TPID_VALID) !== 0 ? view.getUint16(at + VLAN_TPID, true) : ETHERTYPE_VLAN;
        restoreTag(view, frameAt, tpid, view.getUint16(at + VLAN_TCI, true));
        frameAt -= TAG_LEN;
        snaplen += TAG_LEN;
        len += TAG_LEN;
      }
      if (snaplen < len) this.cut++;
      offset[n] = frameAt;
      caplen[n] = snaplen;
      wireLen[n] = len;
      tsSec[n] = view.getUint32(at + SEC, true);
      tsNsec[n] = view.getUint32(at + NSEC, true);
      n++;
    }
    batch.count = n;
    this.left = left;
    this.#at = at;
  }
}

/**
 * Puts the tag back that the kernel took off the frame at `at`, between the addresses and the rest
 * (IEEE 802.1Q §9): the addresses move four octets down, from low to high as they overlap.
 */
function restoreTag(view: DataView, at: number, tpid: number, tci: number): void {
  view.setUint32(at - 4, view.getUint32(at));
  view.setUint32(at, view.getUint32(at + 4));
  view.setUint32(at + 4, view.getUint32(at + 8));
  view.setUint16(at + 8, tpid);
  view.setUint16(at + 10, tci);
}
