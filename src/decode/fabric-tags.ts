import { carries, ETHERTYPE_BRIDGED } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { ETHERNET_VENDOR_TAG, type Status } from "./status.ts";
import { TUNNEL_LINK } from "./tunnels.ts";

/*
 * What switches of one fabric set before the EtherType, or around the whole frame, for one another.
 */

const VN_TAG = 0x8926; // what became IEEE 802.1BR: direction, destination and source interface
const E_TAG = 0x893f; // IEEE 802.1BR §11.1
const R_TAG = 0xf1c1; // IEEE 802.1CB §7.8: reserved, sequence number
const HSR_TAG = 0x892f; // IEC 62439-3: path and size, sequence number
const TRILL = 0x22f3; // RFC 6325 §3
const FABRIC_PATH = 0x8903;

/** Whether `decodeFabricTag` knows the EtherType. */
export function isFabricTag(type: number): boolean {
  switch (type) {
    case VN_TAG:
    case E_TAG:
    case R_TAG:
    case HSR_TAG:
    case TRILL:
    case FABRIC_PATH:
      return true;
    default:
      return false;
  }
}

/** What follows such an EtherType, in view[at, end). */
export function decodeFabricTag(pkt: Packet, view: DataView, at: number, end: number, type: number): Status {
  switch (type) {
    case FABRIC_PATH:
      return frameAt(pkt, at + 2, end); // tree and hops left
    case TRILL:
      if (end - at < 6) return ETHERNET_VENDOR_TAG;
      return frameAt(pkt, at + 6 + 4 * ((view.getUint16(at) >> 6) & 0x1f), end);
    case E_TAG:
      return typeAt(pkt, view, at + 6, end);
    default:
      return typeAt(pkt, view, at + 4, end);
  }
}

function typeAt(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < 2) return ETHERNET_VENDOR_TAG;
  return carries(pkt, TUNNEL_LINK, view.getUint16(at), at + 2, end, pkt.frameWireEnd);
}

function frameAt(pkt: Packet, at: number, end: number): Status {
  if (end < at) return ETHERNET_VENDOR_TAG;
  return carries(pkt, TUNNEL_LINK, ETHERTYPE_BRIDGED, at, end, pkt.frameWireEnd);
}
