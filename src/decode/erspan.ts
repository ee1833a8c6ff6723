import { carries, ETHERTYPE_BRIDGED, LINK_BASE } from "./inner-layer.ts";
import { NOTE_ERSPAN_TRUNCATED } from "./note.ts";
import type { Packet } from "./packet.ts";
import { ERSPAN_UNKNOWN_VERSION, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { TUNNEL_ERSPAN } from "./tunnels.ts";

const HEADER_2_LEN = 8;
const HEADER_3_LEN = 12;
const PLATFORM_LEN = 8;
/** Of the third and fourth octet in both versions (draft-foschiano-erspan-03 §4.2, §4.3). */
const TRUNCATED = 0x0400;
const SESSION = 0x03ff;
/** Of the last two octets of version III. */
const HAS_PLATFORM = 0x0001;
const FRAME_TYPE_SHIFT = 10;
const FRAME_TYPE_IP = 2;
const LINKTYPE_RAW = 101;

/** Type II: version 1, VLAN, session, index; then the mirrored frame. `seqAt`: of the GRE header. */
export function decodeErspan2(pkt: Packet, view: DataView, at: number, end: number, seqAt: number): Status {
  if (end - at < HEADER_2_LEN) return TUNNEL_TRUNCATED;
  if (view.getUint8(at) >> 4 !== 1) return ERSPAN_UNKNOWN_VERSION;
  readSession(pkt, view, at, seqAt);
  return carries(pkt, TUNNEL_ERSPAN, ETHERTYPE_BRIDGED, at + HEADER_2_LEN, end, pkt.l4WireEnd);
}

/** Type III: version 2, timestamp, group, frame type, and a platform's own 8 octets where the last bit says so. */
export function decodeErspan3(pkt: Packet, view: DataView, at: number, end: number, seqAt: number): Status {
  if (end - at < HEADER_3_LEN) return TUNNEL_TRUNCATED;
  if (view.getUint8(at) >> 4 !== 2) return ERSPAN_UNKNOWN_VERSION;
  const last = view.getUint16(at + 10);
  const next = at + HEADER_3_LEN + ((last & HAS_PLATFORM) === 0 ? 0 : PLATFORM_LEN);
  if (end < next) return TUNNEL_TRUNCATED;
  readSession(pkt, view, at, seqAt);
  const isIp = ((last >> FRAME_TYPE_SHIFT) & 0x1f) === FRAME_TYPE_IP;
  const type = isIp ? LINK_BASE + LINKTYPE_RAW : ETHERTYPE_BRIDGED;
  return carries(pkt, TUNNEL_ERSPAN, type, next, end, pkt.l4WireEnd);
}

function readSession(pkt: Packet, view: DataView, at: number, seqAt: number): void {
  const bits = view.getUint16(at + 2);
  if ((bits & TRUNCATED) !== 0) pkt.notes |= NOTE_ERSPAN_TRUNCATED;
  pkt.mirrorSeqAt = seqAt;
  pkt.mirrorSession = bits & SESSION;
}
