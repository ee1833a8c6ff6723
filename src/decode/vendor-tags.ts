import { carries } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { ETHERNET_VENDOR_TAG, type Status } from "./status.ts";
import { TUNNEL_LINK } from "./tunnels.ts";

/*
 * Tags that switches set between addresses and EtherType.
 */

/**
 * Cisco metadata (TrustSec) in view[at, end): version, length in words, then options, as a rule the security group.
 * On Ethernet the EtherType of what follows stands behind them, in GRE before them.
 */
export function decodeCiscoMetadata(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 8) return ETHERNET_VENDOR_TAG;
  const isFirst = view.getUint8(at) > 1 && view.getUint8(at + 2) === 1;
  if (isFirst) return tagged(pkt, view.getUint16(at), at + 4 + 4 * view.getUint8(at + 3), end);
  if (view.getUint8(at) > 1) return ETHERNET_VENDOR_TAG;
  const type = at + 2 + 4 * Math.max(1, view.getUint8(at + 1));
  return end - type < 2 ? ETHERNET_VENDOR_TAG : tagged(pkt, view.getUint16(type), type + 2, end);
}

function tagged(pkt: Packet, type: number, at: number, end: number): Status {
  return end < at ? ETHERNET_VENDOR_TAG : carries(pkt, TUNNEL_LINK, type, at, end, pkt.frameWireEnd);
}

/** Arista's timestamp: subtype 1, then a version whose low octet says 64 bits (0x1.) or 48 (0x2.) of time. */
export function decodeAristaTimestamp(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 4 || view.getUint16(at) !== 1) return ETHERNET_VENDOR_TAG;
  const format = view.getUint8(at + 3) >> 4;
  if (format !== 1 && format !== 2) return ETHERNET_VENDOR_TAG;
  const type = at + 4 + (format === 1 ? 8 : 6);
  return end - type < 2 ? ETHERNET_VENDOR_TAG : tagged(pkt, view.getUint16(type), type + 2, end);
}
