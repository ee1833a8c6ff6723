import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_MPLS, ETHERTYPE_NSH } from "./ethernet.ts";
import { carries, ETHERTYPE_BRIDGED } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { NSH_UNKNOWN, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { TUNNEL_LINK } from "./tunnels.ts";

const BASE_LEN = 8;

/** Network service header (RFC 8300 §2) in view[at, end): base and service path headers, then context. */
export function decodeNsh(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < BASE_LEN) return TUNNEL_TRUNCATED;
  const base = view.getUint16(at);
  const len = (base & 0x3f) * 4;
  const type = typeOf(view.getUint8(at + 3));
  if (base >> 14 !== 0 || len < BASE_LEN || type === 0) return NSH_UNKNOWN;
  if (end - at < len) return TUNNEL_TRUNCATED;
  return carries(pkt, TUNNEL_LINK, type, at + len, end, pkt.frameWireEnd);
}

/** Next protocol (RFC 8300 §2.2, IANA "NSH Next Protocol"); 0 for those that are not known. */
function typeOf(nextProtocol: number): number {
  switch (nextProtocol) {
    case 1:
      return ETHERTYPE_IPV4;
    case 2:
      return ETHERTYPE_IPV6;
    case 3:
      return ETHERTYPE_BRIDGED;
    case 4:
      return ETHERTYPE_NSH;
    case 5:
      return ETHERTYPE_MPLS;
    default:
      return 0;
  }
}
