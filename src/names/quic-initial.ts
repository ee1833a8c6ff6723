const VERSION_1 = 0x00000001; // RFC 9000
const VERSION_2 = 0x6b3343cf; // RFC 9369
/** Drafts 22 to 34 have the same header. */
const DRAFT_FROM = 0xff000016;
const DRAFT_TO = 0xff000022;
/** RFC 9000 §14.1: datagrams with an Initial are padded to this. */
const MIN_DATAGRAM_LEN = 1200;

/** Whether a UDP payload view[at, end) of `lenBytes` on the wire begins with a client's QUIC Initial (RFC 9000 §17.2.2). */
export function isQuicInitial(view: DataView, at: number, end: number, lenBytes: number): boolean {
  if (lenBytes < MIN_DATAGRAM_LEN || end - at < 7) return false;
  const first = view.getUint8(at);
  if ((first & 0xc0) !== 0xc0) return false; // long header, fixed bit
  const version = view.getUint32(at + 1);
  if (view.getUint8(at + 5) > 20) return false; // connection ids have at most 20 octets
  if (version === VERSION_2) return (first & 0x30) === 0x10; // RFC 9369 §3.2
  if (version !== VERSION_1 && (version < DRAFT_FROM || version > DRAFT_TO)) return false;
  return (first & 0x30) === 0;
}
