import { carries } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { ETHERNET_VENDOR_TAG, type Status } from "./status.ts";
import { TUNNEL_LINK } from "./tunnels.ts";

/**
 * Tags that switches set between addresses and EtherType, in view[at, end). Cisco TrustSec: version 1, length in
 * words, option, security group; then the EtherType (draft-smith-kandula-sxp §4, as switches send it).
 */
export function decodeCiscoMetadata(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 2 || view.getUint8(at) !== 1) return ETHERNET_VENDOR_TAG;
  const type = at + 2 + 4 * view.getUint8(at + 1);
  if (end - type < 2) return ETHERNET_VENDOR_TAG;
  return carries(pkt, TUNNEL_LINK, view.getUint16(type), type + 2, end, pkt.frameWireEnd);
}

/** Arista's timestamp: subtype 1, then a version whose low octet says 64 bits (0x1.) or 48 (0x2.) of time. */
export function decodeAristaTimestamp(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 4 || view.getUint16(at) !== 1) return ETHERNET_VENDOR_TAG;
  const format = view.getUint8(at + 3) >> 4;
  if (format !== 1 && format !== 2) return ETHERNET_VENDOR_TAG;
  const type = at + 4 + (format === 1 ? 8 : 6);
  if (end - type < 2) return ETHERNET_VENDOR_TAG;
  return carries(pkt, TUNNEL_LINK, view.getUint16(type), type + 2, end, pkt.frameWireEnd);
}
