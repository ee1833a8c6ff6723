/** A packet in a hand-made block of a TPACKET_V3 ring. */
export interface RingPacket {
  readonly data: Uint8Array;
  readonly sec?: number;
  readonly nsec?: number;
  /** Longer than `data` when it was cut. */
  readonly len?: number;
  /** Bits of tp_status beyond TP_STATUS_USER. */
  readonly status?: number;
  readonly tci?: number;
  readonly tpid?: number;
  /** sll_pkttype: 0 to us, 3 to others, 4 outgoing. */
  readonly type?: number;
}

/** Where the kernel puts an Ethernet frame behind its header, with PACKET_RESERVE 4. */
const MAC_OFFSET = 86;

/**
 * Writes a block as the kernel hands it over (linux/if_packet.h: tpacket_block_desc, tpacket3_hdr,
 * sockaddr_ll), at `at` in the ring.
 */
export function writeBlock(ring: ArrayBuffer, at: number, packets: readonly RingPacket[]): void {
  const view = new DataView(ring);
  const bytes = new Uint8Array(ring);
  view.setUint32(at, 1, true); // version
  view.setUint32(at + 4, 48, true); // offset_to_priv
  view.setUint32(at + 12, packets.length, true);
  view.setUint32(at + 16, 48, true); // offset_to_first_pkt
  let packetAt = at + 48;
  for (const [i, packet] of packets.entries()) {
    const { data, sec = 0, nsec = 0, len = data.length, status = 0, tci = 0, tpid = 0, type = 0 } = packet;
    const next = (MAC_OFFSET + data.length + 7) & ~7;
    view.setUint32(packetAt, i === packets.length - 1 ? 0 : next, true);
    view.setUint32(packetAt + 4, sec, true);
    view.setUint32(packetAt + 8, nsec, true);
    view.setUint32(packetAt + 12, data.length, true);
    view.setUint32(packetAt + 16, len, true);
    view.setUint32(packetAt + 20, 1 | status, true);
    view.setUint16(packetAt + 24, MAC_OFFSET, true);
    view.setUint16(packetAt + 26, MAC_OFFSET + 14, true);
    view.setUint32(packetAt + 32, tci, true);
    view.setUint16(packetAt + 36, tpid, true);
    view.setUint8(packetAt + 58, type);
    bytes.set(data, packetAt + MAC_OFFSET);
    packetAt += next;
  }
  view.setUint32(at + 8, 1, true); // block_status: TP_STATUS_USER
}

/** Frames of the batch in hex, with their lengths on the wire where they were cut. */
export function framesOf(batch: {
  bytes: Uint8Array;
  count: number;
  offset: Uint32Array;
  caplen: Uint32Array;
  wireLen: Uint32Array;
}): string[] {
  return Array.from({ length: batch.count }, (_, i) => {
    const at = batch.offset[i];
    const hex = Buffer.from(batch.bytes.subarray(at, at + batch.caplen[i])).toString("hex");
    return batch.caplen[i] < batch.wireLen[i] ? `${hex}... ${batch.wireLen[i]}` : hex;
  });
}
