import { decodeErspan2, decodeErspan3 } from "./erspan.ts";
import { carries, ETHERTYPE_BRIDGED, ETHERTYPE_PPP, LINK_BASE } from "./inner-layer.ts";
import { NOTE_GRE_ROUTING } from "./note.ts";
import type { Packet } from "./packet.ts";
import { GRE_UNKNOWN_VERSION, OK, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { TUNNEL_ERSPAN, TUNNEL_GRE, TUNNEL_PPTP } from "./tunnels.ts";

// Flags and version (RFC 2784 §2, RFC 2890 §2, RFC 1701)
const CHECKSUM = 0x8000;
const ROUTING = 0x4000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
/** Version 1 alone (RFC 2637 §4.1). */
const ACKNOWLEDGEMENT = 0x0080;
const VERSION = 0x0007;

const TYPE_ERSPAN = 0x88be; // I and II: draft-foschiano-erspan
const TYPE_ERSPAN_3 = 0x22eb;
const TYPE_WCCP = 0x883e;
const TYPE_KEEPALIVE = 0;
const TYPE_CISCO_FRAME_RELAY = 0x6559;
const LINKTYPE_RAW = 101;
const LINKTYPE_FRELAY = 107;
/** Source routes are entries of a list; bounds the work that a hostile packet can ask for. */
const MAX_ROUTES = 16;

/** Generic routing encapsulation in view[at, end): flags, protocol type, then what the flags announce. */
export function decodeGre(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 4) return TUNNEL_TRUNCATED;
  const flags = view.getUint16(at);
  const type = view.getUint16(at + 2);
  if ((flags & VERSION) === 1) return decodeEnhanced(pkt, view, at, end, flags, type);
  if ((flags & VERSION) !== 0) return GRE_UNKNOWN_VERSION;
  let next = at + 4;
  if ((flags & (CHECKSUM | ROUTING)) !== 0) next += 4; // checksum and offset come together
  if ((flags & KEY) !== 0) next += 4;
  const seqAt = next;
  if ((flags & SEQUENCE) !== 0) next += 4;
  if (end < next) return TUNNEL_TRUNCATED;
  if ((flags & ROUTING) !== 0) {
    pkt.notes |= NOTE_GRE_ROUTING;
    next = afterRoutes(view, next, end);
    if (next < 0) return TUNNEL_TRUNCATED;
  }
  return decodeCarried(pkt, view, next, end, type, (flags & SEQUENCE) === 0 ? 0 : seqAt);
}

function decodeCarried(
  pkt: Packet,
  view: DataView,
  at: number,
  end: number,
  type: number,
  seqAt: number,
): Status {
  const wireEnd = pkt.l4WireEnd;
  switch (type) {
    case TYPE_ERSPAN:
      // Version I has no header of its own, and its GRE header no sequence number.
      if (seqAt === 0) return carries(pkt, TUNNEL_ERSPAN, ETHERTYPE_BRIDGED, at, end, wireEnd);
      return decodeErspan2(pkt, view, at, end, seqAt);
    case TYPE_ERSPAN_3:
      return decodeErspan3(pkt, view, at, end, seqAt);
    case TYPE_KEEPALIVE: // Cisco's: its answer comes back in it, with nothing inside
      return at === end ? OK : carries(pkt, TUNNEL_GRE, type, at, end, wireEnd);
    case TYPE_WCCP: {
      // Version 2 puts a redirect header of 4 octets before the packet (draft-wilson-wrec-wccp-v2 §4.12).
      if (end - at < 4) return TUNNEL_TRUNCATED;
      const isVersion1 = view.getUint8(at) >> 4 === 4;
      return carries(pkt, TUNNEL_GRE, LINK_BASE + LINKTYPE_RAW, isVersion1 ? at : at + 4, end, wireEnd);
    }
    case TYPE_CISCO_FRAME_RELAY:
      return carries(pkt, TUNNEL_GRE, LINK_BASE + LINKTYPE_FRELAY, at, end, wireEnd);
    default:
      return carries(pkt, TUNNEL_GRE, type, at, end, wireEnd);
  }
}

/** Version 1, of PPTP: the key is payload length and call id; a packet without payload acknowledges. */
function decodeEnhanced(
  pkt: Packet,
  view: DataView,
  at: number,
  end: number,
  flags: number,
  type: number,
): Status {
  if (type !== ETHERTYPE_PPP) return GRE_UNKNOWN_VERSION;
  if (end - at < 8) return TUNNEL_TRUNCATED;
  const payloadLen = view.getUint16(at + 4);
  let next = at + 8;
  if ((flags & SEQUENCE) !== 0) next += 4;
  if ((flags & ACKNOWLEDGEMENT) !== 0) next += 4;
  if ((flags & SEQUENCE) === 0 || payloadLen === 0) return OK;
  if (end < next) return TUNNEL_TRUNCATED;
  const wireEnd = Math.min(pkt.l4WireEnd, next + payloadLen);
  return carries(pkt, TUNNEL_PPTP, ETHERTYPE_PPP, next, Math.min(end, wireEnd), wireEnd);
}

/** Where the list of source routes ends (RFC 1701: family, offset, length, route; all zero ends it), or -1. */
function afterRoutes(view: DataView, at: number, end: number): number {
  for (let n = 0; n < MAX_ROUTES; n++) {
    if (end - at < 4) return -1;
    const family = view.getUint16(at);
    const len = view.getUint8(at + 3);
    at += 4 + len;
    if (family === 0 && len === 0) return at;
  }
  return -1;
}
