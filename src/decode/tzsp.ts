import { carries, LINK_BASE } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { OK, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { TUNNEL_TZSP } from "./tunnels.ts";

const HEADER_LEN = 4;
const VERSION = 1;
const RECEIVED = 0;
const TRANSMITTED = 1;
const TAG_PADDING = 0;
const TAG_END = 1;
/** Bounds the work that a hostile packet can ask for. */
const MAX_TAGS = 64;

/** TaZmen Sniffer Protocol in view[at, end), the payload of the datagram `pkt`: version, type, what is inside, tags. */
export function decodeTzsp(pkt: Packet, view: DataView, at: number, end: number): Status {
  const wireEnd = at + pkt.payloadLen;
  if (end - at < HEADER_LEN || view.getUint8(at) !== VERSION) return OK;
  const type = view.getUint8(at + 1);
  const linkType = linkTypeOf(view.getUint16(at + 2));
  if ((type !== RECEIVED && type !== TRANSMITTED) || linkType < 0) return OK;
  let next = at + HEADER_LEN;
  for (let n = 0; n < MAX_TAGS; n++) {
    if (next >= end) return TUNNEL_TRUNCATED;
    const tag = view.getUint8(next++);
    if (tag === TAG_END) return carries(pkt, TUNNEL_TZSP, LINK_BASE + linkType, next, end, wireEnd);
    if (tag === TAG_PADDING) continue;
    if (next >= end) return TUNNEL_TRUNCATED;
    next += 1 + view.getUint8(next);
  }
  return TUNNEL_TRUNCATED;
}

/** LINKTYPE_ number of an encapsulated protocol, -1 for those that are not known. */
function linkTypeOf(protocol: number): number {
  switch (protocol) {
    case 0x01:
      return 1; // Ethernet
    case 0x12:
      return 105; // 802.11
    case 0x77:
      return 119; // with a Prism header
    case 0x7f:
      return 163; // with an AVS header
    default:
      return -1;
  }
}
